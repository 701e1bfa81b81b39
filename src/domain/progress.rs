//! How snapshots add up to an image, how fast they move, when they will be done.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::SnapshotId,
    snapshot::{Snapshot, SnapshotState},
};

/// One snapshot of a copy, as last seen. Its percent never falls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotProgress {
    /// The snapshot.
    pub id: SnapshotId,
    /// GiB.
    pub size: u32,
    /// 0 to 100; `None` while EC2 gives nothing, which is not zero.
    pub percent: Option<u8>,
    /// Its state.
    pub state: SnapshotState,
}

impl SnapshotProgress {
    /// Takes over what EC2 says now.
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

/// The percent of a whole copy, weighted by volume size and at most 99: only an available image is at 100.
///
/// `volumes` are the source's volumes in GiB; those whose snapshots are not seen yet count as not begun.
/// `None` while nothing at all is known.
pub fn weighted_percent(volumes: &[u32], snapshots: &[SnapshotProgress]) -> Option<u8> {
    if snapshots.iter().all(|s| s.percent.is_none()) {
        return None;
    }
    // A volume of 0 GiB cannot be, but a simulator or a stranger's EC2 may say so: it weighs as one.
    let weight = |size: u32| u64::from(size.max(1));
    let seen: u64 = snapshots.iter().map(|s| weight(s.size)).sum();
    let asked: u64 = volumes.iter().map(|v| weight(*v)).sum();
    let done: u64 = snapshots.iter().map(|s| weight(s.size) * u64::from(s.percent.unwrap_or(0))).sum();
    let percent = done / seen.max(asked).max(1);
    Some(u8::try_from(percent.min(99)).unwrap_or(99))
}

/// Watches a percent move and says when it will be at 100.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateEstimator {
    samples: VecDeque<(Timestamp, u8)>,
}

impl RateEstimator {
    /// As many as tell the present rate; an hour-long copy keeps its last changes only.
    const KEPT: usize = 16;

    /// Notes a percent; only changes are kept.
    pub fn observe(&mut self, now: Timestamp, percent: u8) {
        if self.samples.back().is_some_and(|(_, last)| *last >= percent) {
            return;
        }
        self.samples.push_back((now, percent));
        if self.samples.len() > Self::KEPT {
            self.samples.pop_front();
        }
    }

    /// Forgets what was seen after now, by a clock that was ahead.
    pub fn clamp_times(&mut self, now: Timestamp) {
        self.samples.retain(|(at, _)| *at <= now);
    }

    /// Seconds until done at the observed rate; `None` until two different percents were seen.
    /// Counts down between observations and never below zero.
    pub fn eta(&self, now: Timestamp) -> Option<i64> {
        let (first, from) = self.samples.front()?;
        let (last, to) = self.samples.back()?;
        let took = last.duration_since(*first).as_millis();
        if to <= from || took <= 0 {
            return None;
        }
        let left = took * i128::from(100 - to.min(&100)) / i128::from(to - from);
        let waited = now.duration_since(*last).as_millis();
        i64::try_from((left - waited).max(0) / 1000).ok()
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
    fn volumes_weigh_by_size() {
        assert_eq!(weighted_percent(&[8, 92], &[part(8, Some(100)), part(92, Some(0))]), Some(8));
        assert_eq!(weighted_percent(&[8, 92], &[part(8, Some(100))]), Some(8), "a snapshot not seen yet is not begun");
        assert_eq!(weighted_percent(&[8], &[part(8, None)]), None, "empty is unknown, not zero");
        assert_eq!(weighted_percent(&[8], &[part(8, Some(100))]), Some(99), "100 is for available images");
        assert_eq!(weighted_percent(&[], &[]), None);
        assert_eq!(weighted_percent(&[0], &[part(0, Some(40))]), Some(40));
    }

    #[test]
    fn a_bar_never_goes_back() {
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
        let mut meter = RateEstimator::default();
        assert_eq!(meter.eta(at(0)), None);
        meter.observe(at(0), 10);
        assert_eq!(meter.eta(at(1)), None);
        meter.observe(at(10), 20);
        assert_eq!(meter.eta(at(10)), Some(80));
        assert_eq!(meter.eta(at(30)), Some(60));
        assert_eq!(meter.eta(at(500)), Some(0));
        meter.observe(at(31), 15);
        assert_eq!(meter.eta(at(30)), Some(60), "a step back is not a rate");
    }
}
