//! KMS keys: references to a key, and the keys of a destination.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    failure::Failure,
    region::{Partition, Region},
};

/// Returns true if the ARN that EC2 shows may be that of the requested key. An alias that was not resolved cannot be compared.
pub fn names_key(requested: &str, arn: &str) -> bool {
    requested.contains("alias/") || requested == arn || arn.rsplit_once("key/").is_some_and(|(_, id)| id == requested)
}

/// Reference to a key: an id, an alias, a key ARN or an alias ARN.
/// Source: EC2 API reference, `CopyImage`, `KmsKeyId`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KmsKeyRef(Box<str>);

impl KmsKeyRef {
    /// Checks the form, and that an ARN's partition is its region's; not whether the key exists or may be used.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let key = Self::formed(text)?;
        let partition = key.0.strip_prefix("arn:").and_then(|arn| arn.split(':').next()).map(Partition::parse);
        if partition.is_some_and(|partition| partition != key.region().map(|region| region.partition())) {
            let what = format!("use the key `{}`", crate::domain::text::clean(text));
            return Err(Failure::new(what, "the ARN's partition is not that of its region (aws, aws-cn, aws-us-gov)"));
        }
        Ok(key)
    }

    /// The form alone: earlier versions stored keys without looking at the partition.
    fn formed(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let what = || format!("use the key `{}`", crate::domain::text::clean(text));
        let resource = if text.starts_with("arn:") {
            let mut parts = text.splitn(6, ':').skip(2);
            let (service, region, account, resource) = (parts.next(), parts.next(), parts.next(), parts.next());
            if service != Some("kms") {
                return Err(Failure::new(what(), "the ARN is not one of KMS"));
            }
            if region.is_none_or(|r| Region::new(r).is_err()) || account.is_none_or(|a| AccountId::new(a).is_err()) {
                return Err(Failure::new(what(), "the ARN lacks a region or an account"));
            }
            resource.unwrap_or_default()
        } else {
            text
        };
        let is_word =
            |s: &str, extra: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
        let key_id = |id: &str| {
            let id = id.strip_prefix("mrk-").map_or_else(|| id.replace('-', ""), str::to_owned);
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())
        };
        let formed = match (resource.strip_prefix("alias/"), resource.strip_prefix("key/")) {
            (Some(alias), _) => is_word(alias, "/_-"),
            (None, Some(id)) => text.starts_with("arn:") && key_id(id),
            (None, None) => !text.starts_with("arn:") && key_id(resource),
        };
        if formed {
            Ok(Self(text.into()))
        } else {
            Err(Failure::new(what(), "that is not a key id, alias/NAME, key ARN or alias ARN"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true for the key that AWS manages for EBS (`alias/aws/ebs`), which cannot be shared.
    pub fn is_aws_managed(&self) -> bool {
        self.0.rsplit(':').next() == Some("alias/aws/ebs")
    }

    /// Returns the region of an ARN; `None` for ids and aliases.
    pub fn region(&self) -> Option<Region> {
        if !self.0.starts_with("arn:") {
            return None;
        }
        self.0.split(':').nth(3).and_then(|r| Region::new(r).ok())
    }
}

impl fmt::Display for KmsKeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for KmsKeyRef {
    type Error = Failure;
    fn try_from(text: String) -> Result<Self, Failure> {
        Self::formed(&text)
    }
}

impl From<KmsKeyRef> for String {
    fn from(key: KmsKeyRef) -> Self {
        key.0.into()
    }
}

/// A key of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChoice {
    /// The alias if there is one, else the key's ARN or id.
    pub key: KmsKeyRef,
    pub key_id: String,
    /// Description of the key, or why it cannot be used; may be empty.
    pub note: String,
    /// Can encrypt a snapshot; `None` if that could not be looked up.
    pub usable: Option<bool>,
}

/// The keys of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyList {
    /// Sorted by name.
    pub choices: Vec<KeyChoice>,
    /// The default key of EBS (`GetEbsDefaultKmsKeyId`).
    pub default_key: Option<String>,
    /// The region encrypts every new snapshot (`GetEbsEncryptionByDefault`).
    pub encrypts_by_default: bool,
    /// Why the keys could not be listed. A key can still be entered.
    pub problem: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_are_accepted_and_nothing_else() {
        let id = "0123abcd-0000-1111-2222-0123456789ab";
        for good in [
            id.to_owned(),
            "mrk-0123456789abcdef0123456789abcdef".into(),
            "alias/team/web".into(),
            format!("arn:aws:kms:eu-west-1:123456789012:key/{id}"),
            "arn:aws:kms:eu-west-1:123456789012:alias/web".into(),
        ] {
            assert!(KmsKeyRef::new(&good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "web",
            "alias/",
            "arn:aws:s3:::x",
            "arn:aws:kms:eu-west-1:12:key/1",
            "key/0123",
            "arn:aws:kms::123456789012:alias/x",
            "arn:aws-cn:kms:eu-west-1:123456789012:alias/web",
            "arn:aws:kms:cn-north-1:123456789012:alias/web",
            "arn:nonsense:kms:eu-west-1:123456789012:alias/web",
            "alias/a b",
        ] {
            assert!(KmsKeyRef::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stored_key_of_another_partition_is_still_read() {
        let stored = r#""arn:aws-cn:kms:eu-west-1:123456789012:alias/web""#;
        assert!(serde_json::from_str::<KmsKeyRef>(stored).is_ok());
    }

    #[test]
    fn an_arn_has_a_region() {
        let arn = KmsKeyRef::new("arn:aws:kms:eu-west-1:123456789012:alias/web").unwrap();
        assert_eq!(arn.region().unwrap().as_str(), "eu-west-1");
        assert_eq!(KmsKeyRef::new("alias/web").unwrap().region(), None);
    }
}
