//! What is done with a copy once it is available: the post-copy steps.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    failure::Failure,
    region::{Partition, Region},
    text::clean,
};

/// One step after the copy is available. Each can be repeated without harm: EC2 accepts a call whose effect is already in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostCopyStep {
    /// Read the source's launch permissions and give the copy the same (`DescribeImageAttribute`, `ModifyImageAttribute`). Public is
    /// never taken over.
    CopyLaunchPermissions,
    /// Allow these to launch the copy (`ModifyImageAttribute`, `launchPermission`).
    LaunchPermissions(Vec<LaunchPermission>),
    /// Allow these accounts to create volumes of the copy's snapshots (`ModifySnapshotAttribute`, `createVolumePermission`, for each
    /// snapshot).
    SnapshotPermissions(Vec<AccountId>),
    /// Deprecate the copy at this time (`EnableImageDeprecation`).
    Deprecation(Timestamp),
    /// Protect the copy from being deregistered (`EnableImageDeregistrationProtection`).
    DeregistrationProtection {
        /// Protection ends only 24 hours after it is disabled (`WithCooldown`).
        cooldown: bool,
    },
    /// Tag the source with `copied-to:REGION` and the copy's id (`CreateTags` in the source's region).
    SourceTag,
}

impl PostCopyStep {
    /// Returns the key of the tag that a source gets: `copied-to:eu-west-1`.
    pub fn source_tag(destination: &Region) -> String {
        format!("copied-to:{destination}")
    }
}

/// Who may launch an image. Source: EC2 API reference, `LaunchPermission`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaunchPermission {
    /// `UserId`.
    Account(AccountId),
    /// `OrganizationArn`.
    Organization(OrganizationsArn),
    /// `OrganizationalUnitArn`.
    OrganizationalUnit(OrganizationsArn),
    /// `Group` with the value `all`: everyone.
    Public,
}

impl LaunchPermission {
    /// Reads an account id, or the ARN of an organization or organizational unit. Public is never read from text.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return AccountId::new(&text.replace('-', "")).map(Self::Account);
        }
        let arn = OrganizationsArn::new(text)?;
        Ok(if arn.is_unit() { Self::OrganizationalUnit(arn) } else { Self::Organization(arn) })
    }
}

impl fmt::Display for LaunchPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Organization(arn) | Self::OrganizationalUnit(arn) => f.pad(arn.as_str()),
            Self::Public => f.pad("public"),
        }
    }
}

/// ARN of an organization (`arn:aws:organizations::123456789012:organization/o-...`) or of an organizational unit
/// (`...:ou/o-.../ou-...`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationsArn(Box<str>);

impl OrganizationsArn {
    /// Checks the form.
    pub fn new(arn: &str) -> Result<Self, Failure> {
        let refused = |why: &str| Err(Failure::new(format!("share with `{}`", clean(arn)), why.to_owned()));
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "organizations", "", account, resource] = parts[..] else {
            return refused("give account ids of twelve digits, or ARNs of organizations or organizational units");
        };
        if Partition::parse(partition).is_none() {
            return refused("the ARN's partition is not known (aws, aws-cn, aws-us-gov)");
        }
        if AccountId::new(account).is_err() {
            return refused("the ARN lacks the organization's account");
        }
        let word = |s: &str| s.len() > 2 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let organization = |s: &str| s.starts_with("o-") && word(s);
        let formed = match resource.split('/').collect::<Vec<_>>()[..] {
            ["organization", id] => organization(id),
            ["ou", id, unit] => organization(id) && unit.starts_with("ou-") && word(unit),
            _ => false,
        };
        if formed {
            Ok(Self(arn.into()))
        } else {
            refused("the ARN names neither an organization (organization/o-...) nor a unit (ou/o-.../ou-...)")
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the partition, which must be that of the copy.
    pub fn partition(&self) -> Option<Partition> {
        self.0.split(':').nth(1).and_then(Partition::parse)
    }

    fn is_unit(&self) -> bool {
        self.0.contains(":ou/")
    }
}

impl TryFrom<String> for OrganizationsArn {
    type Error = Failure;
    fn try_from(arn: String) -> Result<Self, Failure> {
        Self::new(&arn)
    }
}

impl From<OrganizationsArn> for String {
    fn from(arn: OrganizationsArn) -> Self {
        arn.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_launch_is_read_from_text() {
        let account = AccountId::new("123456789012").unwrap();
        for text in ["123456789012", " 1234-5678-9012 "] {
            assert_eq!(LaunchPermission::parse(text).unwrap(), LaunchPermission::Account(account.clone()));
        }
        let organization = "arn:aws:organizations::123456789012:organization/o-abc123";
        assert!(matches!(LaunchPermission::parse(organization), Ok(LaunchPermission::Organization(_))));
        let unit = "arn:aws-cn:organizations::123456789012:ou/o-abc123/ou-ab12-cdef";
        let Ok(LaunchPermission::OrganizationalUnit(arn)) = LaunchPermission::parse(unit) else { panic!("{unit}") };
        assert_eq!(arn.partition(), Some(Partition::China));
        for bad in ["", "12345678901", "all", "public", "arn:aws:iam::123456789012:root", "o-abc123"] {
            assert!(LaunchPermission::parse(bad).is_err(), "{bad}");
        }
    }
}
