//! ARNs of roles that are assumed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::{account::AccountId, failure::Failure, text::clean};

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
