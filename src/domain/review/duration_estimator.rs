//! Estimates how long a copy takes from those that have completed.
//!
//! Weighted least-squares fit of seconds over GiB, on the completed copies closest in size; a copy to another region counts as a factor
//! of two away, so that a single small copy to a region does not hide what is known of large ones elsewhere. If all have one size, half
//! of their mean time is taken as fixed.

use std::collections::BTreeSet;

use super::context::CompletedCopy;
use crate::domain::{copy::CopyRequest, region::Region};

/// Most copies that an estimate is based on.
const MAX_SAMPLES: usize = 8;
/// The last of the completed copies, among which those are looked for.
const RECENT: usize = 300;

/// Where the copies went that an estimate is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleRegions {
    /// To the regions that the others go to, each.
    Same,
    /// Elsewhere.
    Other,
    Both,
}

/// Estimates from completed copies, and which of them were used.
pub(super) struct DurationEstimator<'a> {
    completed: &'a [CompletedCopy],
    used: BTreeSet<usize>,
    same_region: bool,
    other_region: bool,
}

/// A completed copy, and how much it counts.
#[derive(Clone, Copy)]
struct Sample {
    gib: f64,
    seconds: f64,
    weight: f64,
}

impl<'a> DurationEstimator<'a> {
    /// Makes it from completed copies, the oldest first.
    pub(super) fn new(completed: &'a [CompletedCopy]) -> Self {
        let completed = completed.get(completed.len().saturating_sub(RECENT)..).unwrap_or_default();
        Self { completed, used: BTreeSet::new(), same_region: false, other_region: false }
    }

    /// Returns how many seconds the copy takes; `None` if no copy has completed.
    pub(super) fn seconds(&mut self, region: &Region, copy: &CopyRequest) -> Option<u64> {
        let gib = size(copy.size_gib());
        let distance = |c: &CompletedCopy| {
            let doublings = (size(c.gib) / gib).log2().abs();
            if c.destination == *region { doublings } else { doublings + 1.0 }
        };
        let mut nearest: Vec<(usize, f64)> = self.completed.iter().map(distance).enumerate().collect();
        // The newest come last, and first among equals.
        nearest.sort_by(|(n, a), (m, b)| a.total_cmp(b).then(m.cmp(n)));
        nearest.truncate(MAX_SAMPLES);
        let mut samples = Vec::new();
        for (at, distance) in nearest {
            let Some(sample) = self.completed.get(at) else { continue };
            self.used.insert(at);
            if sample.destination == *region {
                self.same_region = true;
            } else {
                self.other_region = true;
            }
            samples.push(Sample {
                gib: size(sample.gib),
                seconds: exact(sample.seconds),
                weight: (1.0 + distance).powi(-2),
            });
        }
        let fastest = samples.iter().map(|s| s.seconds).reduce(f64::min)?;
        // Small copies take about as long as larger ones: none is faster than the fastest seen.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and an estimate")]
        Some(predict(&samples, gib).max(fastest).round() as u64)
    }

    /// Returns how many completed copies were used.
    pub(super) fn copies(&self) -> usize {
        self.used.len()
    }

    /// Returns where they went.
    pub(super) fn regions(&self) -> SampleRegions {
        match (self.same_region, self.other_region) {
            (true, false) => SampleRegions::Same,
            (false, _) => SampleRegions::Other,
            (true, true) => SampleRegions::Both,
        }
    }
}

/// Predicts the seconds for this size: weighted least squares, with neither the fixed part nor the part per GiB below zero.
fn predict(samples: &[Sample], gib: f64) -> f64 {
    let sum = |of: fn(&Sample) -> f64| samples.iter().map(|s| s.weight * of(s)).sum::<f64>();
    let weight = sum(|_| 1.0);
    let (mean_gib, mean_seconds) = (sum(|s| s.gib) / weight, sum(|s| s.seconds) / weight);
    let variance_sum: f64 = samples.iter().map(|s| s.weight * (s.gib - mean_gib).powi(2)).sum();
    if variance_sum < f64::EPSILON {
        return mean_seconds / 2.0 * (1.0 + gib / mean_gib);
    }
    let covariance_sum: f64 = samples.iter().map(|s| s.weight * (s.gib - mean_gib) * (s.seconds - mean_seconds)).sum();
    let per_gib = (covariance_sum / variance_sum).max(0.0);
    let fixed = mean_seconds - per_gib * mean_gib;
    if fixed < 0.0 { sum(|s| s.gib * s.seconds) / sum(|s| s.gib.powi(2)) * gib } else { fixed + per_gib * gib }
}

