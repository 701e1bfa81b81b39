//! What a job knows of times, after the clock was set while the copy was running.

use jiff::{SignedDuration, Timestamp};

use super::{job::Job, post_copy::StepState};
use crate::domain::progress::RateEstimator;

impl Job {
    /// Adjusts the job's times to a clock that was set by `step`, forward or back, to `now`.
    ///
    /// It is unknown whether that time passed (the machine was suspended) or the clock was wrong. Rates and stall times restart, and no
    /// wait counts as elapsed. The age of a client token never shrinks: beyond its lifetime nothing is sent again with it.
    pub fn apply_clock_step(&mut self, step: SignedDuration, now: Timestamp) {
        if self.state.ended() && !self.is_unfinished() {
            return;
        }
        // After a backward step the times are shifted below, so durations stay right.
        self.clock_was_set |= step.is_positive();
        self.rate = RateEstimator::default();
        if let Some(percent) = self.percent {
            self.rate.observe(now, percent);
        }
        self.last_progress = self.last_progress.map(|_| now);
        for state in &mut self.step_states {
            if let StepState::UnderWay(progress) = state {
                progress.failing_since = progress.failing_since.map(|_| now);
            }
        }
        let moved = |time: Timestamp| time.checked_add(step).unwrap_or(time);
        // EC2 may return stale data for a fixed time after the request: shift it, so that this time keeps its length.
        self.deregister_sent = self.deregister_sent.map(moved);
        if step.is_negative() {
            // Not after a forward step: the machine may have been suspended that long, and the deadline must not move.
            self.deregister_until = self.deregister_until.map(moved);
            self.watched_until.0 = self.watched_until.0.map(moved);
            // Shifted, not clamped to `now`: clamping would make every copy look new.
            self.requested = moved(self.requested);
            (self.started, self.sent) = (self.started.map(moved), self.sent.map(moved));
            if let Some(unknown) = &mut self.unknown_outcome {
                unknown.first_sent = moved(unknown.first_sent);
            }
        }
        if let Some(unknown) = &mut self.unknown_outcome {
            (unknown.last_sent, unknown.empty_checks) = (now, 0);
        }
    }
}
