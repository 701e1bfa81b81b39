//! `amigrate copy` of what is there already, or under way: when that is the copy that was requested, and when it is another one.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::Stdio,
};

use super::{
    fixture::{Commands, Ended},
    hosts::{on_another_host, spawn},
};

const WEB: &str = "latest:app-web-*";

/// No process outlives the test.
fn quick() -> Commands {
    let mut commands = Commands::quick();
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

#[track_caller]
fn copy(commands: &Commands, options: &[&str], status: i32) -> Ended {
    let ended = commands.ended(&[&["copy", WEB], options].concat(), "");
    assert_eq!(ended.status, Some(status), "{options:?}: {}{}", ended.stdout, ended.stderr);
    ended
}

/// The same with another store, as on another host.
fn elsewhere(commands: &Commands, home: &Path, options: &[&str]) -> Ended {
    let mut command = on_another_host(commands, home, &[&["copy", WEB], options].concat());
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code() }
}

#[test]
fn a_copy_under_way_that_is_another_one_is_no_success() {
    let commands = quick();
    commands.ec2.hold();
    let started = copy(&commands, &["--to", "eu-west-1"], 0);
    assert!(started.stderr.contains("EC2 continues the copy. `amigrate wait 1` waits for it."), "{}", started.stderr);
    let options = ["--to", "eu-west-1", "--encrypted", "--tag", "Owner=me", "--share-with", "210987654321"];
    let other = copy(&commands, &options, 1);
    let expected = "job 1 copies this image already, but it is not encrypted as requested, without launch permission for \
                    210987654321 and without tag Owner; nothing new was started";
    assert!(other.stderr.contains(expected), "{}", other.stderr);
    assert!(other.stderr.contains("--if-exists copy"), "{}", other.stderr);
    let tagged = copy(&commands, &["--to", "eu-west-1", "--tag", "Owner=me"], 0);
    assert!(tagged.stderr.contains("It does not match the request: without tag Owner."), "{}", tagged.stderr);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);
}

#[test]
fn an_image_that_is_there_is_printed_if_it_is_the_copy() {
    let commands = quick();
    let made = copy(&commands, &["--to", "eu-west-1", "--wait", "--output", "ids"], 0).stdout;
    assert!(made.starts_with("ami-"), "{made}");
    let again = ["--to", "eu-west-1", "--output", "ids"];
    assert_eq!(copy(&commands, &again, 0).stdout, made);
    let row = copy(&commands, &again[..2], 0).stdout;
    assert!(row.contains(&format!("\tavailable\t{}\t", made.trim())), "{row}");

    let other = copy(&commands, &[&again[..], &["--encrypted"]].concat(), 1);
    assert!(other.stdout.is_empty() && other.stderr.contains("but it is not encrypted"), "{other:?}");
    let other = copy(&commands, &[&again[..2], &["--protect", "--output", "json"]].concat(), 1);
    assert!(other.stderr.contains("without deregistration protection"), "{}", other.stderr);
    let document: serde_json::Value = serde_json::from_str(&other.stdout).expect("JSON");
    assert_eq!(document["skipped"][0]["as_requested"], false, "{document}");
    assert_eq!(document["failures"].as_array().map(Vec::len), Some(1), "{document}");
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);

    let itself = copy(&commands, &["--to", "us-east-1"], 2);
    assert!(itself.stderr.contains("a copy in the same region needs another name"), "{}", itself.stderr);
}

#[test]
fn what_somebody_else_is_making_is_waited_for() {
    let commands = quick();
    commands.ec2.hold();
    copy(&commands, &["--to", "eu-west-1"], 0);
    let home = tempfile::tempdir().expect("a directory");
    let options = ["--to", "eu-west-1", "--wait", "--output", "json"];
    let late = elsewhere(&commands, home.path(), &[&options[..], &["--timeout", "1s"]].concat());
    assert_eq!(late.status, Some(4), "{}", late.stderr);
    assert!(late.stderr.contains("which was started elsewhere"), "{}", late.stderr);
    commands.ec2.hurry();
    let done = elsewhere(&commands, home.path(), &options);
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(document["skipped"][0]["state"], "available", "{document}");
    let steps = elsewhere(&commands, home.path(), &["--to", "eu-west-1", "--wait", "--protect"]);
    assert_eq!(steps.status, Some(1), "its steps were not done: {}", steps.stderr);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);
}