/// A size of at least 1 GiB: other implementations of EC2 may report 0.
fn size(gib: u64) -> f64 {
    exact(gib.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn exact(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        copy::{ClientToken, ImageName},
        ids::ImageId,
    };

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    fn copy(gib: u32) -> CopyRequest {
        let source = (ImageId::new("ami-1").unwrap(), region("us-east-1"));
        let name = ImageName::new("web").unwrap();
        let bare = CopyRequest::bare(source, region("eu-west-3"), name, ClientToken::from_random(1));
        CopyRequest { volumes: vec![gib], ..bare }
    }

    /// The seconds of a copy of this size to `eu-west-3`, the number of copies it is estimated from, and where they went.
    fn estimated(completed: &[(&str, u64, u64)], gib: u32) -> (Option<u64>, usize, SampleRegions) {
        let completed: Vec<CompletedCopy> = completed
            .iter()
            .map(|(to, gib, seconds)| CompletedCopy { destination: region(to), gib: *gib, seconds: *seconds })
            .collect();
        let mut estimator = DurationEstimator::new(&completed);
        let seconds = estimator.seconds(&region("eu-west-3"), &copy(gib));
        (seconds, estimator.copies(), estimator.regions())
    }

    #[test]
    fn nothing_is_known_without_any_history_alone() {
        assert_eq!(estimated(&[], 8).0, None);
        assert_eq!(
            estimated(&[("eu-west-3", 1, 6)], 2_000).0.map(|s| s > 600),
            Some(true),
            "a rough idea all the same"
        );
    }

    #[test]
    fn copies_of_all_regions_tell_the_line_and_the_nearest_most() {
        let line = |gib: u64| ("eu-west-1", gib, 20 + gib / 2);
        let elsewhere = [line(8), line(32), line(100), line(200)];
        // A small copy to the region hides nothing of that.
        let hidden: Vec<_> = elsewhere.into_iter().chain([("eu-west-3", 1, 20)]).collect();
        for (completed, gib, from, to) in [
            (&elsewhere[..], 32, 36, 36),
            (&elsewhere[..], 400, 219, 221),
            (&hidden[..], 200, 115, 125),
            (&hidden[..], 1, 20, 24),
            // One size is known: no four times as long for four times the size.
            (&[("eu-west-1", 8, 30)][..], 32, 75, 75),
            (&[("eu-west-1", 8, 30)][..], 8, 30, 30),
            (&[("eu-west-1", 8, 30)][..], 1, 30, 30),
            // Of the same size, those of the region weigh more.
            (&[("eu-west-1", 8, 90), ("eu-west-3", 8, 30)][..], 8, 31, 59),
            // Noise: larger ones were faster, or small ones much faster.
            (&[("eu-west-1", 8, 60), ("eu-west-1", 16, 40)][..], 64, 40, 60),
            (&[("eu-west-1", 8, 1), ("eu-west-1", 16, 100)][..], 1, 1, 5),
        ] {
            let seconds = estimated(completed, gib).0.unwrap();
            assert!((from..=to).contains(&seconds), "{completed:?}, {gib} GiB: {seconds} s");
        }
    }

    #[test]
    fn what_it_is_estimated_from_is_returned() {
        let (there, other) = (("eu-west-3", 8, 30), ("eu-west-1", 8, 30));
        assert_eq!(estimated(&[there, there], 8), (Some(30), 2, SampleRegions::Same));
        assert_eq!(estimated(&[other], 8), (Some(30), 1, SampleRegions::Other));
        assert_eq!(estimated(&[there, other], 8), (Some(30), 2, SampleRegions::Both));
        let many = vec![other; 30];
        assert_eq!(estimated(&many, 8), (Some(30), MAX_SAMPLES, SampleRegions::Other));
    }
}
