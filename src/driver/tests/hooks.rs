//! Hooks: which copies have one run, which process runs it, and how.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Mutex};

use jiff::Timestamp;

use super::*;
use crate::{
    config::Config,
    domain::{AccountId, post_copy::PostCopyStep},
    driver::{
        JobUpdate,
        hooks::{HookSettings, OpenJobs},
    },
    engine::{BatchId, JobId, JobState, Origin, RemovalReason, RemovalStep, StepState},
    store::{ChangeSet, DriverLock, DueHook},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn account() -> AccountKey {
    AccountKey::new(&AccountId::new("123456789012").unwrap(), None)
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

fn value<'a>(hook: &'a DueHook, name: &str) -> &'a str {
    &hook.variables.iter().find(|(n, _)| *n == name).unwrap().1
}

fn ended(open: &mut OpenJobs, jobs: &[Arc<Job>]) -> Vec<DueHook> {
    let mut due = Vec::new();
    open.take_in(jobs, &account(), &mut due);
    due
}

/// Their numbers, and how many of their batch were left then.
fn numbers(open: &mut OpenJobs, jobs: &[Arc<Job>]) -> Vec<(u64, String)> {
    ended(open, jobs).iter().map(|hook| (hook.job.0, value(hook, "AMIGRATE_BATCH_LEFT").into())).collect()
}

fn expected(jobs: &[(u64, usize)]) -> Vec<(u64, String)> {
    jobs.iter().map(|(n, left)| (*n, left.to_string())).collect()
}

#[test]
fn every_end_of_an_own_copy_is_noticed_once() {
    let stored = [job(1, "a", available()), job(2, "a", JobState::Queued), job(3, "a", JobState::Starting)];
    let mut open = OpenJobs::new(stored.iter().map(AsRef::as_ref), at(200));
    assert_eq!(numbers(&mut open, &[job(1, "a", available())]), [], "it ended before");
    assert_eq!(numbers(&mut open, &[job(3, "a", available()), job(2, "a", failed())]), expected(&[(3, 1), (2, 0)]));
    assert_eq!(numbers(&mut open, &[job(3, "a", available()), job(2, "a", failed())]), []);
    // Retried, and ended again.
    assert_eq!(numbers(&mut open, &[job(2, "a", JobState::Queued)]), []);
    assert_eq!(numbers(&mut open, &[job(2, "a", available())]), expected(&[(2, 0)]));
    // Requested now, and failed before it was seen running.
    let mut new = (*job(4, "b", failed())).clone();
    new.requested = at(300);
    assert_eq!(numbers(&mut open, &[Arc::new(new.clone())]), expected(&[(4, 0)]));
    new.dismissed = true;
    assert_eq!(numbers(&mut open, &[Arc::new(new)]), []);
    // From the history, to be dismissed.
    assert_eq!(numbers(&mut open, &[job(5, "c", failed())]), []);
    let mut elsewhere = (*job(6, "d", JobState::Starting)).clone();
    elsewhere.origin = Origin::Elsewhere;
    assert_eq!(numbers(&mut open, &[Arc::new(elsewhere.clone())]), []);
    elsewhere.state = available();
    assert_eq!(numbers(&mut open, &[Arc::new(elsewhere)]), []);
}

#[test]
fn a_failed_copy_that_is_available_after_all_ends_once_more() {
    let removing = |n| {
        let failure = Box::new(Failure::new("copy", "no"));
        let reason = RemovalReason::Failed { failure, replaced_by: None };
        let image = ImageId::new("ami-00000000000000002").unwrap();
        let step = RemovalStep::DeletingSnapshots {};
        job(n, "a", JobState::Removing { image, reason, step })
    };
    // One was being removed when this process began to run the queue.
    let stored = [job(1, "a", JobState::Starting), removing(2), removing(3)];
    let mut open = OpenJobs::new(stored.iter().map(AsRef::as_ref), at(200));
    assert_eq!(numbers(&mut open, &[job(1, "a", failed())]), expected(&[(1, 0)]));
    assert_eq!(numbers(&mut open, &[removing(1), removing(2)]), []);
    let after_all = [job(1, "a", available()), job(2, "a", available())];
    assert_eq!(numbers(&mut open, &after_all), expected(&[(1, 0), (2, 0)]));
    assert_eq!(numbers(&mut open, &after_all), []);
    assert_eq!(numbers(&mut open, &[job(3, "a", failed())]), [], "it has failed before");
    assert_eq!(numbers(&mut open, &[job(3, "a", available())]), []);
}

