//! Jobs as rows. What the program reads back is the JSON body; the other columns are for people and for `WHERE`.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Row, Rows, Transaction, named_params};
use serde::{Serialize, de::DeserializeOwned};

use super::errors::Error;
use crate::{domain::Failure, engine::Job};

/// A time as a column holds it: always of one length, so that times compare as text.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Serializes a body.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| {
        Failure::new("write a job into the store", e.to_string()).retry(crate::domain::Retry::Never).into()
    })
}

/// Parses a body; `None` if it is in a form that this program does not know.
pub(super) fn parsed<T: DeserializeOwned>(what: &str, body: &str) -> Option<T> {
    serde_json::from_str(body)
        .inspect_err(|error| tracing::warn!(%error, what, "the store has an unreadable entry"))
        .ok()
}

const UPSERT: &str = "
    INSERT INTO jobs (account, id, batch, token, state, source, source_region, destination, name, image, asked, ended,
        dismissed, seq, body, cleanup)
    VALUES (:account, :id, :batch, :token, :state, :source, :source_region, :destination, :name, :image, :asked, :ended,
        :dismissed, :seq, :body, :cleanup)
    ON CONFLICT (account, id) DO UPDATE SET batch = :batch, token = :token, state = :state, source = :source,
        source_region = :source_region, destination = :destination, name = :name, image = :image, asked = :asked,
        ended = :ended, dismissed = :dismissed, seq = :seq, body = :body, cleanup = :cleanup";

/// Inserts or updates jobs. The column `ended`, by which jobs are pruned and loaded, follows the state: a job that is being
/// deregistered has ended before, and is no longer ended.
pub(super) fn write(
    tx: &Transaction<'_>,
    account: &str,
    jobs: &[Arc<Job>],
    seq: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let mut upsert = tx.prepare(UPSERT)?;
    for job in jobs {
        let request = &job.request;
        upsert.execute(named_params! {
            ":account": account,
            ":id": number(job)?,
            ":batch": job.batch.as_str(),
            ":token": request.token.as_str(),
            ":state": job.phase().as_str(),
            ":source": request.source.as_str(),
            ":source_region": request.source_region.as_str(),
            ":destination": request.destination.as_str(),
            ":name": request.name.as_str(),
            ":image": job.image().map(crate::domain::ImageId::as_str),
            ":asked": time(job.requested),
            ":ended": job.state.ended().then(|| time(job.ended.unwrap_or(now))),
            ":dismissed": job.dismissed,
            ":seq": seq,
            ":body": json(job.as_ref())?,
            ":cleanup": job.is_unfinished(),
        })?;
    }
    Ok(())
}

/// A job's number as SQLite's integer.
pub(super) fn number(job: &Job) -> Result<i64, Error> {
    i64::try_from(job.id.0).map_err(|e| Failure::new(format!("keep job {}", job.id), e.to_string()).into())
}

/// Reads up to `limit` jobs from rows of `id, body`. Returns them, and how many could not be read: those hide no others.
pub(super) fn read(mut rows: Rows<'_>, limit: usize) -> Result<(Vec<Job>, usize), Error> {
    let (mut jobs, mut unreadable) = (Vec::new(), 0);
    while jobs.len() < limit {
        let Some(row) = rows.next()? else { break };
        match job(row) {
            Some(job) => jobs.push(job),
            None => unreadable += 1,
        }
    }
    Ok((jobs, unreadable))
}

/// Reads one job. A body with another number than its row's is unreadable: written back, it would overwrite another job.
fn job(row: &Row<'_>) -> Option<Job> {
    let id: i64 = row.get(0).ok()?;
    let body: String = row.get(1).ok()?;
    parsed::<Job>("job", &body).filter(|job| i64::try_from(job.id.0).is_ok_and(|n| n == id))
}
