//! What starting means: how many copies, how large, how long, and what must be typed to confirm it.

use std::collections::{BTreeMap, HashMap};

use super::{
    context::UnderWay,
    duration_estimator::{DurationEstimator, SampleRegions},
    requests::becomes_public,
    state::Review,
};
use crate::domain::{completion::CompletionDuration, copy::CopyRequest, region::Region};

/// What starting means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// The number of copies to start.
    pub copies: usize,
    pub gib: u64,
    pub time: Time,
    pub confirmation: Confirmation,
}

/// How long it takes until the last copy is available, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// Requested of time-based copies, which all start at once: it is AWS's limit, not an estimate.
    Requested(u64),
    /// Upper limit for time-based copies that cannot all complete in the requested time if their volumes are full.
    TooShort(u64),
    /// Roughly, for time-based copies that do not all start at once.
    InRounds(u64),
    /// Estimated from this many completed copies.
    Estimated { seconds: u64, copies: usize, regions: SampleRegions },
    /// No copy has been seen to complete.
    #[default]
    Unknown,
}

/// What must be typed to start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmation {
    /// The number of copies, because they are many or large.
    pub number: Option<usize>,
    /// The word [`Confirmation::PUBLIC`], because everyone will be allowed to launch the copies.
    pub public: bool,
}

impl Confirmation {
    pub const PUBLIC: &'static str = "public";

    /// Returns true if something must be typed.
    pub fn is_needed(&self) -> bool {
        self.number.is_some() || self.public
    }

    /// Returns the words to type, in any order.
    pub fn words(&self) -> Vec<String> {
        let word = self.public.then(|| Self::PUBLIC.to_owned());
        self.number.map(|n| n.to_string()).into_iter().chain(word).collect()
    }

    /// Returns true if the text is these words.
    pub fn accepts(&self, text: &str) -> bool {
        let mut typed: Vec<&str> = text.split_whitespace().collect();
        let mut words = self.words();
        typed.sort_unstable();
        words.sort_unstable();
        typed == words
    }
}

impl Outlook {
    /// Returns what starting these copies means. `pending` has the number of copies pending in each destination.
    pub(super) fn of(review: &Review, copies: &[CopyRequest], pending: &HashMap<&Region, usize>) -> Self {
        let limits = &review.context.limits;
        let gib = copies.iter().map(CopyRequest::size_gib).sum();
        let large = copies.len() > limits.confirm_copies || gib > limits.confirm_gib;
        let mut regions: BTreeMap<&Region, Vec<&CopyRequest>> = BTreeMap::new();
        for copy in copies {
            regions.entry(&copy.destination).or_default().push(copy);
        }
        let mut estimator = DurationEstimator::new(&review.context.completed);
        let seconds: Option<Vec<u64>> = regions
            .iter()
            .map(|(region, copies)| {
                let pending = pending.get(*region).copied().unwrap_or(0);
                region_seconds(review, region, copies, pending, &mut estimator)
            })
            .collect();
        let requested: Option<Vec<u64>> = copies.iter().map(requested_seconds).collect();
        let requested = requested.map(|seconds| seconds.into_iter().max());
        let time = match (seconds.and_then(|seconds| seconds.into_iter().max()), requested) {
            (None, _) => Time::Unknown,
            (Some(seconds), Some(_)) if too_short(copies) > 0 => Time::TooShort(seconds.max(too_short(copies))),
            (seconds, Some(requested)) if seconds == requested => Time::Requested(seconds.unwrap_or_default()),
            (Some(seconds), Some(_)) => Time::InRounds(seconds),
            (Some(seconds), None) => {
                Time::Estimated { seconds, copies: estimator.copies(), regions: estimator.regions() }
            }
        };
        Self {
            copies: copies.len(),
            gib,
            time,
            confirmation: Confirmation {
                number: (large && !copies.is_empty()).then_some(copies.len()),
                public: copies.iter().any(becomes_public),
            },
        }
    }
}

/// Returns the seconds until all copies to a region are done: as many rounds as the limit of pending copies makes, each as long as
/// the longest copy takes. Own copies that are queued already go first.
fn region_seconds(
    review: &Review,
    region: &Region,
    copies: &[&CopyRequest],
    pending: usize,
    estimator: &mut DurationEstimator<'_>,
) -> Option<u64> {
    let limits = &review.context.limits;
    let seconds = |copy: &&CopyRequest| requested_seconds(copy).or_else(|| estimator.seconds(region, copy));
    let longest = copies.iter().map(seconds).collect::<Option<Vec<_>>>()?;
    let longest = longest.into_iter().max().unwrap_or(0);
    let room = limits.pending.saturating_sub(pending).max(1);
    let queued = |job: &&UnderWay| job.destination == *region && job.image.is_none();
    let count = copies.len() + review.context.under_way.iter().filter(queued).count();
    let rounds = count.div_ceil(room) as u64;
    let paced = count.saturating_sub(limits.start_burst);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate"
    )]
    let starting = (paced as f64 / limits.starts_per_second.max(0.01)) as u64;
    Some(rounds * longest + starting)
}

/// Returns the seconds that copies between two regions take if they cannot complete in the requested time; 0 if all can.
fn too_short(copies: &[CopyRequest]) -> u64 {
    let mut pairs: BTreeMap<(&Region, &Region), (u64, u64, u64)> = BTreeMap::new();
    for copy in copies {
        let Some(requested) = requested_seconds(copy) else { continue };
        let (largest, total, shortest) =
            pairs.entry((&copy.source_region, &copy.destination)).or_insert((0, 0, u64::MAX));
        *largest = copy.volumes.iter().copied().map(u64::from).fold(*largest, u64::max);
        *total += copy.size_gib();
        *shortest = requested.min(*shortest);
    }
    let late = pairs.into_values().filter_map(|(largest, total, shortest)| {
        Some(CompletionDuration::seconds_at_full_rate(largest, total)).filter(|needed| *needed > shortest)
    });
    late.max().unwrap_or(0)
}

fn requested_seconds(copy: &CopyRequest) -> Option<u64> {
    copy.completion.map(|duration| u64::from(duration.minutes()) * 60)
}
