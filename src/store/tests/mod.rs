//! The store under test: what it keeps, what it does with strange files, and what several processes see.

mod audit;
mod damaged;
mod hooks;
mod jobs;
mod kept_snapshots;
mod opening;
mod processes;

use std::{fs, path::Path, sync::Arc};

use jiff::Timestamp;
use rusqlite::Connection;

use super::*;
use crate::{
    domain::{AccountId, AccountKey, ClientToken, CopyRequest, Description, Encryption, ImageId, ImageName, Region},
    engine::{BatchId, Job, JobId, JobState},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_262_400 + seconds).unwrap()
}

fn account() -> AccountKey {
    AccountKey::new(&AccountId::new("123456789012").unwrap(), None)
}

fn other_account() -> AccountKey {
    AccountKey::new(&AccountId::new("123456789012").unwrap(), Some("http://127.0.0.1:8000/"))
}

fn request(token: u128) -> CopyRequest {
    CopyRequest {
        source_name: "web".into(),
        description: Description::new("it's \"quoted\"").unwrap(),
        encryption: Encryption::Encrypt { key: None },
        copy_tags: true,
        volumes: vec![8, 100],
        ..CopyRequest::bare(
            (ImageId::new("ami-0123456789abcdef0").unwrap(), Region::new("us-east-1").unwrap()),
            Region::new("eu-west-1").unwrap(),
            ImageName::new("web copy").unwrap(),
            ClientToken::from_random(token),
        )
    }
}

fn image() -> ImageId {
    ImageId::new("ami-00000000000000aaa").unwrap()
}

/// A queued copy whose token follows from its number.
fn job(id: u64) -> Job {
    Job::new(JobId(id), BatchId::new("batch-1"), request(u128::from(id)), at(0))
}

/// A copy that is done.
fn done(id: u64, ended: Timestamp) -> Job {
    changed(job(id), |job| (job.state, job.ended) = (JobState::Available { image: image() }, Some(ended)))
}

fn changed(mut job: Job, change: impl FnOnce(&mut Job)) -> Job {
    change(&mut job);
    job
}

fn commit(store: &mut Store, jobs: &[Job]) -> Seq {
    let jobs: Vec<_> = jobs.iter().cloned().map(Arc::new).collect();
    store.commit(&account(), &ChangeSet { jobs, ..ChangeSet::default() }, at(1)).unwrap()
}

fn ids(store: &Store) -> Vec<u64> {
    store.load(&account(), at(0)).unwrap().jobs.iter().map(|job| job.id.0).collect()
}

fn open(dir: &Path) -> Store {
    let opened = Store::open(dir, at(0)).unwrap();
    assert_eq!(opened.set_aside, None);
    opened.store
}

/// A connection of another program, to read the file or to damage it.
fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join("jobs.db")).unwrap()
}

/// The names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A copy of the files as a crash at this moment would leave them: the log, and no shared memory.
fn crashed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["jobs.db", "jobs.db-wal"] {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    copy
}
