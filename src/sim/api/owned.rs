//! Images and snapshots that a call changes: they must exist and belong to the caller.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, ImageState, Region},
    sim::{
        api::validation::{check_image_id, check_snapshot_id, images_not_found, snapshot_not_found, unavailable},
        api_error::ApiError,
        world::{
            attributes::ImageAttributes,
            records::ChangeKind,
            state::{RegionState, SeenImage, SeenSnapshot, World},
            timeline::{Actor, Timeline},
        },
    },
};

impl World {
    /// Returns true for a deregistered image that EC2 still tells from one it never had (`Latencies::unavailable_ms`).
    pub(crate) fn remembers(&self, state: &RegionState, id: &str, now: Timestamp) -> bool {
        let deregistered = ImageId::new(id).ok().and_then(|id| state.deregistered.get(&id));
        let recent = |since: &Timeline| self.latencies.unavailable_ms.is_none_or(|ms| since.age_ms(now) < ms);
        deregistered.is_some_and(|image| recent(&image.since))
    }

    /// Returns an image of the caller's in any state.
    pub(crate) fn own_image(&self, state: &RegionState, id: &str, now: Timestamp) -> Result<SeenImage, ApiError> {
        check_image_id(id)?;
        if self.remembers(state, id, now) {
            return Err(unavailable(id));
        }
        let seen = self.image(state, id, now).ok_or_else(|| images_not_found(&[id]))?;
        if seen.image.owner_id != self.account {
            return Err(ApiError::not_authorized("images", &[id.to_owned()]));
        }
        Ok(seen)
    }

    /// Returns a snapshot of the caller's in any state.
    pub(crate) fn own_snapshot(&self, state: &RegionState, id: &str, now: Timestamp) -> Result<SeenSnapshot, ApiError> {
        check_snapshot_id(id)?;
        let seen = self.snapshot(state, id, now).ok_or_else(|| snapshot_not_found(id))?;
        if seen.owner != self.account {
            return Err(ApiError::not_authorized("snapshots", &[id.to_owned()]));
        }
        Ok(seen)
    }

    /// Changes attributes of an available or disabled image of the caller's, and records the change if it is one.
    pub(crate) fn change_attributes(
        &mut self,
        region: &Region,
        id: &str,
        now: Timestamp,
        kind: ChangeKind,
        change: impl FnOnce(&Self, &SeenImage, &mut ImageAttributes) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let state = self.enabled(region)?;
        let seen = self.own_image(state, id, now)?;
        if !matches!(seen.image.state, ImageState::Available | ImageState::Disabled) {
            return Err(unavailable(id));
        }
        let before = state.attributes_of(&seen);
        let mut after = before.clone();
        change(self, &seen, &mut after)?;
        if after != before {
            self.record(region, Actor::Request, kind, id, now);
            self.enabled_mut(region)?.attributes.insert(seen.image.id, after);
        }
        Ok(())
    }
}

impl RegionState {
    /// Returns the image's current attributes.
    pub(crate) fn attributes_of(&self, seen: &SeenImage) -> ImageAttributes {
        self.attributes
            .get(&seen.image.id)
            .cloned()
            .unwrap_or_else(|| ImageAttributes::of(&seen.image, &seen.launch_permissions))
    }
}
