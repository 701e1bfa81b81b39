//! A database that an earlier build wrote is read whole.
//!
//! `fixtures/jobs-0.1.0.db` was written through the public API of `store` by the build of commit 855618b. It has a job in
//! every state and at every step of a removal, and every kind of command, leftover and answered request.

use std::{collections::BTreeMap, fs, path::Path};

use amigrate::{
    domain::{AccountId, AccountKey, Image, draft::Draft},
    engine::Outcome,
    store::Store,
};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/jobs-0.1.0.db");
const ACCOUNT: &str = "123456789012";

fn account(endpoint: Option<&str>) -> AccountKey {
    AccountKey::new(&AccountId::new(ACCOUNT).unwrap(), endpoint)
}

/// A copy of the fixture, opened, with its directory.
fn open() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(FIXTURE, dir.path().join("jobs.db")).unwrap();
    let opened = Store::open(dir.path(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(opened.set_aside, None);
    (dir, opened.store)
}

/// The number and body of each row as the earlier build wrote it.
fn stored(query: &str) -> BTreeMap<i64, Value> {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("jobs.db");
    fs::copy(FIXTURE, &copy).unwrap();
    let conn = Connection::open(Path::new(&copy)).unwrap();
    let mut query = conn.prepare(query).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
    let rows = query.query_map([ACCOUNT], row).unwrap().map(Result::unwrap);
    rows.map(|(id, body)| (id, serde_json::from_str(&body).unwrap())).collect()
}

/// Every text, number and `true` in a value. What holds them may be named and nested otherwise in a later form.
fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Bool(true) => into.push("true".into()),
        Value::Number(number) => into.push(number.to_string()),
        Value::String(text) => into.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|v| leaves(v, into)),
        Value::Object(fields) => fields.values().for_each(|v| leaves(v, into)),
    }
}

/// Checks that nothing of what was stored is lost once it is read and would be written again.
#[track_caller]
fn assert_kept(what: &str, stored: &Value, now: &impl serde::Serialize) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    leaves(stored, &mut before);
    leaves(&serde_json::to_value(now).unwrap(), &mut after);
    for leaf in before {
        let at = after.iter().position(|l| *l == leaf);
        let at = at.unwrap_or_else(|| panic!("{what}: `{leaf}` of the stored form is lost:\n{stored}"));
        after.swap_remove(at);
    }
}

#[test]
fn every_job_is_read() {
    let (_dir, store) = open();
    let stored = stored("SELECT id, body FROM jobs WHERE account = ?1");
    assert_eq!(stored.len(), 33);
    let loaded = store.load(&account(None), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((loaded.unreadable, loaded.last_id), (0, 33));
    assert_eq!(loaded.jobs.len(), 32, "all but the dismissed one");
    for (id, body) in stored {
        let job = store.job(&account(None), amigrate::engine::JobId(id.try_into().unwrap())).unwrap().unwrap();
        assert_kept(&format!("job {id}"), &body, &job);
        let listed = loaded.jobs.iter().find(|j| j.id == job.id);
        assert!(listed.map_or(job.dismissed, |listed| *listed == job), "job {id}");
    }
    assert_eq!(store.history(&account(None), usize::MAX >> 1).unwrap().len(), 9);
}

/// What was typed is not stored there: the values that the templates became take their place.
#[test]
fn copies_without_templates_are_made_again_with_what_they_became() {
    let (_dir, store) = open();
    for job in store.load(&account(None), Timestamp::UNIX_EPOCH).unwrap().jobs {
        let request = &job.request;
        let owner = AccountId::new(ACCOUNT).unwrap();
        let source = Image::bare(request.source.clone(), request.source_region.clone(), owner);
        let draft = Draft::again(&job.request_as_edited(), source.into(), None);
        assert_eq!(draft.name, request.name.as_str());
        assert_eq!(draft.image_tags.len(), request.image_tags.len());
        assert!(serde_json::to_value(request).unwrap().get("templates").is_none());
    }
}

#[test]
fn every_command_is_read() {
    let (_dir, store) = open();
    let stored = stored("SELECT id, body FROM asks WHERE account = ?1");
    let loaded = store.load(&account(None), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(loaded.commands.len(), 10);
    assert_eq!(stored.len(), 10);
    for (id, command) in loaded.commands {
        assert_kept(&format!("command {}", id.0), &stored[&id.0], &command);
    }
    assert_eq!(store.load(&account(Some("http://127.0.0.1:8000/")), Timestamp::UNIX_EPOCH).unwrap().commands.len(), 1);
}

#[test]
fn the_status_is_read() {
    let (_dir, store) = open();
    let status = store.load(&account(None), Timestamp::UNIX_EPOCH).unwrap().status;
    assert_kept("status", &stored("SELECT 0, body FROM status WHERE account = ?1")[&0], &status);
    assert!(status.paused.is_some() && status.regions.len() == 2);
}

#[test]
fn every_audit_entry_is_read() {
    let (_dir, store) = open();
    let audit = store.audit(&account(None), None).unwrap();
    let outcomes: Vec<_> = audit.iter().map(|entry| entry.outcome.clone()).collect();
    let refused = |code: &str| Outcome::Refused(code.into());
    let expected = [
        Outcome::Done,
        refused("InvalidAMIID.Unavailable"),
        refused("InvalidSnapshot.InUse"),
        Outcome::NoAnswer,
        Outcome::Sent,
        Outcome::NotSent,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(audit[0].resource, "ami-0123456789abcdef0 in us-east-1 > ami-00000000000000050");
    assert_eq!((audit[0].job.0, audit[0].request_id.as_deref()), (8, Some("req-1")));
    assert_eq!(audit[4].identity.as_deref(), Some("arn:aws:iam::123456789012:user/first"));
    assert!(audit.iter().all(|entry| entry.time > Timestamp::UNIX_EPOCH));
}

#[test]
fn the_heartbeat_and_the_accounts_are_read() {
    let (_dir, store) = open();
    let heartbeat = store.heartbeat(&account(None)).unwrap().unwrap();
    assert_eq!((heartbeat.process.pid, heartbeat.process.host.as_str(), heartbeat.count), (4321, "bastion", 2));
    assert_eq!(store.account_of_profile("prod").unwrap(), Some(account(None)));
    assert_eq!(store.account_of_profile("").unwrap(), Some(account(Some("http://127.0.0.1:8000/"))));
    assert_eq!(store.accounts().unwrap().len(), 2);
}
