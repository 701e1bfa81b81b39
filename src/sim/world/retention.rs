//! Retention rules of the Recycle Bin, and what a bin holds. EC2 keeps what a rule matches until its time is over. Source: EC2 user
//! guide, "Recover deleted Amazon EBS snapshots and EBS-backed AMIs with Recycle Bin".

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    domain::{Image, ImageId, Region, Snapshot, SnapshotId},
    sim::world::timeline::{CreatedImage, CreatedSnapshot},
};

/// What a retention rule keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionKind {
    Images,
    Snapshots,
}

/// A retention rule of a region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionRule {
    /// Empty is every region.
    #[serde(default)]
    pub(crate) regions: Vec<Region>,
    pub(crate) keeps: RetentionKind,
    pub(crate) days: u16,
}

/// The Recycle Bin of a region.
#[derive(Debug, Default)]
pub(crate) struct Bin {
    pub(crate) images: BTreeMap<ImageId, Binned<Image, CreatedImage>>,
    pub(crate) snapshots: BTreeMap<SnapshotId, Binned<Snapshot, CreatedSnapshot>>,
}

/// Something in the bin.
#[derive(Debug)]
pub(crate) struct Binned<Seen, Created> {
    /// As it was.
    pub(crate) last: Seen,
    /// What was made since the world began, to be put back; `None` for one of a family.
    pub(crate) created: Option<Created>,
    pub(crate) entered: Timestamp,
    pub(crate) exits: Timestamp,
}

impl<Seen, Created> Binned<Seen, Created> {
    pub(crate) fn is_there(&self, now: Timestamp) -> bool {
        now < self.exits
    }
}
