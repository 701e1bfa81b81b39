//! Opening `jobs.db`: checks that it is ours, whole and of a known version, and migrates it. A damaged file is set aside, unless it
//! was to be read only; another program's is left as it is.
//!
//! There are two lock files beside it. `opening.lock` lets one process open at a time; `jobs.lock` is shared by all that
//! have the file open, so that none moves it away while another uses it. Only SQLite opens the file itself: closing any
//! other handle would drop the locks that SQLite holds on it.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    database::Store,
    errors::{self, Error, display},
    files::{self, Lock, LockError, LockKind, SIDE_FILES},
    schema,
};
use crate::domain::{Failure, Retry};

const WHAT: &str = "open the store of jobs";

/// An opened store.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where a damaged file was moved; the store is a new one then.
    pub set_aside: Option<PathBuf>,
}

impl Store {
    /// Opens, or creates, `jobs.db` in a directory. The directory is for this user alone (0700), and so are the files
    /// (0600). A damaged file is renamed after `now`'s date.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Opened, Failure> {
        open(dir, now, schema::STEPS, Purpose::Write)
    }

    /// Opens the store to read it. A damaged file stays where it is: an empty store must not be shown in its place. An older version
    /// is migrated only if nobody has the file open: the older program that runs the queue could not continue with a migrated file, and a
    /// reader does not take its place.
    pub fn open_to_read(dir: &Path, now: Timestamp) -> Result<Self, Failure> {
        open(dir, now, schema::STEPS, Purpose::Read).map(|opened| opened.store)
    }
}

/// What the store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A damaged file is set aside, and one of an older version migrated: an older program that has it open notices, and leaves the
    /// queue to this one.
    Write,
    /// A damaged file is left where it is, and one of an older version migrated only if nobody has it open.
    Read,
}

/// Opens the store of a directory, migrated by these steps.
pub(super) fn open(
    dir: &Path,
    now: Timestamp,
    steps: &'static [&'static str],
    purpose: Purpose,
) -> Result<Opened, Failure> {
    // SQLite takes `file:...` for a URI; an absolute path cannot be one.
    let dir = std::path::absolute(dir).map_err(|e| errors::io(WHAT, dir, &e))?;
    files::private_dir(&dir)?;
    let path = dir.join("jobs.db");
    let using = dir.join("jobs.lock");
    let _opening = Lock::wait(&dir.join("opening.lock"), LockKind::Exclusive)?;
    let mut set_aside = None;
    if files::identity(&path).is_none() {
        if purpose == Purpose::Read && SIDE_FILES.iter().any(|end| files::with_suffix(&path, end).exists()) {
            return Err(damaged(&path, "it is gone, and its log is not"));
        }
        // A log left behind by a lost file must not be read into the new one.
        set_aside = move_aside(&path, now)?;
    }
    let may_migrate = || match purpose {
        Purpose::Write => Ok(()),
        // Where locks do not work nobody runs the queue.
        Purpose::Read => match Lock::try_take(&using, LockKind::Exclusive) {
            Err(LockError::Held) => Err(older(&path)),
            _ => Ok(()),
        },
    };
    let conn = match connect(&path, steps, may_migrate) {
        Err(error) if error.damage().is_some() => {
            let why = error.damage().unwrap_or_default();
            if purpose == Purpose::Read {
                return Err(damaged(&path, &why));
            }
            // Nobody may have it open. The lock is released before it is shared below; `opening.lock` is held throughout.
            let exclusive = Lock::try_take(&using, LockKind::Exclusive).map_err(|_| in_use(&path, &why))?;
            set_aside = move_aside(&path, now)?;
            drop(exclusive);
            connect(&path, steps, || Ok(()))
        }
        other => other,
    }
    .map_err(|e| e.into_failure(WHAT, &path))?;
    let lock = Lock::wait(&using, LockKind::Shared)?;
    let store = Store::new(conn, path.clone(), steps, lock).map_err(|e| e.into_failure(WHAT, &path))?;
    Ok(Opened { store, set_aside })
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(WHAT, format!("{} is damaged: {why}", display(path)))
        .hint("`amigrate drive` sets it aside, and so does the screen; copies under way are found again in EC2.")
        .retry(Retry::AfterChange)
}

