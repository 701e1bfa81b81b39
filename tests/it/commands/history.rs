//! Copies that ended so long ago that only the history has them.

use std::sync::Arc;

use amigrate::{
    engine::{self, Job, RequestCheck},
    store::{ChangeSet, Store},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    fixture::Commands,
    stored::{ask, request, store_dir},
};
use crate::processes::fixture::{account_at, bad_key};

/// A batch of an available copy and a failed one, which ended ten days ago. One copy's comparison with its request was never made.
fn long_ended() -> (Commands, String) {
    let commands = Commands::quick();
    let mut bad = request(&commands, "bad", "us-east-2", 2);
    bad.encryption = bad_key();
    ask(&commands, &engine::Command::Copy(vec![request(&commands, "good", "eu-west-2", 1), bad]));
    let watched = commands.ended(&["watch"], "");
    assert_eq!(watched.status, Some(1), "{}", watched.stderr);
    let mut store = Store::open(&store_dir(&commands), Timestamp::now()).expect("the store opens").store;
    let account = account_at(&commands.ec2.url);
    let jobs = store.load(&account, Timestamp::UNIX_EPOCH).expect("it is readable").jobs;
    let batch = jobs[0].batch.to_string();
    let long_ago = Timestamp::now() - SignedDuration::from_hours(240);
    let aged = |mut job: Job| {
        (job.requested, job.ended) = (long_ago, Some(long_ago));
        if job.image().is_some() {
            job.request_check = RequestCheck::Due { reads: 0 };
        }
        Arc::new(job)
    };
    let changes = ChangeSet { jobs: jobs.into_iter().map(aged).collect(), ..ChangeSet::default() };
    store.commit(&account, &changes, Timestamp::now()).expect("the store takes it");
    (commands, batch)
}

#[test]
fn they_are_found_by_number_image_and_batch() {
    let (commands, batch) = long_ended();
    let run = |arguments: &[&str]| {
        let ended = commands.ended(arguments, "");
        (ended.status, ended.stdout.lines().count(), ended.stderr)
    };
    assert_eq!(run(&["jobs"]), (Some(0), 0, "No copies found.\n".into()), "they are history");
    assert_eq!(run(&["jobs", "--quiet"]), (Some(0), 0, String::new()));
    // The queue does not compare it any more: to wait for that would take 20 seconds.
    let (status, lines, errors) = run(&["wait", "1", "--timeout", "15s"]);
    assert_eq!((status, lines), (Some(0), 1), "{errors}");
    let image = commands.ended(&["wait", "1", "--output", "ids"], "").stdout;
    assert_eq!(run(&["wait", image.trim(), "--timeout", "15s"]).0, Some(0));
    let (status, lines, errors) = run(&["wait", "--batch", &batch, "--timeout", "15s"]);
    assert_eq!((status, lines), (Some(1), 2), "{errors}");
    assert!(errors.contains("`amigrate retry 2`"), "{errors}");
    assert_eq!(run(&["watch", "--batch", &batch]).0, Some(1));
    let (status, lines, errors) = run(&["jobs", "--batch", &batch]);
    assert_eq!((status, lines), (Some(0), 2), "{errors}");
    let (status, _, errors) = run(&["cancel", "--batch", &batch, "--yes"]);
    assert!(status == Some(0) && errors.contains("Nothing is left to cancel"), "{errors}");
    let near = format!("{batch}x");
    let (status, _, errors) = run(&["wait", "--batch", &near]);
    assert!(status == Some(2) && errors.contains(&format!("Is it `{batch}`?")), "{errors}");
}

#[test]
fn they_are_retried_by_batch() {
    let (commands, batch) = long_ended();
    let ended = commands.ended(&["retry", "--batch", &batch, "--yes", "--output", "json"], "");
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(document["jobs"].as_array().map(Vec::len), Some(1), "{document} {}", ended.stderr);
    assert_eq!(document["jobs"][0]["job_id"], 2, "only the failed one: {document}");
}

#[test]
fn those_that_were_dismissed_count_only_where_there_are_no_others() {
    let (commands, batch) = long_ended();
    let dismiss = |jobs: Vec<u64>| {
        let jobs = jobs.into_iter().map(engine::JobId).collect();
        ask(&commands, &engine::Command::Dismiss(jobs));
        let driven = commands.ended(&["drive"], "");
        assert_eq!(driven.status, Some(0), "{}", driven.stderr);
    };
    dismiss(vec![2]);
    assert_eq!(commands.ended(&["wait", "--batch", &batch, "--timeout", "15s"], "").status, Some(0));
    dismiss(vec![1]);
    assert_eq!(commands.ended(&["wait", "--batch", &batch, "--timeout", "15s"], "").status, Some(1));
}
