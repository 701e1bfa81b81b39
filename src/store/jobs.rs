//! An account's jobs: loading, committing, history.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    audit,
    commands::{self, CommandId},
    database::{Seq, Store, seq},
    errors::Error,
    hooks::{self, DueHook},
    kept_snapshots,
    rows::{self, json, parsed, time},
};
use crate::{
    domain::{AccountKey, ClientToken, Failure},
    engine::{AnsweredRequest, Command, Job, JobId, SentRequest, Status},
};

/// An account's jobs at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// By number.
    pub jobs: Vec<Job>,
    /// The highest number ever given, to jobs since pruned too.
    pub last_id: u64,
    /// Not yet carried out, oldest first.
    pub commands: Vec<(CommandId, Command)>,
    /// The engine's status when it was last committed.
    pub status: Status,
    /// How many hooks are to be run for copies that have ended.
    pub due_hooks: usize,
    /// As of which commit.
    pub seq: Seq,
    /// Jobs and commands in a form this program does not know; they are left as they are.
    pub unreadable: usize,
}

/// What one commit writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangeSet {
    /// New and changed jobs.
    pub jobs: Vec<Arc<Job>>,
    /// Commands that are carried out with this commit.
    pub commands: Vec<CommandId>,
    /// The engine's status, if it has changed.
    pub status: Option<Status>,
    /// Changing requests that are sent once this is committed.
    pub sent: Vec<SentRequest>,
    /// Changing requests whose outcome is known now.
    pub answered: Vec<AnsweredRequest>,
    /// Hooks of copies that end with this commit.
    pub hooks: Vec<DueHook>,
}

impl ChangeSet {
    /// Returns true if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds jobs, in place of earlier versions of the same ones.
    pub fn add_jobs(&mut self, jobs: Vec<Arc<Job>>) {
        for job in jobs {
            self.jobs.retain(|old| old.id != job.id);
            self.jobs.push(job);
        }
    }
}

/// What was committed since an earlier commit.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreChanges {
    /// As of which commit.
    pub seq: Seq,
    /// New and changed jobs by number, dismissed ones too.
    pub jobs: Vec<Arc<Job>>,
    /// The engine's status.
    pub status: Status,
    /// How many commands are not yet carried out.
    pub commands: usize,
}

