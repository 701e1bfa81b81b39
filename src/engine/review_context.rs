//! What a review of new copies knows from the jobs.

use jiff::SignedDuration;

use super::{
    end_time::EndTime,
    job::{Job, Origin},
    state::JobState,
};
use crate::domain::review::context::{CompletedCopy, UnderWay};

/// How far EC2's clock may be behind ours for an image that was made for the copy.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_secs(5);

impl Job {
    /// Returns what a review has to know of an own copy that has not ended, and is not being removed.
    pub fn under_way(&self) -> Option<UnderWay> {
        let own = self.origin == Origin::Here && !self.state.ended() && !self.is_being_removed();
        own.then(|| UnderWay::of(&self.request, self.image().cloned()))
    }

    /// Returns how long a copy took, unless that says nothing about others: it was time-based, its image was there before, or nobody
    /// knows when it ended.
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
        // An image that was there before was not copied in the moment in which it was found. Clocks may differ a little.
        let before = self.image_created.map_or(SignedDuration::ZERO, |created| started.duration_since(created));
        if before > took.max(CLOCK_DIFFERENCE) {
            return None;
        }
        Some(CompletedCopy {
            destination: self.request.destination.clone(),
            gib: self.request.size_gib(),
            seconds: u64::try_from(took.as_secs()).ok()?,
        })
    }
}
