//! Jobs on disk: SQLite, one file, several processes.
//!
//! Owns `jobs.db` and the locks beside it: what it looks like, who may open it, what is done when it is damaged.
//! Synchronous; nothing here decides what happens to a job. One process drives an account's jobs and commits them
//! ([`DriverLock`]); the others read them and leave their [`Ask`]s.

mod accounts;
mod audit;
mod driver;
mod errors;
mod files;
mod filesystem;
mod heartbeat;
mod open;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

pub use driver::DriverLock;
pub use filesystem::refuse_network;
pub use heartbeat::{DriverProcess, Heartbeat};

use crate::{
    domain::{AccountId, AccountKey, Failure},
    engine::{AnsweredRequest, Command, Job, JobId, SentRequest, Status},
};
use errors::{Error, newer};
use rows::{json, parsed, time};

/// The jobs' file, open: one connection, for one thread at a time.
#[derive(Debug)]
pub struct Store {
    // Before the lock: the file is let go only once it is closed.
    conn: Connection,
    path: PathBuf,
    /// Which file this was when it was opened; none in memory.
    identity: Option<(u64, u64)>,
    version: i64,
    seen: Cell<i64>,
    /// Says that the file is in use.
    _lock: Option<files::Lock>,
}

/// The number of an [`Ask`]; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub i64);

/// Counts the file's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub i64);

/// An opened store.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where a damaged file went: the store is a fresh one then.
    pub set_aside: Option<PathBuf>,
}

/// An account's jobs at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// By number.
    pub jobs: Vec<Job>,
    /// The highest number ever given, to jobs since pruned too.
    pub last_id: u64,
    /// Not yet carried out, oldest first.
    pub asks: Vec<(CommandId, Command)>,
    /// How things stood.
    pub status: Status,
    /// As of which commit.
    pub seq: Seq,
    /// Jobs and asks in a form this program does not know; they are kept as they are.
    pub unreadable: usize,
}

/// What one commit writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes<'a> {
    /// Jobs new or changed.
    pub jobs: &'a [Arc<Job>],
    /// Asks that are carried out with this.
    pub done: &'a [CommandId],
    /// How things stand, if that changed.
    pub status: Option<&'a Status>,
    /// Changing calls that are made once this is written.
    pub sent: &'a [SentRequest],
    /// What came of changing calls.
    pub answered: &'a [AnsweredRequest],
}

/// What happened since a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreChanges {
    /// As of which commit.
    pub seq: Seq,
    /// Jobs new or changed, by number; those dismissed too.
    pub jobs: Vec<Arc<Job>>,
    /// How things stand.
    pub status: Status,
    /// Asks not yet carried out.
    pub asks: usize,
}

