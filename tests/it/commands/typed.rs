//! What is typed out of habit from other programs, or nearly right, is understood or told how it is written.

use std::fs;

use super::fixture::Commands;

const WEB: &str = "latest:app-web-*";

/// No process outlives the test.
fn commands() -> Commands {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

#[test]
fn words_for_options_are_told_where_they_belong() {
    let mut commands = commands();
    let copy = ["copy", WEB, "--to", "eu-west-1"];
    let options: [&[&str]; 6] = [
        &["eu-west-2"],
        &["--protect", "with-cooldown"],
        &["--tag", "Key=Team,Value=web"],
        &["--source-image-id", "ami-1"],
        &["--tag-specifications", "ResourceType=image,Tags=[{Key=Team,Value=web}]"],
        &["--to", "us-gov-west-1"],
    ];
    for option in options {
        commands.run(&[&copy[..], option].concat());
    }
    commands.run(&["list", "--query", "Images[].ImageId"]);
    commands.run(&["list", "--format=json"]);
    commands.run(&["jobs", "--json"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn words_of_other_programs_are_understood() {
    let mut commands = commands();
    let to = ["copy", WEB, "--source-region", "US-EAST-1", "--to", "EU-WEST-1, us-west-1", "--dry-run"];
    commands.run(&[&to[..], &["--tags", "Team=web", "-o", "csv"]].concat());
    commands.run(&["list", "--owners", "self", "--regions", "EU-West-1", "--limit", "1", "--columns", "region,name"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn mistakes_in_a_plan_have_their_places() {
    let mut commands = commands();
    let path = commands.home.path().join("plan.toml");
    let file = path.to_str().expect("UTF-8").to_owned();
    let entry = |text: &str| format!("[[copies]]\nimages = [\"{WEB}\"]\n{text}\n");
    let json = format!("{{\"copies\": [{{\"images\": [\"{WEB}\"],\n  \"to\": [\"eu-wset-1\"]}}]}}");
    for text in [
        &entry("to = [\"eu-west-1\"]\ndeprecate_at = 90"),
        &(entry("to = [\"eu-west-1\"]") + &entry("to = [\"eu-west-2\", \"eu-wset-1\"]")),
        &entry("to = [\"us-gov-west-1\"]"),
        &json,
    ] {
        fs::write(&path, text).expect("a file");
        commands.run(&["copy", "--from-file", &file, "--check"]);
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_is_not_refused_can_be_started_all_the_same() {
    use amigrate::sim::faults::{FaultKind, Rule};
    let commands = commands();
    let region = amigrate::domain::Region::new("eu-west-2").expect("a region");
    commands.ec2.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny).in_region(region)));
    let copy = ["copy", WEB, "--to", "eu-west-1,eu-west-2", "--output", "json"];
    let ended = |options: &[&str]| commands.ended(&[&copy[..], options].concat(), "");
    let refused = ended(&[]);
    assert_eq!((refused.status, commands.ec2.with(|w| w.copies_made())), (Some(3), 0), "{}", refused.stderr);
    let would = ended(&["--skip-refused", "--dry-run"]);
    assert_eq!((would.status, commands.ec2.with(|w| w.copies_made())), (Some(3), 0), "{}", would.stderr);
    let made = ended(&["--skip-refused"]);
    assert_eq!((made.status, commands.ec2.with(|w| w.copies_made())), (Some(3), 1), "{}", made.stderr);
    assert!(made.stderr.contains("Not permitted in eu-west-2"), "{}", made.stderr);
    for (ended, list) in [(&would, "copies"), (&made, "jobs")] {
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!(document[list][0]["region"], "eu-west-1", "{document}");
        assert_eq!(document[list].as_array().map(Vec::len), Some(1), "{document}");
    }
    let only = commands.ended(&["copy", WEB, "--to", "eu-west-2", "--skip-refused"], "");
    assert_eq!(only.status, Some(3), "{}", only.stderr);
    assert!(only.stderr.contains("Nothing was started."), "{}", only.stderr);
}
