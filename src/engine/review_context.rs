//! What a review of new copies knows from the jobs.

use jiff::SignedDuration;

use super::{
    job::{Job, Origin},
    state::JobState,
};
use crate::domain::review::context::{CompletedCopy, UnderWay};

/// Copies make no progress for this long although they are watched.
const UNWATCHED: SignedDuration = SignedDuration::from_mins(15);

impl Job {
    /// Returns what a review has to know of an own copy that has not ended, and is not being removed.
    pub fn under_way(&self) -> Option<UnderWay> {
        let own = self.origin == Origin::Here && !self.state.ended() && !self.is_being_removed();
        own.then(|| UnderWay::of(&self.request, self.image().cloned()))
    }

    /// Returns how long a copy took, unless that says nothing about others: it was time-based, or nobody watched it end.
    pub fn completed_copy(&self) -> Option<CompletedCopy> {
        let (JobState::Available { .. }, Some(started), Some(ended)) = (&self.state, self.started, self.ended) else {
            return None;
        };
        let took = ended.duration_since(started);
        // Its end is dated when it was noticed, which may be days later.
        let unwatched = ended.duration_since(self.last_progress.unwrap_or(started));
        if self.request.completion.is_some() || self.clock_was_set || unwatched > (took / 2).max(UNWATCHED) {
            return None;
        }
        Some(CompletedCopy {
            destination: self.request.destination.clone(),
            gib: self.request.size_gib(),
            seconds: u64::try_from(took.as_secs()).ok()?,
        })
    }
}
