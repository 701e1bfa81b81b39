//! What a job knows of when its copy ended: what was watched, or what EC2 tells of its snapshots.

use jiff::{SignedDuration, Timestamp};

use super::{end_time::EndTime, job::Job, state::JobState};
use crate::domain::Snapshot;

/// A copy that was seen pending so long ago has been watched: polls are at most 15 seconds apart, and two must agree.
const WATCHED: SignedDuration = SignedDuration::from_secs(40);
/// Of a store that does not say whether a copy was watched: without progress for longer it was not.
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

    /// Of a store that does not say whether it was watched: returns true if it made no progress for long before it ended.
    fn made_no_progress_before(&self, ended: Timestamp) -> bool {
        let Some(started) = self.started else { return false };
        let unwatched = ended.duration_since(self.last_progress.unwrap_or(started));
        unwatched > (ended.duration_since(started) / 2).max(UNWATCHED)
    }

    /// Notes when the copy ended that is seen now to have ended. What is known already stays: an available image that could not be
    /// deregistered is no newer copy.
    pub(super) fn note_end(&mut self, now: Timestamp) {
        let Some(started) = self.started else { return };
        let seen = self.last_pending.0.map_or(started, |seen| seen.max(started));
        let is_watched = now.duration_since(seen) <= WATCHED;
        self.copy_end.get_or_insert(if is_watched { EndTime::At(now) } else { EndTime::Before(now) });
    }

    /// Takes the end of an available copy that nobody watched from its snapshots, if EC2 tells it of them all.
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
