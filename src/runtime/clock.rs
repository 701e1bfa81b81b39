//! The time, once for the whole program: where it starts, and how fast it goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The time of day, or one of its own that only goes forward. Tests pause it with tokio's; the demo without a terminal lets it run faster.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Timestamp,
    started: Instant,
    speed: f64,
    /// Follows the time of day, which goes on while a machine sleeps.
    wall: bool,
}

impl Clock {
    /// The time of day.
    pub fn real() -> Self {
        Self { wall: true, ..Self::starting(Timestamp::now(), 1.0) }
    }

    /// From `base` on, `speed` times as fast as real time.
    pub fn starting(base: Timestamp, speed: f64) -> Self {
        Self { base, started: Instant::now(), speed, wall: false }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        if self.wall {
            return Timestamp::now();
        }
        let passed = self.started.elapsed().mul_f64(self.speed);
        SignedDuration::try_from(passed).ok().and_then(|d| self.base.checked_add(d).ok()).unwrap_or(self.base)
    }

    /// How long to really wait until `then`; nothing if it has passed.
    pub fn until(&self, then: Timestamp) -> Duration {
        let left = then.duration_since(self.now());
        Duration::try_from(left).map_or(Duration::ZERO, |d| d.div_f64(self.speed))
    }

    /// Real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_faster_clock_waits_less() {
        let clock = Clock::starting(Timestamp::UNIX_EPOCH, 10.0);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(clock.now().as_second(), 30);
        assert_eq!(clock.until(Timestamp::from_second(50).unwrap()), Duration::from_secs(2));
        assert_eq!(clock.until(Timestamp::UNIX_EPOCH), Duration::ZERO);
    }
}
