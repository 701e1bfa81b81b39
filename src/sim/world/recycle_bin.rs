//! What a test sets of the Recycle Bin and of protected snapshots.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Region, SnapshotId},
    sim::world::{
        retention::{RetentionKind, RetentionRule},
        state::{RegionState, World},
    },
};

impl World {
    /// Keeps what is deleted in a region from now on for so many days.
    pub fn retain(&mut self, region: &Region, keeps: RetentionKind, days: u16) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.retention.push(RetentionRule { regions: Vec::new(), keeps, days });
        }
    }

    /// Locks a snapshot, so that it cannot be deleted.
    pub fn lock_snapshot(&mut self, region: &Region, snapshot: &SnapshotId) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.locked.insert(snapshot.clone());
        }
    }

    /// Enables fast snapshot restore for a snapshot.
    pub fn enable_fast_restore(&mut self, region: &Region, snapshot: &SnapshotId) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.fast_restore.insert(snapshot.clone());
        }
    }
}

impl RegionState {
    /// Returns until when something deleted now is kept: the longest rule counts.
    pub(crate) fn retained_until(&self, kind: RetentionKind, now: Timestamp) -> Option<Timestamp> {
        let rules = self.retention.iter().filter(|rule| rule.keeps == kind);
        let days = rules.map(|rule| rule.days).max()?;
        now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
    }
}
