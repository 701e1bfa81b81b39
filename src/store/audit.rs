//! The audit of changing requests: a row each, written as sent before the request goes out, and updated with its outcome.

use jiff::Timestamp;
use rusqlite::{Row, Transaction, named_params, params};

use super::{database::Store, errors::Error, rows::time};
use crate::{
    domain::{AccountKey, Failure},
    engine::{AnsweredRequest, AuditEntry, JobId, Outcome, SentRequest},
};

/// Inserts requests that are about to be sent. A commit that is tried again inserts them once.
pub(super) fn write_sent(
    tx: &Transaction<'_>,
    account: &str,
    requests: &[SentRequest],
    now: Timestamp,
) -> Result<(), Error> {
    let mut insert = tx.prepare(
        "INSERT INTO audit (call, account, time, identity, region, action, resource, job, outcome)
         VALUES (:call, :account, :time, :identity, :region, :action, :resource, :job, :outcome)
         ON CONFLICT (call) DO NOTHING",
    )?;
    for request in requests {
        let change = &request.change;
        insert.execute(named_params! {
            ":call": request.id.to_string(),
            ":account": account,
            ":time": time(now),
            ":identity": request.identity,
            ":region": change.region.as_str(),
            ":action": change.action,
            ":resource": change.resource,
            ":job": i64::try_from(change.job.0).unwrap_or(i64::MAX),
            ":outcome": columns(&Outcome::Sent).0,
        })?;
    }
    Ok(())
}

/// Updates requests with their outcome.
pub(super) fn write_answered(tx: &Transaction<'_>, requests: &[AnsweredRequest], now: Timestamp) -> Result<(), Error> {
    let mut update = tx.prepare(
        "UPDATE audit SET outcome = :outcome, code = :code, answered = :now, request_id = :request_id,
             identity = coalesce(:identity, identity), resource = coalesce(resource || ' > ' || :detail, resource)
         WHERE call = :call",
    )?;
    for request in requests {
        let (outcome, code) = columns(&request.outcome);
        update.execute(named_params! {
            ":call": request.id.to_string(),
            ":outcome": outcome,
            ":code": code,
            ":now": time(now),
            ":request_id": request.request_id,
            ":identity": request.identity,
            ":detail": request.detail,
        })?;
    }
    Ok(())
}

impl Store {
    /// The changing requests of an account, or of one of its jobs, newest last.
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
        // Always readable unless another program wrote it; it is sorted first then.
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

/// The values of the columns `outcome` and `code`.
fn columns(outcome: &Outcome) -> (&'static str, Option<&str>) {
    match outcome {
        Outcome::Sent => ("sent", None),
        Outcome::Done => ("done", None),
        Outcome::Refused(code) => ("refused", Some(code)),
        Outcome::NoAnswer => ("no answer", None),
        Outcome::NotSent => ("not sent", None),
    }
}