impl Store {
    /// Opens, or makes, `jobs.db` in a directory. The directory is made for this user alone (0700), as are the files
    /// (0600). A damaged file is set aside under `now`'s date.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Opened, Failure> {
        open::open(dir, now, schema::STEPS, open::Migrate::Always)
    }

    /// The same, to look at it: a file of an older form is brought to this program's only if nobody has it open. The driver
    /// of an older version could not go on with it, and whoever only looks does not take its place.
    pub fn open_to_look(dir: &Path, now: Timestamp) -> Result<Opened, Failure> {
        open::open(dir, now, schema::STEPS, open::Migrate::Alone)
    }

    /// A store that nobody else sees and that ends with its value: for the demo and tests.
    pub fn in_memory() -> Result<Self, Failure> {
        let made = || {
            let mut conn = Connection::open_in_memory()?;
            schema::migrate(&mut conn, schema::STEPS)?;
            Self::over(conn, PathBuf::new(), schema::STEPS, None)
        };
        made().map_err(|e: Error| e.into_failure("make a store of jobs", Path::new("memory")))
    }

    fn over(conn: Connection, path: PathBuf, steps: &[&str], lock: Option<files::Lock>) -> Result<Self, Error> {
        let seen = Cell::new(data_version(&conn)?);
        let identity = files::identity(&path);
        Ok(Self { conn, path, identity, version: schema::version(steps), seen, _lock: lock })
    }

    /// Jobs that have not ended, those whose snapshots are still to be removed, and those that ended after `recent` and
    /// were not dismissed.
    pub fn load(&self, account: &AccountKey, recent: Timestamp) -> Result<Loaded, Failure> {
        self.read("load the jobs", |tx| {
            let account = account.as_str();
            let mut query = tx.prepare(
                "SELECT id, body FROM jobs
                 WHERE account = ?1 AND (ended IS NULL OR cleanup OR (ended > ?2 AND NOT dismissed)) ORDER BY id",
            )?;
            let (jobs, strange_jobs) = rows::read(query.query(params![account, time(recent)])?, usize::MAX)?;
            let (asks, strange_asks) = asks(tx, account)?;
            let last: i64 = tx.query_row(
                "SELECT max(coalesce((SELECT last_id FROM status WHERE account = ?1), 0),
                            coalesce((SELECT max(id) FROM jobs WHERE account = ?1), 0))",
                [account],
                |row| row.get(0),
            )?;
            Ok(Loaded {
                jobs,
                last_id: u64::try_from(last).unwrap_or(0),
                asks,
                status: status(tx, account)?,
                seq: seq(tx)?,
                unreadable: strange_jobs + strange_asks,
            })
        })
    }

    /// Writes all of it or nothing, and returns when it is on the disk. An ask that somebody else carried out already
    /// is no error: the same commit may be tried again.
    pub fn commit(&mut self, account: &AccountKey, changes: &Changes<'_>, now: Timestamp) -> Result<Seq, Failure> {
        self.write("keep the jobs", |tx, seq| {
            let account = account.as_str();
            rows::write(tx, account, changes.jobs, seq.0, now)?;
            audit::write_sent(tx, account, changes.sent, now)?;
            audit::write_answered(tx, changes.answered, now)?;
            let mut carried_out = tx.prepare("DELETE FROM asks WHERE account = ?1 AND id = ?2")?;
            for ask in changes.done {
                carried_out.execute(params![account, ask.0])?;
            }
            let highest = changes.jobs.iter().map(|job| rows::number(job)).max_by_key(|n| n.as_ref().ok().copied());
            let status = changes.status.map(json).transpose()?;
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

    /// Leaves something for whoever drives the account's jobs.
    pub fn ask(&mut self, account: &AccountKey, ask: &Command, now: Timestamp) -> Result<CommandId, Failure> {
        self.write("write down what is asked for", |tx, _| {
            tx.execute(
                "INSERT INTO asks (account, asked, body) VALUES (?1, ?2, ?3)",
                params![account.as_str(), time(now), json(ask)?],
            )?;
            Ok(CommandId(tx.last_insert_rowid()))
        })
    }

    /// What is asked for and not yet carried out, oldest first.
    pub fn asks(&self, account: &AccountKey) -> Result<Vec<(CommandId, Command)>, Failure> {
        self.read("read what is asked for", |tx| Ok(asks(tx, account.as_str())?.0))
    }

    /// What happened since a commit.
    pub fn news(&self, account: &AccountKey, since: Seq) -> Result<StoreChanges, Failure> {
        self.read("read the jobs' news", |tx| {
            let account = account.as_str();
            let mut query = tx.prepare("SELECT id, body FROM jobs WHERE account = ?1 AND seq > ?2 ORDER BY id")?;
            let (jobs, _) = rows::read(query.query(params![account, since.0])?, usize::MAX)?;
            let asks: i64 =
                tx.query_row("SELECT count(*) FROM asks WHERE account = ?1", [account], |row| row.get(0))?;
            Ok(StoreChanges {
                seq: seq(tx)?,
                jobs: jobs.into_iter().map(Arc::new).collect(),
                status: status(tx, account)?,
                asks: usize::try_from(asks).unwrap_or(usize::MAX),
            })
        })
    }

    /// Whether anybody else committed since this was last asked, or since the store was opened. Costs next to nothing.
    pub fn changed_elsewhere(&self) -> Result<bool, Failure> {
        let now = data_version(&self.conn).map_err(|e| e.into_failure("look at the store of jobs", &self.path))?;
        Ok(self.seen.replace(now) != now)
    }

    /// Jobs that ended, dismissed ones too; the last to end comes first.
    pub fn history(&self, account: &AccountKey, most: usize) -> Result<Vec<Arc<Job>>, Failure> {
        self.read("read the history", |tx| {
            let mut query = tx.prepare(
                "SELECT id, body FROM jobs WHERE account = ?1 AND ended IS NOT NULL ORDER BY ended DESC, id DESC",
            )?;
            let (jobs, _) = rows::read(query.query([account.as_str()])?, most)?;
            Ok(jobs.into_iter().map(Arc::new).collect())
        })
    }

    /// One job, wherever it stands; `None` if there is none. One that cannot be read is a failure.
    pub fn job(&self, account: &AccountKey, id: JobId) -> Result<Option<Job>, Failure> {
        self.read("read a job", |tx| {
            let mut query = tx.prepare("SELECT id, body FROM jobs WHERE account = ?1 AND id = ?2")?;
            let number = i64::try_from(id.0).unwrap_or(i64::MAX);
            let (jobs, unreadable) = rows::read(query.query(rusqlite::params![account.as_str(), number])?, 1)?;
            if unreadable > 0 {
                return Err(Failure::new(format!("read job {id}"), "it is in a form that this version does not know")
                    .hint("It is left as it is, with what is asked of it.")
                    .into());
            }
            Ok(jobs.into_iter().next())
        })
    }

    /// Forgets jobs that ended before a time and have nothing left to remove, every account's, and changing calls made
    /// before it; how many jobs and calls. Their numbers are not given again.
    pub fn prune(&mut self, before: Timestamp) -> Result<usize, Failure> {
        let old = "SELECT (SELECT count(*) FROM jobs WHERE ended < ?1 AND NOT cleanup)
                        + (SELECT count(*) FROM audit WHERE time < ?1 AND (account, job) NOT IN
                              (SELECT account, id FROM jobs WHERE ended IS NULL OR ended >= ?1 OR cleanup))";
        let some: i64 =
            self.read("look through the history", |tx| Ok(tx.query_row(old, [time(before)], |row| row.get(0))?))?;
        if some == 0 {
            return Ok(0);
        }
        self.write("shorten the history", |tx, _| {
            let jobs = tx.execute("DELETE FROM jobs WHERE ended < ?1 AND NOT cleanup", [time(before)])?;
            // The calls of a job that is still there stay with it.
            let calls = tx.execute(
                "DELETE FROM audit WHERE time < ?1 AND (account, job) NOT IN (SELECT account, id FROM jobs)",
                [time(before)],
            )?;
            Ok(jobs + calls)
        })
    }

    /// Remembers whose jobs a profile sees, so that a start without credentials can show them.
    pub fn remember_account(&mut self, profile: &str, account: &AccountKey) -> Result<(), Failure> {
        if self.account_of(profile)?.as_ref() == Some(account) {
            return Ok(());
        }
        self.write("remember the profile's account", |tx, _| {
            tx.execute(
                "INSERT INTO accounts VALUES (?1, ?2) ON CONFLICT (profile) DO UPDATE SET account = ?2",
                [profile, account.as_str()],
            )?;
            Ok(())
        })
    }

    /// The account a profile had last.
    pub fn account_of(&self, profile: &str) -> Result<Option<AccountKey>, Failure> {
        let key: Option<String> = self.read("look for the profile's account", |tx| {
            let query = "SELECT account FROM accounts WHERE profile = ?1";
            Ok(tx.query_row(query, [profile], |row| row.get(0)).optional()?)
        })?;
        Ok(key.and_then(|key| account_key(&key)))
    }

    /// One look at the file as it was at one moment.
    fn read<T>(&self, what: &str, act: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Failure> {
        self.transaction(TransactionBehavior::Deferred)
            .and_then(|tx| act(&tx))
            .map_err(|e| e.into_failure(what, &self.path))
    }

    /// One commit: all or nothing, and counted.
    fn write<T>(
        &mut self,
        what: &str,
        act: impl FnOnce(&Transaction<'_>, Seq) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let write = || {
            let tx = self.transaction(TransactionBehavior::Immediate)?;
            if files::identity(&self.path) != self.identity {
                return Err(lost(&self.path).into());
            }
            let seq = tx.query_row("UPDATE counter SET seq = seq + 1 RETURNING seq", [], |row| row.get(0))?;
            let answer = act(&tx, Seq(seq))?;
            tx.commit()?;
            Ok(answer)
        };
        write().map_err(|e: Error| e.into_failure(what, &self.path))
    }

    /// Every look and every commit makes sure that no newer program has changed the file's form meanwhile.
    fn transaction(&self, behavior: TransactionBehavior) -> Result<Transaction<'_>, Error> {
        let tx = Transaction::new_unchecked(&self.conn, behavior)?;
        let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == self.version { Ok(tx) } else { Err(newer().into()) }
    }
}

/// What is written into a deleted file is lost with the process.
fn lost(path: &Path) -> Failure {
    Failure::new("keep the jobs", format!("{} was moved or deleted while it was in use", errors::shown(path)))
        .hint("Put it back, or end amigrate and start it again: jobs are found again in EC2.")
}

fn data_version(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

fn seq(tx: &Transaction<'_>) -> Result<Seq, Error> {
    Ok(Seq(tx.query_row("SELECT seq FROM counter", [], |row| row.get(0))?))
}

fn status(tx: &Transaction<'_>, account: &str) -> Result<Status, Error> {
    let query = "SELECT body FROM status WHERE account = ?1";
    let body: Option<String> = tx.query_row(query, [account], |row| row.get(0)).optional()?;
    Ok(body.filter(|body| body != "{}").and_then(|body| parsed("status", &body)).unwrap_or_default())
}

/// And how many could not be read.
fn asks(tx: &Transaction<'_>, account: &str) -> Result<(Vec<(CommandId, Command)>, usize), Error> {
    let mut query = tx.prepare("SELECT id, body FROM asks WHERE account = ?1 ORDER BY id")?;
    let mut rows = query.query([account])?;
    let (mut asks, mut unreadable) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        match parsed("ask", &row.get::<_, String>(1)?) {
            Some(ask) => asks.push((CommandId(row.get(0)?), ask)),
            None => unreadable += 1,
        }
    }
    Ok((asks, unreadable))
}

/// The reverse of [`AccountKey::new`].
fn account_key(key: &str) -> Option<AccountKey> {
    let (account, endpoint) = key.split_once(" at ").map_or((key, None), |(account, url)| (account, Some(url)));
    AccountId::new(account).ok().map(|account| AccountKey::new(&account, endpoint))
}
