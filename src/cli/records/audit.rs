//! A request that changed something in AWS as JSON, and its columns.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::{AccountKey, text::count},
    engine::{AuditEntry, Outcome, SnapshotReturnCode},
    labels,
};

/// A request that changed something in AWS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct AuditRecord {
    /// When it was sent, RFC 3339.
    time: String,
    /// ARN of who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// The account, and the endpoint if it is not AWS's.
    account: String,
    region: String,
    /// EC2's name of it, such as `CopyImage`.
    action: String,
    /// What it acted on.
    resource: String,
    /// The copy it was made for; 0 if it was made for none, as by `amigrate sync`.
    job_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// `sent` (no answer is known), `done`, `refused`, `unknown` or `not sent`.
    outcome: &'static str,
    /// AWS's error code, if it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip)]
    words: String,
}

impl AuditRecord {
    pub(in crate::cli) fn new(account: &AccountKey, entry: &AuditEntry) -> Self {
        let (outcome, code) = match &entry.outcome {
            Outcome::Sent => ("sent", None),
            Outcome::Done => ("done", None),
            Outcome::Refused(code) => ("refused", Some(code.clone())),
            Outcome::NoAnswer => ("unknown", None),
            Outcome::NotSent => ("not sent", None),
        };
        Self {
            time: format!("{:.3}", entry.time),
            identity: entry.identity.clone(),
            account: account.as_str().into(),
            region: entry.region.clone(),
            action: entry.action.clone(),
            resource: entry.resource.clone(),
            job_id: entry.job.0,
            request_id: entry.request_id.clone(),
            outcome,
            code,
            words: labels::outcome(&entry.outcome),
        }
    }
}

impl AuditRecord {
    /// The column of a table with the requests of several accounts.
    pub(in crate::cli) const ACCOUNT: &Column<Self> = &Column::new("account", |r| r.account.clone());
}

/// So many characters of a time, without the `T`.
fn moment(time: &str, characters: usize) -> String {
    time.get(..characters).unwrap_or(time).replace('T', " ")
}

/// The snapshots that the answer to `DeregisterImage` names, with their return codes: how many were deleted, and the others.
fn snapshots(answer: &str) -> (usize, Vec<String>) {
    let all = answer.split(", ").filter_map(|one| one.split_once(' '));
    let (deleted, others): (Vec<_>, Vec<_>) = all.partition(|(_, code)| *code == SnapshotReturnCode::Deleted.as_str());
    (deleted.len(), others.into_iter().map(|(id, code)| format!("{id} ({code})")).collect())
}

impl AuditRecord {
    /// The image that was deregistered, and what its answer says of each snapshot; `None` for another action, or no such answer.
    fn deregistered(&self) -> Option<(&str, &str)> {
        self.resource.split_once(" > ").filter(|_| self.action == "DeregisterImage")
    }

    /// What it acted on. A snapshot with another return code is one that this call has not deleted: amigrate deletes it later.
    fn resource_in_full(&self) -> String {
        let Some((image, answer)) = self.deregistered() else { return self.resource.clone() };
        match snapshots(answer) {
            (0, others) => format!("{image}, not deleted by this call: {}", others.join(", ")),
            (n, others) if others.is_empty() => format!("{image} with {}", count(n, "snapshot", "snapshots")),
            (n, others) => format!(
                "{image} with {}, not deleted by this call: {}",
                count(n, "snapshot", "snapshots"),
                others.join(", ")
            ),
        }
    }

    /// The same where there is little room: ids stay whole.
    fn resource_in_short(&self) -> String {
        let Some((image, answer)) = self.deregistered() else {
            return self.resource.rsplit(" > ").next().unwrap_or_default().into();
        };
        match snapshots(answer).1.len() {
            0 => image.to_owned(),
            n => format!("{image}, {n} not deleted"),
        }
    }
}

impl Record for AuditRecord {
    const LIST: &'static str = "requests";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<AuditRecord>] = &[
            Column::<AuditRecord>::new("time", |r| r.time.clone()).shown("TIME", |r| moment(&r.time, 19)).narrow(
                3,
                "TIME",
                |r| moment(&r.time, 16),
            ),
            Column::<AuditRecord>::new("identity", |r| r.identity.clone().unwrap_or_default())
                .cut(Elision::Differing(16))
                .left_out(2),
            Column::new("region", |r| r.region.clone()),
            Column::new("action", |r| r.action.clone()),
            Column::<AuditRecord>::new("resource", |r| r.resource.clone())
                .shown("RESOURCE", AuditRecord::resource_in_full)
                .narrow(4, "RESOURCE", AuditRecord::resource_in_short),
            Column::<AuditRecord>::number("job_id", |r| r.job_id.to_string())
                .shown("JOB", |r| if r.job_id == 0 { String::new() } else { r.job_id.to_string() })
                .left_out(3),
            Column::<AuditRecord>::new("request_id", |r| r.request_id.clone().unwrap_or_default()).left_out(1),
            Column::<AuditRecord>::new("outcome", |r| r.words.clone()).cut(Elision::End(10)),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        self.request_id.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_that_the_call_did_not_delete_are_named_as_such() {
        let record = |action: &str, resource: &str| AuditRecord {
            time: String::new(),
            identity: None,
            account: String::new(),
            region: String::new(),
            action: action.into(),
            resource: resource.into(),
            job_id: 1,
            request_id: None,
            outcome: "done",
            code: None,
            words: String::new(),
        };
        for (action, resource, full, short) in [
            ("DeregisterImage", "ami-1", "ami-1", "ami-1"),
            ("DeregisterImage", "ami-1 > snap-1 deleted, snap-2 deleted", "ami-1 with 2 snapshots", "ami-1"),
            (
                "DeregisterImage",
                "ami-1 > snap-1 client-error",
                "ami-1, not deleted by this call: snap-1 (client-error)",
                "ami-1, 1 not deleted",
            ),
            (
                "DeregisterImage",
                "ami-1 > snap-1 deleted, snap-2 skipped",
                "ami-1 with 1 snapshot, not deleted by this call: snap-2 (skipped)",
                "ami-1, 1 not deleted",
            ),
            ("CopyImage", "ami-1 in us-east-1 > ami-2", "ami-1 in us-east-1 > ami-2", "ami-2"),
        ] {
            let record = record(action, resource);
            assert_eq!((record.resource_in_full().as_str(), record.resource_in_short().as_str()), (full, short));
        }
    }
}
