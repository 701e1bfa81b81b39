//! Hooks: which copies have one run, and how one runs.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use jiff::Timestamp;

use super::*;
use crate::{
    config::Config,
    driver::{
        hook_runner::HookRunner,
        hooks::{EndedJob, HookSettings, OpenJobs},
    },
    engine::{BatchId, JobId, JobState, Origin},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn account() -> AccountKey {
    AccountKey::new(&crate::domain::AccountId::new("123456789012").unwrap(), None)
}

fn job(n: u64, batch: &str, state: JobState) -> Arc<Job> {
    let region = |name| Region::new(name).unwrap();
    let source = (ImageId::new("ami-00000000000000001").unwrap(), region("us-east-1"));
    let name = ImageName::new(&format!("web-{n}")).unwrap();
    let request = CopyRequest::bare(source, region("eu-west-1"), name, ClientToken::from_random(n.into()));
    let mut job = Job::new(JobId(n), BatchId::new(batch), request, at(100));
    job.state = state;
    Arc::new(job)
}

fn available() -> JobState {
    JobState::Available { image: ImageId::new("ami-00000000000000002").unwrap() }
}

fn failed() -> JobState {
    let failure = Failure::new("copy", "no\u{0} key").code("Client.X");
    JobState::Failed { failure: Box::new(failure), image: None }
}

fn value<'a>(ended: &'a EndedJob, name: &str) -> &'a str {
    &ended.variables.iter().find(|(n, _)| *n == name).unwrap().1
}

/// Their numbers, and how many of their batch were left then.
fn ended(open: &mut OpenJobs, jobs: &[Arc<Job>]) -> Vec<(String, String)> {
    let ended = open.committed(jobs, &account());
    ended.iter().map(|e| (value(e, "AMIGRATE_JOB").into(), value(e, "AMIGRATE_BATCH_LEFT").into())).collect()
}

fn expected(jobs: &[(u64, usize)]) -> Vec<(String, String)> {
    jobs.iter().map(|(n, left)| (n.to_string(), left.to_string())).collect()
}

#[test]
fn every_end_of_an_own_copy_is_noticed_once() {
    let stored = [job(1, "a", available()), job(2, "a", JobState::Queued), job(3, "a", JobState::Starting)];
    let mut open = OpenJobs::new(stored.iter().map(AsRef::as_ref), at(200));
    assert_eq!(ended(&mut open, &[job(1, "a", available())]), [], "it ended before");
    assert_eq!(ended(&mut open, &[job(3, "a", available()), job(2, "a", failed())]), expected(&[(3, 1), (2, 0)]));
    assert_eq!(ended(&mut open, &[job(3, "a", available()), job(2, "a", failed())]), []);
    // Retried, and ended again.
    assert_eq!(ended(&mut open, &[job(2, "a", JobState::Queued)]), []);
    assert_eq!(ended(&mut open, &[job(2, "a", available())]), expected(&[(2, 0)]));
    // Requested now, and failed before it was seen running.
    let mut new = (*job(4, "b", failed())).clone();
    new.requested = at(300);
    assert_eq!(ended(&mut open, &[Arc::new(new.clone())]), expected(&[(4, 0)]));
    new.dismissed = true;
    assert_eq!(ended(&mut open, &[Arc::new(new)]), []);
    // From the history, to be dismissed.
    assert_eq!(ended(&mut open, &[job(5, "c", failed())]), []);
    let mut elsewhere = (*job(6, "d", JobState::Starting)).clone();
    elsewhere.origin = Origin::Elsewhere;
    assert_eq!(ended(&mut open, &[Arc::new(elsewhere.clone())]), []);
    elsewhere.state = available();
    assert_eq!(ended(&mut open, &[Arc::new(elsewhere)]), []);
}

#[test]
fn the_environment_says_what_has_ended_and_is_no_unknown_setting() {
    let mut open = OpenJobs::new([&*job(1, "a", JobState::Queued)].into_iter(), at(200));
    let ended = open.committed(&[job(1, "a", failed())], &account()).remove(0);
    let shown: Vec<String> = ended.variables.iter().map(|(name, text)| format!("{name}={text}")).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    AMIGRATE_JOB=1
    AMIGRATE_BATCH=a
    AMIGRATE_BATCH_LEFT=0
    AMIGRATE_STATE=failed
    AMIGRATE_NAME=web-1
    AMIGRATE_REGION=eu-west-1
    AMIGRATE_IMAGE_ID=
    AMIGRATE_SOURCE_IMAGE_ID=ami-00000000000000001
    AMIGRATE_SOURCE_REGION=us-east-1
    AMIGRATE_ACCOUNT=123456789012
    AMIGRATE_FAILURE=copy: no  key
    AMIGRATE_FAILURE_CODE=Client.X
    ");
    assert_eq!(Config::misspelt(ended.variables.iter().map(|(name, _)| (*name).to_owned())), []);
}

/// A program of these lines.
fn program(dir: &Path, lines: &str) -> Vec<String> {
    let path: PathBuf = dir.join("hook");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    vec![path.to_str().unwrap().to_owned(), "an argument; $HOME".into()]
}

fn runner(job_ended: Vec<String>, timeout: Duration) -> HookRunner {
    HookRunner::new(HookSettings { job_ended, timeout }).0
}

fn one(n: usize) -> EndedJob {
    EndedJob { title: format!("copy {n}"), variables: vec![("AMIGRATE_JOB", n.to_string())] }
}

#[tokio::test]
async fn a_hook_runs_with_its_arguments_and_many_run_after_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let lines = format!("cat\necho \"$AMIGRATE_JOB $1 ${{AMIGRATE_DETACHED-none}}\" >> {}", out.display());
    let mut runner = runner(program(dir.path(), &lines), Duration::from_mins(2));
    runner.start((0..20).map(one).collect());
    for _ in 0..20 {
        runner.next().await.unwrap();
        runner.start_next();
    }
    assert!(runner.is_idle());
    let text = fs::read_to_string(out).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap());
    let all: Vec<_> = (0..20).map(|n| format!("{n} an argument; $HOME none")).collect();
    assert_eq!(lines, all);
}

#[tokio::test]
async fn a_hook_that_fails_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let mut failing =
        runner(program(dir.path(), "echo one\necho 'no such channel' >&2\necho\nexit 3"), Duration::from_mins(2));
    failing.start(vec![one(7)]);
    let failure = failing.next().await.unwrap_err();
    assert_eq!(failure.to_string(), "run the hook job_ended for the copy 7: exit status: 3: no such channel");
    let mut missing = runner(vec!["/nonexistent/hook".into()], Duration::from_mins(2));
    missing.start(vec![one(7)]);
    let failure = missing.next().await.unwrap_err();
    assert!(failure.why.contains("No such file"), "{failure}");
    let mut slow = runner(program(dir.path(), "trap '' TERM\nsleep 600 & wait; sleep 600"), Duration::from_millis(1));
    slow.start(vec![one(7)]);
    let failure = slow.next().await.unwrap_err();
    assert!(failure.why.starts_with("it took longer than"), "{failure}");
    let mut none = runner(Vec::new(), Duration::from_mins(2));
    none.start(vec![one(7)]);
    assert!(none.is_idle());
}
