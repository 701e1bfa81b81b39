//! `amigrate lineage`.

use amigrate::{
    domain::{ImageId, Region},
    sim::faults::{FaultKind, Rule},
};

use super::fixture::{Commands, START};

fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

/// A finished copy of the demo, of which another one was made; and its source.
pub(crate) fn copied_on(commands: &Commands) -> (ImageId, ImageId) {
    let now = START.parse().expect("a time");
    commands.ec2.with(|w| {
        let copies = w.copies(now);
        let copy =
            copies.into_iter().find(|seen| *seen.image.name == *"ci-runner-arm64-eu").expect("it is there").image;
        let to = region("eu-west-2");
        let further = w.copy_as_other_user(&to, &copy.id, &copy.region, "copied-on", now).expect("it is accepted");
        w.finish_copy(&to, &further, now).expect("it is under way");
        (copy.id, copy.source_image_id.expect("its source"))
    })
}

#[test]
fn ancestors_and_copies_are_told_across_regions() {
    let mut commands = Commands::new("demo");
    let (copy, source) = copied_on(&commands);
    commands.run(&["lineage", copy.as_str()]);
    commands.run(&["lineage", source.as_str(), "--output", "json"]);
    commands.run(&["lineage", source.as_str(), "--regions", "eu-west-1", "--output", "ids"]);
    let denied = Rule::new("DescribeImages", FaultKind::Deny).in_region(region("eu-west-2"));
    commands.ec2.with(|w| w.faults().add(denied));
    commands.ec2.with(|w| w.faults().add(Rule::new("GetImageAncestry", FaultKind::Deny)));
    commands.run(&["lineage", copy.as_str(), "--region", "eu-west-1", "--regions", "eu-west-1,eu-west-2"]);
    commands.run(&["lineage", "no-such-image"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_terminal_shows_a_tree() {
    let commands = Commands::new("demo");
    let (_, source) = copied_on(&commands);
    let mut terminal = commands.on_terminal_of(80, 30, &["lineage", source.as_str()]);
    assert_eq!(terminal.wait_exit().exit_code(), 0, "{}", terminal.text());
    let text = terminal.text();
    for line in [
        " (this image) in us-west-2: ",
        "└─ ami-07b2b2203a8a4fd91 in eu-west-1: ci-runner-arm64-eu, available",
        "   └─ ami-",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}
