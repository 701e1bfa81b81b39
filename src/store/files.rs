//! The store's directory and files: their permissions, and the kernel's locks on them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::errors;
use crate::domain::{Failure, Retry};

/// The endings of the files that SQLite keeps beside a database.
pub(super) const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Appends to the name: `jobs.db` and `-wal` make `jobs.db-wal`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Creates the directory for this user alone, and removes other users' permissions from one that exists.
pub(super) fn private_dir(dir: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .and_then(|()| restrict_permissions(dir))
        .map_err(|e| errors::io("make the directory of the jobs", dir, &e))
}

/// Removes other users' permissions from a file or directory if this user owns it.
pub(super) fn restrict_permissions(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    let mode = metadata.mode();
    if mode & 0o077 != 0 && metadata.uid() == rustix::process::geteuid().as_raw() {
        fs::set_permissions(path, Permissions::from_mode(mode & 0o7700))?;
    }
    Ok(())
}

/// Opens a file, or creates it for this user alone; an existing one's permissions are not changed.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Device and inode of the file at a path; `None` if there is none.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// How a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockKind {
    Shared,
    Exclusive,
}

/// The kernel's lock on a file, released when the value is dropped or the process ends. Two locks of one process exclude each
/// other as well.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing is not enough: a child that was just forked holds the file as well until it calls exec.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Why a lock could not be taken.
#[derive(Debug)]
pub(super) enum LockError {
    /// Somebody else holds it.
    Held,
    /// The file system has no locks.
    NoLocks(io::Error),
    /// The file could not be opened.
    NoFile(io::Error),
}

impl Lock {
    /// Takes the lock without waiting. The file is created if need be and never deleted: a lock on a deleted file would
    /// exclude nobody.
    pub(super) fn try_take(path: &Path, kind: LockKind) -> Result<Self, LockError> {
        let file = private_file(path).map_err(LockError::NoFile)?;
        let taken = match kind {
            LockKind::Shared => file.try_lock_shared(),
            LockKind::Exclusive => file.try_lock(),
        };
        match taken {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(error)) => Err(LockError::NoLocks(error)),
        }
    }

    /// Takes the lock, waiting up to 10 s for others to release it. `None` where the file system has no locks.
    pub(super) fn wait(path: &Path, kind: LockKind) -> Result<Option<Self>, Failure> {
        const STEP: Duration = Duration::from_millis(20);
        let what = "open the store of jobs";
        for _ in 0..500 {
            match Self::try_take(path, kind) {
                Ok(lock) => return Ok(Some(lock)),
                Err(LockError::Held) => thread::sleep(STEP),
                Err(LockError::NoLocks(_)) => return Ok(None),
                Err(LockError::NoFile(error)) => return Err(errors::io(what, path, &error)),
            }
        }
        Err(Failure::new(
            what,
            format!("another amigrate has been opening it for 10 seconds ({})", errors::display(path)),
        )
        .hint("That process may be suspended: find it with `ps`, end it, and start again.")
        .retry(Retry::Later))
    }
}

/// Renames a file. Returns false if there is none.
pub(super) fn move_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
