//! Accounts, and whose images are asked for.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;

/// An account's id: twelve digits. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Checks the form.
    pub fn new(id: &str) -> Result<Self, Failure> {
        if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(id.into()))
        } else {
            Err(Failure::new(
                format!("use account `{}`", crate::domain::text::clean(id)),
                "an account id has twelve digits",
            ))
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for AccountId {
    type Error = Failure;
    fn try_from(id: String) -> Result<Self, Failure> {
        Self::new(&id)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0.to_string()
    }
}

/// Whose jobs: an account as it is reached. The same digits behind another endpoint (a simulator) are another account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    /// Of an account behind an endpoint; `None` for AWS's own.
    pub fn new(account: &AccountId, endpoint: Option<&str>) -> Self {
        match endpoint {
            None => Self(account.as_str().into()),
            Some(url) => Self(format!("{account} at {url}").into()),
        }
    }

    /// As it stands in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Who is signed in, from STS `GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// The user's or role's ARN.
    pub arn: String,
}

/// Whose images to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OwnerFilter {
    /// The account's own, disabled and deprecated ones too.
    #[default]
    Mine,
    /// Those other accounts let this one launch.
    Shared,
    /// Amazon's own.
    Amazon,
    /// Sold in the Marketplace.
    Marketplace,
    /// One other account's.
    Account(AccountId),
    /// Everyone's, by a name pattern (`*` and `?`), because there are far too many to list.
    Public {
        /// The pattern.
        name: String,
    },
}

impl OwnerFilter {
    /// As it stands in the header.
    pub fn label(&self) -> String {
        match self {
            Self::Mine => "mine".into(),
            Self::Shared => "shared with me".into(),
            Self::Amazon => "Amazon".into(),
            Self::Marketplace => "Marketplace".into(),
            Self::Account(id) => id.to_string(),
            Self::Public { name } => format!("public {name}"),
        }
    }
}

/// What a listing asks one region for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageQuery {
    /// Whose images.
    pub whose: OwnerFilter,
    /// A name pattern (`*` and `?`), sent to EC2; needed for Amazon, Marketplace and public to stay short.
    pub name: Option<String>,
}
