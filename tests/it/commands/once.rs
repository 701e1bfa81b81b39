//! A copy that failed, and is requested again: it is made, and made once.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    time::Duration,
};

use amigrate::{
    domain::Region,
    engine,
    sim::faults::{FaultKind, Rule},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::{
    fixture::{Commands, START},
    hosts::unseen_by_each_other,
    stored::{ask, request},
};

/// The newest image of the demo's home region that starts with `app-web`.
const WEB: &str = "latest:app-web-*";

/// Commands whose first `CopyImage` is refused after a dry run that was not.
fn refusing() -> Commands {
    let mut commands = quick();
    // With tags a second request would leave them out.
    commands.settings.push(("AMIGRATE_COPY_JOB_TAGS", "false".into()));
    commands.ec2.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny).every(2).first(2)));
    let refused = commands.ended(&["copy", WEB, "--to", "eu-west-1"], "");
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    commands
}

fn quick() -> Commands {
    let mut commands = Commands::quick();
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

/// The numbers of the copies that a command has made.
#[track_caller]
fn made(commands: &Commands, arguments: &[&str]) -> Vec<u64> {
    let ended = commands.ended(&[arguments, &["--output", "json"]].concat(), "");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let jobs = document["jobs"].as_array().expect("a list");
    jobs.iter().map(|job| job["job_id"].as_u64().expect("a number")).collect()
}

#[test]
fn what_was_refused_is_made_by_the_same_job_and_the_queue_goes_on() {
    let commands = refusing();
    assert_eq!(made(&commands, &["copy", WEB, "--to", "eu-west-1"]), [1]);
    assert_eq!(made(&commands, &["copy", WEB, "--to", "eu-west-2"]).len(), 1);
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 2);
}

#[test]
fn a_retry_makes_nothing_that_was_made_since() {
    let commands = refusing();
    let second = made(&commands, &["copy", WEB, "--to", "eu-west-1", "--if-exists", "copy"]);
    let by_job = format!("copy {} makes it already", second[0]);
    for arguments in [&["retry", "--failed"][..], &["retry", "1", "--yes"]] {
        let refused = commands.ended(arguments, "");
        assert_eq!(refused.status, Some(1), "{}", refused.stderr);
        let said = refused.stderr.contains(&by_job) || refused.stderr.contains("has been made since");
        assert!(said && refused.stderr.contains("--if-exists copy"), "{}", refused.stderr);
    }
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 1);
}

#[test]
fn a_store_that_cannot_be_written_for_a_while_is_waited_for() {
    let commands = quick();
    assert_eq!(made(&commands, &["copy", WEB, "--to", "eu-west-1"]), [1]);
    let store = Connection::open(commands.home.path().join("amigrate/jobs.db")).expect("the store");
    store.busy_timeout(Duration::from_secs(20)).expect("a connection");
    let full = "CREATE TRIGGER full BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no room'); END";
    store.execute_batch(full).expect("it is made");
    // What another process has asked for is taken up first: that commit fails before the command's own request is stored.
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "other", "eu-west-3", 7)]));
    let mut copy = commands.command(&["copy", WEB, "--to", "eu-west-2"]);
    let mut copy = copy.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stderr = BufReader::new(copy.stderr.take().expect("a pipe"));
    let mut said = String::new();
    while !said.contains("no room") {
        assert_ne!(stderr.read_line(&mut said).expect("text"), 0, "it ended: {said}");
    }
    store.execute_batch("DROP TRIGGER full").expect("it is there");
    stderr.read_to_string(&mut said).expect("text");
    assert!(copy.wait().expect("it ends").success(), "{said}");
    assert!(said.contains("can be written again"), "{said}");
    let copies = commands.ec2.with(|w| w.copies(Timestamp::now()));
    assert_eq!(copies.iter().filter(|copy| copy.region.as_str() == "eu-west-2").count(), 1);
}

#[test]
fn two_hosts_that_rename_at_the_same_moment_make_one_image() {
    let start: Timestamp = START.parse().expect("a time");
    let region = Region::new("eu-west-1").expect("a region");
    let mut commands = Commands::new("demo");
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    let name = "app-web-2026.00015";
    let (_, _, snapshots) = commands.ec2.newest("eu-west-1", "shop-eu-");
    commands.ec2.with(|w| {
        let before = start - SignedDuration::from_hours(1);
        w.register_as_other_user(&region, &snapshots[0], name, before).expect("it is registered");
    });
    let arguments = ["copy", WEB, "--to", "eu-west-1", "--if-exists", "rename", "--output", "ids"];
    let images = unseen_by_each_other(&commands, [&arguments; 2], 1).map(|host| {
        assert!(host.status.success(), "{}", String::from_utf8_lossy(&host.stderr));
        String::from_utf8_lossy(&host.stdout).into_owned()
    });
    assert_eq!(images[0], images[1]);
    let made = commands.ec2.with(|w| w.copies(start).into_iter().any(|copy| *copy.image.name == *format!("{name}-2")));
    assert!(made && commands.ec2.with(|w| w.copies_made()) == 1);
}
