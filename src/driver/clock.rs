//! The program's one clock: the time of day, which follows corrections only when told by [`Clock::take_step`], and one with a time of its own for the
//! demo and tests.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A wall clock that differs by more from the monotonic clock was set: by NTP, by a person, or because a machine was restored.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// A clock that only goes forward: the time of day at the start, and what has passed since. Setting the wall clock moves no
/// deadline until [`Clock::take_step`] is called. Tests pause it with tokio's clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Timestamp,
    started: Instant,
    /// The machine's clocks, if it follows them.
    machine: Option<Machine>,
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
struct Machine {
    read: fn() -> Reading,
    /// Monotonic time at `base`.
    at_base: Duration,
}

/// The machine's clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// The time of day, which can be set.
    wall: Timestamp,
    /// Monotonic time since the machine started, with the time it slept.
    passed: Duration,
}

impl Reading {
    fn now() -> Self {
        use nix::time::{ClockId, clock_gettime};
        // Elsewhere the monotonic clock stops while the machine sleeps; the wall clock then seems to have been set.
        #[cfg(target_os = "linux")]
        let id = ClockId::CLOCK_BOOTTIME;
        #[cfg(not(target_os = "linux"))]
        let id = ClockId::CLOCK_MONOTONIC;
        let passed = clock_gettime(id).map(Duration::from).unwrap_or_default();
        Self { wall: Timestamp::now(), passed }
    }
}

impl Clock {
    /// The time of day by the machine's clock.
    pub fn real() -> Self {
        Self::reading(Reading::now)
    }

    fn reading(read: fn() -> Reading) -> Self {
        let Reading { wall, passed } = read();
        Self { machine: Some(Machine { read, at_base: passed }), ..Self::starting(wall) }
    }

    /// A clock that starts at `base` and follows no machine's.
    pub fn starting(base: Timestamp) -> Self {
        Self { base, started: Instant::now(), machine: None }
    }

    pub fn now(&self) -> Timestamp {
        let passed = match self.machine {
            Some(machine) => (machine.read)().passed.saturating_sub(machine.at_base),
            None => self.started.elapsed(),
        };
        SignedDuration::try_from(passed).ok().and_then(|d| self.base.checked_add(d).ok()).unwrap_or(self.base)
    }

    /// Follows the wall clock if it was set since the last call, and returns by how much, forward or back. Times computed
    /// before are off by as much from now on.
    pub fn take_step(&mut self) -> Option<SignedDuration> {
        let machine = self.machine?;
        let Reading { wall, passed } = (machine.read)();
        let step = wall.duration_since(self.now());
        if step.abs() <= STEP {
            return None;
        }
        (self.base, self.machine) = (wall, Some(Machine { at_base: passed, ..machine }));
        Some(step)
    }

    /// The real time to wait until `then`; zero if it has passed.
    pub fn until(&self, then: Timestamp) -> Duration {
        Duration::try_from(then.duration_since(self.now())).unwrap_or_default()
    }

    /// Real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static WALL: Cell<i64> = const { Cell::new(0) };
        static PASSED: Cell<u64> = const { Cell::new(0) };
        static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
    }

    /// A clock of this thread that goes as tokio's does, and whose wall clock can be set.
    pub(in crate::driver) fn with_tokio() -> Clock {
        WALL.set(1_800_000_000);
        STARTED.set(Some(Instant::now()));
        Clock::reading(|| {
            let passed = STARTED.get().unwrap().elapsed();
            let wall = Timestamp::from_second(WALL.get()).unwrap() + SignedDuration::try_from(passed).unwrap();
            Reading { wall, passed }
        })
    }

    /// A clock of this thread that advances only by [`advance`].
    fn manual() -> Clock {
        WALL.set(1_800_000_000);
        PASSED.set(5_000);
        Clock::reading(|| Reading {
            wall: Timestamp::from_second(WALL.get()).unwrap(),
            passed: Duration::from_secs(PASSED.get()),
        })
    }

    fn advance(seconds: u64) {
        PASSED.set(PASSED.get() + seconds);
        WALL.set(WALL.get() + i64::try_from(seconds).unwrap());
    }

    /// Sets the wall clock.
    pub(in crate::driver) fn set_by(seconds: i64) {
        WALL.set(WALL.get() + seconds);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_of_its_own_has_nothing_to_follow() {
        let mut clock = Clock::starting(Timestamp::UNIX_EPOCH);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(clock.now().as_second(), 3);
        assert_eq!(clock.until(Timestamp::from_second(5).unwrap()), Duration::from_secs(2));
        assert_eq!(clock.until(Timestamp::UNIX_EPOCH), Duration::ZERO);
        assert_eq!(clock.take_step(), None, "it has no wall clock");
    }

    #[test]
    fn a_deadline_is_as_far_as_it_was_whatever_the_wall_clock_is_set_to() {
        for hours in [-5, 5] {
            let mut clock = manual();
            let deadline = clock.now() + SignedDuration::from_mins(10);
            advance(60);
            set_by(hours * 3_600);
            assert_eq!(clock.until(deadline), Duration::from_mins(9));
            assert_eq!(clock.take_step(), Some(SignedDuration::from_hours(hours)));
            assert_eq!(clock.now().as_second(), WALL.get(), "from now on it is that time");
            assert_eq!(clock.take_step(), None, "said once");
            advance(30);
            assert_eq!(clock.now().as_second(), WALL.get());
        }
    }

    #[test]
    fn small_corrections_and_a_sleeping_machine_are_no_steps() {
        let mut clock = manual();
        set_by(-59);
        assert_eq!(clock.take_step(), None);
        set_by(59);
        advance(8 * 3_600);
        assert_eq!((clock.take_step(), clock.now().as_second()), (None, WALL.get()));
    }

    #[test]
    fn the_real_clock_is_the_time_of_day() {
        let mut clock = Clock::real();
        assert!(Timestamp::now().duration_since(clock.now()).abs() < STEP);
        assert_eq!(clock.take_step(), None);
    }
}
