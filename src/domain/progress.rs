//! Progress of a copy: weighted percentage, rate and estimated time.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::SnapshotId,
    snapshot::{Snapshot, SnapshotState},
};

/// Progress of one snapshot of a copy. The percentage never decreases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotProgress {
    pub id: SnapshotId,
    /// GiB.
    pub size: u32,
    /// 0 to 100; `None` while EC2 reports none, which is not zero.
    pub percent: Option<u8>,
    pub state: SnapshotState,
}

impl SnapshotProgress {
    /// Updates from what EC2 reports now.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        self.size = snapshot.volume_size;
        self.state = snapshot.state;
        let now = if snapshot.state == SnapshotState::Completed { Some(100) } else { snapshot.progress };
        self.percent = self.percent.max(now);
    }
}

impl From<&Snapshot> for SnapshotProgress {
    fn from(snapshot: &Snapshot) -> Self {
        let mut progress = Self { id: snapshot.id.clone(), size: 0, percent: None, state: snapshot.state };
        progress.observe(snapshot);
        progress
    }
}

/// Returns the percentage of a copy, weighted by volume size, at most 99 because only an available image is at 100; `None` while
/// no snapshot has a percentage.
///
/// `volumes` are the source's sizes in GiB. Those without a snapshot yet count as 0%.
pub fn weighted_percent(volumes: &[u32], snapshots: &[SnapshotProgress]) -> Option<u8> {
    if snapshots.iter().all(|s| s.percent.is_none()) {
        return None;
    }
    // Other implementations of EC2 may report 0 GiB.
    let weight = |size: u32| u64::from(size.max(1));
    let seen: u64 = snapshots.iter().map(|s| weight(s.size)).sum();
    let expected: u64 = volumes.iter().map(|v| weight(*v)).sum();
    let done: u64 = snapshots.iter().map(|s| weight(s.size) * u64::from(s.percent.unwrap_or(0))).sum();
    let percent = done / seen.max(expected).max(1);
    Some(u8::try_from(percent.min(99)).unwrap_or(99))
}

/// Estimates when a percentage will reach 100.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateEstimator {
    samples: VecDeque<(Timestamp, u8)>,
}

impl RateEstimator {
    /// Number of changes the rate is computed from.
    const MAX_SAMPLES: usize = 16;

    /// Adds a sample; only increases are kept.
    pub fn observe(&mut self, now: Timestamp, percent: u8) {
        if self.samples.back().is_some_and(|(_, last)| *last >= percent) {
            return;
        }
        self.samples.push_back((now, percent));
        if self.samples.len() > Self::MAX_SAMPLES {
            self.samples.pop_front();
        }
    }

    /// Removes samples later than `now`, from a clock that was ahead.
    pub fn clamp_times(&mut self, now: Timestamp) {
        self.samples.retain(|(at, _)| *at <= now);
    }

    /// Returns the seconds until 100% at the observed rate; `None` until two samples are known. Counts down between samples, to 0.
    pub fn eta(&self, now: Timestamp) -> Option<i64> {
        let (first, from) = self.samples.front()?;
        let (last, to) = self.samples.back()?;
        let elapsed = last.duration_since(*first).as_millis();
        if to <= from || elapsed <= 0 {
            return None;
        }
        let left = elapsed * i128::from(100 - to.min(&100)) / i128::from(to - from);
        let since_last = now.duration_since(*last).as_millis();
        i64::try_from((left - since_last).max(0) / 1000).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn part(size: u32, percent: Option<u8>) -> SnapshotProgress {
        SnapshotProgress { id: SnapshotId::new("snap-1").unwrap(), size, percent, state: SnapshotState::Pending }
    }

    #[test]
    fn volumes_are_weighted_by_size() {
        assert_eq!(weighted_percent(&[8, 92], &[part(8, Some(100)), part(92, Some(0))]), Some(8));
        assert_eq!(weighted_percent(&[8, 92], &[part(8, Some(100))]), Some(8), "a missing snapshot counts as 0%");
        assert_eq!(weighted_percent(&[8], &[part(8, None)]), None, "empty is unknown, not zero");
        assert_eq!(weighted_percent(&[8], &[part(8, Some(100))]), Some(99), "100 is for available images");
        assert_eq!(weighted_percent(&[], &[]), None);
        assert_eq!(weighted_percent(&[0], &[part(0, Some(40))]), Some(40));
    }

    #[test]
    fn the_percentage_never_decreases() {
        let mut progress = part(8, Some(40));
        let mut snapshot = Snapshot {
            id: progress.id.clone(),
            state: SnapshotState::Pending,
            progress: Some(30),
            volume_size: 8,
            volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
            started: None,
            state_message: None,
            description: "".into(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        };
        progress.observe(&snapshot);
        assert_eq!(progress.percent, Some(40));
        snapshot.progress = None;
        progress.observe(&snapshot);
        assert_eq!(progress.percent, Some(40));
        snapshot.state = SnapshotState::Completed;
        progress.observe(&snapshot);
        assert_eq!(progress.percent, Some(100));
    }

    #[test]
    fn the_eta_follows_the_rate_and_counts_down() {
        let mut estimator = RateEstimator::default();
        assert_eq!(estimator.eta(at(0)), None);
        estimator.observe(at(0), 10);
        assert_eq!(estimator.eta(at(1)), None);
        estimator.observe(at(10), 20);
        assert_eq!(estimator.eta(at(10)), Some(80));
        assert_eq!(estimator.eta(at(30)), Some(60));
        assert_eq!(estimator.eta(at(500)), Some(0));
        estimator.observe(at(31), 15);
        assert_eq!(estimator.eta(at(30)), Some(60), "a step back is not a rate");
    }
}
