//! `amigrate show`.

use amigrate::{
    domain::Region,
    sim::faults::{FaultKind, Rule},
};

use super::fixture::Commands;

/// The newest image of a name.
fn id(commands: &Commands, region: &str, name: &str) -> String {
    let flags =
        ["list", "--output", "ids", "--sort", "creation_date:desc", "--limit", "1", "--region", region, "--name", name];
    let ended = commands.ended(&flags, "");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    ended.stdout.trim().to_owned()
}

#[test]
fn an_image_is_shown_with_all_that_belongs_to_it() {
    let mut commands = Commands::new("demo");
    let image = id(&commands, "us-east-1", "app-db-*");
    commands.run(&["show", &image]);
    commands.run(&["show", &image, "--region", "us-east-1", "--output", "json"]);
    commands.run(&["show", &image, "--output", "ids"]);
    commands.run(&["show", &image, "--output", "csv"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn an_image_is_found_by_its_name_as_copy_finds_it() {
    let commands = Commands::new("demo");
    let image = id(&commands, "us-east-1", "app-db-*");
    for word in ["latest:app-db-*", "app-db-2026.00012"] {
        let shown = commands.ended(&["show", word, "--output", "ids"], "");
        assert_eq!((shown.status, shown.stdout.trim()), (Some(0), image.as_str()), "{word}: {}", shown.stderr);
    }
    let there = id(&commands, "eu-west-1", "shop-eu-*");
    let shown = commands.ended(&["show", "latest:shop-eu-*", "--region", "eu-west-1", "--output", "ids"], "");
    assert_eq!(shown.stdout.trim(), there, "{}", shown.stderr);
}

#[test]
fn copies_are_found_in_every_region() {
    let mut commands = Commands::new("demo");
    let copy = commands
        .ended(&["list", "--all-regions", "--match", "state:pending", "--sort", "image_id", "--output", "jsonl"], "");
    let copy: serde_json::Value =
        serde_json::from_str(copy.stdout.lines().next().expect("one is pending")).expect("JSON");
    let text = |key: &str| copy[key].as_str().expect("text").to_owned();
    commands.run(&["show", &text("source_image_id")]);
    commands.run(&["show", &text("image_id")]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_is_not_found_is_told_with_where_it_was_looked_for() {
    let mut commands = Commands::new("demo");
    let image = id(&commands, "us-east-1", "app-db-*");
    commands.run(&["show", "ami-00000000000000000"]);
    commands.run(&["show", &image[..8]]);
    commands.run(&["show", "app-db-2026.0012"]);
    commands.run(&["show", "app-db-*"]);
    commands.run(&["show", "latest:nothing-*"]);
    commands.run(&["show", &image, "--region", "eu-west-1"]);
    commands.run(&["show", "i-0123"]);
    commands.run(&["show", &image, "--region", "eu-wset-1"]);
    let denied = Rule::new("DescribeImages", FaultKind::Deny).in_region(Region::new("eu-west-1").expect("a region"));
    commands.ec2.with(|w| w.faults().add(denied));
    commands.run(&["show", "ami-00000000000000000"]);
    commands.run(&["show", &image, "--output", "ids"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn details_that_are_denied_are_named_and_the_rest_is_shown() {
    let mut commands = Commands::new("demo");
    let own = id(&commands, "us-east-1", "app-db-*");
    commands.ec2.with(|w| w.faults().add(Rule::new("DescribeImageAttribute", FaultKind::Deny)));
    commands.run(&["show", &own, "--output", "json"]);
    insta::assert_snapshot!(commands.transcript());
}
