//! Where in its destination a copy's snapshots are stored: the region, an Outpost or a Local Zone.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    failure::Failure,
    region::{Partition, Region},
    text::clean,
};

/// Where a copy's snapshots are stored. `CopyImage` takes at most one of the parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Placement {
    /// The destination region.
    #[default]
    Region,
    /// `DestinationOutpostArn`. The copy is always encrypted, and the source must be in the Outpost's region.
    Outpost(OutpostArn),
    /// `DestinationAvailabilityZone`: the name of a Local Zone, such as `us-west-2-lax-1a`.
    Zone(ZoneName),
    /// `DestinationAvailabilityZoneId`: the id of a Local Zone, such as `usw2-lax1-az1`.
    ZoneId(ZoneName),
}

/// ARN of an Outpost: `arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0`.
/// Source: EC2 API reference, `CopyImage`, `DestinationOutpostArn`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutpostArn(Box<str>);

impl OutpostArn {
    /// Checks the form.
    pub fn new(arn: &str) -> Result<Self, Failure> {
        let refused = |why: &str| Err(Failure::new(format!("use the Outpost `{}`", clean(arn)), why.to_owned()));
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "outposts", region, account, resource] = parts[..] else {
            return refused("that is not the ARN of an Outpost (arn:aws:outposts:REGION:ACCOUNT:outpost/op-...)");
        };
        let (Ok(region), Ok(_)) = (Region::new(region), AccountId::new(account)) else {
            return refused("the ARN lacks a region or an account");
        };
        if Partition::parse(partition) != Some(region.partition()) {
            return refused("the ARN's partition is not that of its region (aws, aws-cn, aws-us-gov)");
        }
        let id = resource.strip_prefix("outpost/op-").unwrap_or_default();
        if id.len() != 17 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return refused("the ARN does not end in outpost/op- and 17 hexadecimal digits");
        }
        Ok(Self(arn.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the Outpost's region.
    pub fn region(&self) -> Option<Region> {
        self.0.split(':').nth(3).and_then(|region| Region::new(region).ok())
    }
}

/// Name or id of an Availability Zone or Local Zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName(Box<str>);

impl ZoneName {
    /// Checks the form: lower-case letters, digits and hyphens.
    pub fn new(zone: &str) -> Result<Self, Failure> {
        let formed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if zone.len() >= 5 && zone.len() <= 64 && zone.contains('-') && zone.bytes().all(formed) {
            Ok(Self(zone.into()))
        } else {
            let why = "a zone is named like us-west-2-lax-1a, or has an id like usw2-lax1-az1";
            Err(Failure::new(format!("use the zone `{}`", clean(zone)), why))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_conversions {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;
            fn try_from(text: String) -> Result<Self, Failure> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.into()
            }
        }
    };
}

text_conversions!(OutpostArn);
text_conversions!(ZoneName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outposts_and_zones_are_checked_by_form() {
        let arn = "arn:aws:outposts:us-west-2:123456789012:outpost/op-0123456789abcdef0";
        assert_eq!(OutpostArn::new(arn).unwrap().region().unwrap().as_str(), "us-west-2");
        let elsewhere = ["aws-cn", "nonsense", ""].map(|partition| arn.replacen("aws", partition, 1));
        let malformed = ["garbage", "arn:aws:outposts:us-west-2:1:outpost/op-0123456789abcdef0", &arn[..arn.len() - 1]];
        for bad in elsewhere.iter().map(String::as_str).chain(malformed) {
            assert!(OutpostArn::new(bad).is_err(), "{bad}");
        }
        assert!(ZoneName::new("us-west-2-lax-1a").is_ok() && ZoneName::new("usw2-lax1-az1").is_ok());
        for bad in ["", "lax", "us west-2", "US-WEST-2A"] {
            assert!(ZoneName::new(bad).is_err(), "{bad}");
        }
    }
}
