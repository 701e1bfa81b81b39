//! The directory, its files, their rights, and the kernel's locks on them.

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

/// What SQLite keeps beside a database.
pub(super) const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// `jobs.db` and `-wal` make `jobs.db-wal`.
pub(super) fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Makes the directory for this user alone, and takes others' rights away if it is this user's and has them.
pub(super) fn private_dir(dir: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .and_then(|()| restrict_permissions(dir))
        .map_err(|e| errors::io("make the directory of the jobs", dir, &e))
}

/// Takes others' rights away from something of this user's.
pub(super) fn restrict_permissions(path: &Path) -> io::Result<()> {
    let found = fs::metadata(path)?;
    let mode = found.mode();
    if mode & 0o077 != 0 && found.uid() == rustix::process::geteuid().as_raw() {
        fs::set_permissions(path, Permissions::from_mode(mode & 0o7700))?;
    }
    Ok(())
}

/// A file for this user alone; one that is there is left as it is.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Which file a path leads to; `None` if to none.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// How a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockKind {
    Shared,
    Alone,
}

/// The kernel's lock on a file, let go with the value or the process. Two of one process exclude each other as well.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing is not enough: a child process just forked holds the file too, until it runs its own program.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Why a lock was not had.
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
    /// Takes it or not, without waiting. The file is made if need be and never deleted: a lock on a deleted file
    /// would exclude nobody.
    pub(super) fn try_take(path: &Path, hold: LockKind) -> Result<Self, LockError> {
        let file = private_file(path).map_err(LockError::NoFile)?;
        let taken = match hold {
            LockKind::Shared => file.try_lock_shared(),
            LockKind::Alone => file.try_lock(),
        };
        match taken {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(error)) => Err(LockError::NoLocks(error)),
        }
    }

    /// Takes it, and waits some seconds for others to let go. `None` where the file system has no locks.
    pub(super) fn wait(path: &Path, hold: LockKind) -> Result<Option<Self>, Failure> {
        const STEP: Duration = Duration::from_millis(20);
        let what = "open the store of jobs";
        for _ in 0..500 {
            match Self::try_take(path, hold) {
                Ok(lock) => return Ok(Some(lock)),
                Err(LockError::Held) => thread::sleep(STEP),
                Err(LockError::NoLocks(_)) => return Ok(None),
                Err(LockError::NoFile(error)) => return Err(errors::io(what, path, &error)),
            }
        }
        Err(Failure::new(what, format!("another amigrate has been opening it for long ({})", errors::shown(path)))
            .hint("One may be stopped: look for it with `ps`, end it, and start again.")
            .retry(Retry::Later))
    }
}

/// Moves a file to a name that is free; nothing to move is no error.
pub(super) fn move_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
