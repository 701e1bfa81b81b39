//! The open database: one connection, its transactions, and how it notices what others do to the file.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    errors::{self, Error, newer},
    files, schema,
};
use crate::domain::Failure;

/// The open `jobs.db`: one connection, for one thread at a time.
#[derive(Debug)]
pub struct Store {
    // Before the lock: fields are dropped in order, and the file must be closed before its lock is released.
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    /// Device and inode when it was opened; `None` in memory.
    identity: Option<(u64, u64)>,
    /// The schema version this program works with.
    pub(super) version: i64,
    /// SQLite's `data_version` when it was last read.
    last_data_version: Cell<i64>,
    /// Shared by every process that has the file open, so that none moves it away.
    _in_use: Option<files::Lock>,
}

/// Counts the file's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub i64);

impl Store {
    /// Creates a store that nobody else sees and that ends with its value: for the demo and for tests.
    pub fn in_memory() -> Result<Self, Failure> {
        let create = || {
            let mut conn = Connection::open_in_memory()?;
            schema::migrate(&mut conn, schema::STEPS)?;
            Self::new(conn, PathBuf::new(), schema::STEPS, None)
        };
        create().map_err(|e: Error| e.into_failure("make a store of jobs", Path::new("memory")))
    }

    pub(super) fn new(
        conn: Connection,
        path: PathBuf,
        steps: &[&str],
        in_use: Option<files::Lock>,
    ) -> Result<Self, Error> {
        let last_data_version = Cell::new(data_version(&conn)?);
        let identity = files::identity(&path);
        Ok(Self { conn, path, identity, version: schema::version(steps), last_data_version, _in_use: in_use })
    }

    /// Returns true if another connection has committed since the last call, or since the store was opened. Cheap: no
    /// table is read.
    pub fn changed_elsewhere(&self) -> Result<bool, Failure> {
        let now = data_version(&self.conn).map_err(|e| e.into_failure("look at the store of jobs", &self.path))?;
        Ok(self.last_data_version.replace(now) != now)
    }

    /// Reads the file as it is at one moment.
    pub(super) fn read<T>(
        &self,
        what: &str,
        query: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        self.transaction(TransactionBehavior::Deferred)
            .and_then(|tx| query(&tx))
            .map_err(|e| e.into_failure(what, &self.path))
    }

    /// Makes one commit: all of it or nothing, and counted.
    pub(super) fn write<T>(
        &mut self,
        what: &str,
        change: impl FnOnce(&Transaction<'_>, Seq) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let write = || {
            let tx = self.transaction(TransactionBehavior::Immediate)?;
            if files::identity(&self.path) != self.identity {
                return Err(moved(&self.path).into());
            }
            let seq = tx.query_row("UPDATE counter SET seq = seq + 1 RETURNING seq", [], |row| row.get(0))?;
            let result = change(&tx, Seq(seq))?;
            tx.commit()?;
            Ok(result)
        };
        write().map_err(|e: Error| e.into_failure(what, &self.path))
    }

    /// Begins a transaction, after making sure that no newer program has migrated the file meanwhile.
    pub(super) fn transaction(&self, behavior: TransactionBehavior) -> Result<Transaction<'_>, Error> {
        let tx = Transaction::new_unchecked(&self.conn, behavior)?;
        let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == self.version { Ok(tx) } else { Err(newer().into()) }
    }
}

/// The count of the last commit.
pub(super) fn seq(tx: &Transaction<'_>) -> Result<Seq, Error> {
    Ok(Seq(tx.query_row("SELECT seq FROM counter", [], |row| row.get(0))?))
}

/// What is written into a deleted file is lost with the process.
fn moved(path: &Path) -> Failure {
    Failure::new("keep the jobs", format!("{} was moved or deleted while it was in use", errors::display(path)))
        .hint("Put it back, or end amigrate and start it again: jobs are found again in EC2.")
}

fn data_version(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.pragma_query_value(None, "data_version", |row| row.get(0))?)
}
