//! When a copy ended, as far as it can be known: EC2 keeps no such time of an image, and nobody may have watched.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndTime {
    /// It was watched, or EC2 reports when its snapshots were completed.
    At(Timestamp),
    /// It was seen then to have ended, and nobody had watched it for a while before.
    Before(Timestamp),
}

impl EndTime {
    /// Returns the end, or the latest that it can have been.
    pub fn latest(self) -> Timestamp {
        match self {
            Self::At(time) | Self::Before(time) => time,
        }
    }

    /// Returns true if it ended before that.
    pub fn is_upper_bound(self) -> bool {
        matches!(self, Self::Before(_))
    }
}

/// Until when the end of a copy that was last seen pending counts as watched. It is not stored: after a restart nobody has watched it,
/// and a poll that shows nothing new is no reason to write.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WatchedUntil(pub(super) Option<Timestamp>);

/// Equal to any other, so that a change does not make the job count as changed.
impl PartialEq for WatchedUntil {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
