//! Several connections, several processes, locks, and an end without warning.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use super::*;
use crate::store::files::LockError;

#[test]
fn two_connections_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let (mut driver, mut watcher) = (open(dir.path()), open(dir.path()));
    assert!(!driver.changed_elsewhere().unwrap());
    let command = watcher.add_command(&account(), &crate::engine::Command::Copy(vec![request(1)]), at(1)).unwrap();
    assert!(!watcher.changed_elsewhere().unwrap(), "one's own commits are no news");
    assert!(driver.changed_elsewhere().unwrap());
    assert!(!driver.changed_elsewhere().unwrap(), "reported once");
    assert_eq!(driver.commands(&account()).unwrap(), [(command, crate::engine::Command::Copy(vec![request(1)]))]);
    assert!(!driver.changed_elsewhere().unwrap());

    let since = watcher.changes_since(&account(), Seq::default()).unwrap();
    assert_eq!((since.commands, since.jobs.len()), (1, 0));
    let jobs = [Arc::new(job(1))];
    let seq = driver
        .commit(&account(), &ChangeSet { jobs: jobs.to_vec(), commands: vec![command], ..ChangeSet::default() }, at(2))
        .unwrap();
    assert!(watcher.changed_elsewhere().unwrap());
    let changes = watcher.changes_since(&account(), since.seq).unwrap();
    assert_eq!((changes.seq, changes.commands), (seq, 0));
    assert_eq!(changes.jobs, jobs);
}

#[test]
fn many_open_at_once_and_all_write() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for id in 1..=8 {
            let dir = dir.path();
            scope.spawn(move || commit(&mut open(dir), &[job(id)]));
        }
    });
    assert_eq!(ids(&open(dir.path())), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn many_that_find_damage_set_it_aside_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("jobs.db"), "garbage").unwrap();
    let moved: usize = std::thread::scope(|scope| {
        let open = |_| scope.spawn(|| usize::from(Store::open(dir.path(), at(0)).unwrap().set_aside.is_some()));
        let all: Vec<_> = (0..8).map(open).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(moved, 1);
    assert_eq!(names(dir.path()).iter().filter(|name| name.starts_with("jobs-damaged")).count(), 1);
}

#[test]
fn the_store_may_move_to_its_thread() {
    fn sendable<T: Send>(_: &T) {}
    sendable(&Store::in_memory().unwrap());
}

#[test]
fn one_drives_an_account() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("state");
    let held = DriverLock::try_take(&dir, &account()).unwrap();
    assert!(held.is_some());
    assert!(DriverLock::try_take(&dir, &account()).unwrap().is_none());
    let other = DriverLock::try_take(&dir, &other_account()).unwrap();
    assert!(other.is_some(), "another endpoint is another account");
    drop(held);
    assert!(DriverLock::try_take(&dir, &account()).unwrap().is_some());
    assert_eq!(names(&dir), ["driver-123456789012-320d56bd884ba66a.lock", "driver-123456789012.lock"]);
}

#[test]
fn without_locks_jobs_can_only_be_looked_at() {
    for errno in [rustix::io::Errno::NOLCK, rustix::io::Errno::OPNOTSUPP, rustix::io::Errno::NOSYS] {
        let error = io::Error::from_raw_os_error(errno.raw_os_error());
        let failure = driver_lock::lock_failure(Path::new("/net/driver-1.lock"), LockError::NoLocks(error));
        assert!(failure.why.contains("can only be viewed here"), "{failure}");
        assert!(failure.hint.contains("a disk of this host"), "{failure:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(driver_lock::path(dir.path(), &account())).unwrap();
    let failure = DriverLock::try_take(dir.path(), &account()).unwrap_err();
    assert!(failure.why.contains("driver-123456789012.lock"), "{failure}");
}

/// The part another process plays in the tests below; `CHILD_DIR` names the directory it plays in.
#[test]
#[ignore = "only as a process of its own"]
fn child() {
    let dir = env::var_os("CHILD_DIR").unwrap();
    let dir = Path::new(&dir);
    let _lock = DriverLock::try_take(dir, &account()).unwrap().unwrap();
    let mut store = open(dir);
    for id in 1.. {
        commit(&mut store, &[job(id)]);
        writeln!(io::stdout(), "\ncommitted {id}").unwrap();
    }
}

fn spawn(dir: &Path) -> (Child, impl Iterator<Item = u64>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::tests::processes::child", "--ignored", "--nocapture"])
        .env("CHILD_DIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines.filter_map(|line| line.unwrap().strip_prefix("committed ")?.parse().ok()))
}

#[test]
fn a_kill_takes_nothing_that_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, mut committed) = spawn(dir.path());
    assert_eq!(committed.by_ref().take(20).last(), Some(20));
    assert!(DriverLock::try_take(dir.path(), &account()).unwrap().is_none(), "the child drives");
    child.kill().unwrap();
    child.wait().unwrap();
    let last = committed.last().unwrap_or(20);
    let found = ids(&open(dir.path()));
    let n = found.len() as u64;
    assert_eq!(found, (1..=n).collect::<Vec<_>>());
    // One more may have been committed and not yet printed.
    assert!(n == last || n == last + 1, "{n} of {last}");
    assert!(DriverLock::try_take(dir.path(), &account()).unwrap().is_some(), "the lock went with the child");
}
