//! `amigrate jobs`, `watch`, `wait`, `cancel`, `retry`, `resolve`, `audit` and `whoami`: what they print, and what they refuse.
//! What several processes do together is in `processes`.

use amigrate::{
    domain::{Failure, ImageId, SnapshotId, SnapshotState, post_copy::PostCopyStep, progress::SnapshotProgress},
    engine::{self, BatchId, Job, JobId, JobState, StepState},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    fixture::{Commands, START},
    map::{keep_jobs, request as copy_request},
    stored::{ask, request},
};
use crate::processes::fixture::bad_key;

/// Two requests that no process has taken up.
fn requested() -> Commands {
    let commands = Commands::new("demo");
    let requests = vec![request(&commands, "one", "us-east-2", 1), request(&commands, "two", "eu-west-2", 2)];
    ask(&commands, &engine::Command::Copy(requests));
    commands
}

#[test]
fn jobs_are_printed_in_every_format_and_selected() {
    let mut commands = requested();
    commands.run(&["jobs"]);
    commands.run(&["jobs", "--state", "requested,failed", "--output", "csv"]);
    commands.run(&["jobs", "--state", "in-doubt"]);
    commands.run(&["jobs", "--batch", "batch-000001", "--output", "json"]);
    commands.run(&["jobs", "--output", "ids"]);
    commands.run(&["jobs", "--all-accounts", "--history"]);
    commands.run(&["jobs", "--state", "coping"]);
    commands.run(&["jobs", "--batch", "batch-000002"]);
    commands.run(&["jobs", "--batch", "zzz"]);
    commands.run(&["jobs", "--watch", "--output", "json"]);
    commands.run(&["jobs", "--watch", "--history"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_copy_is_told_with_its_snapshots_steps_and_times() {
    let mut commands = Commands::new("demo");
    let start: Timestamp = START.parse().expect("a time");
    let after = |minutes| Some(start + SignedDuration::from_mins(minutes));
    let image = |n: u8| ImageId::new(&format!("ami-{n:017}")).expect("an id");
    let failure = Failure::new("share", "the account does not exist").hint("Name another.").code("InvalidAMIAttribute");
    let mut available = Job::new(JobId(1), BatchId::new("batch-one"), copy_request("eu-west-1", 1), start);
    available.request.post_copy = vec![PostCopyStep::SourceTag, PostCopyStep::CopyLaunchPermissions];
    available.step_states = vec![StepState::Done, StepState::Failed(failure.clone().into())];
    available.state = JobState::Available { image: image(1) };
    (available.started, available.ended, available.images) = (after(1), after(9), vec![image(1)]);
    let snapshot = SnapshotId::new("snap-00000000000000001").expect("an id");
    available.snapshots =
        vec![SnapshotProgress { id: snapshot, size: 8, percent: Some(100), state: SnapshotState::Completed }];
    let mut failed = Job::new(JobId(2), BatchId::new("batch-one"), copy_request("us-west-2", 2), start);
    failed.state = JobState::Failed { failure: failure.into(), image: None };
    failed.ended = after(2);
    keep_jobs(&commands, [available, failed], start);
    commands.run(&["jobs", "1", "2"]);
    commands.run(&["jobs", image(1).as_str(), "--output", "csv"]);
    commands.run(&["jobs", "2", "--output", "json"]);
    commands.run(&["jobs", "3"]);
    commands.run(&["jobs", image(7).as_str()]);
    commands.run(&["jobs", "1", "--history"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn arguments_that_name_no_copy_are_wrong_usage() {
    let mut commands = Commands::new("demo");
    commands.run(&["watch"]);
    commands.run(&["watch", "7"]);
    commands.run(&["watch", "web"]);
    commands.run(&["watch", "ami-0123456789abcdef0"]);
    commands.run(&["watch", "7", "--all"]);
    commands.run(&["watch", "--batch", "batch-1"]);
    commands.run(&["wait"]);
    commands.run(&["wait", "7"]);
    commands.run(&["wait", "--all", "--timeout", "90"]);
    commands.run(&["wait", "--all", "--timeout", "-5m"]);
    commands.run(&["wait", "--all", "--output", "json"]);
    commands.run(&["wait", "ami-0123456789abcdef0"]);
    commands.run(&["wait", "ami-0123456789abcdef0", "--region", "eu-west-1"]);
    commands.run(&["cancel"]);
    commands.run(&["cancel", "7", "--yes"]);
    commands.run(&["cancel", "--all"]);
    commands.run(&["retry"]);
    commands.run(&["retry", "7"]);
    commands.run(&["retry", "ami-0123456789abcdef0"]);
    commands.run(&["retry", "--failed", "--timeout", "2h"]);
    commands.run(&["retry", "--failed"]);
    commands.run(&["resolve", "7", "--again"]);
    commands.run(&["resolve", "7", "--again", "--output", "json"]);
    commands.run(&["drive", "--output", "csv"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn nothing_is_changed_read_only_or_without_credentials() {
    let mut commands = requested();
    commands.run(&["cancel", "--all", "--read-only"]);
    commands.run(&["retry", "--failed", "--read-only"]);
    commands.run(&["resolve", "1", "--again", "--read-only"]);
    commands.run(&["drive", "--read-only"]);
    commands.run(&["cancel", "--all"]);
    commands.settings.extend([("AWS_ACCESS_KEY_ID", String::new()), ("AWS_SECRET_ACCESS_KEY", String::new())]);
    for arguments in
        [&["watch"][..], &["wait", "--all"], &["cancel", "--all", "--yes"], &["retry", "--failed"], &["whoami"]]
    {
        let ended = commands.ended(arguments, "");
        assert_eq!(ended.status, Some(3), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(commands.ec2.with(|w| w.copies_made()), 0);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn copies_fail_are_retried_and_audited() {
    let commands = Commands::quick();
    let mut bad = request(&commands, "with-bad-key", "us-east-2", 1);
    bad.encryption = bad_key();
    ask(&commands, &engine::Command::Copy(vec![bad]));
    let watched = commands.ended(&["watch", "--output", "json"], "");
    assert_eq!(watched.status, Some(1), "{}", watched.stderr);
    let document: serde_json::Value = serde_json::from_str(&watched.stdout).expect("JSON");
    assert_eq!(document["jobs"][0]["state"], "failed", "{document}");
    assert!(document["jobs"][0]["failure"]["message"].is_string(), "{document}");
    assert_eq!(document["failures"].as_array().expect("a list").len(), 1);
    assert!(watched.stderr.contains("`amigrate retry 1`"), "{}", watched.stderr);

    let refused = commands.ended(&["cancel", "1", "--yes"], "");
    assert!(refused.status == Some(1) && refused.stderr.contains("it has ended: failed"), "{}", refused.stderr);
    let asks = commands.ended(&["retry", "--failed"], "");
    assert!(asks.status == Some(2) && asks.stderr.contains("--yes"), "{}", asks.stderr);
    let retried = commands.ended(&["retry", "--failed", "--yes", "--wait"], "");
    assert_eq!(retried.status, Some(1), "{}", retried.stderr);
    assert!(retried.stderr.contains("fail in the same way"), "{}", retried.stderr);

    let audit = commands.ended(&["audit", "--output", "jsonl"], "");
    let actions: Vec<String> = audit
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["action"].to_string())
        .collect();
    assert_eq!(actions.iter().filter(|action| *action == "\"CopyImage\"").count(), 2, "{actions:?}");
    assert!(actions.contains(&"\"DeregisterImage\"".to_owned()), "{actions:?}");
    let csv = commands.ended(&["audit", "--output", "csv"], "");
    assert!(
        csv.stdout.starts_with("time,identity,region,action,resource,job_id,request_id,outcome\n"),
        "{}",
        csv.stdout
    );
    let ids = commands.ended(&["whoami", "--output", "ids"], "");
    assert_eq!(ids.stdout, "123456789012\n");
    let who = commands.ended(&["whoami", "--output", "json"], "");
    let who: serde_json::Value = serde_json::from_str(&who.stdout).expect("JSON");
    assert_eq!(who["account"], "123456789012");
    assert_eq!(who["driver"], "nobody");
}

#[test]
fn a_watch_prints_a_line_or_a_record_for_each_change() {
    let commands = Commands::quick();
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "one", "us-east-2", 1)]));
    let watched = commands.ended(&["watch"], "");
    assert_eq!((watched.status, watched.stdout.lines().count()), (Some(0), 1), "{}", watched.stderr);
    assert!(watched.stdout.contains("\tavailable\tami-"), "{}", watched.stdout);
    let last = watched.stderr.lines().last().expect("a line");
    assert!(last.starts_with("one to us-east-2: available ami-"), "{}", watched.stderr);

    ask(&commands, &engine::Command::Copy(vec![request(&commands, "two", "eu-west-2", 2)]));
    let watched = commands.ended(&["watch", "--output", "jsonl"], "");
    assert_eq!(watched.status, Some(0), "{}", watched.stderr);
    let records: Vec<serde_json::Value> =
        watched.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(records.iter().all(|record| record["name"] == "two"), "only what had not ended: {records:?}");
    assert_eq!(records.last().expect("a record")["state"], "available");

    // Ended copies can be waited for and printed all the same.
    let waited = commands.ended(&["wait", "1", "2", "--output", "ids"], "");
    assert_eq!((waited.status, waited.stdout.lines().count()), (Some(0), 2), "{}", waited.stderr);
    let image = waited.stdout.lines().next().expect("an id").to_owned();
    let by_image = commands.ended(&["wait", &image, "--output", "json"], "");
    let document: serde_json::Value = serde_json::from_str(&by_image.stdout).expect("JSON");
    assert_eq!(document["jobs"][0]["job_id"], 1, "{document}");
    assert_eq!(document["jobs"][0]["snapshots"][0]["progress"], 100, "{document}");
}