#[test]
fn a_key_for_a_region_that_nothing_is_copied_to_is_wrong_usage() {
    let commands = quick();
    let wrong = copy(&commands, &["--to", "eu-west-1", "--kms-key-id", "us-west-1=alias/aws/ebs"], 2);
    assert!(wrong.stderr.contains("us-west-1 is not among the destinations (eu-west-1)"), "{}", wrong.stderr);
    let plan = format!(
        "[[copies]]\nimages = [\"{WEB}\"]\nto = [\"eu-west-1\"]\n[copies.kms_key_ids]\nus-west-1 = \"alias/aws/ebs\"\n"
    );
    let wrong = commands.ended(&["copy", "--from-file", "-"], &plan);
    assert_eq!(wrong.status, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("kms_key_ids.us-west-1"), "{}", wrong.stderr);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
}

#[test]
fn a_region_that_cannot_be_checked_is_named_with_what_to_do() {
    use amigrate::sim::faults::{FaultKind, Rule};
    let commands = quick();
    let region = amigrate::domain::Region::new("eu-west-2").expect("a region");
    commands.ec2.with(|w| w.faults().add(Rule::new("DescribeImages", FaultKind::Deny).in_region(region)));
    let stopped = copy(&commands, &["--to", "eu-west-1,eu-west-2"], 1);
    for part in ["leave eu-west-2 out", "may make a second copy", "Nothing was started."] {
        assert!(stopped.stderr.contains(part), "{part}: {}", stopped.stderr);
    }
    assert!(!stopped.stderr.contains("unknown:"), "{}", stopped.stderr);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
}

#[test]
fn what_is_detached_can_be_waited_for() {
    let commands = quick();
    let detached = copy(&commands, &["--to", "eu-west-1,eu-west-2", "--detach", "--output", "json"], 0);
    let document: serde_json::Value = serde_json::from_str(&detached.stdout).expect("JSON");
    let batch = document["copies"][1]["batch"].as_str().expect("a batch");
    let note = format!("{batch}: 2 copies requested; `amigrate wait --batch {batch}` waits for them.");
    assert!(detached.stderr.contains(&note), "{}", detached.stderr);
    let waited = commands.ended(&["wait", "--batch", batch, "--output", "ids"], "");
    assert_eq!((waited.status, waited.stdout.lines().count()), (Some(0), 2), "{}", waited.stderr);
}

/// EC2 remembers the token, which a host without a record of that copy sends again.
#[test]
fn an_earlier_copy_that_was_deregistered_is_no_answer() {
    let commands = quick();
    let made = copy(&commands, &["--to", "eu-west-1", "--wait", "--output", "ids"], 0).stdout;
    let image = made.trim();
    let gone = commands.ended(&["deregister", image, "--region", "eu-west-1", "--yes"], "");
    assert_eq!(gone.status, Some(0), "{}", gone.stderr);
    let home = tempfile::tempdir().expect("a directory");
    let arguments = ["copy", WEB, "--to", "eu-west-1", "--output", "ids"];
    let mut host = spawn(on_another_host(&commands, home.path(), &arguments));
    let mut stderr = BufReader::new(host.stderr.take().expect("a pipe"));
    let (mut said, expected) = (String::new(), format!("EC2 answered with {image}, and does not show it"));
    while !said.contains(&expected) {
        assert_ne!(stderr.read_line(&mut said).expect("text"), 0, "it ended: {said}");
    }
    let process = rustix::process::Pid::from_raw(i32::try_from(host.id()).expect("an id")).expect("an id");
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it runs");
    stderr.read_to_string(&mut said).expect("text");
    let ended = host.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130), "{said}");
    // As in the test of the engine, it would have ended as gone after a minute.
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);
}
