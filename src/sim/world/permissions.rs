//! Launch permissions of images and create-volume permissions of snapshots.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::domain::AccountId;

/// Who may launch an image, or create volumes from a snapshot, besides its owner. Snapshots have no organizations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Permission {
    /// Everyone: the group `all`.
    All,
    Account(AccountId),
    /// ARN of an organization.
    Organization(Box<str>),
    /// ARN of an organizational unit.
    OrganizationalUnit(Box<str>),
}

pub(crate) type Permissions = BTreeSet<Permission>;

impl Permission {
    /// Reads the ARN of an organization or organizational unit. Source of the forms: AWS Organizations API reference.
    pub(crate) fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let head = (parts.next()?, parts.next()?.starts_with("aws"), parts.next()?, parts.next()?);
        if head != ("arn", true, "organizations", "") || AccountId::new(parts.next()?).is_err() {
            return None;
        }
        let mut path = parts.next()?.split('/');
        let (kind, organization) = (path.next()?, path.next()?);
        let is_id = |id: &str, prefix: &str| {
            id.strip_prefix(prefix).is_some_and(|rest| {
                rest.len() >= 8 && rest.bytes().all(|b| b == b'-' || b.is_ascii_lowercase() || b.is_ascii_digit())
            })
        };
        match (kind, is_id(organization, "o-"), path.next(), path.next()) {
            ("organization", true, None, None) => Some(Self::Organization(arn.into())),
            ("ou", true, Some(unit), None) if is_id(unit, "ou-") => Some(Self::OrganizationalUnit(arn.into())),
            _ => None,
        }
    }
}

impl TryFrom<String> for Permission {
    type Error = String;

    /// Reads `all`, an account id or an ARN.
    fn try_from(text: String) -> Result<Self, String> {
        match AccountId::new(&text) {
            Ok(account) => Ok(Self::Account(account)),
            Err(_) if text == "all" => Ok(Self::All),
            Err(_) => Self::from_arn(&text)
                .ok_or_else(|| format!("`{text}` is neither `all` nor an account id nor the ARN of an organization")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("all", true)]
    #[case("123456789012", true)]
    #[case("12345678901", false)]
    #[case("arn:aws:organizations::123456789012:organization/o-abcdef1234", true)]
    #[case("arn:aws:organizations::123456789012:ou/o-abcdef1234/ou-ab12-cdef5678", true)]
    #[case("arn:aws:organizations::123456789012:ou/o-abcdef1234", false)]
    #[case("arn:aws:organizations::123456789012:organization/o-abcdef1234/x", false)]
    #[case("arn:aws:organizations::1234:organization/o-abcdef1234", false)]
    #[case("arn:aws:iam::123456789012:organization/o-abcdef1234", false)]
    #[case("arn:aws:organizations", false)]
    #[case("", false)]
    fn permissions_are_read(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(Permission::try_from(text.to_owned()).is_ok(), valid);
    }
}
