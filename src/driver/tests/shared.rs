//! A driver beside other processes: those that use the same store, the one that started it, the shell that stops it.

use jiff::Timestamp;
use rusqlite::Connection;

use super::*;
use crate::{
    driver::background::Starter,
    engine::{BatchId, JobId, JobState},
    store::{Changes, DriverLock},
};

fn seconds(n: u64) -> tokio::time::Sleep {
    tokio::time::sleep(Duration::from_secs(n))
}

impl Bench {
    /// A copy that ended at a time, in the store.
    async fn ended(&self, at: Timestamp) {
        let mut job = Job::new(JobId(1), BatchId::new("batch-1"), self.request("ended", 9), at);
        let image = ImageId::new("ami-00000000000000aaa").unwrap();
        (job.state, job.ended) = (JobState::Available { image }, Some(at));
        let account = self.account.clone();
        let commit = move |store: &mut Store| {
            let jobs = [Arc::new(job)];
            store.commit(&account, &Changes { jobs: &jobs, ..Changes::default() }, at)
        };
        self.keeper.with(commit).await.unwrap();
    }

    async fn history(&self) -> usize {
        let account = self.account.clone();
        self.keeper.with(move |store| store.history(&account, 10)).await.unwrap().len()
    }

    /// Another process asks for something.
    async fn ask(&self, ask: Command) {
        let account = self.account.clone();
        self.keeper.with(move |store| store.ask(&account, &ask, Timestamp::UNIX_EPOCH)).await.unwrap();
    }

    async fn asks(&self) -> usize {
        let account = self.account.clone();
        self.keeper.with(move |store| store.asks(&account)).await.unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_store_is_left_to_a_newer_program_with_the_lock() {
    for until_rest in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let bench = Bench::shared(dir.path(), |worker| {
            worker.duty.limits.starts_per_second = 0.000_1;
            worker.duty.exit_when_done = until_rest;
        });
        let bench = bench.await;
        let free = || DriverLock::try_take(dir.path(), &bench.account).unwrap().is_some();
        bench.ask(Command::Copy((1..20).map(|n| bench.request(&format!("stepped-{n}"), n)).collect())).await;
        seconds(20).await;
        assert!(!free(), "it drives");
        let newer = Connection::open(dir.path().join("jobs.db")).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        seconds(30).await;
        assert!(free(), "until rest: {until_rest}");
        assert_eq!(bench.working.is_finished(), until_rest, "a screen stays, a driver ends");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_over_after_the_clock_was_set_prunes_by_the_new_time() {
    let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
    let bench = Bench::shared(dir.path(), |worker| {
        elsewhere = DriverLock::try_take(dir.path(), &worker.duty.account).unwrap();
    });
    let bench = bench.await;
    seconds(5).await;
    assert!(elsewhere.is_some());
    // The clock was 100 days ahead, and is set right.
    let yesterday = Timestamp::from_second(1_800_000_000).unwrap() - SignedDuration::from_hours(101 * 24);
    bench.ended(yesterday).await;
    set_by(-100 * 86_400);
    drop(elsewhere);
    seconds(5).await;
    assert!(DriverLock::try_take(dir.path(), &bench.account).unwrap().is_none(), "it drives");
    assert_eq!(bench.history().await, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_pruned_by_a_clock_that_has_just_leapt() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::shared(dir.path(), |_| {}).await;
    seconds(5).await;
    bench.ended(Timestamp::from_second(1_800_000_000).unwrap()).await;
    set_by(100 * 86_400);
    seconds(60).await;
    assert_eq!(bench.history().await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_of_a_job_that_cannot_be_read_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::shared(dir.path(), |_| {}).await;
    bench.ended(Timestamp::from_second(1_799_000_000).unwrap()).await;
    let other = Connection::open(dir.path().join("jobs.db")).unwrap();
    let body: String = other.query_row("SELECT body FROM jobs", [], |row| row.get(0)).unwrap();
    other.execute("UPDATE jobs SET body = '{'", []).unwrap();
    bench.desk.send(Command::Dismiss(vec![JobId(1)]));
    seconds(5).await;
    assert_eq!(bench.asks().await, 1);
    other.execute("UPDATE jobs SET body = ?1", [body]).unwrap();
    seconds(5).await;
    assert_eq!(bench.asks().await, 0);
    let dismissed: bool = other.query_row("SELECT dismissed FROM jobs", [], |row| row.get(0)).unwrap();
    assert!(dismissed, "carried out, not forgotten");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_before_the_program_is_stopped_is_written_down_first() {
    let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
    let bench = Bench::shared(dir.path(), |worker| {
        elsewhere = DriverLock::try_take(dir.path(), &worker.duty.account).unwrap();
    });
    let bench = bench.await;
    // Nobody waits in between: the worker finds both.
    bench.copy("stepped-1", 1);
    bench.desk.pause().await;
    assert_eq!(bench.asks().await, 1);
    assert!(elsewhere.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_process_in_the_background_waits_for_what_its_starter_still_writes_down() {
    for there in [true, false] {
        let (dir, mut elsewhere) = (tempfile::tempdir().unwrap(), None);
        let bench = Bench::shared(dir.path(), |worker| {
            elsewhere = DriverLock::try_take(dir.path(), &worker.duty.account).unwrap();
            worker.duty.exit_when_done = true;
            worker.starter = there.then(Starter::parent);
        });
        let bench = bench.await;
        seconds(5).await;
        assert_eq!(bench.working.is_finished(), !there);
        if !there {
            continue;
        }
        bench.ask(Command::Copy(vec![bench.request("stepped-1", 1)])).await;
        drop(elsewhere);
        seconds(60).await;
        assert_eq!(bench.jobs().await.len(), 1);
        assert!(bench.working.is_finished(), "nothing is left that needs it");
    }
}
