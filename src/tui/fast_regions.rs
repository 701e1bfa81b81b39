//! Which regions are asked how fast they answer, where none was chosen: the home region is listed at once, and every other enabled one
//! that answers fast joins it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Failure, Region, Retry};

/// A region whose first page takes longer is left out.
pub(super) const FAST: SignedDuration = SignedDuration::from_secs(3);
/// Regions asked at the same time.
const MAX_CONCURRENT: usize = 4;

/// What is known of the enabled regions that are not listed. Each is asked once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct FastRegions {
    /// When each was asked, until it answers.
    asked: BTreeMap<Region, Timestamp>,
    left_out: BTreeMap<Region, Failure>,
    /// Regions were added of which the queue does not know yet.
    unfollowed: bool,
}

impl FastRegions {
    /// Returns why a region is left out.
    pub(super) fn left_out(&self, region: &Region) -> Option<&Failure> {
        self.left_out.get(region)
    }

    /// Returns the regions that are left out and may answer another time, and why they are left out.
    pub(super) fn failing(&self) -> impl Iterator<Item = (&Region, &Failure)> {
        self.left_out.iter().filter(|(_, failure)| failure.retry == Retry::Later)
    }

    /// Chooses which of these to query now, up to a limit.
    pub(super) fn ask<'a>(
        &mut self,
        regions: impl Iterator<Item = &'a Region>,
        room: usize,
        now: Timestamp,
    ) -> Vec<Region> {
        let room = room.min(MAX_CONCURRENT.saturating_sub(self.asked.len()));
        let new = regions.filter(|region| !self.asked.contains_key(*region) && !self.left_out.contains_key(*region));
        let next: Vec<Region> = new.take(room).cloned().collect();
        self.asked.extend(next.iter().map(|region| (region.clone(), now)));
        next
    }

    /// Notes an answer. Returns true if the region is to be listed from now on.
    pub(super) fn answered(&mut self, region: &Region, failure: Option<&Failure>, now: Timestamp) -> bool {
        let in_time = self.asked.remove(region).is_some_and(|at| now.duration_since(at) <= FAST);
        if let Some(failure) = failure {
            self.left_out.insert(region.clone(), failure.clone());
        } else if in_time {
            self.unfollowed = true;
        } else {
            self.left_out.entry(region.clone()).or_insert_with(|| too_slow(region));
        }
        failure.is_none() && in_time
    }

    /// Leaves out the regions that have not answered in time, and returns them. Each keeps its place among those asked until its answer
    /// has come: no more requests are under way than is said.
    pub(super) fn leave_out_slow(&mut self, now: Timestamp) -> Vec<(Region, Failure)> {
        let late = self
            .asked
            .iter()
            .filter(|(region, at)| now.duration_since(**at) > FAST && !self.left_out.contains_key(*region));
        let late: Vec<_> = late.map(|(region, _)| (region.clone(), too_slow(region))).collect();
        self.left_out.extend(late.iter().cloned());
        late
    }

    /// Returns true once after regions were added, as soon as no other may be in the next moment.
    pub(super) fn take_unfollowed(&mut self) -> bool {
        let settled = self.asked.keys().all(|region| self.left_out.contains_key(region));
        settled && std::mem::take(&mut self.unfollowed)
    }

    /// When the next region is late.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let in_time = self.asked.iter().filter(|(region, _)| !self.left_out.contains_key(*region));
        in_time.map(|(_, at)| *at + FAST + SignedDuration::from_millis(1)).min()
    }

    /// Has the regions that were left out asked again.
    pub(super) fn ask_again(&mut self) {
        self.left_out.retain(|region, _| self.asked.contains_key(region));
    }

    /// Forgets what was asked and is not answered: another query is made.
    pub(super) fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// Moves all times with the wall clock.
    pub(super) fn shift(&mut self, step: SignedDuration) {
        for at in self.asked.values_mut() {
            *at = at.checked_add(step).unwrap_or(*at);
        }
    }
}

fn too_slow(region: &Region) -> Failure {
    Failure::new(format!("list images in {region}"), format!("no answer within {} s", FAST.as_secs()))
        .retry(Retry::Later)
}