fn in_use(path: &Path, why: &str) -> Failure {
    Failure::new(WHAT, format!("{} is damaged ({why}), and it may be in use by another amigrate", display(path)))
        .hint("End every other amigrate on this host, then start again: the file is set aside then, and jobs are found again in EC2.")
        .retry(Retry::Later)
}

fn older(path: &Path) -> Failure {
    Failure::new(WHAT, format!("an older amigrate has {} open, and could not continue if this one migrated it", display(path)))
        .hint("Use that version, or wait until it has ended. The screen and `amigrate drive` of this version take over from it.")
        .retry(Retry::Later)
}

/// Connects to the file after checking it, and migrates it.
fn connect(
    path: &Path,
    steps: &[&str],
    may_migrate: impl FnOnce() -> Result<(), Failure>,
) -> Result<Connection, Error> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    // Until the file is known to be ours and whole, not even its own log is written into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if !is_new(&conn, path, steps)? {
        check(&conn)?;
        if schema::version_of(&conn)? < schema::version(steps) {
            may_migrate()?;
        }
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    write_ahead(&conn)?;
    durable(&conn)?;
    schema::migrate(&mut conn, steps)?;
    Ok(conn)
}

/// Creates the file with mode 0600 before SQLite does, which would use the umask; its `-wal` and `-shm` inherit the mode.
fn create(path: &Path) -> Result<(), Failure> {
    let created = File::options().write(true).create_new(true).mode(0o600).open(path);
    match created.map(drop) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(errors::io(WHAT, path, &error)),
        _ => {}
    }
    for file in std::iter::once(path.to_owned()).chain(SIDE_FILES.map(|end| files::with_suffix(path, end))) {
        match files::restrict_permissions(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(errors::io(WHAT, &file, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Returns true if the file is new; refuses other programs' files and newer versions.
fn is_new(conn: &Connection, path: &Path, steps: &[&str]) -> Result<bool, Error> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = schema::version_of(conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(true);
    }
    if application != schema::APPLICATION {
        return Err(Failure::new(WHAT, format!("{} is another program's database", display(path)))
            .hint("It was not touched. Move it elsewhere; amigrate then makes a file of its own.")
            .into());
    }
    if version > schema::version(steps) {
        return Err(errors::newer().into());
    }
    Ok(false)
}

/// Runs SQLite's integrity check on the whole file.
fn check(conn: &Connection) -> Result<(), Error> {
    let result: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if result == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(result)).into())
}

/// Switches to write-ahead logging, which lets readers continue while another process writes. SQLite answers with the mode it
/// really uses.
pub(super) fn write_ahead(conn: &Connection) -> Result<(), Error> {
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Failure::new(WHAT, "its file system cannot share memory between processes, which SQLite's log needs")
        .hint(errors::use_local_disk())
        .into())
}

/// Makes a commit return only once it is on the disk; `fullfsync` matters on macOS alone.
fn durable(conn: &Connection) -> Result<(), Error> {
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(())
}

/// Renames the file and SQLite's files beside it to a free name. Returns the new name; `None` if there was nothing to rename.
/// The database goes first: after a crash in between, the rest is moved at the next start and never read into a new file.
fn move_aside(path: &Path, now: Timestamp) -> Result<Option<PathBuf>, Failure> {
    let target = free_name(path, now);
    let mut moved_to = None;
    for end in std::iter::once("").chain(SIDE_FILES) {
        let (from, to) = (files::with_suffix(path, end), files::with_suffix(&target, end));
        if files::move_if_there(&from, &to).map_err(|e| errors::io("set a damaged file aside", &from, &e))? {
            moved_to.get_or_insert(to);
        }
    }
    if moved_to.is_some()
        && let Some(dir) = path.parent()
    {
        // Otherwise a power cut could bring the old name back. Not every file system can sync a directory.
        let _ = File::open(dir).and_then(|dir| dir.sync_all());
    }
    Ok(moved_to)
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let at = now.strftime("%Y-%m-%dT%H%M%SZ");
    let taken = |path: &Path| {
        let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
        exists(path) || SIDE_FILES.iter().any(|end| exists(&files::with_suffix(path, end)))
    };
    let mut name = path.with_file_name(format!("jobs-damaged-{at}.db"));
    for n in 2_u64.. {
        if !taken(&name) {
            break;
        }
        name = path.with_file_name(format!("jobs-damaged-{at}-{n}.db"));
    }
    name
}
