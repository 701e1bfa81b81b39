//! Hooks that are due, in the table `due_hooks`: stored by the commit that ends their copy, and removed by one before they are begun.

use jiff::Timestamp;
use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::{
    database::Store,
    errors::Error,
    rows::{json, parsed, time},
};
use crate::{
    domain::{AccountKey, Failure},
    engine::JobId,
};

/// A hook that is to be run for a copy that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueHook {
    /// Random: a commit that is tried again stores it once.
    #[serde(skip)]
    pub key: u128,
    pub job: JobId,
    /// The copy in words.
    pub title: String,
    /// Environment variables that say how the copy ended: by now it may have been retried.
    pub variables: Vec<(String, String)>,
}

/// Hooks that were removed from the store, to be run now or never.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TakenHooks {
    /// In the order in which their copies ended.
    pub hooks: Vec<DueHook>,
    /// How many of the account are still due.
    pub left: usize,
}

impl Store {
    /// Removes an account's hooks, the oldest first and no more than `limit`, and returns them. One that this version cannot read is
    /// removed too: it would hold up the others.
    pub fn take_hooks(&mut self, account: &AccountKey, limit: usize) -> Result<TakenHooks, Failure> {
        self.write("begin hooks", |tx, _| {
            let account = account.as_str();
            let mut query = tx.prepare("SELECT id, body FROM due_hooks WHERE account = ?1 ORDER BY id LIMIT ?2")?;
            let rows = query.query_map(params![account, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            let mut remove = tx.prepare("DELETE FROM due_hooks WHERE id = ?1")?;
            for (id, _) in &rows {
                remove.execute([id])?;
            }
            let hooks = rows.iter().filter_map(|(_, body)| parsed("hook", body)).collect();
            Ok(TakenHooks { hooks, left: count(tx, account)? })
        })
    }
}

/// Stores hooks. A commit that is tried again stores them once.
pub(super) fn write(tx: &Transaction<'_>, account: &str, hooks: &[DueHook], now: Timestamp) -> Result<(), Error> {
    if hooks.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare(
        "INSERT INTO due_hooks (key, account, job, time, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO NOTHING",
    )?;
    for hook in hooks {
        let job = i64::try_from(hook.job.0).unwrap_or(i64::MAX);
        insert.execute(params![format!("{:032x}", hook.key), account, job, time(now), json(hook)?])?;
    }
    Ok(())
}

/// How many hooks of an account are due.
pub(super) fn count(tx: &Transaction<'_>, account: &str) -> Result<usize, Error> {
    let count: i64 = tx.query_row("SELECT count(*) FROM due_hooks WHERE account = ?1", [account], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
