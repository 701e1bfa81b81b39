//! What the queue says of coverage.

use super::{
    job::Job,
    state::{JobState, RemovalReason},
};
use crate::domain::{
    CopyRequest,
    coverage::{KnownCopy, KnownCopyState},
};

impl Job {
    /// Returns the copy as coverage counts it; `None` if its image is there, or is being removed, or it was ended by a person.
    pub fn known_copy(&self) -> Option<KnownCopy> {
        let retries = matches!(self.state, JobState::Removing { reason: RemovalReason::Retry { .. }, .. });
        let state = match &self.state {
            _ if self.is_being_removed() && !retries => return None,
            JobState::Failed { .. } if self.failed_and_was_removed() => return None,
            JobState::Failed { .. } => KnownCopyState::Failed,
            state if state.ended() => return None,
            _ => KnownCopyState::Pending(self.percent()),
        };
        let image = self.image().filter(|_| !retries).cloned();
        Some(KnownCopy { image, state, ..requested_copy(&self.request) })
    }
}

/// Returns a copy that was requested, and that no process has taken up yet.
pub fn requested_copy(request: &CopyRequest) -> KnownCopy {
    KnownCopy {
        source: request.source.clone(),
        source_region: request.source_region.clone(),
        destination: request.destination.clone(),
        image: None,
        state: KnownCopyState::Pending(None),
    }
}
