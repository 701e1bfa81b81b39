//! Frame pacing. Time is a parameter, as the duration since the program's start.

use std::time::Duration;

/// Limits the frame rate: the first change is drawn at once, later ones at most once per interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pacer {
    interval: Duration,
    dirty: bool,
    last: Option<Duration>,
}

impl Pacer {
    /// Default frames per second over SSH.
    pub const REMOTE: u32 = 10;
    /// Default frames per second on a local terminal.
    pub const LOCAL: u32 = 30;

    /// Creates a pacer; 0 frames per second counts as 1.
    pub fn new(frames_per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / frames_per_second.max(1), dirty: false, last: None }
    }

    /// Notes that the screen has changed.
    pub fn dirty(&mut self) {
        self.dirty = true;
    }

    /// Returns how long to wait before drawing; `None` if nothing has changed.
    pub fn due(&self, now: Duration) -> Option<Duration> {
        self.dirty.then(|| self.last.map_or(Duration::ZERO, |last| (last + self.interval).saturating_sub(now)))
    }

    /// Notes that a frame was drawn. `now` is when it was finished, so that a slow line is not written to without pause.
    pub fn drawn(&mut self, now: Duration) {
        self.dirty = false;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn an_unchanged_screen_is_never_due() {
        let mut pacer = Pacer::new(10);
        assert_eq!(pacer.due(ms(0)), None);
        pacer.dirty();
        pacer.drawn(ms(5));
        assert_eq!(pacer.due(ms(5_000)), None);
    }

    #[test]
    fn the_first_change_is_drawn_at_once_and_the_next_an_interval_later() {
        let mut pacer = Pacer::new(Pacer::REMOTE);
        pacer.dirty();
        assert_eq!(pacer.due(ms(3)), Some(ms(0)));
        pacer.drawn(ms(3));
        pacer.dirty();
        assert_eq!(pacer.due(ms(43)), Some(ms(60)));
        assert_eq!(pacer.due(ms(103)), Some(ms(0)));
        assert_eq!(pacer.due(ms(900)), Some(ms(0)));
    }

    #[test]
    fn a_burst_of_changes_stays_within_the_rate() {
        let mut pacer = Pacer::new(Pacer::REMOTE);
        let mut frames = 0;
        for t in 0..1_000 {
            pacer.dirty();
            if pacer.due(ms(t)) == Some(Duration::ZERO) {
                pacer.drawn(ms(t));
                frames += 1;
            }
        }
        assert_eq!(frames, 10);
        assert_eq!(Pacer::new(0), Pacer::new(1));
    }
}
