//! Opening `jobs.db`: is it ours, whole, and of a form we know? A damaged file is set aside, any other stranger is
//! left as it is.
//!
//! Two locks stand beside the file. `opening.lock` lets one process open at a time; `jobs.lock` is shared by all that
//! have the file open, so that none has it moved away under its hands. The file itself is never opened but by SQLite:
//! closing any other handle would drop the locks SQLite holds on it.

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
    Opened, Store,
    errors::{self, Error, shown},
    files::{self, BESIDE, Lock, LockError, LockKind},
    schema,
};
use crate::domain::{Failure, Retry};

const WHAT: &str = "open the store of jobs";

/// Whether a file of an older form is brought to this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrate {
    /// In any case: whoever has it open with an older program leaves it to this one.
    Always,
    /// Only if nobody has it open.
    Alone,
}

/// Opens the store of a directory with a list of steps.
pub(super) fn open(
    dir: &Path,
    now: Timestamp,
    steps: &'static [&'static str],
    migrate: Migrate,
) -> Result<Opened, Failure> {
    // SQLite takes `file:...` for a URI; an absolute path cannot be one.
    let dir = std::path::absolute(dir).map_err(|e| errors::io(WHAT, dir, &e))?;
    files::private_dir(&dir)?;
    let path = dir.join("jobs.db");
    let using = dir.join("jobs.lock");
    let _opening = Lock::wait(&dir.join("opening.lock"), LockKind::Alone)?;
    let mut set_aside = None;
    if files::identity(&path).is_none() {
        // What a lost file left behind must not be taken for the new one's.
        set_aside = move_aside(&path, now)?;
    }
    let may_migrate = || match migrate {
        Migrate::Always => Ok(()),
        // Where locks do not work nobody drives.
        Migrate::Alone => match Lock::try_take(&using, LockKind::Alone) {
            Err(LockError::Held) => Err(older(&path)),
            _ => Ok(()),
        },
    };
    let conn = match connect(&path, steps, may_migrate) {
        Err(error) if error.damage().is_some() => {
            let why = error.damage().unwrap_or_default();
            // Nobody may have it open. The lock is let go before it is shared below; `opening.lock` spans both.
            let alone = Lock::try_take(&using, LockKind::Alone).map_err(|_| in_use(&path, &why))?;
            set_aside = move_aside(&path, now)?;
            drop(alone);
            connect(&path, steps, || Ok(()))
        }
        other => other,
    }
    .map_err(|e| e.into_failure(WHAT, &path))?;
    let lock = Lock::wait(&using, LockKind::Shared)?;
    let store = Store::over(conn, path.clone(), steps, lock).map_err(|e| e.into_failure(WHAT, &path))?;
    Ok(Opened { store, set_aside })
}

fn in_use(path: &Path, why: &str) -> Failure {
    Failure::new(WHAT, format!("{} is damaged ({why}), and it may be in use by another amigrate", shown(path)))
        .hint("End every other amigrate on this host, then start again: the file is set aside then, and jobs are found again in EC2.")
        .retry(Retry::Later)
}

fn older(path: &Path) -> Failure {
    Failure::new(WHAT, format!("an older amigrate has {} open, and could not go on if this one changed its form", shown(path)))
        .hint("Look with that version, or wait until it has ended; the screen and `amigrate drive` of this one take its place.")
        .retry(Retry::Later)
}

/// A connection to the whole, known, migrated file.
fn connect(
    path: &Path,
    steps: &[&str],
    may_migrate: impl FnOnce() -> Result<(), Failure>,
) -> Result<Connection, Error> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    // Until the file is known to be ours and whole, not even what its log holds is written into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if !recognise(&conn, path, steps)? {
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

/// Makes the file before SQLite does, which would give it the usual rights; its `-wal` and `-shm` get the same ones.
fn create(path: &Path) -> Result<(), Failure> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    match made.map(drop) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(errors::io(WHAT, path, &error)),
        _ => {}
    }
    for file in std::iter::once(path.to_owned()).chain(BESIDE.map(|end| files::with(path, end))) {
        match files::restrict_permissions(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(errors::io(WHAT, &file, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether the file is new; refuses other programs' and newer ones.
fn recognise(conn: &Connection, path: &Path, steps: &[&str]) -> Result<bool, Error> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = schema::version_of(conn)?;
    let things: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && things == 0 {
        return Ok(true);
    }
    if application != schema::APPLICATION {
        return Err(Failure::new(WHAT, format!("{} is another program's database", shown(path)))
            .hint("It was not touched. Move it elsewhere; amigrate then makes a file of its own.")
            .into());
    }
    if version > schema::version(steps) {
        return Err(errors::newer().into());
    }
    Ok(false)
}

/// Looks through the whole file.
fn check(conn: &Connection) -> Result<(), Error> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(found)).into())
}

/// Readers do not wait for writers, and several processes share the log; SQLite says what it really does.
pub(super) fn write_ahead(conn: &Connection) -> Result<(), Error> {
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Failure::new(WHAT, "its file system cannot share memory between processes, which SQLite's log needs")
        .hint(errors::local_disk())
        .into())
}

/// A commit is on the disk when it returns; `fullfsync` says so on macOS and nothing elsewhere.
fn durable(conn: &Connection) -> Result<(), Error> {
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(())
}

/// Renames the file and what stands beside it, to a name nothing has. Where it went; `None` if there was nothing.
/// The file goes first: after a crash in between, what is left is moved as well and never read into a new file.
fn move_aside(path: &Path, now: Timestamp) -> Result<Option<PathBuf>, Failure> {
    let target = free_name(path, now);
    let mut moved = None;
    for end in std::iter::once("").chain(BESIDE) {
        let (from, to) = (files::with(path, end), files::with(&target, end));
        if files::move_if_there(&from, &to).map_err(|e| errors::io("set a damaged file aside", &from, &e))? {
            moved.get_or_insert(to);
        }
    }
    if moved.is_some()
        && let Some(dir) = path.parent()
    {
        // So that a power cut cannot bring the old name back; where directories cannot be synced, it may.
        let _ = File::open(dir).and_then(|dir| dir.sync_all());
    }
    Ok(moved)
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let at = now.strftime("%Y-%m-%dT%H%M%SZ");
    let taken = |path: &Path| {
        let there = |path: &Path| fs::symlink_metadata(path).is_ok();
        there(path) || BESIDE.iter().any(|end| there(&files::with(path, end)))
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
