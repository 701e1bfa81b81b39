//! What a review of new copies knows from the jobs.

use super::{
    end_time::EndTime,
    job::{Job, Origin},
    state::JobState,
};
use crate::domain::review::context::{CompletedCopy, UnderWay};

impl Job {
    /// Returns what a review has to know of an own copy that has not ended, and is not being removed.
    pub fn under_way(&self) -> Option<UnderWay> {
        let own = self.origin == Origin::Here && !self.state.ended() && !self.is_being_removed();
        own.then(|| UnderWay::of(&self.request, self.image().cloned()))
    }

    /// Returns how long a copy took, unless that says nothing about others: it was time-based, or nobody knows when it ended.
    pub fn completed_copy(&self) -> Option<CompletedCopy> {
        let (JobState::Available { .. }, Some(started), Some(EndTime::At(ended))) =
            (&self.state, self.started, self.end_time())
        else {
            return None;
        };
        if self.request.completion.is_some() || self.clock_was_set {
            return None;
        }
        let took = ended.duration_since(started);
        Some(CompletedCopy {
            destination: self.request.destination.clone(),
            gib: self.request.size_gib(),
            seconds: u64::try_from(took.as_secs()).ok()?,
        })
    }
}
