//! What is true of the account, for tests to hold the program to: nothing here is late, hidden or faulty, and nothing is
//! counted. Read-only but for the counters' reset.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::{Image, ImageId, Region, Snapshot, SnapshotId},
    sim::{
        faults::request_rates::RequestCount,
        world::{
            state::{RegionState, World},
            timeline::{CreatedSnapshot, Maker},
        },
    },
};

/// A copy whose image exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySeen {
    /// Where it is.
    pub region: Region,
    /// As it is, whether or not EC2 shows it yet.
    pub image: Image,
    /// The client token it was asked with.
    pub token: Option<String>,
    /// Who asked for it.
    pub maker: Maker,
    /// Its snapshots that exist, by id.
    pub snapshots: Vec<Snapshot>,
}

impl World {
    /// All images made by copies that are not deregistered, by region and id, with those not yet visible. A failed copy is
    /// one of them.
    pub fn copies(&self, now: Timestamp) -> Vec<CopySeen> {
        let seen = |area: &RegionState| {
            let all = snapshots(self, area, now);
            let of = |image: &ImageId| all.iter().filter(|(of, _)| of == image).map(|(_, s)| s.clone()).collect();
            area.made
                .values()
                .map(|made| CopySeen {
                    region: area.region.clone(),
                    image: Self::see_made(area, made, now).image,
                    token: made.token.clone(),
                    maker: made.maker,
                    snapshots: of(&made.image.id),
                })
                .collect::<Vec<_>>()
        };
        self.regions.iter().flat_map(seen).collect()
    }

    /// All snapshots made by copies that exist, each with the image it was made for, whether or not that one still exists and
    /// whether or not EC2 shows them yet.
    pub fn copy_snapshots(&self, now: Timestamp) -> Vec<(Region, ImageId, Snapshot)> {
        let of = |area: &RegionState| {
            snapshots(self, area, now)
                .into_iter()
                .map(|(image, snapshot)| (area.region.clone(), image, snapshot))
                .collect()
        };
        self.regions.iter().flat_map(|area| -> Vec<_> { of(area) }).collect()
    }

    /// Returns true if the snapshot is there, whoever made it.
    pub fn has_snapshot(&self, region: &Region, snapshot: &SnapshotId, now: Timestamp) -> bool {
        self.area(region).is_some_and(|area| self.snapshot(area, snapshot.as_str(), now).is_some())
    }

    /// How many copies are pending in each region that has any, as its limit counts them.
    pub fn pending_copies(&self, now: Timestamp) -> BTreeMap<Region, usize> {
        let count = |area: &RegionState| (area.region.clone(), area.pending_copies(now));
        self.regions.iter().map(count).filter(|(_, pending)| *pending > 0).collect()
    }

    /// How many requests for `CopyImage` really made an image; neither a repeated token nor another user's copy does.
    pub fn copies_made(&self) -> u64 {
        self.copies_made
    }

    /// How often each action was asked of each region since the beginning or the last reset. KMS's and STS's actions are
    /// counted too; another user's are not.
    pub fn calls(&self) -> &BTreeMap<(Region, String), RequestCount> {
        &self.traffic.calls
    }

    /// Counts from nothing again. What the rates remember stays.
    pub fn reset_calls(&mut self) {
        self.traffic.calls.clear();
    }
}

fn snapshots(world: &World, area: &RegionState, now: Timestamp) -> Vec<(ImageId, Snapshot)> {
    let seen = |made: &CreatedSnapshot| {
        let snapshot = world.see_snapshot(area, made.as_of(now)?, made.course.created()).snapshot;
        Some((made.image.clone()?, snapshot))
    };
    area.snapshots.values().filter_map(seen).collect()
}
