//! When each problem began and was seen last, and what went wrong earlier in this session.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{Failure, Region};

/// Problems that are over are kept up to this number, those seen last.
const PAST_LIMIT: usize = 100;

/// One problem of this session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LoggedProblem {
    pub(super) place: String,
    pub(super) region: Option<Region>,
    /// As it was when it was seen last.
    pub(super) failure: Failure,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    current: bool,
}

/// The problems of this session by place, what and why. Failed copies are left out while they are jobs: they know their own time.
#[derive(Debug, Default)]
pub struct ProblemLog {
    entries: BTreeMap<String, LoggedProblem>,
}

impl ProblemLog {
    /// Records that a problem was seen: of one that is there already, when it was seen last.
    pub(super) fn see(
        &mut self,
        place: &str,
        region: Option<&Region>,
        failure: &Failure,
        at: Timestamp,
        current: bool,
    ) {
        let new = || LoggedProblem {
            place: place.to_owned(),
            region: region.cloned(),
            failure: failure.clone(),
            first: at,
            last: at,
            current,
        };
        let entry = self.entries.entry(key(place, failure)).or_insert_with(new);
        // Another request id is another occurrence; so is a problem that had been over.
        if !current || !entry.current || entry.failure != *failure {
            (entry.last, entry.failure) = (at, failure.clone());
        }
        entry.current = current;
        self.drop_oldest();
    }

    /// Ends every problem that is not among these.
    pub(super) fn keep_current(&mut self, keys: &[String]) {
        for (key, entry) in &mut self.entries {
            entry.current &= keys.contains(key);
        }
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        while self.past().count() > PAST_LIMIT {
            let oldest = self.entries.iter().filter(|(_, e)| !e.current).min_by_key(|(_, e)| e.last);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            self.entries.remove(&key);
        }
    }

    fn past(&self) -> impl Iterator<Item = &LoggedProblem> {
        self.entries.values().filter(|entry| !entry.current)
    }

    /// Problems that are over, those seen last first.
    pub(super) fn over(&self) -> Vec<&LoggedProblem> {
        let mut past: Vec<_> = self.past().collect();
        past.sort_by_key(|entry| std::cmp::Reverse(entry.last));
        past
    }

    /// When a problem was first and last seen.
    pub(super) fn times(&self, place: &str, failure: &Failure) -> Option<(Timestamp, Timestamp)> {
        self.entries.get(&key(place, failure)).map(|entry| (entry.first, entry.last))
    }
}

/// What makes two failures the same problem.
pub(super) fn key(place: &str, failure: &Failure) -> String {
    format!("{place}: {failure}")
}
