//! What a review of new copies knows from the jobs.

use super::{job::Job, state::JobState};
use crate::domain::review::context::{CompletedCopy, UnderWay};

impl Job {
    /// Returns what a review has to know of a copy that has not ended.
    pub fn under_way(&self) -> Option<UnderWay> {
        (!self.state.ended()).then(|| UnderWay {
            source: self.request.source.clone(),
            destination: self.request.destination.clone(),
            name: self.request.name.clone(),
            encryption: self.request.encryption.clone(),
            image: self.image().cloned(),
        })
    }

    /// Returns how long a copy took that is available.
    pub fn completed_copy(&self) -> Option<CompletedCopy> {
        let (JobState::Available { .. }, Some(started), Some(ended)) = (&self.state, self.started, self.ended) else {
            return None;
        };
        Some(CompletedCopy {
            destination: self.request.destination.clone(),
            gib: self.request.size_gib(),
            seconds: u64::try_from(ended.duration_since(started).as_secs()).ok()?,
        })
    }
}
