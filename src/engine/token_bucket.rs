//! A token bucket: how many requests may be sent now, and when the next one may.

use jiff::{SignedDuration, Timestamp};

/// Requests that may be sent: a burst, and a rate a second after that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TokenBucket {
    tokens: f64,
    refilled: Timestamp,
}

/// The size of a [`TokenBucket`] and how fast it refills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    /// Requests that may be sent at once.
    pub(super) burst: u32,
}

impl TokenBucket {
    pub(super) fn full(rate: Rate, now: Timestamp) -> Self {
        Self { tokens: f64::from(rate.burst.max(1)), refilled: now }
    }

    pub(super) fn refill(&mut self, rate: Rate, now: Timestamp) {
        let passed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + passed * rate.per_second).min(f64::from(rate.burst.max(1)));
        self.refilled = now;
    }

    /// Counts one request.
    pub(super) fn take(&mut self) {
        self.tokens -= 1.0;
    }

    /// Returns when the next request may be sent.
    pub(super) fn ready_at(&self, rate: Rate) -> Timestamp {
        let missing = ((1.0 - self.tokens) / rate.per_second.max(0.01)).max(0.0);
        if missing <= 0.0 {
            return self.refilled;
        }
        // A millisecond more, so that rounding never makes a tick that comes too early.
        let wait = SignedDuration::try_from_secs_f64(missing).unwrap_or_default();
        self.refilled + wait + SignedDuration::from_millis(1)
    }
}
