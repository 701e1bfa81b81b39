//! What is known of how current the listed images are, and what is to be read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{ImageId, Region};

/// Between two reads of single images in a region.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// What is known of how current the lists are.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Freshness {
    /// The pending images of each region, as this process's queue polls them.
    pub(super) reported: BTreeMap<Region, BTreeSet<ImageId>>,
    /// Images to be read by their ids, and when.
    pub(super) wanted: BTreeMap<Region, (BTreeSet<ImageId>, Timestamp)>,
    /// When images of a region were last read by their ids.
    pub(super) read: BTreeMap<Region, Timestamp>,
    /// When a region's list was last begun.
    pub(super) begun: BTreeMap<Region, Timestamp>,
    /// Images of copies that were wanted when these began.
    pub(super) started: BTreeSet<ImageId>,
    /// When something is due next.
    pub(super) deadline: Option<Timestamp>,
}

impl Freshness {
    /// Other images are listed: forgets everything but what the queue reports.
    pub(super) fn clear(&mut self) {
        *self = Self { reported: std::mem::take(&mut self.reported), ..Self::default() };
    }

    pub(super) fn list_begun(&mut self, region: &Region, now: Timestamp) {
        self.begun.insert(region.clone(), now);
    }

    /// Has images read together with others that are wanted, but not at once after the last.
    pub(super) fn want(&mut self, region: &Region, ids: impl IntoIterator<Item = ImageId>, at: Timestamp) {
        let at = self.read.get(region).map_or(at, |last| at.max(*last + APART));
        let (wanted, due) = self.wanted.entry(region.clone()).or_insert((BTreeSet::new(), at));
        wanted.extend(ids);
        *due = at.min(*due);
    }

    /// Moves all times with the wall clock.
    pub(super) fn shift(&mut self, step: SignedDuration) {
        let wanted = self.wanted.values_mut().map(|(_, at)| at);
        for at in wanted.chain(self.read.values_mut()).chain(self.begun.values_mut()) {
            *at = at.checked_add(step).unwrap_or(*at);
        }
    }
}
