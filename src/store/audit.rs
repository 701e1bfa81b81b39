//! The changing calls: a row each, written as sent before the call is made, and once more when its answer is known.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, named_params, params};

use super::{Store, errors::Error, rows::time};
use crate::{
    domain::{AccountKey, Failure},
    engine::{AnsweredRequest, AuditEntry, JobId, Outcome, SentRequest},
};

/// Writes down what is about to be sent. A commit that is tried again writes it once.
pub(super) fn write_sent(
    tx: &Transaction<'_>,
    account: &str,
    calls: &[SentRequest],
    now: Timestamp,
) -> Result<(), Error> {
    let mut insert = tx.prepare(
        "INSERT INTO audit (call, account, time, identity, region, action, resource, job, outcome)
         VALUES (:call, :account, :time, :identity, :region, :action, :resource, :job, :outcome)
         ON CONFLICT (call) DO NOTHING",
    )?;
    for call in calls {
        let change = &call.change;
        insert.execute(named_params! {
            ":call": call.id.to_string(),
            ":account": account,
            ":time": time(now),
            ":identity": call.identity,
            ":region": change.region.as_str(),
            ":action": change.action,
            ":resource": change.resource,
            ":job": i64::try_from(change.job.0).unwrap_or(i64::MAX),
            ":outcome": words(&Outcome::Sent).0,
        })?;
    }
    Ok(())
}

/// Writes down what came of calls.
pub(super) fn write_answered(tx: &Transaction<'_>, calls: &[AnsweredRequest], now: Timestamp) -> Result<(), Error> {
    let mut update = tx.prepare(
        "UPDATE audit SET outcome = :outcome, code = :code, answered = :now, request_id = :request_id,
             identity = coalesce(:identity, identity), resource = coalesce(resource || ' > ' || :made, resource)
         WHERE call = :call",
    )?;
    for call in calls {
        let (outcome, code) = words(&call.outcome);
        update.execute(named_params! {
            ":call": call.id.to_string(),
            ":outcome": outcome,
            ":code": code,
            ":now": time(now),
            ":request_id": call.request_id,
            ":identity": call.identity,
            ":made": call.made,
        })?;
    }
    Ok(())
}

impl Store {
    /// An account's changing calls, or one job's, the newest last.
    pub fn audit(&self, account: &AccountKey, job: Option<JobId>) -> Result<Vec<AuditEntry>, Failure> {
        self.read("read the audit", |tx| {
            let mut query = tx.prepare(
                "SELECT time, identity, region, action, resource, job, request_id, outcome, code FROM audit
                 WHERE account = ?1 AND (?2 IS NULL OR job = ?2) ORDER BY id",
            )?;
            let job = job.map(|job| i64::try_from(job.0).unwrap_or(i64::MAX));
            let rows = query.query_map(params![account.as_str(), job], entry)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, rusqlite::Error> {
    let (outcome, code): (String, Option<String>) = (row.get("outcome")?, row.get("code")?);
    Ok(AuditEntry {
        // Written by `time`, unless somebody else wrote it: then it is the oldest there is.
        time: row.get::<_, String>("time")?.parse().unwrap_or(Timestamp::UNIX_EPOCH),
        identity: row.get("identity")?,
        region: row.get("region")?,
        action: row.get("action")?,
        resource: row.get("resource")?,
        job: JobId(u64::try_from(row.get::<_, i64>("job")?).unwrap_or(0)),
        request_id: row.get("request_id")?,
        outcome: match outcome.as_str() {
            "done" => Outcome::Done,
            "refused" => Outcome::Refused(code.unwrap_or_default()),
            "no answer" => Outcome::NoAnswer,
            "not sent" => Outcome::NotSent,
            _ => Outcome::Sent,
        },
    })
}

/// As the columns `outcome` and `code` have it.
fn words(outcome: &Outcome) -> (&'static str, Option<&str>) {
    match outcome {
        Outcome::Sent => ("sent", None),
        Outcome::Done => ("done", None),
        Outcome::Refused(code) => ("refused", Some(code)),
        Outcome::NoAnswer => ("no answer", None),
        Outcome::NotSent => ("not sent", None),
    }
}
