//! The time, once for the whole program: where it starts, and how fast it goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A wall clock that differs by more from the time as it passed here was set: a restored machine, NTP, a person.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// A time that only goes forward: the time of day at the start, and what has passed since. Setting the wall clock moves no
/// deadline until [`Clock::stepped`] says so. Tests pause it with tokio's; the demo without a terminal lets it run faster.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Timestamp,
    started: Instant,
    speed: f64,
    /// Follows the machine's clocks; without, it is a time of its own.
    machine: Option<Machine>,
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
struct Machine {
    read: fn() -> Reading,
    /// What had passed when it was `base`.
    at_base: Duration,
}

/// What the machine's clocks say at one moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// The time of day, which anybody may set.
    wall: Timestamp,
    /// The time since the machine started, also while it slept; nobody can set it.
    passed: Duration,
}

impl Reading {
    fn now() -> Self {
        use nix::time::{ClockId, clock_gettime};
        // Elsewhere the monotonic clock stands still while the machine sleeps: that is taken for a step of the wall clock.
        #[cfg(target_os = "linux")]
        let id = ClockId::CLOCK_BOOTTIME;
        #[cfg(not(target_os = "linux"))]
        let id = ClockId::CLOCK_MONOTONIC;
        let passed = clock_gettime(id).map(Duration::from).unwrap_or_default();
        Self { wall: Timestamp::now(), passed }
    }
}

impl Clock {
    /// The time of day.
    pub fn real() -> Self {
        Self::reading(Reading::now)
    }

    fn reading(read: fn() -> Reading) -> Self {
        let Reading { wall, passed } = read();
        Self { machine: Some(Machine { read, at_base: passed }), ..Self::starting(wall, 1.0) }
    }

    /// From `base` on, `speed` times as fast as real time.
    pub fn starting(base: Timestamp, speed: f64) -> Self {
        Self { base, started: Instant::now(), speed, machine: None }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let passed = match self.machine {
            Some(machine) => (machine.read)().passed.saturating_sub(machine.at_base),
            None => self.started.elapsed().mul_f64(self.speed),
        };
        SignedDuration::try_from(passed).ok().and_then(|d| self.base.checked_add(d).ok()).unwrap_or(self.base)
    }

    /// Follows the wall clock if it was set since the last time; says by how much, forward or back. Times that were
    /// reckoned before are off by as much from now on.
    pub fn stepped(&mut self) -> Option<SignedDuration> {
        let machine = self.machine?;
        let Reading { wall, passed } = (machine.read)();
        let step = wall.duration_since(self.now());
        if step.abs() <= STEP {
            return None;
        }
        (self.base, self.machine) = (wall, Some(Machine { at_base: passed, ..machine }));
        Some(step)
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
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static WALL: Cell<i64> = const { Cell::new(0) };
        static PASSED: Cell<u64> = const { Cell::new(0) };
        static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
    }

    /// A clock of this thread, on which as much passes as on tokio's.
    pub(in crate::driver) fn with_tokio() -> Clock {
        WALL.set(1_800_000_000);
        STARTED.set(Some(Instant::now()));
        Clock::reading(|| {
            let passed = STARTED.get().unwrap().elapsed();
            let wall = Timestamp::from_second(WALL.get()).unwrap() + SignedDuration::try_from(passed).unwrap();
            Reading { wall, passed }
        })
    }

    /// A clock of this thread, on which nothing passes by itself.
    pub(in crate::driver) fn by_hand() -> Clock {
        WALL.set(1_800_000_000);
        PASSED.set(5_000);
        Clock::reading(|| Reading {
            wall: Timestamp::from_second(WALL.get()).unwrap(),
            passed: Duration::from_secs(PASSED.get()),
        })
    }

    /// Time passes.
    pub(in crate::driver) fn pass(seconds: u64) {
        PASSED.set(PASSED.get() + seconds);
        WALL.set(WALL.get() + i64::try_from(seconds).unwrap());
    }

    /// Somebody sets the wall clock.
    pub(in crate::driver) fn set_by(seconds: i64) {
        WALL.set(WALL.get() + seconds);
    }

    #[tokio::test(start_paused = true)]
    async fn a_faster_clock_waits_less() {
        let mut clock = Clock::starting(Timestamp::UNIX_EPOCH, 10.0);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(clock.now().as_second(), 30);
        assert_eq!(clock.until(Timestamp::from_second(50).unwrap()), Duration::from_secs(2));
        assert_eq!(clock.until(Timestamp::UNIX_EPOCH), Duration::ZERO);
        assert_eq!(clock.stepped(), None, "it has no wall clock");
    }

    #[test]
    fn a_deadline_is_as_far_as_it_was_whatever_the_wall_clock_is_set_to() {
        for hours in [-5, 5] {
            let mut clock = by_hand();
            let deadline = clock.now() + SignedDuration::from_mins(10);
            pass(60);
            set_by(hours * 3_600);
            assert_eq!(clock.until(deadline), Duration::from_mins(9));
            assert_eq!(clock.stepped(), Some(SignedDuration::from_hours(hours)));
            assert_eq!(clock.now().as_second(), WALL.get(), "from now on it is that time");
            assert_eq!(clock.stepped(), None, "said once");
            pass(30);
            assert_eq!(clock.now().as_second(), WALL.get());
        }
    }

    #[test]
    fn small_corrections_and_a_sleeping_machine_are_no_steps() {
        let mut clock = by_hand();
        set_by(-59);
        assert_eq!(clock.stepped(), None);
        set_by(59);
        pass(8 * 3_600);
        assert_eq!((clock.stepped(), clock.now().as_second()), (None, WALL.get()));
    }

    #[test]
    fn the_real_clock_is_the_time_of_day() {
        let mut clock = Clock::real();
        assert!(Timestamp::now().duration_since(clock.now()).abs() < STEP);
        assert_eq!(clock.stepped(), None);
    }
}
