//! `amigrate copy`.

use std::fs;

use super::fixture::Commands;

/// The newest image of the demo's home region that starts with `app-web`.
const WEB: &str = "latest:app-web-*";

fn commands() -> Commands {
    let mut commands = Commands::new("demo");
    // No process is to outlive the test.
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

#[test]
fn a_copy_is_checked_and_made_once() {
    let mut commands = commands();
    for format in ["table", "json"] {
        commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--check", "--output", format]);
    }
    assert_eq!(commands.ec2.request_count("CopyImage"), 4, "dry runs");
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--dry-run"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
    commands.run(&["copy", WEB, "--to", "eu-west-1,eu-west-2", "--output", "json"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--if-exists", "fail"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--if-exists", "rename", "--dry-run"]);
    commands.run(&["copy", WEB, "--to", "eu-west-1", "--check"]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn what_does_not_fit_is_said() {
    let mut commands = commands();
    let to = ["--to", "eu-west-1"];
    let cases: &[&[&str]] = &[
        &[],
        &["--to", "eu-west-1"],
        &["ami-1"],
        &["-", "--to", "eu-west-1"],
        &[WEB, "--to", "europe"],
        &[WEB, "--to", "eu-wset-1"],
        &[WEB, "--to", "eu-west-1", "--from", "us-eest-1"],
        &[WEB, "--to", "eu-north-1"],
        &["ami-0123456789abcdef0", "--to", "eu-west-1"],
        &["app-webb", "--to", "eu-west-1"],
        &["app-web-*", "--to", "eu-west-1"],
        &["latest:nothing-*", "--to", "eu-west-1"],
        &["latest:", "--to", "eu-west-1"],
    ];
    for case in cases {
        commands.run(&[&["copy"], *case].concat());
    }
    let options: &[&[&str]] = &[
        &["--tag", "Team"],
        &["--tag", "aws:x=1", "--snapshot-tag", "=1"],
        &["--tag", "a=1", "--tag", "a=2"],
        &["--name", "{nmae}"],
        &["--name", "x"],
        &["--description", "{name"],
        &["--kms-key-id", "web"],
        &["--kms-key-id", "alias/a", "--kms-key-id", "alias/b"],
        &["--kms-key-id", "europe=alias/a"],
        &["--kms-key-id", "eu-west-1=alias/nothing"],
        &["--kms-key-id", "alias/a", "--no-encrypted"],
        &["--snapshot-copy-completion-duration-minutes", "20"],
        &["--destination-outpost-arn", "op-1"],
        &["--destination-availability-zone", "us-west-2-lax-1a"],
        &["--share-with", "12345"],
        &["--share-snapshots"],
        &["--deprecate-at", "tomorrow"],
        &["--deprecate-at", "2020-01-01"],
        &["--protect=never"],
        &["--client-token", "with space"],
        &["--public", "--yes"],
        &["--preset", "none"],
        &["--timeout", "2h"],
        &["--wait", "--timeout", "soon"],
        &["--read-only"],
    ];
    for options in options {
        commands.run(&[&["copy", WEB], &to[..], *options].concat());
    }
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn plan_files_are_written_and_read() {
    let mut commands = commands();
    let options = ["copy", WEB, "app-cache-2026.2", "--to", "eu-west-1,eu-west-2", "--tag", "Team=web", "--protect"];
    commands.run(&[&options[..], &["--print-plan", "--output", "json"]].concat());
    let plan = commands.run(&[&options[..], &["--print-plan"]].concat()).stdout;
    let path = commands.home.path().join("plan.toml");
    let file = path.to_str().expect("UTF-8").to_owned();
    fs::write(&path, plan).expect("a file");
    commands.home_is_shown = true;
    commands.run(&["copy", "--from-file", &file, "--check"]);
    commands.run(&["copy", "--from-file", &file, "--output", "ids"]);
    commands.run(&["copy", "--from-file", &file]);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 4);
    let entry = |text: &str| format!("[[copies]]\nimages = [\"{WEB}\"]\nto = [\"eu-west-3\"]\n{text}");
    for text in [
        "",
        "copies = []",
        "[[copies]]\nimages = [\"ami-1\"]\n",
        "[[copies]]\nto = [\"eu-west-1\"]\n",
        &entry("nmae = \"x\"\n"),
        &entry("name = \"{nmae}\"\n"),
        &entry("tags = [\"Team\"]\n"),
        &entry("snapshot_copy_completion_duration_minutes = 20\n"),
        &entry(&entry("")),
        "{\"copies\": [{\"images\": [1]}]}",
        "{\"copies\": [{\"images\": [\"ami-1\"],\n  \"too\": []}]}",
    ] {
        fs::write(&path, text).expect("a file");
        commands.run(&["copy", "--from-file", &file]);
    }
    commands.run(&["copy", "--from-file", &file, "--name", "x"]);
    commands.run_with_input(&["copy", "--from-file", "-", "--dry-run"], &entry(""));
    commands.run_with_input(&["copy", "--from-file", "-"], "");
    insta::assert_snapshot!(commands.transcript());
}