#[test]
fn an_end_that_was_not_committed_before_the_copy_went_on_has_no_hook() {
    let mut open =
        OpenJobs::new([&*job(1, "a", JobState::Queued), &*job(2, "a", JobState::Queued)].into_iter(), at(200));
    let mut due = ended(&mut open, &[job(1, "a", failed()), job(2, "a", failed())]);
    // The commit failed, and is tried again.
    open.take_in(&[job(1, "a", JobState::Queued), job(2, "a", failed())], &account(), &mut due);
    assert_eq!(due.iter().map(|hook| hook.job.0).collect::<Vec<_>>(), [2]);
    assert_eq!(numbers(&mut open, &[job(1, "a", available())]), expected(&[(1, 0)]));
}

#[test]
fn the_environment_says_what_has_ended_and_is_no_unknown_setting() {
    let mut open = OpenJobs::new([&*job(1, "a", JobState::Queued)].into_iter(), at(200));
    let ended = ended(&mut open, &[job(1, "a", failed())]).remove(0);
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
    AMIGRATE_ENDPOINT=
    AMIGRATE_STEPS_FAILED=0
    AMIGRATE_FAILURE=copy: no  key
    AMIGRATE_FAILURE_CODE=Client.X
    ");
    assert_eq!(Config::misspelt(ended.variables.iter().map(|(name, _)| name.clone())), []);
}

#[test]
fn an_account_behind_an_endpoint_is_its_twelve_digits_and_the_endpoint_without_a_password() {
    let account = AccountKey::new(&AccountId::new("123456789012").unwrap(), Some("http://me:secret@127.0.0.1:8000/"));
    let mut open = OpenJobs::new([&*job(1, "a", JobState::Queued)].into_iter(), at(200));
    let mut due = Vec::new();
    open.take_in(&[job(1, "a", failed())], &account, &mut due);
    let of = |name| value(&due[0], name);
    assert_eq!((of("AMIGRATE_ACCOUNT"), of("AMIGRATE_ENDPOINT")), ("123456789012", "http://127.0.0.1:8000/"));
}

#[test]
fn steps_of_an_available_copy_that_failed_are_told() {
    let mut done = (*job(1, "a", available())).clone();
    let step = PostCopyStep::DeregistrationProtection { cooldown: false };
    done.request.post_copy = vec![PostCopyStep::SourceTag, step, PostCopyStep::CopyLaunchPermissions];
    let refused = Failure::new("protect the image", "not allowed").code("UnauthorizedOperation");
    done.step_states = vec![StepState::Done, StepState::Failed(Box::new(refused)), StepState::GivenUp];
    let mut open = OpenJobs::new([&*job(1, "a", JobState::Queued)].into_iter(), at(200));
    let ended = ended(&mut open, &[Arc::new(done)]).remove(0);
    let of = |name| value(&ended, name);
    assert_eq!((of("AMIGRATE_STATE"), of("AMIGRATE_STEPS_FAILED")), ("available", "2"));
    assert_eq!(of("AMIGRATE_FAILURE"), "protect the image: not allowed");
    assert_eq!(of("AMIGRATE_FAILURE_CODE"), "UnauthorizedOperation");
}

/// A program of these lines.
fn program(dir: &Path, lines: &str) -> Vec<String> {
    let path: PathBuf = dir.join("hook");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    vec![path.to_str().unwrap().to_owned(), "an argument; $HOME".into()]
}

fn settings(job_ended: Vec<String>) -> HookSettings {
    HookSettings { job_ended, timeout: Duration::from_mins(2), ..HookSettings::default() }
}

type Published = Arc<Mutex<Vec<JobUpdate>>>;

/// A driver that does not run, with hooks of these settings.
fn driver(store: &StoreHandle, hooks: HookSettings) -> (Driver, DriverHandle, Published) {
    let world = SharedWorld::new(World::new(&Scenario::named("empty").unwrap(), at(0)));
    let home = world.with(|w| w.home().clone());
    let session = Session::simulated(connector::http_client(world, || at(0)).into(), home);
    let settings = DriverSettings { hooks, ..DriverSettings::default() };
    let config = DriverConfig { account: account(), lock_mode: LockMode::Private, settings };
    let backend = Arc::new(AwsBackend::new(SharedSession::new(session), None));
    let published = Published::default();
    let publish = Arc::clone(&published);
    let publish = Box::new(move |update| publish.lock().unwrap().push(update));
    let (driver, handle) = Driver::new(config, store.clone(), backend, super::super::Clock::real(), publish);
    (driver, handle, published)
}

