//! What `amigrate copy` prints as one JSON document: of one account, or of several.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckDocument, CopyDocument, FailureRecord, RequestedDocument};

/// What came of copies in one account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum CopyResult {
    Made(CopyDocument),
    /// With `--check`.
    Checked(Box<CheckDocument>),
    /// With `--dry-run` or `--detach`.
    Requested(RequestedDocument),
}

/// What came of copies that roles request, or credentials of several accounts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct AccountsDocument {
    pub(in crate::cli) accounts: Vec<AccountRecord>,
}

/// One of the accounts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct AccountRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) account_id: Option<String>,
    /// The role whose session requests the copies; none for the profile's own credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) role_arn: Option<String>,
    /// What a command for this account alone prints; none if nothing was started there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) result: Option<CopyResult>,
    /// Why nothing was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) failure: Option<FailureRecord>,
}
