//! What can go wrong with the store's files, as failures that say what to do.

use std::{io, path::Path};

use rusqlite::{Error as Sql, ErrorCode as Code};

use crate::domain::{Failure, Retry, text::clean};

/// An error within the store: SQLite's, or a finished failure.
#[derive(Debug)]
pub(super) enum Error {
    Sql(Sql),
    Failure(Box<Failure>),
}

impl From<Sql> for Error {
    fn from(error: Sql) -> Self {
        Self::Sql(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl Error {
    /// What SQLite says if the file itself is damaged.
    pub(super) fn damage(&self) -> Option<String> {
        match self {
            Self::Sql(error) => matches!(error.sqlite_error_code(), Some(Code::NotADatabase | Code::DatabaseCorrupt))
                .then(|| error.to_string()),
            Self::Failure(_) => None,
        }
    }

    /// Turns the error into a failure; `file` is the database.
    pub(super) fn into_failure(self, what: &str, file: &Path) -> Failure {
        match self {
            Self::Sql(error) => sql(what, file, &error),
            Self::Failure(failure) => *failure,
        }
    }
}

/// A path as it can be printed: on one line, without control characters.
pub(super) fn display(path: &Path) -> String {
    clean(&path.to_string_lossy()).into_owned()
}

fn sql(what: &str, file: &Path, error: &Sql) -> Failure {
    let (file, dir) = (display(file), file.parent().map(display).unwrap_or_default());
    let (retry, hint) = match error.sqlite_error_code() {
        Some(Code::DiskFull) => (Retry::Later, format!("The disk is full: make room where {dir} is.")),
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            (Retry::Later, format!("Another process keeps {file} locked; it may be stopped, or an sqlite3 shell."))
        }
        Some(Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied) => (
            Retry::AfterChange,
            format!(
                "You must be able to read and write {dir} and what is in it; check its owner, permissions and mount."
            ),
        ),
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => (
            Retry::AfterChange,
            format!(
                "{file} is damaged. End every amigrate of yours on this host and start again: the file is set aside then, and jobs are found again in EC2."
            ),
        ),
        Some(Code::FileLockingProtocolFailed) => (Retry::AfterChange, use_local_disk()),
        Some(Code::SystemIoFailure) => {
            (Retry::Later, format!("The disk, or the network file system, that holds {dir} reports a fault."))
        }
        Some(Code::ConstraintViolation) => {
            (Retry::Never, "This is a mistake of this program; please report it.".into())
        }
        _ => (Retry::Never, String::new()),
    };
    Failure::new(what, clean(&error.to_string()).into_owned()).hint(hint).retry(retry)
}

/// An error of the operating system about one of the store's files.
pub(super) fn io(what: impl Into<String>, path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::new(what, format!("{}: {error}", display(path)));
    let dir = path.parent().map(display).unwrap_or_default();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure.hint(format!("The disk is full: make room where {dir} is.")).retry(Retry::Later)
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.hint("You must be able to read and write it; check its owner, permissions and mount.")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            failure.hint("A directory is needed there; move the file at that path away.")
        }
        _ => failure,
    }
}

/// The file was migrated by a newer program.
pub(super) fn newer() -> Failure {
    Failure::new("use the store of jobs", "it was written by a newer amigrate than this one")
        .hint("Use the newer amigrate; nothing in the store was changed.")
        .retry(Retry::Never)
}

/// A hint that says where a store works.
pub(super) fn use_local_disk() -> String {
    "Keep the state directory on a disk of this host, not on a network file system: set `jobs.directory` or XDG_STATE_HOME.".into()
}
