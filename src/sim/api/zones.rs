//! `DescribeAvailabilityZones`.

use crate::{
    domain::OptIn,
    sim::{
        api::{call::Call, filters, format},
        api_error::ApiError,
        world::locations::{Zone, zones},
    },
};

impl Call<'_> {
    pub(crate) fn describe_availability_zones(self) -> Result<String, ApiError> {
        let all = self.params.flag("AllAvailabilityZones")? == Some(true);
        let (names, ids) = (self.params.strings("ZoneName"), self.params.strings("ZoneId"));
        let filters = self.params.filters();
        let ready = self.ready()?;
        let filter = filters::ZONES.compile(&filters)?;
        let mut zones = zones(ready.region, &ready.world.enabled(ready.region)?.local_zones);
        zones.retain(|zone| all || zone.opt_in != OptIn::NotOptedIn);
        check(&names, "zone", &zones, |zone| &zone.name)?;
        check(&ids, "zone-id", &zones, |zone| &zone.id)?;
        zones.retain(|zone| {
            (names.is_empty() || names.contains(&zone.name))
                && (ids.is_empty() || ids.contains(&zone.id))
                && filter.matches(zone)
        });
        Ok(ready.response(|xml| {
            xml.items("availabilityZoneInfo", zones, |xml, zone| {
                xml.leaf("optInStatus", format::opt_in(zone.opt_in));
                xml.leaf("regionName", zone.region.as_str());
                xml.leaf("zoneName", &zone.name);
                xml.leaf("zoneId", &zone.id);
                xml.leaf("groupName", &zone.group);
                xml.leaf("networkBorderGroup", &zone.border_group);
                xml.leaf("zoneType", zone.zone_type());
                if let Some((name, id)) = &zone.parent {
                    xml.leaf("parentZoneName", name);
                    xml.leaf("parentZoneId", id);
                }
                xml.leaf("zoneState", "available");
            });
        }))
    }
}

/// Refuses names or ids of zones that there are not.
fn check(wanted: &[String], what: &str, zones: &[Zone], of: fn(&Zone) -> &String) -> Result<(), ApiError> {
    let missing = |wanted: &&String| !zones.iter().any(|zone| of(zone) == *wanted);
    let missing: Vec<&str> = wanted.iter().filter(missing).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!("Invalid availability {what}: [{}]", missing.join(","));
    Err(ApiError::new("InvalidParameterValue", why))
}
