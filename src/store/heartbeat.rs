//! The heartbeat of the process that runs an account's queue: one row for each account, written every few seconds.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::{database::Store, errors::Error, rows::time};
use crate::domain::{AccountKey, Failure};

/// A process that runs a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverProcess {
    pub pid: u32,
    pub host: String,
    /// The version of amigrate.
    pub version: String,
}

/// The latest heartbeat of a process that runs a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    pub process: DriverProcess,
    /// Grows with each. Its age is how long it stays the same: clocks may be wrong.
    pub count: i64,
    /// The time by that process's clock, for people.
    pub time: Timestamp,
}

impl Store {
    /// Writes a heartbeat. It is not counted among the commits: no job has changed.
    pub fn write_heartbeat(
        &mut self,
        account: &AccountKey,
        process: &DriverProcess,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let write = || {
            let tx = self.transaction(TransactionBehavior::Immediate)?;
            tx.execute(
                "INSERT INTO drivers VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT (account) DO UPDATE SET
                     pid = ?2, host = ?3, version = ?4, beat = beat + 1, time = ?5",
                params![account.as_str(), process.pid, process.host, process.version, time(now)],
            )?;
            Ok(tx.commit()?)
        };
        write().map_err(|e: Error| e.into_failure("write a heartbeat", &self.path))
    }

    /// The latest heartbeat of the process that runs an account's queue, or ran it last: the lock says whether one does.
    pub fn heartbeat(&self, account: &AccountKey) -> Result<Option<Heartbeat>, Failure> {
        self.read("look for who runs the queue", |tx| {
            let query = "SELECT pid, host, version, beat, time FROM drivers WHERE account = ?1";
            Ok(tx
                .query_row(query, [account.as_str()], |row| {
                    let process = DriverProcess { pid: row.get(0)?, host: row.get(1)?, version: row.get(2)? };
                    // For people only: an unreadable time hides nothing else.
                    let time = row.get::<_, String>(4)?.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                    Ok(Heartbeat { process, count: row.get(3)?, time })
                })
                .optional()?)
        })
    }
}
