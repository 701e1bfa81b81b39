//! Jobs as rows and back. The columns repeat for people what the body says.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Row, Rows, Transaction, named_params};
use serde::{Serialize, de::DeserializeOwned};

use super::errors::Error;
use crate::{domain::Failure, engine::Job};

/// A time as it stands in a column: of one length, so that times compare as text.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A body.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| {
        Failure::new("write a job into the store", e.to_string()).retry(crate::domain::Retry::Never).into()
    })
}

/// Of a body; `None` if it is of a form that this program does not know.
pub(super) fn parsed<T: DeserializeOwned>(what: &str, body: &str) -> Option<T> {
    serde_json::from_str(body)
        .inspect_err(|error| tracing::warn!(%error, what, "the store has something unreadable"))
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

/// Writes jobs. Whether one has ended is for its state to say: pruning and loading go by the column.
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
            // No job leaves snapshots behind for later yet.
            ":cleanup": job.needs_cleanup(),
        })?;
    }
    Ok(())
}

/// A job's number as SQLite counts.
pub(super) fn number(job: &Job) -> Result<i64, Error> {
    i64::try_from(job.id.0).map_err(|e| Failure::new(format!("keep job {}", job.id), e.to_string()).into())
}

/// Reads rows of `id, body` until `most` jobs are had; how many could not be read is the second answer. One that
/// cannot be read hides no other.
pub(super) fn read(mut rows: Rows<'_>, most: usize) -> Result<(Vec<Job>, usize), Error> {
    let (mut jobs, mut unreadable) = (Vec::new(), 0);
    while jobs.len() < most {
        let Some(row) = rows.next()? else { break };
        match job(row) {
            Some(job) => jobs.push(job),
            None => unreadable += 1,
        }
    }
    Ok((jobs, unreadable))
}

/// A body under another number is nobody's: written back, it would overwrite that one.
fn job(row: &Row<'_>) -> Option<Job> {
    let id: i64 = row.get(0).ok()?;
    let body: String = row.get(1).ok()?;
    parsed::<Job>("job", &body).filter(|job| i64::try_from(job.id.0).is_ok_and(|n| n == id))
}
