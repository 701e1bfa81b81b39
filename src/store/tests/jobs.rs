//! What is committed is there, whole, and only for its account.

use super::*;
use crate::{
    domain::{Failure, SnapshotId, SnapshotState, post_copy::PostCopyStep, progress::SnapshotProgress},
    engine::{Command, RegionStatus, RemovalReason, RemovalStep, Status, StepState, Waiting},
};

fn failure() -> Failure {
    Failure::new("copy", "Given key ID is not accessible").code("X").request_id(Some("r-1".into()))
}

/// One of each state that carries something.
fn various() -> Vec<Job> {
    let again = RemovalReason::Retry { token: ClientToken::from_random(99), failure: Box::new(failure()) };
    let states = [
        JobState::Queued,
        JobState::Reconciling { at: Some(at(3)) },
        JobState::Starting,
        JobState::Copying { image: image() },
        JobState::Removing {
            image: image(),
            reason: RemovalReason::Cancel,
            step: RemovalStep::Checking { at: None, sent: None, slow_answers: 0 },
        },
        JobState::Removing { image: image(), reason: again, step: RemovalStep::DeletingSnapshots {} },
        JobState::Failed { failure: Box::new(failure()), image: None },
        JobState::Gone { image: image() },
        JobState::Cancelled,
    ];
    let snapshot = SnapshotProgress {
        id: SnapshotId::new("snap-2").unwrap(),
        size: 8,
        percent: Some(40),
        state: SnapshotState::Pending,
    };
    (1..)
        .zip(states)
        .map(|(id, state)| {
            let ended = state.ended().then(|| at(9));
            changed(job(id), |job| {
                (job.state, job.ended) = (state, ended);
                (job.snapshots, job.images) = (vec![snapshot.clone()], vec![image()]);
            })
        })
        .collect()
}

/// A token that was not used is requested again; and no job keeps the others of its commit from being written.
#[test]
fn two_jobs_may_have_one_token() {
    let mut store = Store::in_memory().unwrap();
    let again = |id| changed(job(id), |job| job.request = request(1));
    commit(&mut store, &[job(1)]);
    commit(&mut store, &[again(2), job(3)]);
    assert_eq!(ids(&store), [1, 2, 3]);
    let of_token = |token| {
        let jobs = store.jobs_of_token(&account(), &ClientToken::from_random(token)).unwrap();
        jobs.iter().map(|job| job.id.0).collect::<Vec<_>>()
    };
    assert_eq!((of_token(1), of_token(3), of_token(9)), (vec![1, 2], vec![3], vec![]));
    assert!(store.jobs_of_token(&other_account(), &ClientToken::from_random(1)).unwrap().is_empty());
    // The same job under a new token, as when it is tried again.
    commit(&mut store, &[changed(job(1), |job| job.request = request(77))]);
    assert_eq!(store.load(&account(), at(0)).unwrap().jobs[0].request.token, ClientToken::from_random(77));
}

#[test]
fn jobs_commands_and_status_come_back_as_they_were() {
    let mut store = Store::in_memory().unwrap();
    let jobs = various();
    let region = Region::new("eu-west-1").unwrap();
    let mut status = Status { paused: Some(failure()), next_try: Some(at(5)), ..Status::default() };
    status.regions.insert(
        region.clone(),
        RegionStatus { problem: Some(failure()), waiting: Some(Waiting::RateLimit), progress_problem: None },
    );
    let shared: Vec<_> = jobs.iter().cloned().map(Arc::new).collect();
    let changes = ChangeSet { jobs: shared.clone(), status: Some(status.clone()), ..ChangeSet::default() };
    let seq = store.commit(&account(), &changes, at(1)).unwrap();
    let commands = [
        Command::Copy(vec![request(50)]),
        Command::Cancel(vec![JobId(1)]),
        Command::Retry(vec![(JobId(7), ClientToken::from_random(51))]),
        Command::ListPendingIn(vec![region]),
        Command::RefreshNow,
    ];
    let numbered: Vec<_> = commands
        .iter()
        .map(|command| (store.add_command(&account(), command, at(2)).unwrap(), command.clone()))
        .collect();

    let loaded = store.load(&account(), at(0)).unwrap();
    assert_eq!(loaded.jobs, jobs);
    assert_eq!((loaded.last_id, loaded.unreadable), (9, 0));
    assert_eq!(loaded.status, status);
    assert_eq!(loaded.commands, numbered);
    assert_eq!(store.commands(&account()).unwrap(), numbered);
    assert!(loaded.seq > seq, "commands count as well");
    let foreign = store.load(&other_account(), at(0)).unwrap();
    assert_eq!((foreign.jobs.len(), foreign.commands.len(), foreign.last_id), (0, 0, 0));
    assert_eq!(foreign.status, Status::default());
}

