//! Rights, forms and their steps, and what a crash leaves.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn widen(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn everything_is_the_users_alone() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("made/on the way");
    let mut store = open(&dir);
    commit(&mut store, &[job(1)]);
    let files = ["jobs.db", "jobs.db-shm", "jobs.db-wal", "jobs.lock", "opening.lock"];
    assert_eq!(names(&dir), files);
    assert_eq!(mode(&dir), 0o700);
    for file in files {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    widen(&dir, 0o755);
    for file in &files[..3] {
        widen(&dir.join(file), 0o664);
    }
    let second = open(&dir);
    assert_eq!(mode(&dir), 0o700);
    for file in files {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    drop((store, second));
    assert_eq!(names(&dir), ["jobs.db", "jobs.lock", "opening.lock"]);
}

#[test]
fn a_commit_is_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let number = |pragma: &str| store.conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("synchronous"), 2, "FULL");
    assert_eq!(number("user_version"), schema::version(schema::STEPS));
    assert_eq!(number("application_id"), i64::from(schema::APPLICATION));
    let mode: String = store.conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn without_shared_memory_there_is_no_store() {
    // Memory is a "file system" that has no log either.
    let failure =
        open::write_ahead(&Connection::open_in_memory().unwrap()).unwrap_err().into_failure("", Path::new(""));
    assert!(failure.hint.contains("XDG_STATE_HOME"), "{failure:?}");
}

#[test]
fn a_crash_loses_nothing_committed_and_keeps_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &[job(1), job(2)]);
    // So small a cache that the unfinished commit is in the log already.
    store.conn.pragma_update(None, "cache_size", 1).unwrap();
    let tx = store.transaction(rusqlite::TransactionBehavior::Immediate).unwrap();
    let many: Vec<_> = (3..500).map(|id| Arc::new(job(id))).collect();
    let before = fs::metadata(dir.path().join("jobs.db-wal")).unwrap().len();
    rows::write(&tx, account().as_str(), &many, 2, at(2)).unwrap();
    assert!(fs::metadata(dir.path().join("jobs.db-wal")).unwrap().len() > before, "nothing was written yet");
    let crash = crashed(dir.path());
    assert_eq!(ids(&open(crash.path())), [1, 2]);
    tx.commit().unwrap();
    let crash = crashed(dir.path());
    assert_eq!(ids(&open(crash.path())).len(), 499);
}

#[test]
fn a_file_just_begun_is_new() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("jobs.db"), "").unwrap();
    assert_eq!(ids(&open(dir.path())), [0_u64; 0]);
    // A crash after the log was chosen and before the first step.
    let dir = tempfile::tempdir().unwrap();
    raw(dir.path()).pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    assert_ne!(fs::metadata(dir.path().join("jobs.db")).unwrap().len(), 0);
    let mut store = open(dir.path());
    commit(&mut store, &[job(1)]);
    assert_eq!(ids(&store), [1]);
}

const LATER: &[&str] = &[
    schema::STEPS[0],
    schema::STEPS[1],
    schema::STEPS[2],
    schema::STEPS[3],
    schema::STEPS[4],
    schema::STEPS[5],
    schema::STEPS[6],
    schema::STEPS[7],
    schema::STEPS[8],
    "ALTER TABLE jobs ADD COLUMN size INTEGER; UPDATE jobs SET size = 7;",
];
const BROKEN: &[&str] = &[
    schema::STEPS[0],
    schema::STEPS[1],
    schema::STEPS[2],
    schema::STEPS[3],
    schema::STEPS[4],
    schema::STEPS[5],
    schema::STEPS[6],
    schema::STEPS[7],
    schema::STEPS[8],
    "ALTER TABLE jobs ADD COLUMN size INTEGER; UPDATE nothing SET size = 7;",
];

/// A file of version 1 as it was first released.
fn version_one() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    raw(dir.path()).execute_batch(include_str!("v1.sql")).unwrap();
    dir
}

