//! Where images and snapshots are stored: in a region, or at the edge on an Outpost or in a Local Zone. And a region's zones.

use serde::Deserialize;

use crate::domain::{AccountId, OptIn, Region};

/// Where an image and its snapshots are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Location {
    #[default]
    Region,
    /// On the Outpost with this ARN.
    Outpost(Box<str>),
    /// In the Local Zone of this name.
    LocalZone(Box<str>),
}

/// An Outpost of the account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutpostSpec {
    pub(crate) region: Region,
    /// `op-` and 17 hexadecimal digits.
    pub(crate) id: String,
}

impl OutpostSpec {
    pub(crate) fn arn(&self, account: &AccountId) -> Box<str> {
        let Self { region, id } = self;
        format!("arn:{}:outposts:{region}:{account}:outpost/{id}", region.partition().as_str()).into()
    }
}

/// A Local Zone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalZoneSpec {
    pub(crate) parent: Region,
    /// For example `us-west-2-lax-1a`.
    pub(crate) name: Box<str>,
    /// For example `usw2-lax1-az1`.
    pub(crate) id: Box<str>,
    #[serde(default)]
    pub(crate) opted_in: bool,
    /// Snapshots in it are always encrypted.
    #[serde(default)]
    pub(crate) encrypts: bool,
}

impl LocalZoneSpec {
    /// Returns the name of its group: the zone's name without its last letter.
    fn group(&self) -> &str {
        self.name.trim_end_matches(|c: char| c.is_ascii_lowercase())
    }
}

/// An Availability Zone or Local Zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) region: Region,
    pub(crate) group: String,
    pub(crate) border_group: String,
    pub(crate) opt_in: OptIn,
    /// Name and id of a Local Zone's parent; `None` for an Availability Zone.
    pub(crate) parent: Option<(String, String)>,
}

impl Zone {
    pub(crate) fn zone_type(&self) -> &'static str {
        if self.parent.is_some() { "local-zone" } else { "availability-zone" }
    }
}

/// Returns all zones of a region, its own before these Local Zones.
pub(crate) fn zones(region: &Region, local: &[LocalZoneSpec]) -> Vec<Zone> {
    let parents = availability_zones(region);
    let ordinary = parents.iter().enumerate().map(|(n, (name, id))| Zone {
        name: name.clone(),
        id: id.clone(),
        region: region.clone(),
        group: format!("{region}-zg-{}", n + 1),
        border_group: region.to_string(),
        opt_in: OptIn::NotRequired,
        parent: None,
    });
    let local = local.iter().map(|zone| Zone {
        name: zone.name.to_string(),
        id: zone.id.to_string(),
        region: region.clone(),
        group: zone.group().to_owned(),
        border_group: zone.group().to_owned(),
        opt_in: if zone.opted_in { OptIn::OptedIn } else { OptIn::NotOptedIn },
        parent: parents.first().cloned(),
    });
    ordinary.chain(local).collect()
}

/// Returns name and id of a region's Availability Zones: three in every region here. An id abbreviates the region, as in `use1-az1`.
/// Source: EC2 user guide, "Availability Zones".
fn availability_zones(region: &Region) -> Vec<(String, String)> {
    let words: Vec<&str> = region.as_str().split('-').collect();
    let short = |(n, word): (usize, &&str)| match *word {
        first if n == 0 => first.to_owned(),
        "northeast" => "ne".to_owned(),
        "northwest" => "nw".to_owned(),
        "southeast" => "se".to_owned(),
        "southwest" => "sw".to_owned(),
        other => other.chars().take(1).collect(),
    };
    let prefix: String = words.iter().enumerate().map(short).collect();
    let zone = |(n, letter)| (format!("{region}{letter}"), format!("{prefix}-az{}", n + 1));
    ["a", "b", "c"].into_iter().enumerate().map(zone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("us-east-1", "us-east-1a", "use1-az1")]
    #[case("ap-southeast-2", "ap-southeast-2a", "apse2-az1")]
    #[case("eu-central-1", "eu-central-1a", "euc1-az1")]
    #[case("us-gov-west-1", "us-gov-west-1a", "usgw1-az1")]
    fn a_zones_id_abbreviates_its_region(#[case] region: &str, #[case] name: &str, #[case] id: &str) {
        let zones = availability_zones(&Region::new(region).unwrap());
        assert_eq!(zones[0], (name.to_owned(), id.to_owned()));
    }
}
