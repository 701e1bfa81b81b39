//! ARNs of roles that are assumed.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::{account::AccountId, failure::Failure, region::Region, text::clean};

/// ARN of an IAM role: `arn:aws:iam::123456789012:role/NAME`, with or without a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn {
    text: Box<str>,
    account: AccountId,
}

impl RoleArn {
    /// # Errors
    /// If it is none.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let account = match parts[..] {
            ["arn", partition, "iam", "", account, resource] if partition.starts_with("aws") => {
                let name = resource.strip_prefix("role/").filter(|name| is_name(name));
                name.and_then(|_| AccountId::new(account).ok())
            }
            _ => None,
        };
        let account = account.ok_or_else(|| {
            Failure::new(format!("assume the role `{}`", clean(text)), "that is not the ARN of a role")
                .hint("Write it as `arn:aws:iam::123456789012:role/NAME`.")
        })?;
        Ok(Self { text: text.into(), account })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the account of the role, in which its sessions work.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// Source: IAM user guide, "IAM and AWS STS quotas": letters, digits and `+=,.@_-`; a path has slashes.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    !name.is_empty() && name.len() <= 576 && !name.ends_with('/') && name.chars().all(plain)
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for RoleArn {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        Self::new(text)
    }
}

impl TryFrom<String> for RoleArn {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::new(&text)
    }
}

impl From<RoleArn> for String {
    fn from(role: RoleArn) -> Self {
        role.text.into()
    }
}

/// What a role is written for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RoleKey {
    /// The copies to a region.
    Region(Region),
    /// The account in which copies are made.
    Account(AccountId),
}

impl TryFrom<String> for RoleKey {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        match AccountId::new(&text) {
            Ok(account) => Ok(Self::Account(account)),
            // A number that is no account's is no region's either.
            Err(failure) if text.starts_with(|c: char| c.is_ascii_digit()) => Err(failure),
            Err(_) => Region::new(&text).map(Self::Region),
        }
    }
}

impl From<RoleKey> for String {
    fn from(key: RoleKey) -> Self {
        match key {
            RoleKey::Region(region) => region.to_string(),
            RoleKey::Account(account) => account.to_string(),
        }
    }
}

/// Roles of single regions, and of accounts. An account's role is one of that account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<RoleKey, RoleArn>", into = "BTreeMap<RoleKey, RoleArn>")]
pub struct RoleArns(BTreeMap<RoleKey, RoleArn>);

impl RoleArns {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the roles for the copies to a region: the region's own, or else those of all accounts that are named.
    pub fn of(&self, region: &Region) -> Vec<&RoleArn> {
        if let Some(role) = self.0.get(&RoleKey::Region(region.clone())) {
            return vec![role];
        }
        self.0.iter().filter(|(key, _)| matches!(key, RoleKey::Account(_))).map(|(_, role)| role).collect()
    }
}

impl TryFrom<BTreeMap<RoleKey, RoleArn>> for RoleArns {
    type Error = Failure;

    fn try_from(roles: BTreeMap<RoleKey, RoleArn>) -> Result<Self, Failure> {
        for (key, role) in &roles {
            if let RoleKey::Account(account) = key
                && account != role.account()
            {
                let why = format!("{role} is a role of account {}", role.account());
                return Err(Failure::new(format!("use a role for account {account}"), why));
            }
        }
        Ok(Self(roles))
    }
}

impl From<RoleArns> for BTreeMap<RoleKey, RoleArn> {
    fn from(roles: RoleArns) -> Self {
        roles.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("arn:aws:iam::123456789012:role/copier", true)]
    #[case("arn:aws-cn:iam::123456789012:role/service/images/copier", true)]
    #[case("arn:aws:iam::123456789012:user/copier", false)]
    #[case("arn:aws:iam::12345:role/copier", false)]
    #[case("arn:aws:iam::123456789012:role/", false)]
    #[case("arn:aws:iam::123456789012:role/a b", false)]
    #[case("arn:aws:sts::123456789012:assumed-role/copier/x", false)]
    #[case("arn:aws:iam:us-east-1:123456789012:role/copier", false)]
    #[case("copier", false)]
    #[case("", false)]
    fn a_role_is_named_by_its_arn(#[case] text: &str, #[case] valid: bool) {
        let role = RoleArn::new(text);
        assert_eq!(role.is_ok(), valid);
        if let Ok(role) = role {
            assert_eq!((role.account().as_str(), role.as_str()), ("123456789012", text));
        }
    }
}
