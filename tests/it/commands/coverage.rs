//! `amigrate coverage`.

use amigrate::{
    domain::Region,
    sim::faults::{FaultKind, Rule},
};

use super::{
    fixture::Commands,
    map::{keep_jobs, request},
};

const REGIONS: &str = "us-east-1,eu-west-1,us-west-2";

#[test]
fn families_are_told_with_what_each_region_has() {
    let mut commands = Commands::new("demo");
    let regions = ["coverage", "--regions", REGIONS];
    commands.run(&[&regions[..], &["--match", "app-web"]].concat());
    commands.run(&[&regions[..], &["--match", "app-web", "--output", "csv", "--missing"]].concat());
    commands.run(&[&regions[..], &["--match", "app-web", "--output", "json"]].concat());
    commands.run(&[&regions[..], &["--match", "app-", "--output", "ids"]].concat());
    commands.run(&["coverage", "--region", "us-east-1", "--output", "ids", "--match", "app-web"]);
    commands.run(&["coverage", "--regions", REGIONS, "--match", "no-such-thing"]);
    commands.run(&["coverage", "--regions", REGIONS, "--match", "stat:available"]);
    commands.settings.push(("AMIGRATE_COVERAGE_VERSION_PATTERN", "-[0-9".into()));
    commands.run(&["coverage"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_region_that_cannot_be_listed_lacks_nothing() {
    let mut commands = Commands::new("demo");
    let denied = Rule::new("DescribeImages", FaultKind::Deny).in_region(Region::new("eu-west-1").expect("a region"));
    commands.ec2.with(|w| w.faults().add(denied));
    for format in ["csv", "json"] {
        commands.run(&["coverage", "--regions", REGIONS, "--match", "app-web", "--output", format]);
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn copies_of_the_queue_are_pending() {
    let commands = Commands::new("demo");
    let csv = |commands: &Commands| {
        let ended = commands.ended(&["coverage", "--regions", REGIONS, "--output", "csv"], "");
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        ended.stdout
    };
    let before = csv(&commands);
    let missing = before.lines().find(|line| line.contains(",missing,")).expect("something is missing");
    let fields: Vec<&str> = missing.split(',').collect();
    let (family, image, source, destination) = (fields[0], fields[1], fields[3], fields[4]);
    let now = jiff::Timestamp::now();
    let mut copy = request(destination, 1);
    copy.source = amigrate::domain::ImageId::new(image).expect("an id");
    copy.source_region = Region::new(source).expect("a region");
    let job = amigrate::engine::Job::new(
        amigrate::engine::JobId(1),
        amigrate::engine::BatchId::new("batch-1a2b3c"),
        copy,
        now,
    );
    keep_jobs(&commands, [job], now);
    let after = csv(&commands);
    let cell = |text: &str| {
        let of = format!("{family},{image},");
        let line = text.lines().find(|line| line.starts_with(&of) && line.split(',').nth(4) == Some(destination));
        line.expect("the family is there").split(',').nth(5).map(str::to_owned)
    };
    assert_eq!((cell(&before).as_deref(), cell(&after).as_deref()), (Some("missing"), Some("pending")));
}

#[test]
fn a_table_is_cut_into_parts_that_fit() {
    let commands = Commands::new("demo");
    for columns in [80, 120, 200] {
        let arguments = ["coverage", "--all-regions", "--match", "app-", "--quiet"];
        let mut terminal = commands.on_terminal_of(columns, 60, &arguments);
        assert_eq!(terminal.wait_exit().exit_code(), 0, "{}", terminal.text());
        let text = terminal.text();
        let heading = |name: &str| text.lines().any(|line| line.starts_with("FAMILY") && line.contains(name));
        assert!(["IMAGE ID", "AGE", "ap-northeast-1", "us-west-2"].into_iter().all(heading), "{columns}: {text}");
        assert!(text.contains("app-web-2026.00015") && text.contains("missing or stale: "), "{columns}: {text}");
    }
}
