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

    /// Checks a number of minutes.
    pub fn from_minutes(minutes: u16) -> Result<Self, Failure> {
        if minutes >= Self::STEP && minutes <= Self::MAX && minutes.is_multiple_of(Self::STEP) {
            Ok(Self(minutes))
        } else {
            let why = "a time-based copy takes a multiple of 15 minutes, from 15 to 2880";
            Err(Failure::new(format!("complete within {minutes} minutes"), why))
        }
    }

    pub fn minutes(self) -> u16 {
        self.0
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
        for bad in [0, 14, 16, 2_881, 2_895] {
            assert!(CompletionDuration::from_minutes(bad).is_err(), "{bad}");
        }
    }
}
