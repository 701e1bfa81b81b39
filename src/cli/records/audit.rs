//! A request that changed something in AWS as JSON, and its columns.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::AccountKey,
    engine::{AuditEntry, Outcome},
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
                .narrow(4, "RESOURCE", |r| r.resource.rsplit(" > ").next().unwrap_or_default().into()),
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