/// Stores so many hooks that are due.
async fn store_due(store: &StoreHandle, account: AccountKey, count: u64) {
    let hook = |n: u64| DueHook {
        key: n.into(),
        job: JobId(n),
        title: format!("copy {n}"),
        variables: vec![("AMIGRATE_JOB".into(), n.to_string())],
    };
    let changes = ChangeSet { hooks: (0..count).map(hook).collect(), ..ChangeSet::default() };
    // At the time of these tests: older ones are pruned.
    store.with(move |store| store.commit(&account, &changes, at(1_800_000_000))).await.unwrap();
}

async fn due(store: &StoreHandle, account: &AccountKey) -> usize {
    let account = account.clone();
    store.with(move |store| store.load(&account, at(0))).await.unwrap().due_hooks
}

fn store() -> StoreHandle {
    StoreHandle::inline(Store::in_memory().unwrap())
}

/// Waits for every hook that is due or runs.
async fn run_all(driver: &mut Driver) {
    driver.start_hooks().await;
    while !driver.hooks.is_idle() {
        let ended = driver.hooks.next().await;
        driver.hook_ended(ended);
        driver.start_hooks().await;
    }
}

#[tokio::test]
async fn hooks_that_a_process_has_not_begun_are_run_by_the_next_one_each_once() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let out = dir.path().join("out");
    let lines = format!("cat\necho \"$AMIGRATE_JOB $1 ${{AMIGRATE_DETACHED-none}}\" >> {}", out.display());
    let hooks = settings(program(dir.path(), &lines));
    store_due(&store, account(), 20).await;
    let (mut first, handle, published) = driver(&store, hooks.clone());
    first.set_due_hooks(20);
    first.start_hooks().await;
    assert_eq!((due(&store, &account()).await, handle.hooks_due()), (12, 12), "eight at a time");
    assert_eq!(*published.lock().unwrap(), [20, 12].map(JobUpdate::HooksDue));
    // Those that run are left to themselves if it ends now: here they are waited for.
    for _ in 0..8 {
        first.hooks.next().await.unwrap();
    }
    drop(first);
    let (mut next, handle, published) = driver(&store, hooks);
    next.set_due_hooks(due(&store, &account()).await);
    run_all(&mut next).await;
    handle.hooks_done().await;
    assert_eq!(due(&store, &account()).await, 0);
    assert_eq!(published.lock().unwrap().last(), Some(&JobUpdate::HooksDue(0)));
    let text = fs::read_to_string(out).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap());
    let all: Vec<_> = (0..20).map(|n| format!("{n} an argument; $HOME none")).collect();
    assert_eq!(lines, all);
}

/// Why a hook failed, as it was published.
async fn failure(hooks: HookSettings) -> Failure {
    let store = store();
    store_due(&store, account(), 1).await;
    let (mut driver, _handle, published) = driver(&store, hooks);
    driver.set_due_hooks(1);
    run_all(&mut driver).await;
    let published = published.lock().unwrap();
    let [JobUpdate::HooksDue(1), JobUpdate::HooksDue(0), JobUpdate::HookFailed(failure)] = &published[..] else {
        panic!("{published:?}")
    };
    failure.clone()
}

#[tokio::test]
async fn a_hook_that_fails_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let failing = failure(settings(program(dir.path(), "echo one\necho 'no such channel' >&2\necho\nexit 3"))).await;
    assert_eq!(failing.to_string(), "run the hook job_ended for the copy 0: exit status: 3: no such channel");
    let missing = failure(settings(vec!["/nonexistent/hook".into()])).await;
    assert!(missing.why.contains("No such file"), "{missing}");
    let relative = failure(settings(vec!["./hook".into()])).await;
    assert_eq!(relative.why, "a relative path: ./hook");
    let slow = program(dir.path(), "trap '' TERM\nsleep 600 & wait; sleep 600");
    let slow = failure(HookSettings { timeout: Duration::from_millis(1), ..settings(slow) }).await;
    assert!(slow.why.starts_with("it took longer than"), "{slow}");
}

