//! How careful the engine is with AWS: numbers, and nothing that acts on them.

use jiff::SignedDuration;

/// How careful the engine is with AWS. Defaults are EC2's limits as of 2026.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Pending copies per destination region, those started elsewhere included.
    pub pending: usize,
    /// `CopyImage` calls a second, per destination, once the burst is spent.
    pub starts_per_second: f64,
    /// `CopyImage` calls that may go out at once, per destination.
    pub start_burst: u32,
    /// Between two looks while things move.
    pub fastest: SignedDuration,
    /// Between two looks while nothing moves.
    pub slowest: SignedDuration,
    /// The longest wait after throttles and faults.
    pub throttled: SignedDuration,
    /// Between two surveys of a region for copies started elsewhere.
    pub survey: SignedDuration,
    /// So long EC2 may not yet show an image it has begun to make: it is eventually consistent.
    pub unseen: SignedDuration,
    /// So long after its start a cancelled copy's snapshots may still turn up.
    pub late_snapshots: SignedDuration,
    /// Whether new images and snapshots get the tags `amigrate:job` and `amigrate:batch`.
    pub tagging: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending: 300,
            starts_per_second: 1.0,
            start_burst: 10,
            fastest: SignedDuration::from_secs(3),
            slowest: SignedDuration::from_secs(15),
            throttled: SignedDuration::from_secs(60),
            survey: SignedDuration::from_secs(30),
            unseen: SignedDuration::from_secs(60),
            late_snapshots: SignedDuration::from_secs(20),
            tagging: true,
        }
    }
}
