//! The copies counted by state, for the header and the window's title.

use crate::{
    domain::text::thousands,
    engine::{JobPhase, JobState, RemovalReason},
    tui::jobs_view::JobsView,
};

/// Copies by state, and their total size and progress in GiB percent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct JobCounts {
    pub(super) copying: usize,
    pub(super) queued: usize,
    pub(super) in_doubt: usize,
    pub(super) cancelling: usize,
    pub(super) deregistering: usize,
    pub(super) available: usize,
    pub(super) failed: usize,
    pub(super) gone: usize,
    size: u64,
    done: u64,
}

impl JobCounts {
    pub(super) fn of(jobs: &JobsView) -> Self {
        let mut counts = Self::default();
        for job in jobs.jobs() {
            match &job.state {
                _ if job.state.phase() == JobPhase::Deregistering => counts.deregistering += 1,
                JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => counts.queued += 1,
                state if job.is_being_removed() && !state.ended() => counts.cancelling += 1,
                JobState::Copying { .. } | JobState::Starting => counts.copying += 1,
                JobState::Queued | JobState::Reconciling { .. } => counts.queued += 1,
                JobState::InDoubt { .. } => counts.in_doubt += 1,
                JobState::Available { .. } => counts.available += 1,
                JobState::Failed { .. } => counts.failed += 1,
                JobState::Gone { .. } => counts.gone += 1,
                _ => {}
            }
            if !job.state.ended() && !job.is_being_removed() {
                let size = job.request.size_gib().max(1);
                counts.size += size;
                counts.done += size * u64::from(job.percent().unwrap_or(0));
            }
        }
        counts
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.copying += other.copying;
        self.queued += other.queued;
        self.in_doubt += other.in_doubt;
        self.cancelling += other.cancelling;
        self.deregistering += other.deregistering;
        self.available += other.available;
        self.failed += other.failed;
        self.gone += other.gone;
        self.size += other.size;
        self.done += other.done;
    }

    /// The counts with their words. The number before each is the drop order: where there is no room, the highest goes first.
    pub(super) fn counted(&self) -> impl Iterator<Item = (u8, String)> {
        let counted = [
            (1, self.copying, "copying"),
            (1, self.in_doubt, "in doubt"),
            (4, self.queued, "queued"),
            (3, self.cancelling, "cancelling"),
            (3, self.deregistering, "deregistering"),
            (6, self.available, "available"),
            (5, self.failed, "failed"),
            (5, self.gone, "gone"),
        ];
        counted.into_iter().filter(|(_, n, _)| *n > 0).map(|(drop, n, word)| (drop, format!("{} {word}", thousands(n))))
    }

    /// Copies that have not ended and are not being removed.
    pub(super) fn running(&self) -> usize {
        self.copying + self.queued + self.in_doubt
    }

    /// How much of the running copies is copied, by their sizes; `None` if none is running.
    pub(super) fn percent(&self) -> Option<u64> {
        self.done.checked_div(self.size)
    }
}