#[tokio::test]
async fn programs_of_aws_under_a_hook_use_the_profile_of_the_copy() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let out = dir.path().join("out");
    let lines =
        format!("echo \"$AMIGRATE_PROFILE ${{AWS_PROFILE-none}} ${{AWS_ACCESS_KEY_ID-none}}\" > {}", out.display());
    let program = program(dir.path(), &lines);
    for (profile, told) in [(None, " none"), (Some("staging"), "staging staging none")] {
        store_due(&store, account(), 1).await;
        let (mut driver, _handle, _published) =
            driver(&store, HookSettings { profile: profile.map(str::to_owned), ..settings(program.clone()) });
        driver.set_due_hooks(1);
        run_all(&mut driver).await;
        let text = fs::read_to_string(&out).unwrap();
        assert!(text.starts_with(told), "{profile:?}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_begins_no_hooks_and_releases_the_queue_with_those_that_are_due() {
    let dir = tempfile::tempdir().unwrap();
    let harness = Harness::shared(dir.path(), |driver| {
        driver.hooks.settings.job_ended = vec!["true".into()];
        // As many as run at once, and none of them ends.
        for _ in 0..8 {
            driver.hooks.running.spawn(std::future::pending());
        }
    });
    let harness = harness.await;
    harness.handle.pause().await;
    store_due(&harness.store, harness.account.clone(), 20).await;
    harness.handle.resume();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(harness.handle.hooks_due(), 20, "it runs the queue");
    harness.handle.pause().await;
    assert_eq!(due(&harness.store, &harness.account).await, 20);
    assert!(DriverLock::try_take(dir.path(), &harness.account).unwrap().is_some(), "it is free");
}

/// Lets a hook end that could not be started.
fn fail_one(driver: &mut Driver) {
    driver.hooks.supervise("copy 1", Err(std::io::ErrorKind::NotFound.into()));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_hook_is_noticed_while_another_process_runs_the_queue() {
    let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
    let published = Published::default();
    let harness = Harness::shared(dir.path(), |driver| {
        elsewhere = DriverLock::try_take(dir.path(), &driver.config.account).unwrap();
        let published = Arc::clone(&published);
        driver.publish = Box::new(move |update| published.lock().unwrap().push(update));
        fail_one(driver);
        driver.set_due_hooks(3);
    });
    let harness = harness.await;
    harness.handle.hooks_done().await;
    assert!(elsewhere.is_some());
    let published = published.lock().unwrap();
    assert!(published.iter().any(|update| matches!(update, JobUpdate::HookFailed(_))), "{published:?}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_hook_is_noticed_while_the_queue_is_paused() {
    let (mut driver, handle, published) = driver(&store(), settings(Vec::new()));
    fail_one(&mut driver);
    let (paused, waiting) = (handle.clone(), tokio::spawn(async move { paused_until_resumed(driver).await }));
    paused.pause().await;
    handle.hooks_done().await;
    handle.resume();
    waiting.await.unwrap();
    assert!(matches!(published.lock().unwrap()[..], [JobUpdate::HookFailed(_)]));
}

async fn paused_until_resumed(mut driver: Driver) {
    driver.wait_while_paused().await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_started_for_hooks_waits_for_the_queue() {
    for (job_ended, is_due, stays) in
        [(Vec::new(), true, false), (vec!["true".to_owned()], true, true), (vec!["true".to_owned()], false, true)]
    {
        let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
        let store = StoreHandle::inline(Store::open(dir.path(), at(0)).unwrap().store);
        let lock_mode = LockMode::Shared(dir.path().to_owned());
        // The account of the simulated world, which has no endpoint here.
        if is_due {
            store_due(&store, account(), 1).await;
        } else {
            let copying = job(1, "a", JobState::Copying { image: ImageId::new("ami-00000000000000002").unwrap() });
            let changes = ChangeSet { jobs: vec![copying], ..ChangeSet::default() };
            store.with(move |store| store.commit(&account(), &changes, at(0))).await.unwrap();
        }
        let harness = Harness::start(store, |driver| {
            assert_eq!(driver.config.account, account());
            driver.config.lock_mode = lock_mode;
            elsewhere = DriverLock::try_take(dir.path(), &account()).unwrap();
            driver.config.settings.exit_when_done = true;
            driver.hooks.settings.job_ended.clone_from(&job_ended);
        });
        let harness = harness.await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(harness.task.is_finished(), !stays, "{job_ended:?}, due: {is_due}");
        assert!(elsewhere.is_some());
    }
}
