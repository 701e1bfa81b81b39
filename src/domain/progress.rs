//! Progress of a copy: weighted percentage, rate and estimated time.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
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

/// Estimates how fast a percentage grows, and when it will reach 100.
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

    /// Returns the rate of the samples, and when 100% will be reached or should have been; `None` until two samples are known.
    fn rate(&self) -> Option<(Rate, Timestamp)> {
        let (first, from) = self.samples.front()?;
        let (last, to) = self.samples.back()?;
        let rate = Rate { percent: to.checked_sub(*from)?, during: last.duration_since(*first) };
        if rate.percent == 0 || rate.during <= SignedDuration::ZERO {
            return None;
        }
        let left = rate.during.as_millis() * i128::from(100_u8.saturating_sub(*to)) / i128::from(rate.percent);
        let end = last.checked_add(SignedDuration::from_millis(i64::try_from(left).ok()?)).ok()?;
        Some((rate, end))
    }

    /// Returns the rate of a copy of this size (GiB) and its remaining time; `None` until two samples are known. Counts down between
    /// samples.
    pub fn pace(&self, gib: u64, now: Timestamp) -> Option<Pace> {
        let (rate, end) = self.rate()?;
        let left = end.duration_since(now);
        Some(if left < SignedDuration::from_secs(1) {
            Pace::Overdue { since: -left }
        } else {
            Pace::Going { mib_per_second: rate.mib_per_second(gib), left }
        })
    }
}

/// So many percent during a time.
#[derive(Debug, Clone, Copy)]
struct Rate {
    percent: u8,
    during: SignedDuration,
}

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "sizes of volumes are far below 2^52 GiB")]
    fn mib_per_second(self, gib: u64) -> f64 {
        gib as f64 * 1024.0 * f64::from(self.percent) / 100.0 / self.during.as_secs_f64()
    }
}

/// How a copy goes at the rate observed so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    Going {
        /// Of the snapshots' volume sizes: EC2 does not report how many bytes it copies.
        mib_per_second: f64,
        /// At least a second.
        left: SignedDuration,
    },
    /// It is overdue by this long: it has become slower, or has stalled.
    Overdue { since: SignedDuration },
}

impl Pace {
    /// Returns the seconds left, if it is known.
    pub fn seconds_left(self) -> Option<i64> {
        if let Self::Going { left, .. } = self { Some(left.as_secs()) } else { None }
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
            completed: None,
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
    fn the_pace_follows_the_rate_and_counts_down_until_it_is_overdue() {
        let mut estimator = RateEstimator::default();
        let pace = |estimator: &RateEstimator, seconds| estimator.pace(100, at(seconds));
        let going = |mib_per_second, left| Some(Pace::Going { mib_per_second, left: SignedDuration::from_secs(left) });
        assert_eq!(pace(&estimator, 0), None);
        estimator.observe(at(0), 10);
        assert_eq!(pace(&estimator, 1), None);
        estimator.observe(at(10), 20);
        // 10 GiB in 10 s.
        assert_eq!(pace(&estimator, 10), going(1024.0, 80));
        assert_eq!(pace(&estimator, 30), going(1024.0, 60));
        assert_eq!(pace(&estimator, 89), going(1024.0, 1));
        assert_eq!(pace(&estimator, 90), Some(Pace::Overdue { since: SignedDuration::ZERO }), "never 0 s left");
        assert_eq!(pace(&estimator, 500), Some(Pace::Overdue { since: SignedDuration::from_secs(410) }));
        estimator.observe(at(31), 15);
        assert_eq!(pace(&estimator, 30), going(1024.0, 60), "a step back is not a rate");
    }
}