/// What a file is made of.
fn form(conn: &Connection) -> Vec<String> {
    let mut query = conn.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    let words = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    query.query_map([], |row| row.get(0).map(words)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn version_one_is_read_for_ever() {
    let dir = version_one();
    let mut made = Connection::open_in_memory().unwrap();
    schema::migrate(&mut made, &schema::STEPS[..1]).unwrap();
    assert_eq!(form(&raw(dir.path())), form(&made), "a released step was changed");
    let store = open(dir.path());
    let loaded = store.load(&account(), at(-1_000_000)).unwrap();
    assert_eq!(loaded.unreadable, 0, "jobs written by version 1 must be read: give new fields a default");
    let words: Vec<_> = loaded.jobs.iter().map(|job| (job.id.0, job.phase().as_str())).collect();
    assert_eq!(words, [(1, "queued"), (2, "copying"), (3, "failed"), (4, "removing")]);
    assert_eq!((loaded.commands.len(), loaded.last_id), (2, 12));
    assert_eq!(loaded.status.regions.len(), 1);
    assert_eq!(store.account_of_profile("prod").unwrap(), Some(account()));
}

#[test]
fn steps_are_taken_in_order_and_whole() {
    let dir = version_one();
    let failure = open::open(dir.path(), at(0), BROKEN, open::Purpose::Write).unwrap_err();
    assert!(failure.why.contains("nothing"), "{failure}");
    assert_eq!(form(&raw(dir.path())), form(&Store::in_memory().unwrap().conn), "half a step was applied");
    assert_eq!(ids(&open(dir.path())).len(), 4);

    let store = open::open(dir.path(), at(0), LATER, open::Purpose::Write).unwrap().store;
    let sizes: i64 = store.conn.query_row("SELECT sum(size) FROM jobs", [], |row| row.get(0)).unwrap();
    assert_eq!(sizes, 5 * 7);
    assert_eq!(ids(&store).len(), 4);
    drop(store);
    open::open(dir.path(), at(0), LATER, open::Purpose::Write).unwrap();
}

#[test]
fn a_newer_form_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &[job(1)]);
    // The newer form is in the log only, as after a crash of the newer program.
    let newer = open::open(dir.path(), at(0), LATER, open::Purpose::Write).unwrap().store;
    let crash = crashed(dir.path());
    let bytes = || ["jobs.db", "jobs.db-wal"].map(|name| fs::read(crash.path().join(name)).unwrap());
    let before = bytes();
    let failure = Store::open(crash.path(), at(0)).unwrap_err();
    assert!(failure.why.contains("newer"), "{failure}");
    assert!(bytes() == before, "the refused file was touched");

    // And the older program that had the file open all the time neither writes nor reads on.
    let jobs = [Arc::new(job(2))];
    let late = store.commit(&account(), &ChangeSet { jobs: jobs.to_vec(), ..ChangeSet::default() }, at(1)).unwrap_err();
    assert!(late.why.contains("newer"), "{late}");
    assert!(store.load(&account(), at(0)).is_err());
    let count: i64 = newer.conn.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_reader_takes_no_store_away_from_an_older_program() {
    let dir = tempfile::tempdir().unwrap();
    let open_older = || open::open(dir.path(), at(0), &schema::STEPS[..1], open::Purpose::Write).unwrap().store;
    let older = open_older();
    let failure = Store::open_to_read(dir.path(), at(0)).unwrap_err();
    assert!(failure.why.contains("older amigrate"), "{failure}");
    assert!(older.changed_elsewhere().is_ok() && older.account_of_profile("default").is_ok(), "it continues");
    drop(older);
    let looking = Store::open_to_read(dir.path(), at(0)).unwrap();
    assert_eq!(looking.version, schema::version(schema::STEPS));
    // One of this form is shared, and a new one is made, as ever.
    assert!(Store::open_to_read(dir.path(), at(0)).is_ok());
    assert!(Store::open_to_read(&dir.path().join("new"), at(0)).is_ok());
}

#[test]
fn a_program_without_post_copy_steps_writes_no_job_that_has_them() {
    let dir = tempfile::tempdir().unwrap();
    // The form of commit 855618b, the last without them.
    let open_older = || open::open(dir.path(), at(0), &schema::STEPS[..3], open::Purpose::Write);
    let mut older = open_older().unwrap().store;
    assert!(Store::open_to_read(dir.path(), at(0)).unwrap_err().why.contains("older amigrate"));
    let mut store = open(dir.path());
    let mut with_steps = job(1);
    with_steps.request.post_copy = vec![crate::domain::post_copy::PostCopyStep::SourceTag];
    with_steps.step_states = vec![crate::engine::StepState::Waiting];
    commit(&mut store, &[with_steps]);
    assert!(older.load(&account(), at(0)).is_err());
    let changes = ChangeSet { jobs: vec![Arc::new(job(1))], ..ChangeSet::default() };
    assert!(older.commit(&account(), &changes, at(1)).unwrap_err().why.contains("newer"));
    assert!(open_older().unwrap_err().why.contains("newer"));
    assert_eq!(store.job(&account(), JobId(1)).unwrap().unwrap().step_states.len(), 1);
}

#[test]
fn a_refusal_stored_before_kinds_existed_gets_its_kind() {
    let dir = tempfile::tempdir().unwrap();
    let open_older = || open::open(dir.path(), at(0), &schema::STEPS[..2], open::Purpose::Write).unwrap().store;
    let mut older = open_older();
    commit(&mut older, &[job(1), job(2)]);
    let refused = |code: &str| {
        format!(
            r#"{{"since":"2026-01-01T00:00:00Z","last":"2026-01-01T00:00:00Z","clean":0,"refusal":{{"what":"w","why":"y","hint":"","retry":"AfterChange","code":"{code}","request_id":null}}}}"#
        )
    };
    let update = "UPDATE jobs SET body = json_set(body, '$.doubt', json(?1)) WHERE id = ?2";
    older.conn.execute(update, rusqlite::params![refused("UnauthorizedOperation"), 1]).unwrap();
    older.conn.execute("UPDATE jobs SET body = 'not JSON' WHERE id = 2", []).unwrap();
    drop(older);
    let store = open(dir.path());
    let kind = "SELECT json_extract(body, '$.doubt.refusal.kind') FROM jobs WHERE id = 1";
    let kind: String = store.conn.query_row(kind, [], |row| row.get(0)).unwrap();
    assert_eq!(kind, "Denied");
    assert_eq!(store.load(&account(), at(-1_000_000)).unwrap().unreadable, 1);
}