#[test]
fn the_columns_say_what_the_body_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &[done(7, at(60))]);
    let row: String = raw(dir.path())
        .query_row(
            "SELECT concat_ws(' ', account, id, batch, token, state, source, source_region, destination, name, image, asked,
                ended, dismissed, seq) FROM jobs",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(
        row,
        "123456789012 7 batch-1 amigrate-00000000000000000000000000000007 available ami-0123456789abcdef0 us-east-1 \
         eu-west-1 web copy ami-00000000000000aaa 2026-11-21T12:00:00.000Z 2026-11-21T12:01:00.000Z 0 1"
    );
}

#[test]
fn a_command_is_removed_with_its_jobs_or_stays() {
    let mut store = Store::in_memory().unwrap();
    commit(&mut store, &[job(1)]);
    let command = store.add_command(&account(), &Command::Copy(vec![request(2)]), at(1)).unwrap();
    let foreign = store.add_command(&other_account(), &Command::RefreshNow, at(1)).unwrap();
    let before = store.load(&account(), at(0)).unwrap();

    // The second job's number is too high for the file: nothing of the commit may stay.
    let jobs = [Arc::new(job(2)), Arc::new(job(u64::MAX))];
    let changes = ChangeSet {
        jobs: jobs.to_vec(),
        commands: vec![command],
        status: Some(Status::default()),
        ..ChangeSet::default()
    };
    let failure = store.commit(&account(), &changes, at(2)).unwrap_err();
    assert!(failure.what.contains("keep job"), "{failure}");
    assert_eq!(store.load(&account(), at(0)).unwrap(), before);

    let changes = ChangeSet { jobs: jobs[..1].to_vec(), commands: vec![command, foreign], ..ChangeSet::default() };
    store.commit(&account(), &changes, at(2)).unwrap();
    assert_eq!(ids(&store), [1, 2]);
    assert_eq!(store.commands(&account()).unwrap(), []);
    assert_eq!(store.commands(&other_account()).unwrap().len(), 1, "a command belongs to its account");
    let next = store.add_command(&account(), &Command::RefreshNow, at(3)).unwrap();
    assert!(next > foreign, "a number is not given twice");
}

#[test]
fn loading_leaves_history_out_and_history_has_it() {
    let mut store = Store::in_memory().unwrap();
    let dismissed = changed(done(4, at(200)), |job| job.dismissed = true);
    // It ended once and is being deregistered now: it lives.
    let again = JobState::Removing {
        image: image(),
        reason: RemovalReason::Deregister,
        step: RemovalStep::Checking { at: None, sent: None, slow_answers: 0 },
    };
    let revived = changed(done(5, at(10)), |job| job.state = again);
    // The engine names no end: the commit's time stands for it.
    let timeless = changed(job(6), |job| job.state = JobState::Cancelled);
    commit(&mut store, &[job(1), done(2, at(100)), done(3, at(101)), dismissed, revived, timeless]);
    let loaded = |recent| {
        let jobs = store.load(&account(), recent).unwrap().jobs;
        jobs.iter().map(|job| job.id.0).collect::<Vec<_>>()
    };
    assert_eq!(loaded(at(100)), [1, 3, 5]);
    assert_eq!(loaded(at(99)), [1, 2, 3, 5]);
    assert_eq!(loaded(at(0)), [1, 2, 3, 5, 6]);
    let history = |most| store.history(&account(), most).unwrap().iter().map(|job| job.id.0).collect::<Vec<_>>();
    assert_eq!(history(9), [4, 3, 2, 6]);
    assert_eq!(history(2), [4, 3]);
}

