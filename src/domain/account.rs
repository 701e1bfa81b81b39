//! Accounts.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;

/// Account id of twelve digits. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
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

/// The account that jobs belong to, with its endpoint. The same id at another endpoint, such as a simulator, is another account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    /// Creates a key; `None` is AWS's own endpoint.
    pub fn new(account: &AccountId, endpoint: Option<&str>) -> Self {
        match endpoint {
            None => Self(account.as_str().into()),
            Some(url) => Self(format!("{account} at {url}").into()),
        }
    }

    /// Returns the account's id.
    pub fn account(&self) -> Option<AccountId> {
        AccountId::new(self.0.split(' ').next()?).ok()
    }

    /// Returns EC2's endpoint, if it is not AWS's own.
    pub fn endpoint(&self) -> Option<&str> {
        self.0.split_once(" at ").map(|(_, url)| url)
    }

    /// Returns the key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Who is signed in, as STS `GetCallerIdentity` returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// ARN of the user or role.
    pub arn: String,
}
