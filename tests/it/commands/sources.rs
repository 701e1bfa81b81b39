//! What `amigrate copy` is given to copy: ids of any region, images that cannot be copied, and options that do not fit them.

use super::fixture::Commands;

const WEB: &str = "latest:app-web-*";

#[test]
fn ids_are_looked_for_in_every_region_unless_one_is_named() {
    let mut commands = Commands::new("demo");
    let list = ["list", "--all-regions", "--name", "*-2026.0001*", "--sort", "image_id", "--output", "ids"];
    let ids = commands.ended(&list, "").stdout;
    let eu = commands.ec2.newest("eu-west-1", "shop-eu-").0.to_string();
    let ids = format!("{ids}{eu}\n");
    assert!(ids.lines().count() > 2, "{ids}");
    let to = ["copy", "-", "--to", "eu-west-1", "--dry-run"];
    commands.run_with_input(&to, &ids);
    commands.run_with_input(&[&to[..], &["--output", "json"]].concat(), &eu);
    commands.run(&["copy", &eu, "--to", "us-west-1", "--dry-run"]);
    commands.run(&["copy", &eu, "--to", "us-west-1", "--dry-run", "--from", "us-east-1"]);
    commands.run(&["copy", &eu, "--to", "us-west-1", "--dry-run", "--region", "us-east-1"]);
    commands.run(&["copy", &eu[..9], "--to", "us-west-1", "--dry-run"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_cannot_be_copied_is_said_once_with_what_to_do() {
    let mut commands = Commands::new("demo");
    let disabled =
        commands.ended(&["list", "--match", "state:disabled", "--all-regions", "--output", "ids"], "").stdout;
    let disabled = disabled.lines().next().expect("one is disabled").to_owned();
    commands.run(&["copy", WEB, &disabled, "--to", "eu-west-1"]);
    commands.run(&["copy", WEB, "app-web-2026.00014", "--to", "eu-west-1", "--name", "fixed"]);
    let shared = ["copy", WEB, "--to", "eu-west-1", "--encrypted", "--share-with", "210987654321", "--check"];
    let refused = commands.run(&shared);
    assert!(!refused.stderr.contains("warning: "), "{}", refused.stderr);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    insta::assert_snapshot!(commands.transcript());
}
