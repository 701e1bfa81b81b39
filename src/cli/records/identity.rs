//! Who is signed in as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::output::{Column, Record};

/// What `whoami` prints with `--output json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct IdentityRecord {
    /// The account's id.
    pub(in crate::cli) account: String,
    pub(in crate::cli) arn: String,
    /// Where the credentials came from.
    pub(in crate::cli) source: String,
    /// The first region that is shown.
    pub(in crate::cli) region: String,
    /// The region was named by a flag, the environment or the profile.
    pub(in crate::cli) region_configured: bool,
    /// The endpoint of every call, if it is not AWS's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) endpoint_url: Option<String>,
    /// Who runs the account's queue here.
    pub(in crate::cli) driver: String,
}

impl Record for IdentityRecord {
    const LIST: &'static str = "identities";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<IdentityRecord>] = &[
            Column::new("account", |i| i.account.clone()),
            Column::new("arn", |i| i.arn.clone()),
            Column::new("source", |i| i.source.clone()),
            Column::new("region", |i| i.region.clone()),
            Column::new("region_configured", |i| i.region_configured.to_string()),
            Column::new("endpoint_url", |i| i.endpoint_url.clone().unwrap_or_default()),
            Column::new("driver", |i| i.driver.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.account.clone())
    }
}
