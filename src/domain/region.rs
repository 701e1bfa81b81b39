//! Regions and partitions.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;

/// Name of a region, such as `eu-west-1`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Arc<str>);

impl Region {
    /// The regions of the public partitions, for completions and advice; AWS adds others.
    #[rustfmt::skip]
    pub const KNOWN: [&str; 39] = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
        "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
        "eusc-de-east-1", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1",
        "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
    ];

    /// Checks the form (lower-case words and a number, joined by hyphens), not whether the region exists.
    pub fn new(name: &str) -> Result<Self, Failure> {
        let mut parts = name.split('-');
        let formed = name.len() <= 32
            && name.split('-').count() >= 3
            && name.split('-').next_back().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            && parts.all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if formed {
            Ok(Self(name.into()))
        } else {
            Err(Failure::new(
                format!("use region `{}`", crate::domain::text::clean(name)),
                "that is not the name of a region",
            )
            .hint("A region's name looks like `us-east-1` or `ap-southeast-2`."))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the place of the region, empty if it is not known. Source: AWS's list of regions.
    pub fn place(&self) -> &'static str {
        match self.as_str() {
            "us-east-1" => "N. Virginia",
            "us-east-2" => "Ohio",
            "us-west-1" => "N. California",
            "us-west-2" => "Oregon",
            "af-south-1" => "Cape Town",
            "ap-east-1" => "Hong Kong",
            "ap-northeast-1" => "Tokyo",
            "ap-northeast-2" => "Seoul",
            "ap-northeast-3" => "Osaka",
            "ap-south-1" => "Mumbai",
            "ap-south-2" => "Hyderabad",
            "ap-southeast-1" => "Singapore",
            "ap-southeast-2" => "Sydney",
            "ap-southeast-3" => "Jakarta",
            "ap-southeast-4" => "Melbourne",
            "ca-central-1" => "Canada Central",
            "ca-west-1" => "Calgary",
            "eu-central-1" => "Frankfurt",
            "eu-central-2" => "Zurich",
            "eu-north-1" => "Stockholm",
            "eu-south-1" => "Milan",
            "eu-south-2" => "Spain",
            "eu-west-1" => "Ireland",
            "eu-west-2" => "London",
            "eu-west-3" => "Paris",
            "il-central-1" => "Tel Aviv",
            "me-central-1" => "UAE",
            "me-south-1" => "Bahrain",
            "sa-east-1" => "São Paulo",
            _ => "",
        }
    }

    /// Returns the partition. Images cannot be copied between partitions.
    pub fn partition(&self) -> Partition {
        let prefixes = [
            ("cn-", Partition::China),
            ("us-gov-", Partition::GovCloud),
            ("us-isob-", Partition::IsoB),
            ("us-isof-", Partition::IsoF),
            ("eu-isoe-", Partition::IsoE),
            ("us-iso-", Partition::Iso),
            ("eusc-", Partition::Eusc),
        ];
        prefixes.iter().find(|(p, _)| self.0.starts_with(p)).map_or(Partition::Aws, |(_, partition)| *partition)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = Failure;
    fn try_from(name: String) -> Result<Self, Failure> {
        Self::new(&name)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0.to_string()
    }
}

impl std::str::FromStr for Region {
    type Err = Failure;
    /// Reads what a person types: capitals, and spaces around it, do not matter.
    fn from_str(typed: &str) -> Result<Self, Failure> {
        Self::new(&typed.trim().to_ascii_lowercase()).or_else(|_| Self::new(typed))
    }
}

/// A group of regions with its own accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partition {
    /// The commercial regions, `aws`.
    Aws,
    /// `aws-cn`.
    China,
    /// `aws-us-gov`.
    GovCloud,
    /// `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
    /// The European Sovereign Cloud, `aws-eusc`.
    Eusc,
}

impl Partition {
    /// Returns the name used in ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
            Self::Eusc => "aws-eusc",
        }
    }

    /// Returns a region that is enabled for every account of the partition; `None` if none is known.
    pub fn main_region(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("us-east-1"),
            Self::China => Some("cn-north-1"),
            Self::GovCloud => Some("us-gov-west-1"),
            _ => None,
        }
    }

    /// Reads the name used in ARNs.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Aws, Self::China, Self::GovCloud, Self::Iso, Self::IsoB, Self::IsoE, Self::IsoF, Self::Eusc]
            .into_iter()
            .find(|partition| partition.as_str() == name)
    }
}

/// Whether the account has enabled a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OptIn {
    /// Enabled for every account.
    NotRequired,
    /// Enabled by the account.
    OptedIn,
    /// Not enabled; every call gets `AuthFailure`.
    NotOptedIn,
}

/// A region as `DescribeRegions` returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionInfo {
    pub region: Region,
    pub opt_in: OptIn,
}

impl RegionInfo {
    /// Returns true if the account may use the region.
    pub fn enabled(&self) -> bool {
        self.opt_in != OptIn::NotOptedIn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_by_form() {
        for good in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "us-iso-east-1"] {
            assert!(Region::new(good).is_ok(), "{good}");
        }
        for bad in ["", "us-east", "US-EAST-1", "us-east-1a", "us--1", "eu-west-1\n", "a b-c-1"] {
            assert!(Region::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_typed_is_read_leniently() {
        let region = |typed: &str| typed.parse::<Region>();
        assert_eq!(region(" EU-West-1 ").unwrap().as_str(), "eu-west-1");
        assert!(region("eu west 1").is_err() && Region::new(" eu-west-1").is_err());
    }

    #[test]
    fn partitions_follow_the_prefix() {
        assert_eq!(Region::new("us-gov-west-1").unwrap().partition(), Partition::GovCloud);
        assert_eq!(Region::new("cn-north-1").unwrap().partition(), Partition::China);
        assert_eq!(Region::new("us-east-1").unwrap().partition(), Partition::Aws);
        assert_eq!(Region::new("us-isob-east-1").unwrap().partition(), Partition::IsoB);
    }
}
