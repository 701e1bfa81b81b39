//! The sign of life of the process that drives an account's jobs: one row an account, written every few seconds.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

use super::{Store, rows::time};
use crate::domain::{AccountKey, Failure};

/// A process that drives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverProcess {
    /// Its number.
    pub pid: u32,
    /// The host it runs on.
    pub host: String,
    /// The version of the program.
    pub version: String,
}

/// The latest sign of life of a process that drives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Which process.
    pub process: DriverProcess,
    /// Grows with each. How old one is shows only in how long it stays the same: clocks may be wrong.
    pub beat: i64,
    /// The time by that process's clock; for people.
    pub time: Timestamp,
}

impl Store {
    /// Writes a sign of life. It is no news of the jobs: it is not counted among the commits.
    pub fn beat(&mut self, account: &AccountKey, process: &DriverProcess, now: Timestamp) -> Result<(), Failure> {
        let write = || {
            let tx = self.transaction(TransactionBehavior::Immediate)?;
            tx.execute(
                "INSERT INTO drivers VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT (account) DO UPDATE SET
                     pid = ?2, host = ?3, version = ?4, beat = beat + 1, time = ?5",
                params![account.as_str(), process.pid, process.host, process.version, time(now)],
            )?;
            Ok(tx.commit()?)
        };
        write().map_err(|e: super::Error| e.into_failure("write a sign of life", &self.path))
    }

    /// The latest sign of life of whoever drives an account's jobs, or drove them last: the lock says whether anybody does.
    pub fn driver_heartbeat(&self, account: &AccountKey) -> Result<Option<Heartbeat>, Failure> {
        self.read("look for who drives", |tx| {
            let query = "SELECT pid, host, version, beat, time FROM drivers WHERE account = ?1";
            Ok(tx
                .query_row(query, [account.as_str()], |row| {
                    let process = DriverProcess { pid: row.get(0)?, host: row.get(1)?, version: row.get(2)? };
                    // For people only: one that cannot be read hides nothing else.
                    let time = row.get::<_, String>(4)?.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                    Ok(Heartbeat { process, beat: row.get(3)?, time })
                })
                .optional()?)
        })
    }
}
