//! What was deregistered without its snapshots, as somebody wanted. It outlives its jobs, which are dismissed and pruned: snapshots that
//! were kept on purpose must never look as if an image had left them behind.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Transaction, named_params};

use super::{
    database::Store,
    errors::Error,
    rows::{number, time},
};
use crate::{
    domain::{AccountKey, Failure, ImageId, Region, SnapshotId},
    engine::{Job, JobId},
};

/// An image that was deregistered without its snapshots, or one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOnPurpose {
    pub region: Region,
    pub resource: KeptResource,
    /// The job that deregistered the image; it may be pruned already.
    pub job: JobId,
}

/// What was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptResource {
    /// The snapshots that were made for this image.
    OfImage(ImageId),
    Snapshot(SnapshotId),
}

/// Inserts what jobs have kept. It is never deleted.
pub(super) fn write(tx: &Transaction<'_>, account: &str, jobs: &[Arc<Job>], now: Timestamp) -> Result<(), Error> {
    let mut kept = jobs.iter().flat_map(|job| job.kept_on_purpose().map(move |resource| (job, resource))).peekable();
    if kept.peek().is_none() {
        return Ok(());
    }
    let mut insert = tx.prepare(
        "INSERT INTO kept_snapshots (account, region, resource, job, time) VALUES (:account, :region, :resource, :job, :time)
         ON CONFLICT DO NOTHING",
    )?;
    for (job, resource) in kept {
        insert.execute(named_params! {
            ":account": account,
            ":region": job.request.destination.as_str(),
            ":resource": resource,
            ":job": number(job)?,
            ":time": time(now),
        })?;
    }
    Ok(())
}

impl Store {
    /// The snapshots of an account that were kept on purpose.
    ///
    /// # Errors
    /// If the store cannot be read, or an entry of it: it may keep anything.
    pub fn kept_on_purpose(&self, account: &AccountKey) -> Result<Vec<KeptOnPurpose>, Failure> {
        let what = "read which snapshots were kept on purpose";
        let rows: Vec<(String, String, i64)> = self.read(what, |tx| {
            let mut query = tx.prepare("SELECT region, resource, job FROM kept_snapshots WHERE account = ?1")?;
            let rows = query.query_map([account.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let kept = |(region, resource, job): (String, String, i64)| {
            let resource = match ImageId::new(&resource) {
                Ok(image) => KeptResource::OfImage(image),
                Err(_) => KeptResource::Snapshot(SnapshotId::new(&resource)?),
            };
            Ok(KeptOnPurpose { region: Region::new(&region)?, resource, job: JobId(u64::try_from(job).unwrap_or(0)) })
        };
        rows.into_iter().map(kept).collect::<Result<_, Failure>>().map_err(|failure| Failure::new(what, failure.why))
    }
}
