//! How much faster than real time the work of the simulated EC2 goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Failure;

/// How many times faster than real time work goes: every duration of [`Latencies`](crate::sim::latencies::Latencies), and the time that a
/// time-based copy was asked to take.
///
/// There is no faster clock. The world's time is that of its clients, so that dates, ages, limits and rates are true for them; only
/// a timeline counts in work, and this type alone turns the one into the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeScale {
    /// Work done in a second of real time.
    work_per_second: Duration,
}

impl TimeScale {
    /// Work takes its time.
    pub const REAL: Self = Self { work_per_second: Duration::from_secs(1) };

    /// A factor from 0.001 to 10000, to the millionth.
    pub fn new(times: f64) -> Result<Self, Failure> {
        match Duration::try_from_secs_f64(times) {
            Ok(work_per_second) if (0.001..=10_000.0).contains(&times) => Ok(Self { work_per_second }),
            _ => {
                let failure = Failure::new("run the embedded EC2", format!("a time scale of {times} is out of range"));
                Err(failure.hint("Give --time-scale a number from 0.001 to 10000; 1 is real time."))
            }
        }
    }

    fn millionths(self) -> i128 {
        i128::try_from(self.work_per_second.as_micros()).map_or(MILLION, |m| m.max(1))
    }
}

const MILLION: i128 = 1_000_000;

/// When work is done: by the scale since the world began, and before, in the scenario's past, in real time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkClock {
    pub(crate) began: Timestamp,
    pub(crate) scale: TimeScale,
}

impl WorkClock {
    /// Returns the milliseconds of work done in a span of real time.
    pub(crate) fn work_ms(self, from: Timestamp, to: Timestamp) -> i64 {
        saturated(self.at(to) - self.at(from))
    }

    /// Returns the time when so many milliseconds of work had been done.
    pub(crate) fn after(self, from: Timestamp, work_ms: i64) -> Timestamp {
        let work = self.at(from) + i128::from(work_ms);
        let passed = if work < 0 { work } else { work * MILLION / self.scale.millionths() };
        self.began.checked_add(SignedDuration::from_millis(saturated(passed))).unwrap_or(Timestamp::MAX)
    }

    /// Milliseconds of work since the world began.
    fn at(self, time: Timestamp) -> i128 {
        let passed = i128::from(time.as_millisecond()) - i128::from(self.began.as_millisecond());
        if passed < 0 { passed } else { passed * self.scale.millionths() / MILLION }
    }
}

fn saturated(ms: i128) -> i64 {
    i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_000_000;

    fn clock(times: f64) -> WorkClock {
        WorkClock { began: at(0), scale: TimeScale::new(times).unwrap() }
    }

    /// Milliseconds since the world began.
    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(BEGAN + ms).unwrap()
    }

    #[test]
    fn work_is_real_time_by_the_scale_and_back() {
        for (times, real, work) in [(1.0, 12_345, 12_345), (600.0, 20, 12_000), (0.001, 12_000, 12), (0.25, 8, 2)] {
            let clock = clock(times);
            assert_eq!(clock.work_ms(at(7_000), at(7_000 + real)), work);
            assert_eq!(clock.work_ms(at(7_000 + real), at(7_000)), -work);
            assert_eq!(clock.after(at(7_000), work), at(7_000 + real));
        }
        assert_eq!(TimeScale::new(1.0).unwrap(), TimeScale::REAL);
    }

    #[test]
    fn work_before_the_world_began_took_its_time() {
        for times in [0.001, 1.0, 600.0] {
            let clock = clock(times);
            assert_eq!(clock.work_ms(at(-9_000), at(0)), 9_000);
            assert_eq!(clock.work_ms(at(-9_000), at(2_000)), 9_000 + clock.work_ms(at(0), at(2_000)));
            assert_eq!(clock.after(at(-9_000), 4_000), at(-5_000));
            assert_eq!(clock.after(at(-9_000), 9_600), clock.after(at(0), 600));
        }
    }

    #[test]
    fn what_is_done_was_done_in_the_past() {
        let clock = clock(7.0);
        for passed in 0..50 {
            assert!(clock.after(at(3), clock.work_ms(at(3), at(3 + passed))) <= at(3 + passed));
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        for times in [0.001, 10_000.0] {
            assert!(clock(times).work_ms(at(0), Timestamp::MAX) > 0);
            assert_eq!(clock(times).after(at(0), i64::MAX), Timestamp::MAX);
        }
    }

    #[test]
    fn out_of_range_is_refused() {
        for times in [0.0, -1.0, 0.000_9, 10_000.1, f64::NAN, f64::INFINITY] {
            assert!(TimeScale::new(times).is_err(), "{times}");
        }
    }
}
