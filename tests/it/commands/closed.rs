//! Commands whose output nobody reads: the work is done all the same, and failures are told where they can be.

use std::{
    fs::File,
    process::{Command, Output, Stdio},
};

use amigrate::engine;

use super::{
    fixture::Commands,
    stored::{ask, request},
};
use crate::processes::fixture::bad_key;

const COPY: [&str; 4] = ["copy", "latest:app-web-*", "--to", "eu-west-1"];

fn quick() -> Commands {
    let mut commands = Commands::quick();
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

/// The end of a pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn output(command: &mut Command) -> (Option<i32>, String) {
    let output: Output = command.stdin(Stdio::null()).output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn fail_one(commands: &Commands, token: u128) {
    let mut bad = request(commands, "with-bad-key", "us-east-2", token);
    bad.encryption = bad_key();
    ask(commands, &engine::Command::Copy(vec![bad]));
}

#[test]
fn progress_that_nobody_reads_ends_nothing() {
    let commands = quick();
    let run = |arguments: &[&str]| output(commands.command(arguments).stdout(Stdio::null()).stderr(closed())).0;
    assert_eq!(run(&[&COPY[..], &["--wait"]].concat()), Some(0));
    let jobs = commands.ended(&["jobs"], "").stdout;
    assert!(jobs.contains("\tavailable\t"), "{jobs}");
    commands.ec2.hold();
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "held", "us-east-2", 1)]));
    assert_eq!(run(&["wait", "--all", "--timeout", "1s"]), Some(4));
    assert_eq!(run(&["cancel", "2", "--yes"]), Some(0));
    let jobs = commands.ended(&["jobs"], "").stdout;
    assert!(jobs.contains("\tcancelled\t"), "{jobs}");
    commands.ec2.hurry();
    fail_one(&commands, 2);
    assert_eq!(run(&["watch"]), Some(1));
    assert_eq!(run(&["retry", "--failed", "--yes", "--wait"]), Some(1));
}

#[test]
fn a_closed_standard_output_hides_no_failure() {
    let commands = quick();
    let run = |arguments: &[&str]| output(commands.command(arguments).stdout(closed()).stderr(Stdio::piped()));
    fail_one(&commands, 1);
    for arguments in [&["watch"][..], &["wait", "1"], &["retry", "1", "--yes", "--wait"], &["cancel", "1", "--yes"]] {
        let (status, errors) = run(arguments);
        assert_eq!(status, Some(1), "{arguments:?}: {errors}");
        assert!(errors.contains("amigrate: "), "{arguments:?}: {errors}");
    }
    commands.ec2.hold();
    let (status, errors) = run(&[&COPY[..], &["--wait", "--timeout", "1s"]].concat());
    assert!(status == Some(4) && errors.contains("`amigrate wait 2` resumes"), "{errors}");
    commands.ec2.hurry();
    let (status, errors) = run(&["wait", "2"]);
    assert_eq!(status, Some(0), "{errors}");
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure_beside_the_others() {
    let commands = quick();
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    let run = |arguments: &[&str]| output(commands.command(arguments).stdout(full()).stderr(Stdio::piped()));
    let (status, errors) = run(&COPY);
    assert!(status == Some(1) && errors.contains("The copies were started: batch-"), "{errors}");
    fail_one(&commands, 1);
    let (status, errors) = run(&["wait", "--batch", "batch-000001"]);
    assert_eq!(status, Some(1), "{errors}");
    assert!(errors.contains("`amigrate retry ") && errors.contains("write the output"), "{errors}");
}

#[test]
fn requests_that_nobody_has_taken_up_are_cancelled_without_being_sent() {
    let commands = quick();
    let requests = vec![request(&commands, "one", "us-east-2", 1), request(&commands, "two", "eu-west-2", 2)];
    ask(&commands, &engine::Command::Copy(requests));
    let ended = commands.ended(&["cancel", "--all", "--yes"], "");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches("\tcancelled\t").count(), 2, "{}", ended.stdout);
    assert_eq!(commands.ec2.request_count("CopyImage"), 0);
    let jobs = commands.ended(&["jobs"], "");
    assert_eq!(jobs.stdout, "");
}