#[test]
fn pruning_takes_old_history_and_no_number_is_given_again() {
    let mut store = Store::in_memory().unwrap();
    let revived = changed(done(2, at(10)), |job| job.state = JobState::Starting);
    commit(&mut store, &[job(1), revived, done(3, at(99)), done(4, at(100)), done(9, at(50))]);
    assert_eq!(store.prune(at(100)).unwrap(), 2);
    assert_eq!(ids(&store), [1, 2, 4]);
    assert_eq!(store.load(&account(), at(0)).unwrap().last_id, 9);
    let seq = store.load(&account(), at(0)).unwrap().seq;
    assert_eq!(store.prune(at(100)).unwrap(), 0);
    assert_eq!(store.load(&account(), at(0)).unwrap().seq, seq, "nothing to do is no commit");
    commit(&mut store, &[job(5)]);
    assert_eq!(store.load(&account(), at(0)).unwrap().last_id, 9);
}

#[test]
fn a_job_whose_snapshots_are_still_to_be_removed_is_loaded_and_never_pruned() {
    let mut store = Store::in_memory().unwrap();
    let dismissed = changed(done(2, at(10)), |job| job.dismissed = true);
    commit(&mut store, &[done(1, at(10)), dismissed, done(3, at(10))]);
    store.conn.execute("UPDATE jobs SET cleanup = 1 WHERE id < 3", []).unwrap();
    let loaded =
        |store: &Store| store.load(&account(), at(50)).unwrap().jobs.iter().map(|job| job.id.0).collect::<Vec<_>>();
    assert_eq!(loaded(&store), [1, 2]);
    assert_eq!(store.prune(at(100)).unwrap(), 1, "only the one with nothing left to remove");
    assert_eq!(loaded(&store), [1, 2]);
    store.conn.execute("UPDATE jobs SET cleanup = 0", []).unwrap();
    assert_eq!(loaded(&store), [0_u64; 0]);
    assert_eq!(store.prune(at(100)).unwrap(), 2);
}

#[test]
fn a_job_with_post_copy_steps_left_is_loaded_and_never_pruned() {
    let mut store = Store::in_memory().unwrap();
    let with = |id, state| {
        changed(done(id, at(-9_000)), |job| {
            job.request.post_copy = vec![PostCopyStep::SourceTag];
            job.step_states = vec![state];
        })
    };
    let waiting = with(1, StepState::Waiting);
    let refused = StepState::Failed(Box::new(failure()));
    commit(&mut store, &[waiting.clone(), with(2, StepState::Done), with(3, refused)]);
    assert_eq!(store.load(&account(), at(0)).unwrap().jobs, [waiting]);
    assert_eq!(store.prune(at(-1)).unwrap(), 2);
}

#[test]
fn a_heartbeat_replaces_the_last_one_and_is_no_commit() {
    let mut store = Store::in_memory().unwrap();
    let process = |pid| DriverProcess { pid, host: "bastion".into(), version: "0.1.0".into() };
    assert_eq!(store.heartbeat(&account()).unwrap(), None);
    let before = store.load(&account(), at(0)).unwrap().seq;
    for (pid, now) in [(7, at(1)), (7, at(2)), (8, at(0))] {
        store.write_heartbeat(&account(), &process(pid), now).unwrap();
    }
    let last = Heartbeat { process: process(8), count: 3, time: at(0) };
    assert_eq!(store.heartbeat(&account()).unwrap(), Some(last), "it grows though the clock went back");
    assert_eq!(store.heartbeat(&other_account()).unwrap(), None);
    assert_eq!(store.load(&account(), at(0)).unwrap().seq, before);
}

#[test]
fn changes_are_what_was_committed_since() {
    let mut store = Store::in_memory().unwrap();
    let first = commit(&mut store, &[job(1), job(2)]);
    assert_eq!(store.changes_since(&account(), first).unwrap().jobs, []);
    let gone = changed(done(2, at(5)), |job| job.dismissed = true);
    let second = commit(&mut store, std::slice::from_ref(&gone));
    store.add_command(&account(), &Command::RefreshNow, at(3)).unwrap();
    let changes = store.changes_since(&account(), first).unwrap();
    assert_eq!(changes.jobs, [Arc::new(gone)]);
    assert_eq!(changes.commands, 1);
    assert!(first < second && second < changes.seq);
    assert_eq!(store.changes_since(&account(), changes.seq).unwrap().jobs, []);
    assert_eq!(store.changes_since(&account(), Seq::default()).unwrap().jobs.len(), 2);
    assert_eq!(store.changes_since(&other_account(), Seq::default()).unwrap().jobs, []);
}

