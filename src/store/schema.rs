//! The schema of `jobs.db`: the migration steps, and the mark that distinguishes the file from other programs' databases.
//!
//! A released step is never changed; a change of the schema is a new step at the end.

use rusqlite::{Connection, TransactionBehavior};

use super::errors::{Error, newer};

/// `amig`: SQLite's `application_id` in the file's header, shown by `file jobs.db`.
pub(super) const APPLICATION: i32 = 0x616d_6967;

/// Step n migrates version n to version n + 1; version 0 is the empty file.
pub(super) const STEPS: &[&str] = &[
    // Columns are for people and for `WHERE`; what the program reads back is `body`.
    // Times are UTC with milliseconds, all of one length, so that they compare as text.
    "CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL) STRICT;
     INSERT INTO counter VALUES (1, 0);
     CREATE TABLE jobs (
         account TEXT NOT NULL,
         id INTEGER NOT NULL,
         batch TEXT NOT NULL,
         token TEXT NOT NULL,
         state TEXT NOT NULL,
         source TEXT NOT NULL,
         source_region TEXT NOT NULL,
         destination TEXT NOT NULL,
         name TEXT NOT NULL,
         image TEXT,
         asked TEXT NOT NULL,
         ended TEXT,
         dismissed INTEGER NOT NULL,
         seq INTEGER NOT NULL,
         body TEXT NOT NULL,
         PRIMARY KEY (account, id),
         UNIQUE (account, token)
     ) STRICT;
     CREATE INDEX jobs_by_seq ON jobs (account, seq);
     CREATE INDEX jobs_by_end ON jobs (account, ended);
     CREATE TABLE asks (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         account TEXT NOT NULL,
         asked TEXT NOT NULL,
         body TEXT NOT NULL
     ) STRICT;
     CREATE TABLE status (account TEXT PRIMARY KEY, last_id INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
     CREATE TABLE accounts (profile TEXT PRIMARY KEY, account TEXT NOT NULL) STRICT;",
    // `cleanup`: the job has ended, and something is still to be done: snapshots deleted, or post-copy steps carried out.
    // `drivers`: the process that runs the queue, one row for each account, written every few seconds.
    // `audit`: one row for each changing request, written as `sent` before it goes out, so that a crash leaves a trace of it.
    "ALTER TABLE jobs ADD COLUMN cleanup INTEGER NOT NULL DEFAULT 0;
     CREATE TABLE drivers (
         account TEXT PRIMARY KEY,
         pid INTEGER NOT NULL,
         host TEXT NOT NULL,
         version TEXT NOT NULL,
         beat INTEGER NOT NULL,
         time TEXT NOT NULL
     ) STRICT;
     CREATE TABLE audit (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         call TEXT NOT NULL UNIQUE,
         account TEXT NOT NULL,
         time TEXT NOT NULL,
         identity TEXT,
         region TEXT NOT NULL,
         action TEXT NOT NULL,
         resource TEXT NOT NULL,
         job INTEGER NOT NULL,
         request_id TEXT,
         outcome TEXT NOT NULL,
         code TEXT,
         answered TEXT
     ) STRICT;
     CREATE INDEX audit_by_job ON audit (account, job, id);
     CREATE INDEX audit_by_time ON audit (time);",
    // Waiting reasons and notes in `body` are values, no longer sentences, which an older program cannot read.
    // A refusal that is still to be acted on gets the kind that used to be derived from its code.
    "UPDATE jobs SET state = 'reconciling' WHERE state = 'settling';
     UPDATE jobs SET state = 'removing' WHERE state = 'clearing';
     UPDATE jobs SET body = json_set(body, '$.doubt.refusal.kind', 'Denied')
         WHERE CASE WHEN json_valid(body) THEN
             coalesce(json_extract(body, '$.doubt.refusal.kind'), 'Other') = 'Other'
             AND json_extract(body, '$.doubt.refusal.code') IN
                 ('UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'UnauthorizedAccess') END;
     UPDATE jobs SET body = json_set(body, '$.doubt.refusal.kind', 'TagsRefused')
         WHERE CASE WHEN json_valid(body) THEN
             coalesce(json_extract(body, '$.doubt.refusal.kind'), 'Other') = 'Other'
             AND (json_extract(body, '$.doubt.refusal.code') IN ('TagLimitExceeded', 'TagPolicyViolation')
                 OR json_extract(body, '$.doubt.refusal.code') LIKE 'InvalidTagKey%') END;",
    // `body` has post-copy steps, tags of snapshots and the like, which an older program would drop when it writes the job again.
    "",
    // `body` of `jobs` has withdrawn steps and templates, that of `asks` changed steps, with which it is the same.
    "",
    // A token is no longer UNIQUE: a derived one may be requested again. SQLite drops a constraint only with its table.
    "CREATE TABLE new_jobs (
         account TEXT NOT NULL,
         id INTEGER NOT NULL,
         batch TEXT NOT NULL,
         token TEXT NOT NULL,
         state TEXT NOT NULL,
         source TEXT NOT NULL,
         source_region TEXT NOT NULL,
         destination TEXT NOT NULL,
         name TEXT NOT NULL,
         image TEXT,
         asked TEXT NOT NULL,
         ended TEXT,
         dismissed INTEGER NOT NULL,
         cleanup INTEGER NOT NULL,
         seq INTEGER NOT NULL,
         body TEXT NOT NULL,
         PRIMARY KEY (account, id)
     ) STRICT;
     INSERT INTO new_jobs SELECT account, id, batch, token, state, source, source_region, destination, name, image, asked,
         ended, dismissed, cleanup, seq, body FROM jobs;
     DROP TABLE jobs;
     ALTER TABLE new_jobs RENAME TO jobs;
     CREATE INDEX jobs_by_seq ON jobs (account, seq);
     CREATE INDEX jobs_by_end ON jobs (account, ended);
     CREATE INDEX jobs_by_token ON jobs (account, token);",
    // `due_hooks`: hooks of copies that have ended, until they are begun.
    "CREATE TABLE due_hooks (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         key TEXT NOT NULL UNIQUE,
         account TEXT NOT NULL,
         job INTEGER NOT NULL,
         time TEXT NOT NULL,
         body TEXT NOT NULL
     ) STRICT;",
    // `body` of `jobs` says when a copy had ended that nobody watched, and keeps why one failed whose image is removed.
    "",
    // `kept_snapshots`: images that were deregistered without their snapshots, and these, for longer than there is a job of them.
    "CREATE TABLE kept_snapshots (
         account TEXT NOT NULL,
         region TEXT NOT NULL,
         resource TEXT NOT NULL,
         job INTEGER NOT NULL,
         time TEXT NOT NULL,
         PRIMARY KEY (account, region, resource)
     ) STRICT;
     WITH kept AS (
         SELECT account, id AS number, destination, ended, CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM jobs
         WHERE ended IS NOT NULL AND state <> 'available'
     )
     INSERT OR IGNORE INTO kept_snapshots
         SELECT account, destination, made.value, number, ended FROM kept, json_each(kept.body, '$.made') AS made
             WHERE json_extract(kept.body, '$.keep_snapshots')
         UNION ALL
         SELECT account, destination, listed.value, number, ended FROM kept, json_each(kept.body, '$.listed') AS listed
             WHERE json_extract(kept.body, '$.keep_snapshots');",
];

/// The version that a list of steps ends at.
pub(super) fn version(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// The version that a file is at.
pub(super) fn version_of(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Migrates the file to the last version; each step is one transaction.
pub(super) fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<(), Error> {
    loop {
        // Read within the write transaction: another process may have migrated meanwhile.
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if at == version(steps) {
            return Ok(());
        }
        let step = usize::try_from(at).ok().and_then(|n| steps.get(n)).ok_or_else(newer)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", APPLICATION)?;
        tx.pragma_update(None, "user_version", at + 1)?;
        tx.commit()?;
    }
}
