//! What a job knows of when its copy ended: what was watched, or what EC2 reports about its snapshots.

use jiff::{SignedDuration, Timestamp};

use super::{config::EngineConfig, end_time::EndTime, job::Job, state::JobState};
use crate::domain::Snapshot;

/// A copy that ended within this time of its start, or of when it was last seen pending, was watched; longer if polls are rare.
const WATCHED: SignedDuration = SignedDuration::from_secs(40);
/// For jobs stored without `copy_end`: no progress for longer than this before the end means that no process was polling.
const UNWATCHED: SignedDuration = SignedDuration::from_mins(15);

impl Job {
    /// Returns when the copy ended: as far as it is known, when EC2 had copied it.
    pub fn end_time(&self) -> Option<EndTime> {
        let ended = self.ended?;
        Some(match (&self.state, self.copy_end) {
            (JobState::Cancelled | JobState::Deregistered, _) => EndTime::At(ended),
            (_, Some(EndTime::At(at))) => EndTime::At(at.min(ended)),
            (_, Some(EndTime::Before(at))) => EndTime::Before(at.min(ended)),
            (JobState::Available { .. }, None) if self.made_no_progress_before(ended) => EndTime::Before(ended),
            (_, None) => EndTime::At(ended),
        })
    }

    /// Returns true if it made no progress for long before it ended.
    fn made_no_progress_before(&self, ended: Timestamp) -> bool {
        let Some(started) = self.started else { return false };
        let unwatched = ended.duration_since(self.last_progress.unwrap_or(started));
        unwatched > (ended.duration_since(started) / 2).max(UNWATCHED)
    }

    /// Records that a poll has shown the copy as pending.
    pub(super) fn seen_pending(&mut self, config: &EngineConfig, now: Timestamp) {
        // The next two polls must agree, and each may be late by the jitter.
        let watched = (config.max_poll_interval * 5 / 2).max(WATCHED);
        self.watched_until.0 = Some(now.checked_add(watched).unwrap_or(now));
    }

    /// Records when the copy ended that is seen now to have ended. What is known already stays: an available image that could not be
    /// deregistered is no newer copy.
    pub(super) fn record_end(&mut self, now: Timestamp) {
        let Some(started) = self.started else { return };
        let is_watched =
            now.duration_since(started) <= WATCHED || self.watched_until.0.is_some_and(|until| now <= until);
        self.copy_end.get_or_insert(if is_watched { EndTime::At(now) } else { EndTime::Before(now) });
    }

    /// Takes the end of an available copy that nobody watched from its snapshots, if EC2 reports it for all of them.
    pub(super) fn learn_end(&mut self, snapshots: &[&Snapshot]) {
        let (JobState::Available { .. }, Some(EndTime::Before(seen))) = (&self.state, self.copy_end) else { return };
        let times: Option<Vec<Timestamp>> = snapshots.iter().map(|snapshot| snapshot.completed).collect();
        let last = times.filter(|times| times.len() >= self.request.volumes.len()).and_then(|t| t.into_iter().max());
        if let Some(last) = last {
            // The clocks of EC2 and of this host may differ.
            self.copy_end = Some(EndTime::At(last.max(self.started.unwrap_or(last)).min(seen)));
        }
    }
}