#[test]
fn an_unreadable_entry_hides_no_other_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &[job(1), job(2), job(3), done(4, at(5)), done(5, at(6))]);
    store.add_command(&account(), &Command::RefreshNow, at(1)).unwrap();
    let last = store.add_command(&account(), &Command::Cancel(vec![JobId(1)]), at(1)).unwrap();
    let hurt = raw(dir.path());
    hurt.execute_batch(
        "UPDATE jobs SET body = '{\"id\":2' WHERE id = 2;
         UPDATE jobs SET body = (SELECT body FROM jobs WHERE id = 1) WHERE id = 3;
         UPDATE jobs SET body = '{}' WHERE id = 5;
         UPDATE asks SET body = '\"Someday\"' WHERE id = 1;
         INSERT INTO status VALUES ('123456789012', 0, 'no') ON CONFLICT DO UPDATE SET body = 'no';",
    )
    .unwrap();
    let loaded = store.load(&account(), at(0)).unwrap();
    assert_eq!(loaded.jobs.iter().map(|job| job.id.0).collect::<Vec<_>>(), [1, 4]);
    assert_eq!((loaded.unreadable, loaded.last_id), (4, 5));
    assert_eq!(loaded.commands, [(last, Command::Cancel(vec![JobId(1)]))]);
    assert_eq!(loaded.status, Status::default());
    assert_eq!(store.history(&account(), 1).unwrap()[0].id, JobId(4), "the unreadable one does not count");
    assert_eq!(store.changes_since(&account(), Seq::default()).unwrap().jobs.len(), 2);
    commit(&mut store, &[job(6)]);
    let left: i64 = hurt.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 6);
}

#[test]
fn profiles_remember_their_accounts() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(store.account_of_profile("prod").unwrap(), None);
    store.remember_account("prod", &account()).unwrap();
    store.remember_account("", &other_account()).unwrap();
    assert_eq!(store.account_of_profile("prod").unwrap(), Some(account()));
    assert_eq!(store.account_of_profile("").unwrap(), Some(other_account()));
    store.remember_account("prod", &other_account()).unwrap();
    assert_eq!(store.account_of_profile("prod").unwrap(), Some(other_account()));
    let seq = store.load(&account(), at(0)).unwrap().seq;
    store.remember_account("prod", &other_account()).unwrap();
    assert_eq!(store.load(&account(), at(0)).unwrap().seq, seq, "the same again is no commit");
}

#[test]
fn three_thousand_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let jobs: Vec<_> = (1..=3000).map(job).collect();
    commit(&mut store, &jobs);
    drop(store);
    assert_eq!(open(dir.path()).load(&account(), at(0)).unwrap().jobs, jobs);
}

#[test]
fn a_full_or_read_only_disk_says_so_and_changes_nothing() {
    let mut store = Store::in_memory().unwrap();
    commit(&mut store, &[job(1)]);
    let pages: i64 = store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let many: Vec<_> = (2..200).map(|id| Arc::new(job(id))).collect();
    let changes = ChangeSet { jobs: many.clone(), ..ChangeSet::default() };
    let failure = store.commit(&account(), &changes, at(1)).unwrap_err();
    assert!(failure.hint.contains("make room"), "{failure:?}");
    assert_eq!(failure.retry, crate::domain::Retry::Later);
    assert_eq!(ids(&store), [1]);
    store.conn.pragma_update_and_check(None, "max_page_count", 10_000, |_| Ok(())).unwrap();
    store.conn.pragma_update(None, "query_only", true).unwrap();
    let failure = store.commit(&account(), &changes, at(1)).unwrap_err();
    assert!(failure.hint.contains("read and write"), "{failure:?}");
    store.conn.pragma_update(None, "query_only", false).unwrap();
    store.commit(&account(), &changes, at(1)).unwrap();
    assert_eq!(ids(&store).len(), 199);
}
