//! What was kept on purpose is remembered, whatever becomes of the job.

use super::*;
use crate::{
    domain::{Failure, SnapshotId},
    engine::{RemovalReason, RemovalStep},
};

fn kept(store: &Store) -> Vec<(KeptResource, u64)> {
    store.kept_on_purpose(&account()).unwrap().into_iter().map(|kept| (kept.resource, kept.job.0)).collect()
}

/// A job whose image was deregistered without its snapshots.
fn keeping(id: u64, state: JobState) -> Job {
    changed(job(id), |job| {
        (job.state, job.ended, job.keep_snapshots) = (state, Some(at(10)), true);
        job.images = vec![image()];
    })
}

#[test]
fn it_outlives_dismissing_and_pruning() {
    let mut store = Store::in_memory().unwrap();
    let ended = keeping(1, JobState::Deregistered);
    commit(&mut store, std::slice::from_ref(&ended));
    let expected = vec![(KeptResource::OfImage(image()), 1)];
    assert_eq!(kept(&store), expected);
    commit(&mut store, &[changed(ended, |job| job.dismissed = true)]);
    assert_eq!(kept(&store), expected, "once");
    assert_eq!(store.prune(at(100)).unwrap(), 1);
    assert_eq!(kept(&store), expected);
    let region = store.kept_on_purpose(&account()).unwrap().remove(0).region;
    assert_eq!(region.as_str(), "eu-west-1");
    assert!(store.kept_on_purpose(&other_account()).unwrap().is_empty());
}

#[test]
fn it_counts_once_the_image_is_gone_whoever_removed_it() {
    let failed = |image| JobState::Failed { failure: Failure::new("copy it", "denied").into(), image };
    let (reason, step) = (RemovalReason::Deregister, RemovalStep::DeletingSnapshots {});
    let removing = JobState::Removing { image: image(), reason, step };
    let cases = [
        (keeping(1, JobState::Gone { image: image() }), true),
        (keeping(2, failed(None)), true),
        (keeping(3, failed(Some(image()))), false),
        (keeping(4, JobState::Available { image: image() }), false),
        (changed(keeping(5, removing), |job| job.ended = None), false),
        (changed(keeping(6, JobState::Deregistered), |job| job.keep_snapshots = false), false),
    ];
    for (job, expected) in cases {
        let mut store = Store::in_memory().unwrap();
        let id = job.id;
        commit(&mut store, &[job]);
        assert_eq!(!kept(&store).is_empty(), expected, "job {id}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_a_failure() {
    let mut store = Store::in_memory().unwrap();
    commit(&mut store, &[keeping(1, JobState::Deregistered)]);
    store.conn.execute("UPDATE kept_snapshots SET resource = 'vol-1'", []).unwrap();
    assert!(store.kept_on_purpose(&account()).unwrap_err().what.contains("kept on purpose"));
}

#[test]
fn jobs_of_an_earlier_version_are_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let steps = &schema::STEPS[..schema::STEPS.len() - 1];
    let mut store = open::open(dir.path(), at(0), steps, open::Purpose::Write).unwrap().store;
    let other = changed(keeping(2, JobState::Deregistered), |job| job.keep_snapshots = false);
    let available = keeping(3, JobState::Available { image: image() });
    let jobs = [keeping(1, JobState::Deregistered), other, available].map(Arc::new);
    store.write("keep the jobs", |tx, seq| rows::write(tx, account().as_str(), &jobs, seq.0, at(0))).unwrap();
    let listed = "UPDATE jobs SET body = json_set(body, '$.listed', json_array('snap-1')) WHERE id = 1";
    store.conn.execute(listed, []).unwrap();
    store.conn.execute("UPDATE jobs SET body = '{' WHERE id = 2", []).unwrap();
    drop(store);
    let store = Store::open(dir.path(), at(0)).unwrap().store;
    let snapshot = KeptResource::Snapshot(SnapshotId::new("snap-1").unwrap());
    assert_eq!(kept(&store), [(KeptResource::OfImage(image()), 1), (snapshot, 1)]);
}
