//! Time-based copies: which durations the sizes allow, and what each costs.

use std::collections::BTreeMap;

use super::messages::Messages;
use crate::domain::{
    completion::CompletionDuration,
    draft::{Draft, Field},
    image::Image,
    price::{Money, Prices},
    region::Region,
    text::thousands,
};

/// One duration that can be chosen for time-based copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletionChoice {
    pub duration: CompletionDuration,
    /// Fee for all copies, without transfer and storage; `None` if the price is not known.
    pub price: Option<Money>,
    /// Long enough even if the volumes are full.
    pub enough: bool,
}

impl Draft {
    /// Returns the shortest duration that is enough for full volumes; `None` if not even the longest is.
    ///
    /// EC2 copies what a snapshot stores, which may be less. It starts copies that exceed the throughput of a region pair all the same, and
    /// they take longer than what is paid for.
    pub fn least_completion(&self) -> Option<CompletionDuration> {
        // Every destination gets the same snapshots, so pairs differ by their source regions alone.
        let mut pairs: BTreeMap<&Region, (u64, u64)> = BTreeMap::new();
        for source in &self.sources {
            let (largest, total) = pairs.entry(&source.region).or_default();
            for gib in source.snapshot_volumes().into_iter().map(u64::from) {
                *largest = gib.max(*largest);
                *total += gib;
            }
        }
        let mut least = CompletionDuration::least(0, 0);
        for (largest, total) in pairs.into_values() {
            least = least.max(Some(CompletionDuration::least(largest, total)?));
        }
        least
    }

    /// Returns every duration with its fee for all copies, the shortest first.
    pub fn completion_choices(&self, prices: &Prices) -> Vec<CompletionChoice> {
        let least = self.least_completion();
        let gib = self.sources.iter().map(|source| self.gib_to_all(source)).sum();
        CompletionDuration::all()
            .map(|duration| CompletionChoice {
                duration,
                price: prices.time_based(duration, gib),
                enough: least.is_some_and(|least| duration >= least),
            })
            .collect()
    }

    pub(super) fn check_completion(&self, mistakes: &mut Messages, warnings: &mut Messages) {
        let Some(duration) = self.completion else { return };
        for source in self.sources.iter().filter(|s| s.instance_store()) {
            let id = &source.id;
            mistakes.add(
                Field::Completion,
                format!("{id} is an instance-store image without snapshots: its copy cannot be time-based."),
            );
        }
        let gib = thousands(usize::try_from(self.copied_gib()).unwrap_or(usize::MAX));
        let rates = "a snapshot is copied at 500 MiB/s at most, all between two regions at 2,000 MiB/s";
        match self.least_completion() {
            Some(least) if duration < least => {
                let text = format!("{gib} GiB take at least {least} if the volumes are full: {rates}.");
                warnings.add(Field::Completion, text);
            }
            Some(_) => {}
            None => {
                let longest = CompletionDuration::LONGEST;
                let text = format!("{gib} GiB take longer than {longest} if the volumes are full: {rates}.");
                warnings.add(Field::Completion, text);
            }
        }
    }

    /// Returns the size of all copies of a source, GiB; of one if there is no destination yet.
    fn gib_to_all(&self, source: &Image) -> u64 {
        let copies = self.destinations.iter().filter(|to| self.wants(source, to)).count();
        let copies = if self.destinations.is_empty() { 1 } else { copies as u64 };
        copies * source.snapshot_volumes().into_iter().map(u64::from).sum::<u64>()
    }

    /// Returns the size of all sources, GiB.
    fn copied_gib(&self) -> u64 {
        self.sources.iter().flat_map(|s| s.snapshot_volumes()).map(u64::from).sum()
    }
}
