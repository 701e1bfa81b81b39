//! Commands for the process that runs the queue, in the table `asks`: whoever gives one, it is stored first and carried out
//! from there.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{
    database::Store,
    errors::Error,
    rows::{json, parsed, time},
};
use crate::{
    domain::{AccountKey, Failure},
    engine::Command,
};

/// The number of a stored command; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub i64);

impl Store {
    /// Stores a command for the process that runs the account's queue.
    pub fn add_command(
        &mut self,
        account: &AccountKey,
        command: &Command,
        now: Timestamp,
    ) -> Result<CommandId, Failure> {
        self.write("store a command", |tx, _| {
            tx.execute(
                "INSERT INTO asks (account, asked, body) VALUES (?1, ?2, ?3)",
                params![account.as_str(), time(now), json(command)?],
            )?;
            Ok(CommandId(tx.last_insert_rowid()))
        })
    }

    /// Removes those of these commands that are not carried out yet, and returns them. To be called while no process runs the account's
    /// queue: one might be carrying them out.
    pub fn withdraw(&mut self, account: &AccountKey, commands: &[Command]) -> Result<Vec<Command>, Failure> {
        self.write("withdraw a command", |tx, _| {
            let (mut stored, _) = pending(tx, account.as_str())?;
            stored.retain(|(_, command)| commands.contains(command));
            let ids: Vec<CommandId> = stored.iter().map(|(id, _)| *id).collect();
            remove(tx, account.as_str(), &ids)?;
            Ok(stored.into_iter().map(|(_, command)| command).collect())
        })
    }

    /// Commands not yet carried out, oldest first.
    pub fn commands(&self, account: &AccountKey) -> Result<Vec<(CommandId, Command)>, Failure> {
        self.read("read the commands", |tx| Ok(pending(tx, account.as_str())?.0))
    }
}

/// An account's commands, oldest first, and how many could not be read.
pub(super) fn pending(tx: &Transaction<'_>, account: &str) -> Result<(Vec<(CommandId, Command)>, usize), Error> {
    let mut query = tx.prepare("SELECT id, body FROM asks WHERE account = ?1 ORDER BY id")?;
    let mut rows = query.query([account])?;
    let (mut commands, mut unreadable) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        match parsed("command", &row.get::<_, String>(1)?) {
            Some(command) => commands.push((CommandId(row.get(0)?), command)),
            None => unreadable += 1,
        }
    }
    Ok((commands, unreadable))
}

/// How many commands of an account are not yet carried out, unreadable ones included.
pub(super) fn count(tx: &Transaction<'_>, account: &str) -> Result<usize, Error> {
    let count: i64 = tx.query_row("SELECT count(*) FROM asks WHERE account = ?1", [account], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Removes commands that were carried out; one that is gone already is no error, so that a commit can be tried again.
pub(super) fn remove(tx: &Transaction<'_>, account: &str, commands: &[CommandId]) -> Result<(), Error> {
    let mut remove = tx.prepare("DELETE FROM asks WHERE account = ?1 AND id = ?2")?;
    for command in commands {
        remove.execute(params![account, command.0])?;
    }
    Ok(())
}
