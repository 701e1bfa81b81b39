//! Checks where in the destination the copies are stored.

use super::messages::Messages;
use crate::domain::{
    draft::{Draft, Field, PlacementDraft},
    failure::Failure,
    placement::{OutpostArn, Placement, ZoneName},
    region::{Partition, Region},
    text::clean,
};

impl Draft {
    /// Returns true if the copies are encrypted whatever their sources are: on an Outpost all snapshots are.
    /// Source: EC2 API reference, `CopyImage`, `DestinationOutpostArn`, `Encrypted`.
    pub fn encrypts(&self) -> bool {
        self.encrypt || matches!(self.placement, PlacementDraft::Outpost(_))
    }

    /// Source of the rules: EC2 API reference, `CopyImage` and `CopySnapshot`.
    pub(super) fn check_placement(&self, mistakes: &mut Messages) -> Placement {
        let placement = match &self.placement {
            PlacementDraft::Region => return Placement::Region,
            PlacementDraft::Outpost(arn) => OutpostArn::new(arn.trim()).map(Placement::Outpost),
            PlacementDraft::LocalZone(zone) => local_zone(zone.trim()),
        };
        if self.completion.is_some() {
            let text = "A copy to an Outpost or a Local Zone cannot be time-based.";
            mistakes.add(Field::Completion, text.into());
        }
        let Some(placement) = mistakes.check(Field::Placement, placement) else { return Placement::Region };
        let mut refuse = |text: String| mistakes.add(Field::Placement, text);
        let [destination] = &self.destinations[..] else {
            if !self.destinations.is_empty() {
                refuse("An Outpost or a Local Zone belongs to one region: choose that region alone.".into());
            }
            return placement;
        };
        if let Some(text) = elsewhere(&placement, destination) {
            refuse(text);
        }
        for source in &self.sources {
            if source.region != *destination {
                let (id, region) = (&source.id, &source.region);
                refuse(format!(
                    "{id} is in {region}; only an image of {destination} can be copied to an Outpost or a Local Zone there."
                ));
            } else if source.instance_store() {
                let id = &source.id;
                refuse(format!(
                    "{id} is an instance-store image, which cannot be copied to an Outpost or a Local Zone."
                ));
            }
        }
        placement
    }
}

/// Returns why the place is not in the destination.
fn elsewhere(placement: &Placement, destination: &Region) -> Option<String> {
    match placement {
        Placement::Outpost(arn) => {
            let region = arn.region().filter(|region| region != destination)?;
            Some(format!("The Outpost is in {region}, the copies go to {destination}."))
        }
        Placement::Zone(name) => {
            let rest = name.as_str().strip_prefix(destination.as_str());
            match rest {
                Some(rest) if rest.starts_with('-') => None,
                Some(_) => Some(format!("{name} is an Availability Zone; only a Local Zone can be given.")),
                None => Some(format!("{name} is not a Local Zone of {destination}.")),
            }
        }
        Placement::ZoneId(id) => {
            let prefix = zone_id_prefix(destination).filter(|prefix| !id.as_str().starts_with(prefix))?;
            Some(format!("{id} is not a Local Zone of {destination}: the ids there begin with {prefix}."))
        }
        Placement::Region => None,
    }
}

/// Returns how the ids of a region's zones begin: `usw2-` in us-west-2, `apse1-` in ap-southeast-1. `None` where AWS does not publish
/// them: there only the review can check. Source: AWS Global Infrastructure, "Availability Zones" and "Local Zones", the tables of ids.
fn zone_id_prefix(region: &Region) -> Option<String> {
    if !matches!(region.partition(), Partition::Aws | Partition::China | Partition::GovCloud) {
        return None;
    }
    let mut words = region.as_str().split('-');
    let mut prefix = words.next()?.to_owned();
    for word in words {
        match word {
            "northeast" => prefix.push_str("ne"),
            "northwest" => prefix.push_str("nw"),
            "southeast" => prefix.push_str("se"),
            "southwest" => prefix.push_str("sw"),
            // `gov` is a `g`; a number stays.
            word => {
                prefix.extend(word.chars().take(if word.starts_with(|c: char| c.is_ascii_digit()) { 9 } else { 1 }));
            }
        }
    }
    prefix.push('-');
    Some(prefix)
}

/// Reads the name (`us-west-2-lax-1a`) or id (`usw2-lax1-az1`) of a Local Zone.
fn local_zone(text: &str) -> Result<Placement, Failure> {
    let zone = ZoneName::new(text)?;
    let is_id = text.rsplit('-').next().is_some_and(|end| {
        end.strip_prefix("az").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    });
    let refused = |is: &str| {
        let why = format!("{zone} is {is}; only a Local Zone can be given");
        Err(Failure::new(format!("use the zone `{}`", clean(text)), why))
    };
    // Wavelength Zones are named like us-east-1-wl1-bos-wlz-1, with ids like use1-wl1-bos-wlz1.
    if text.split('-').any(|part| part.starts_with("wlz")) {
        return refused("a Wavelength Zone");
    }
    match (is_id, text.split('-').count()) {
        (true, 2) => refused("the id of an Availability Zone"),
        (true, _) => Ok(Placement::ZoneId(zone)),
        (false, _) => Ok(Placement::Zone(zone)),
    }
}
