//! What a usage report says, as JSON.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::usage_report::Reported;

/// What the newest usage report says of the accounts that use an image. EC2 may leave out instances of the last day and launch templates of
/// the last days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct UsageReportRecord {
    pub(in crate::cli) state: UsageReportState,
    /// When it was requested, RFC 3339; missing if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_time: Option<String>,
    /// Why EC2 could not make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The accounts that use the image, the owner included; missing unless the report is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_uses: Option<Vec<AccountUseRecord>>,
}

/// How far EC2 is with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum UsageReportState {
    /// There is no report that counts every account.
    None,
    Pending,
    Failed,
    Available,
}

/// How many resources of a type name the image in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct AccountUseRecord {
    account_id: String,
    /// EC2's name, such as `ec2:Instance`.
    resource_type: String,
    usage_count: u64,
}

impl From<&Reported> for UsageReportRecord {
    fn from(reported: &Reported) -> Self {
        let time = |time: &Option<Timestamp>| time.map(|time| format!("{time:.3}"));
        let bare = |state, time| Self { state, creation_time: time, reason: None, account_uses: None };
        match reported {
            Reported::None => bare(UsageReportState::None, None),
            Reported::Pending { since } => bare(UsageReportState::Pending, time(since)),
            Reported::Failed { created, why } => {
                Self { reason: Some(why.to_string()), ..bare(UsageReportState::Failed, time(created)) }
            }
            Reported::Available { created, uses } => {
                let record = |one: &crate::domain::usage_report::AccountUse| AccountUseRecord {
                    account_id: one.account.to_string(),
                    resource_type: one.kind.as_str().to_owned(),
                    usage_count: one.count,
                };
                let uses = uses.iter().map(record).collect();
                Self { account_uses: Some(uses), ..bare(UsageReportState::Available, time(created)) }
            }
        }
    }
}
