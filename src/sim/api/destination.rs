//! Outposts and Local Zones as destinations of `CopyImage`.
//!
//! Source of the rules: EC2 API reference, `CopyImage`. The codes of the refusals are not documented.

use crate::{
    domain::{AccountId, OptIn, Region},
    sim::{
        api::copy_call::CopyCall,
        api_error::ApiError,
        world::{
            locations::{Location, Zone, zones},
            state::{RegionState, SeenImage},
        },
    },
};

fn refused(why: String) -> ApiError {
    ApiError::new("InvalidParameterValue", why)
}

impl RegionState {
    /// Returns where in this region a copy is to be stored.
    pub(crate) fn destination(&self, call: &CopyCall) -> Result<Location, ApiError> {
        let location = match (&call.outpost, &call.zone, &call.zone_id) {
            (None, None, None) => return Ok(Location::Region),
            (Some(arn), None, None) => self.outpost(arn)?,
            (None, Some(name), None) => self.local_zone(name, "zone", |zone| &zone.name)?,
            (None, None, Some(id)) => self.local_zone(id, "zone-id", |zone| &zone.id)?,
            _ => {
                return Err(ApiError::new(
                    "InvalidParameterCombination",
                    "Only one of DestinationAvailabilityZone, DestinationAvailabilityZoneId, or DestinationOutpostArn can be specified.",
                ));
            }
        };
        if call.minutes.is_some() {
            return Err(not_time_based());
        }
        Ok(location)
    }

    fn outpost(&self, arn: &str) -> Result<Location, ApiError> {
        let parameter = "DestinationOutpostArn";
        let [head, partition, service, region, account, resource] = arn.split(':').collect::<Vec<_>>()[..] else {
            return Err(ApiError::bad_value(parameter, arn, "Expecting the ARN of an Outpost."));
        };
        let hex = |id: &str| id.len() == 17 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let formed = (head, partition, service) == ("arn", self.region.partition().as_str(), "outposts")
            && AccountId::new(account).is_ok()
            && resource.strip_prefix("outpost/op-").is_some_and(hex);
        if !formed {
            return Err(ApiError::bad_value(parameter, arn, "Expecting the ARN of an Outpost."));
        }
        if region != self.region.as_str() {
            return Err(refused(format!("The Outpost {arn} is not in the Region {}.", self.region)));
        }
        if self.outposts.iter().any(|known| **known == *arn) {
            Ok(Location::Outpost(arn.into()))
        } else {
            Err(refused(format!("The Outpost {arn} does not exist.")))
        }
    }

    /// Returns the Local Zone whose name or id is `wanted`.
    fn local_zone(&self, wanted: &str, what: &str, by: fn(&Zone) -> &String) -> Result<Location, ApiError> {
        let usable = |zone: &Zone| by(zone) == wanted && zone.opt_in != OptIn::NotOptedIn;
        match zones(&self.region, &self.local_zones).into_iter().find(usable) {
            Some(zone) if zone.parent.is_some() => Ok(Location::LocalZone(zone.name.into())),
            Some(zone) => Err(refused(format!("The Availability Zone {} is not a Local Zone.", zone.name))),
            None => Err(refused(format!("Invalid availability {what}: [{wanted}]"))),
        }
    }

    /// Returns true if all snapshots there are encrypted.
    pub(crate) fn location_encrypts(&self, location: &Location) -> bool {
        match location {
            Location::Region => false,
            Location::Outpost(_) => true,
            Location::LocalZone(name) => self.local_zones.iter().any(|zone| zone.name == *name && zone.encrypts),
        }
    }
}

pub(crate) fn not_time_based() -> ApiError {
    ApiError::new(
        "InvalidParameterCombination",
        "The parameter SnapshotCopyCompletionDurationMinutes is not supported for Outposts and Local Zones.",
    )
}

/// Refuses the ways between regions, Outposts and Local Zones that EC2 does not copy.
pub(crate) fn check_way(source: &SeenImage, destination: &Location, to: &Region) -> Result<(), ApiError> {
    let here = source.image.region == *to;
    let why = match (&source.location, destination) {
        (Location::Region, Location::Region) => return Ok(()),
        (Location::Outpost(_), _) => "An image on an Outpost cannot be copied.".to_owned(),
        (Location::LocalZone(_), Location::Outpost(_)) => {
            "An image in a Local Zone cannot be copied to an Outpost.".to_owned()
        }
        (Location::Region, Location::Outpost(_)) if !here => {
            "The image must be in the Region of the destination Outpost.".to_owned()
        }
        (Location::LocalZone(_), Location::Region) | (_, Location::LocalZone(_)) if !here => {
            "Images are copied only between a Local Zone and its parent Region, or within the parent Region.".to_owned()
        }
        _ if source.image.instance_store() => "Only EBS-backed images can be copied there.".to_owned(),
        _ => return Ok(()),
    };
    Err(refused(why))
}
