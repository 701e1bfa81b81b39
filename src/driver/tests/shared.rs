//! A driver beside other processes: those that share its store, and the one that started it.

use jiff::Timestamp;
use rusqlite::Connection;

use super::*;
use crate::{
    driver::{background::ParentProcess, update::JobUpdate},
    engine::{BatchId, JobId, JobState},
    store::{ChangeSet, DriverLock},
};

fn seconds(n: u64) -> tokio::time::Sleep {
    tokio::time::sleep(Duration::from_secs(n))
}

impl Harness {
    /// Stores a copy that ended at a time.
    async fn store_ended(&self, at: Timestamp) {
        let mut job = Job::new(JobId(1), BatchId::new("batch-1"), self.request("ended", 9), at);
        let image = ImageId::new("ami-00000000000000aaa").unwrap();
        (job.state, job.ended) = (JobState::Available { image }, Some(at));
        let account = self.account.clone();
        let commit = move |store: &mut Store| {
            store.commit(&account, &ChangeSet { jobs: vec![Arc::new(job)], ..ChangeSet::default() }, at)
        };
        self.store.with(commit).await.unwrap();
    }

    async fn history(&self) -> usize {
        let account = self.account.clone();
        self.store.with(move |store| store.history(&account, 10)).await.unwrap().len()
    }

    /// Stores a command as another process does.
    async fn store_command(&self, command: Command) {
        let account = self.account.clone();
        self.store.with(move |store| store.add_command(&account, &command, Timestamp::UNIX_EPOCH)).await.unwrap();
    }