impl Store {
    /// Loads jobs that have not ended, those whose snapshots are still to be removed, and those that ended after `recent`
    /// and were not dismissed.
    pub fn load(&self, account: &AccountKey, recent: Timestamp) -> Result<Loaded, Failure> {
        self.read("load the jobs", |tx| {
            let account = account.as_str();
            let mut query = tx.prepare(
                "SELECT id, body FROM jobs
                 WHERE account = ?1 AND (ended IS NULL OR cleanup OR (ended > ?2 AND NOT dismissed)) ORDER BY id",
            )?;
            let (jobs, unreadable_jobs) = rows::read(query.query(params![account, time(recent)])?, usize::MAX)?;
            let (commands, unreadable_commands) = commands::pending(tx, account)?;
            let last: i64 = tx.query_row(
                "SELECT max(coalesce((SELECT last_id FROM status WHERE account = ?1), 0),
                            coalesce((SELECT max(id) FROM jobs WHERE account = ?1), 0))",
                [account],
                |row| row.get(0),
            )?;
            Ok(Loaded {
                jobs,
                last_id: u64::try_from(last).unwrap_or(0),
                commands,
                status: status(tx, account)?,
                due_hooks: hooks::count(tx, account)?,
                seq: seq(tx)?,
                unreadable: unreadable_jobs + unreadable_commands,
            })
        })
    }

    /// Writes all of it or nothing, and returns when it is on the disk. A command that is gone already is no error: the
    /// same commit may be tried again.
    pub fn commit(&mut self, account: &AccountKey, changes: &ChangeSet, now: Timestamp) -> Result<Seq, Failure> {
        self.write("keep the jobs", |tx, seq| {
            let account = account.as_str();
            rows::write(tx, account, &changes.jobs, seq.0, now)?;
            kept_snapshots::write(tx, account, &changes.jobs, now)?;
            audit::write_sent(tx, account, &changes.sent, now)?;
            audit::write_answered(tx, &changes.answered, now)?;
            hooks::write(tx, account, &changes.hooks, now)?;
            commands::remove(tx, account, &changes.commands)?;
            let highest = changes.jobs.iter().map(|job| rows::number(job)).max_by_key(|n| n.as_ref().ok().copied());
            let status = changes.status.as_ref().map(json).transpose()?;
            if highest.is_some() || status.is_some() {
                tx.execute(
                    "INSERT INTO status VALUES (?1, ?2, coalesce(?3, '{}'))
                     ON CONFLICT (account) DO UPDATE SET last_id = max(last_id, ?2), body = coalesce(?3, body)",
                    params![account, highest.transpose()?.unwrap_or(0), status],
                )?;
            }
            Ok(seq)
        })
    }

    /// What was committed after `since`.
    pub fn changes_since(&self, account: &AccountKey, since: Seq) -> Result<StoreChanges, Failure> {
        self.read("read changed jobs", |tx| {
            let account = account.as_str();
            let mut query = tx.prepare("SELECT id, body FROM jobs WHERE account = ?1 AND seq > ?2 ORDER BY id")?;
            let (jobs, _) = rows::read(query.query(params![account, since.0])?, usize::MAX)?;
            Ok(StoreChanges {
                seq: seq(tx)?,
                jobs: jobs.into_iter().map(Arc::new).collect(),
                status: status(tx, account)?,
                commands: commands::count(tx, account)?,
            })
        })
    }

    /// Ended jobs, dismissed ones too; the last to end comes first.
    pub fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<Arc<Job>>, Failure> {
        self.read("read the history", |tx| {
            let mut query = tx.prepare(
                "SELECT id, body FROM jobs WHERE account = ?1 AND ended IS NOT NULL ORDER BY ended DESC, id DESC",
            )?;
            let (jobs, _) = rows::read(query.query([account.as_str()])?, limit)?;
            Ok(jobs.into_iter().map(Arc::new).collect())
        })
    }

    /// Every copy of a batch, in whatever state, by number; dismissed ones only if there are no others.
    pub fn batch(&self, account: &AccountKey, batch: &str) -> Result<Vec<Job>, Failure> {
        self.read("read a batch", |tx| {
            let mut query = tx.prepare(
                "SELECT id, body FROM jobs WHERE account = ?1 AND batch = ?2
                 AND (dismissed AND ended IS NOT NULL) =
                     (SELECT min(dismissed AND ended IS NOT NULL) FROM jobs WHERE account = ?1 AND batch = ?2)
                 ORDER BY id",
            )?;
            Ok(rows::read(query.query([account.as_str(), batch])?, usize::MAX)?.0)
        })
    }

    /// The names of all batches.
    pub fn batches(&self, account: &AccountKey) -> Result<Vec<String>, Failure> {
        self.read("read the batches", |tx| {
            let mut query = tx.prepare("SELECT DISTINCT batch FROM jobs WHERE account = ?1")?;
            let names = query.query_map([account.as_str()], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        })
    }

    /// One job, in whatever state; `None` if there is none. One that cannot be read is a failure.
    pub fn job(&self, account: &AccountKey, id: JobId) -> Result<Option<Job>, Failure> {
        self.read("read a job", |tx| {
            let mut query = tx.prepare("SELECT id, body FROM jobs WHERE account = ?1 AND id = ?2")?;
            let number = i64::try_from(id.0).unwrap_or(i64::MAX);
            let (jobs, unreadable) = rows::read(query.query(params![account.as_str(), number])?, 1)?;
            if unreadable > 0 {
                return Err(Failure::new(format!("read job {id}"), "it is in a form that this version does not know")
                    .hint("It is left as it is, and so are the commands for it.")
                    .into());
            }
            Ok(jobs.into_iter().next())
        })
    }

    /// The jobs that have this token, in whatever state, as far as they can be read.
    pub fn jobs_of_token(&self, account: &AccountKey, token: &ClientToken) -> Result<Vec<Job>, Failure> {
        self.read("read the jobs of a token", |tx| {
            let mut query = tx.prepare("SELECT id, body FROM jobs WHERE account = ?1 AND token = ?2 ORDER BY id")?;
            Ok(rows::read(query.query([account.as_str(), token.as_str()])?, usize::MAX)?.0)
        })
    }

    /// Deletes jobs that ended before a time and have nothing left to remove, every account's, and changing requests sent
    /// and hooks due before it. Returns how many of all. Their numbers are not given again.
    pub fn prune(&mut self, before: Timestamp) -> Result<usize, Failure> {
        let old = "SELECT (SELECT count(*) FROM jobs WHERE ended < ?1 AND NOT cleanup)
                        + (SELECT count(*) FROM audit WHERE time < ?1 AND (account, job) NOT IN
                              (SELECT account, id FROM jobs WHERE ended IS NULL OR ended >= ?1 OR cleanup))
                        + (SELECT count(*) FROM due_hooks WHERE time < ?1)";
        let some: i64 =
            self.read("look through the history", |tx| Ok(tx.query_row(old, [time(before)], |row| row.get(0))?))?;
        if some == 0 {
            return Ok(0);
        }
        self.write("shorten the history", |tx, _| {
            let jobs = tx.execute("DELETE FROM jobs WHERE ended < ?1 AND NOT cleanup", [time(before)])?;
            // The requests of a job that remains stay with it.
            let requests = tx.execute(
                "DELETE FROM audit WHERE time < ?1 AND (account, job) NOT IN (SELECT account, id FROM jobs)",
                [time(before)],
            )?;
            let hooks = tx.execute("DELETE FROM due_hooks WHERE time < ?1", [time(before)])?;
            Ok(jobs + requests + hooks)
        })
    }
}

fn status(tx: &Transaction<'_>, account: &str) -> Result<Status, Error> {
    let query = "SELECT body FROM status WHERE account = ?1";
    let body: Option<String> = tx.query_row(query, [account], |row| row.get(0)).optional()?;
    Ok(body.filter(|body| body != "{}").and_then(|body| parsed("status", &body)).unwrap_or_default())
}
