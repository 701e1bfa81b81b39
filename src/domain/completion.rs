//! The requested duration of a time-based copy.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::failure::Failure;

/// Minutes within which a time-based copy is to complete: a multiple of 15 from 15 to 2,880.
/// Source: EC2 API reference, `CopyImage`, `SnapshotCopyCompletionDurationMinutes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct CompletionDuration(u16);

impl CompletionDuration {
    /// The shortest, and the step between durations.
    pub const STEP: u16 = 15;
    /// The longest: 48 hours.
    pub const MAX: u16 = 2_880;
    pub const LONGEST: Self = Self(Self::MAX);

    /// Checks a number of minutes.
    pub fn from_minutes(minutes: u16) -> Result<Self, Failure> {
        if (Self::STEP..=Self::MAX).contains(&minutes) && minutes.is_multiple_of(Self::STEP) {
            Ok(Self(minutes))
        } else {
            let why = "a time-based copy takes a multiple of 15 minutes, from 15 to 2880";
            Err(Failure::new(format!("complete within {minutes} minutes"), why))
        }
    }

    pub fn minutes(self) -> u16 {
        self.0
    }

    /// Returns all durations, the shortest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MAX / Self::STEP).map(|n| Self(n * Self::STEP))
    }

    /// Returns the seconds that the largest snapshot (GiB) and all snapshots between two regions (GiB) take at least if they are full.
    /// EC2 accepts a shorter duration all the same, and takes longer.
    pub fn seconds_at_full_rate(largest: u64, total: u64) -> u64 {
        const MIB: u64 = 1_024;
        largest.saturating_mul(MIB).div_ceil(500).max(total.saturating_mul(MIB).div_ceil(2_000))
    }

    /// Returns the shortest duration within which the largest snapshot (GiB) and all snapshots between two regions (GiB) can be
    /// copied: 500 MiB/s each and 2,000 MiB/s together. `None` if that is more than the longest.
    /// Source: EBS User Guide, "Time-based copies", quotas.
    pub fn least(largest: u64, total: u64) -> Option<Self> {
        let seconds = Self::seconds_at_full_rate(largest, total);
        let minutes = seconds.max(1).div_ceil(u64::from(Self::STEP) * 60) * u64::from(Self::STEP);
        u16::try_from(minutes).ok().filter(|minutes| *minutes <= Self::MAX).map(Self)
    }
}

impl fmt::Display for CompletionDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 60, self.0 % 60) {
            (0, minutes) => write!(f, "{minutes} min"),
            (hours, 0) => write!(f, "{hours} h"),
            (hours, minutes) => write!(f, "{hours} h {minutes} min"),
        }
    }
}

impl TryFrom<u16> for CompletionDuration {
    type Error = Failure;
    fn try_from(minutes: u16) -> Result<Self, Failure> {
        Self::from_minutes(minutes)
    }
}

impl From<CompletionDuration> for u16 {
    fn from(duration: CompletionDuration) -> Self {
        duration.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_quarters_of_an_hour() {
        for (minutes, shown) in [(15, "15 min"), (60, "1 h"), (75, "1 h 15 min"), (2_880, "48 h")] {
            assert_eq!(CompletionDuration::from_minutes(minutes).unwrap().to_string(), shown);
        }
        assert_eq!(CompletionDuration::all().count(), 192);
        assert_eq!(CompletionDuration::all().last(), Some(CompletionDuration::LONGEST));
        for bad in [0, 14, 16, 2_881, 2_895] {
            assert!(CompletionDuration::from_minutes(bad).is_err(), "{bad}");
        }
    }

    /// The seconds are worked out by hand.
    #[test]
    fn the_least_duration_follows_from_both_rates() {
        let cases = [
            (0, 0, Some(15)),
            // 439 x 1,024 / 500 = 899.1 s; 440 makes 901.1 s.
            (439, 439, Some(15)),
            (440, 440, Some(30)),
            // 1,757 x 1,024 / 2,000 = 899.6 s; 1,758 makes 900.1 s.
            (100, 1_757, Some(15)),
            (100, 1_758, Some(30)),
            // 16,384 x 1,024 / 500 = 33,554.4 s = 559.2 min.
            (16_384, 16_384, Some(570)),
            // 337,500 x 1,024 / 2,000 = 172,800 s = 48 h.
            (1, 337_500, Some(2_880)),
            (1, 337_501, None),
            (u64::MAX, u64::MAX, None),
        ];
        for (largest, total, minutes) in cases {
            let least = CompletionDuration::least(largest, total).map(CompletionDuration::minutes);
            assert_eq!(least, minutes, "{largest} of {total} GiB");
        }
    }
}