    async fn commands(&self) -> usize {
        let account = self.account.clone();
        self.store.with(move |store| store.commands(&account)).await.unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_store_is_left_to_a_newer_program_with_the_lock() {
    for exit_when_done in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let harness = Harness::shared(dir.path(), |driver| {
            driver.config.settings.engine.starts_per_second = 0.000_1;
            driver.config.settings.exit_when_done = exit_when_done;
        });
        let harness = harness.await;
        let free = || DriverLock::try_take(dir.path(), &harness.account).unwrap().is_some();
        harness
            .store_command(Command::Copy((1..20).map(|n| harness.request(&format!("stepped-{n}"), n)).collect()))
            .await;
        seconds(20).await;
        assert!(!free(), "it runs the queue");
        let newer = Connection::open(dir.path().join("jobs.db")).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        seconds(30).await;
        assert!(free(), "exit when done: {exit_when_done}");
        assert_eq!(harness.task.is_finished(), exit_when_done, "a screen stays, `amigrate drive` ends");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_takes_over_after_the_clock_was_set_prunes_by_the_new_time() {
    let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
    let harness = Harness::shared(dir.path(), |driver| {
        elsewhere = DriverLock::try_take(dir.path(), &driver.config.account).unwrap();
    });
    let harness = harness.await;
    seconds(5).await;
    assert!(elsewhere.is_some());
    // The clock was 100 days ahead, and is set right.
    let yesterday = Timestamp::from_second(1_800_000_000).unwrap() - SignedDuration::from_hours(101 * 24);
    harness.store_ended(yesterday).await;
    set_by(-100 * 86_400);
    drop(elsewhere);
    seconds(5).await;
    assert!(DriverLock::try_take(dir.path(), &harness.account).unwrap().is_none(), "it runs the queue");
    assert_eq!(harness.history().await, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_pruned_by_a_clock_that_was_just_set_far_forward() {
    let dir = tempfile::tempdir().unwrap();
    let harness = Harness::shared(dir.path(), |_| {}).await;
    seconds(5).await;
    harness.store_ended(Timestamp::from_second(1_800_000_000).unwrap()).await;
    set_by(100 * 86_400);
    seconds(60).await;
    assert_eq!(harness.history().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_goes_on_after_a_pause_is_no_longer_called_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let problems = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&problems);
    let harness = Harness::shared(dir.path(), |driver| {
        driver.publish = Box::new(move |update| {
            if let JobUpdate::StoreProblem(problem) = update {
                seen.lock().unwrap().push(problem.is_some());
            }
        });
    });
    let harness = harness.await;
    seconds(5).await;
    let other = Connection::open(dir.path().join("jobs.db")).unwrap();
    other.execute_batch("CREATE TRIGGER full BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'full'); END").unwrap();
    harness.copy("stepped-1", 1);
    seconds(5).await;
    assert_eq!(problems.lock().unwrap().first(), Some(&true));
    harness.handle.pause().await;
    other.execute_batch("DROP TRIGGER full").unwrap();
    harness.handle.resume();
    seconds(60).await;
    assert_eq!(problems.lock().unwrap().last(), Some(&false));
    assert_eq!(harness.jobs().await.len(), 1, "the copy is in the store now");
}

#[tokio::test(start_paused = true)]
async fn a_command_for_an_unreadable_job_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let harness = Harness::shared(dir.path(), |_| {}).await;
    harness.store_ended(Timestamp::from_second(1_799_000_000).unwrap()).await;
    let other = Connection::open(dir.path().join("jobs.db")).unwrap();
    let body: String = other.query_row("SELECT body FROM jobs", [], |row| row.get(0)).unwrap();
    other.execute("UPDATE jobs SET body = '{'", []).unwrap();
    harness.handle.send(Command::Dismiss(vec![JobId(1)]));
    seconds(5).await;
    assert_eq!(harness.commands().await, 1);
    other.execute("UPDATE jobs SET body = ?1", [body]).unwrap();
    seconds(5).await;
    assert_eq!(harness.commands().await, 0);
    let dismissed: bool = other.query_row("SELECT dismissed FROM jobs", [], |row| row.get(0)).unwrap();
    assert!(dismissed, "carried out, not forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_dismissed_copy_did_not_use_is_sent_for_the_same_job() {
    let dir = tempfile::tempdir().unwrap();
    let harness = Harness::shared(dir.path(), |_| {}).await;
    let request = |n| CopyRequest { token: ClientToken::derived(n), ..harness.request(&format!("stepped-{n}"), n) };
    let long_ago = Timestamp::from_second(1_799_000_000).unwrap();
    let mut refused = Job::new(JobId(1), BatchId::new("batch-1"), request(1), long_ago);
    let failure = Box::new(Failure::new("copy", "you may not"));
    (refused.state, refused.ended) = (JobState::Failed { failure, image: None }, Some(long_ago));
    refused.dismissed = true;
    let account = harness.account.clone();
    let changes = ChangeSet { jobs: vec![Arc::new(refused)], ..ChangeSet::default() };
    harness.store.with(move |store| store.commit(&account, &changes, long_ago)).await.unwrap();
    harness.handle.send(Command::Copy(vec![request(1), request(2)]));
    tokio::time::sleep(Duration::from_mins(30)).await;
    let jobs: Vec<_> = harness.jobs().await.iter().map(|job| (job.id.0, job.phase(), job.dismissed)).collect();
    assert_eq!(jobs, [(1, JobPhase::Available, false), (2, JobPhase::Available, false)]);
    assert_eq!(harness.world.with(|w| w.copies_made()), 2);
}

#[tokio::test(start_paused = true)]
async fn commands_are_stored_before_the_program_is_suspended() {
    let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
    let harness = Harness::shared(dir.path(), |driver| {
        elsewhere = DriverLock::try_take(dir.path(), &driver.config.account).unwrap();
    });
    let harness = harness.await;
    // Without waiting in between, so that the driver finds both.
    harness.copy("stepped-1", 1);
    harness.handle.pause().await;
    assert_eq!(harness.commands().await, 1);
    assert!(elsewhere.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_background_process_waits_for_commands_that_its_parent_still_stores() {
    for running in [true, false] {
        let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
        let harness = Harness::shared(dir.path(), |driver| {
            elsewhere = DriverLock::try_take(dir.path(), &driver.config.account).unwrap();
            driver.config.settings.exit_when_done = true;
            driver.starter = running.then(ParentProcess::parent);
        });
        let harness = harness.await;
        seconds(5).await;
        assert_eq!(harness.task.is_finished(), !running);
        if !running {
            continue;
        }
        harness.store_command(Command::Copy(vec![harness.request("stepped-1", 1)])).await;
        drop(elsewhere);
        seconds(60).await;
        assert_eq!(harness.jobs().await.len(), 1);
        assert!(harness.task.is_finished(), "nothing is left to run");
    }
}
