//! What is mistaken is told as a mistake: with status 2, and with what was probably meant.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use amigrate::{
    engine,
    sim::faults::{FaultKind, Rule},
};

use super::{
    fixture::Commands,
    stored::{ask, request},
};

#[test]
fn the_same_mistake_has_the_same_status_in_every_command() {
    let mut commands = Commands::new("demo");
    for command in ["list", "jobs", "whoami", "policy"] {
        commands.run(&[command, "--profile", "nobody"]);
    }
    commands.run(&["list", "--endpoint-url", "nope"]);
    commands.run(&["demo", "--scenario", "dmeo"]);
    commands.run(&["simulate", "--scenario", "dmeo"]);
    commands.run(&["simulate", "--scenario", "nope"]);
    commands.run(&["simulate", "--time-scale", "0"]);
    commands.run(&["--output", "json"]);
    commands.run(&["--plain", "--output", "json"]);
    commands.run(&["map", "--name", "a", "--output", "jsonl", "--format", "env"]);
    let file = commands.home.path().join("aws-config");
    fs::write(&file, "[default\n").expect("it is written");
    commands.settings.push(("AWS_CONFIG_FILE", file.to_str().expect("UTF-8").into()));
    commands.run(&["list"]);
    insta::assert_snapshot!(commands.transcript());
    // Nobody is signed in only if somebody said so.
    let unreachable = Commands::new("empty");
    let flags = ["whoami", "--endpoint-url", "http://127.0.0.1:1"];
    let ended = unreachable.command(&flags).env("AMIGRATE_AWS_ATTEMPTS", "1").output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn what_is_not_there_is_not_an_empty_list() {
    let mut commands = Commands::new("demo");
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "one", "us-east-2", 1)]));
    commands.run(&["jobs", "--batch", "batch-000002", "--history"]);
    commands.run(&["jobs", "--batch", "nope", "--all-accounts"]);
    commands.run(&["jobs", "--batch", "batch-000001", "--all-accounts"]);
    commands.run(&["jobs", "--all-accounts", "--output", "csv"]);
    commands.run(&["audit", "--job", "99"]);
    commands.run(&["audit", "--all-accounts", "--output", "csv"]);
    commands.run(&["map", "--batch", "batch-000001"]);
    for term in ["stat:pending", "state:pendign", "enc:maybe"] {
        commands.run(&["list", "--match", term]);
    }
    let image = commands.ec2.newest("us-east-1", "app-db-").0.to_string();
    let mistyped = format!("{}{}", &image[..image.len() - 1], if image.ends_with('0') { '1' } else { '0' });
    commands.run(&["show", &mistyped]);
    commands.run(&["wait", &mistyped, "--region", "us-east-1"]);
    commands.run(&["map", "--name", "nothing*", "--format", "terraform"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn the_region_of_the_settings_is_not_taken_for_a_named_one() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_AWS_REGION", "eu-west-1".into()));
    let image = commands.ec2.newest("us-east-1", "app-db-").0.to_string();
    commands.run(&["wait", &image, "--output", "ids"]);
    commands.run(&["cancel", &image, "--yes"]);
    commands.run(&["map", "--name", "base-linux*", "--format", "env", "--region", "us-west-2"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_region_that_nobody_knows_is_told_with_the_nearest() {
    let mut commands = Commands::new("demo");
    commands.ec2.with(|w| w.faults().add(Rule::new("DescribeRegions", FaultKind::Deny)));
    commands.run(&["list", "--regions", "eu-wset-1"]);
    commands.settings.push(("AWS_REGION", String::new()));
    commands.run(&["list", "--limit", "1", "--columns", "region,name"]);
    commands.run(&["policy", "cancel"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn settings_that_cannot_be_used_are_mistakes() {
    let mut commands = Commands::new("demo");
    let file = commands.home.path().join("amigrate/config.toml");
    fs::create_dir_all(file.parent().expect("a directory")).expect("it is made");
    let text = "[aws]\nregion = \"Frankfurt\"\n[copy]\nname = \"{nmae}\"\ndescription = \"{\"\nkms_key = \"%%%\"\n\
                [jobs]\ndirectory = \"rel\"\n";
    fs::write(&file, text).expect("it is written");
    commands.settings.push(("AMIGRATE_BROWSE_WHOS", "mine".into()));
    commands.run(&["config", "check"]);
    fs::write(&file, "[aws]\nendpoint_url = \"nope\"\nprofile = \"nobody\"\n").expect("it is written");
    commands.run(&["config", "check"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_variable_that_no_setting_has_is_named_by_every_command() {
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_HISTROY_DAYS", "3".into()));
    commands.settings.push(("AMIGRATE_SOMETHING", "else".into()));
    commands.run(&["jobs"]);
    commands.run(&["jobs", "--quiet"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_watch_ends_when_nobody_reads_it() {
    let commands = Commands::new("demo");
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "one", "us-east-2", 1)]));
    let mut command = commands.command(&["jobs", "--watch"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert!(line.contains("one"), "{line}");
    // Nothing changes any more, and nobody reads.
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
}
