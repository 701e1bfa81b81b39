//! Read access for tests: the actual state of the account, without latencies or faults. Nothing here counts as a request.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    domain::{Image, ImageId, Region, Snapshot, SnapshotId},
    sim::{
        faults::request_rates::RequestCount,
        world::{
            permissions::{Permission, Permissions},
            state::{RegionState, World},
            timeline::{Actor, CreatedSnapshot},
        },
    },
};

/// A copy whose image exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySeen {
    pub region: Region,
    /// The image, whether or not EC2 shows it yet.
    pub image: Image,
    /// Client token of the `CopyImage` request.
    pub token: Option<String>,
    pub created_by: Actor,
    pub launch_permissions: BTreeSet<Permission>,
    /// Its existing snapshots, by id.
    pub snapshots: Vec<Snapshot>,
}

impl World {
    /// Returns all images that were made by copies and not deregistered, by region and id. Includes failed copies and images
    /// that EC2 does not show yet.
    pub fn copies(&self, now: Timestamp) -> Vec<CopySeen> {
        let seen = |state: &RegionState| {
            let all = snapshots(self, state, now);
            let of = |image: &ImageId| all.iter().filter(|(of, _)| of == image).map(|(_, s)| s.clone()).collect();
            state
                .created_images
                .values()
                .map(|created| (created, Self::created_image(state, created, now)))
                .map(|(created, seen)| CopySeen {
                    region: state.region.clone(),
                    image: seen.image,
                    launch_permissions: seen.launch_permissions,
                    token: created.token.clone(),
                    created_by: created.created_by,
                    snapshots: of(&created.image.id),
                })
                .collect::<Vec<_>>()
        };
        self.regions.iter().flat_map(seen).collect()
    }

    /// Returns all existing snapshots made by copies, each with the image it was made for, which may be deregistered. Includes
    /// snapshots that EC2 does not show yet.
    pub fn copy_snapshots(&self, now: Timestamp) -> Vec<(Region, ImageId, Snapshot)> {
        let of = |state: &RegionState| {
            snapshots(self, state, now)
                .into_iter()
                .map(|(image, snapshot)| (state.region.clone(), image, snapshot))
                .collect()
        };
        self.regions.iter().flat_map(|state| -> Vec<_> { of(state) }).collect()
    }

    /// Returns true if the snapshot exists, whoever made it.
    pub fn has_snapshot(&self, region: &Region, snapshot: &SnapshotId, now: Timestamp) -> bool {
        self.region_state(region).is_some_and(|state| self.snapshot(state, snapshot.as_str(), now).is_some())
    }

    /// Returns an image's launch permissions; `None` if it is not there (any more).
    pub fn launch_permissions(&self, region: &Region, image: &ImageId, now: Timestamp) -> Option<BTreeSet<Permission>> {
        Some(self.image(self.region_state(region)?, image.as_str(), now)?.launch_permissions)
    }

    /// Returns a snapshot's create-volume permissions; none if it does not exist.
    pub fn create_volume_permissions(
        &self,
        region: &Region,
        snapshot: &SnapshotId,
        now: Timestamp,
    ) -> BTreeSet<Permission> {
        let seen = self.region_state(region).and_then(|state| self.snapshot(state, snapshot.as_str(), now));
        seen.map(|seen| seen.create_volume_permissions).unwrap_or_default()
    }

    /// Returns the number of pending copies, as the limit counts them, for each region that has any.
    pub fn pending_copies(&self, now: Timestamp) -> BTreeMap<Region, usize> {
        let count = |state: &RegionState| (state.region.clone(), state.pending_copies(now));
        self.regions.iter().map(count).filter(|(_, pending)| *pending > 0).collect()
    }

    /// Returns how many `CopyImage` requests created an image. A repeated token does not; other users' copies do not count.
    pub fn copies_made(&self) -> u64 {
        self.copies_made
    }

    /// Returns the number of requests by region and action since the beginning or the last reset, KMS and STS included, other
    /// users' requests excluded.
    pub fn calls(&self) -> &BTreeMap<(Region, String), RequestCount> {
        &self.request_rates.calls
    }

    /// Resets the request counts, not the token buckets.
    pub fn reset_calls(&mut self) {
        self.request_rates.calls.clear();
    }
}

fn snapshots(world: &World, state: &RegionState, now: Timestamp) -> Vec<(ImageId, Snapshot)> {
    let seen = |created: &CreatedSnapshot| {
        let snapshot =
            world.with_changes(state, created.as_of(now)?, created.timeline.created(), &Permissions::new()).snapshot;
        Some((created.image.clone()?, snapshot))
    };
    state.created_snapshots.values().filter_map(seen).collect()
}
