//! Damaged files are set aside; other programs' files are left alone.

use super::*;

const ASIDE: &str = "jobs-damaged-2026-11-21T120000Z.db";

/// A closed file with many jobs.
fn full() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &(1..100).map(job).collect::<Vec<_>>());
    dir
}

#[test]
fn damage_is_set_aside_as_it_is_and_a_fresh_file_works() {
    let whole = fs::read(full().path().join("jobs.db")).unwrap();
    assert!(whole.len() > 20 * 4096, "{}", whole.len());
    let mut torn = whole.clone();
    torn[4 * 4096..5 * 4096].fill(0xa5);
    let mut beheaded = whole.clone();
    beheaded[..100].fill(0);
    for (what, bytes) in [
        ("a few letters", b"hello".to_vec()),
        ("text", b"# not a database\n".repeat(1000)),
        ("zeros, as after a power cut", vec![0; 8192]),
        ("cut off", whole[..whole.len() / 2 / 4096 * 4096].to_vec()),
        ("cut within a page", whole[..whole.len() - 4096 - 1000].to_vec()),
        ("a torn page", torn),
        ("no header", beheaded),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("jobs.db");
        fs::write(&file, &bytes).unwrap();
        let failure = Store::open_to_read(dir.path(), at(0)).unwrap_err();
        assert!(failure.why.contains("is damaged") && failure.hint.contains("amigrate drive"), "{what}: {failure:?}");
        assert!(fs::read(&file).unwrap() == bytes, "{what}: a reader changed it");
        let opened = Store::open(dir.path(), at(0)).unwrap();
        assert_eq!(opened.set_aside, Some(dir.path().join(ASIDE)), "{what}");
        assert!(fs::read(dir.path().join(ASIDE)).unwrap() == bytes, "{what}: the evidence was changed");
        let mut store = opened.store;
        commit(&mut store, &[job(1)]);
        drop(store);
        assert_eq!(ids(&open(dir.path())), [1], "{what}");
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let second = "jobs-damaged-2026-11-21T120000Z-2.db";
    let third = "jobs-damaged-2026-11-21T120000Z-3.db";
    fs::write(dir.path().join(ASIDE), "mine").unwrap();
    fs::write(dir.path().join(format!("{second}-wal")), "mine too").unwrap();
    fs::write(dir.path().join("jobs.db"), "garbage").unwrap();
    fs::write(dir.path().join("jobs.db-wal"), "its log").unwrap();
    let opened = Store::open(dir.path(), at(0)).unwrap();
    assert_eq!(opened.set_aside, Some(dir.path().join(third)));
    for (name, text) in [
        (ASIDE.to_owned(), "mine"),
        (format!("{second}-wal"), "mine too"),
        (third.to_owned(), "garbage"),
        (format!("{third}-wal"), "its log"),
    ] {
        assert_eq!(fs::read_to_string(dir.path().join(&name)).unwrap(), text, "{name}");
    }
}

#[test]
fn a_log_without_its_file_is_not_read_into_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    commit(&mut store, &[job(1)]);
    let crash = crashed(dir.path());
    fs::remove_file(crash.path().join("jobs.db")).unwrap();
    assert!(Store::open_to_read(crash.path(), at(0)).unwrap_err().why.contains("its log"));
    let opened = Store::open(crash.path(), at(0)).unwrap();
    assert_eq!(opened.set_aside, Some(crash.path().join(format!("{ASIDE}-wal"))));
    assert_eq!(ids(&opened.store), [0_u64; 0]);
}

#[test]
fn a_damaged_file_in_use_stays_where_it_is() {
    let dir = full();
    let user = open(dir.path());
    let file = dir.path().join("jobs.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4 * 4096..5 * 4096].fill(0xa5);
    // Written in place: the user's file is this one.
    fs::write(&file, &bytes).unwrap();
    let failure = Store::open(dir.path(), at(0)).unwrap_err();
    assert!(failure.why.contains("in use"), "{failure}");
    assert!(failure.hint.contains("End every other"), "{failure:?}");
    assert!(!dir.path().join(ASIDE).exists());
    drop(user);
    assert_eq!(Store::open(dir.path(), at(0)).unwrap().set_aside, Some(dir.path().join(ASIDE)));
}

#[test]
fn another_programs_database_is_refused_and_not_touched() {
    for sql in [
        "PRAGMA application_id = 252006674; CREATE TABLE t (x)",
        "CREATE TABLE bookmarks (x); INSERT INTO bookmarks VALUES (1)",
        "PRAGMA user_version = 3; VACUUM",
        "PRAGMA journal_mode = wal; CREATE TABLE t (x)",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("jobs.db");
        let theirs = raw(dir.path());
        theirs.execute_batch(sql).unwrap();
        // What stands in their log is still there afterwards, too.
        let log = || fs::read(dir.path().join("jobs.db-wal")).unwrap_or_default();
        let before = (fs::read(&file).unwrap(), log());
        let failure = Store::open(dir.path(), at(0)).unwrap_err();
        assert!(failure.why.contains("another program"), "{sql}: {failure}");
        assert!((fs::read(&file).unwrap(), log()) == before, "{sql}: touched");
        assert!(!dir.path().join(ASIDE).exists(), "{sql}");
    }
}

#[test]
fn a_file_taken_away_takes_no_more_commits() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    fs::rename(dir.path().join("jobs.db"), dir.path().join("elsewhere")).unwrap();
    let jobs = [Arc::new(job(1))];
    let changes = ChangeSet { jobs: jobs.to_vec(), ..ChangeSet::default() };
    let failure = store.commit(&account(), &changes, at(1)).unwrap_err();
    assert!(failure.why.contains("moved or deleted"), "{failure}");
    fs::rename(dir.path().join("elsewhere"), dir.path().join("jobs.db")).unwrap();
    store.commit(&account(), &changes, at(1)).unwrap();
}

#[test]
fn a_place_that_cannot_be_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state"), "a file").unwrap();
    let failure = Store::open(&dir.path().join("state"), at(0)).unwrap_err();
    assert!(failure.why.contains("state") && failure.hint.contains("directory is needed"), "{failure:?}");
    fs::create_dir_all(dir.path().join("other/jobs.db")).unwrap();
    let failure = Store::open(&dir.path().join("other"), at(0)).unwrap_err();
    assert!(failure.hint.contains("read and write"), "{failure:?}");
}
