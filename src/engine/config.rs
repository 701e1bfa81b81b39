//! How careful the engine is with AWS: numbers, and nothing that acts on them.

use jiff::SignedDuration;

use crate::config::Config;

/// How careful the engine is with AWS. Defaults are EC2's limits as of 2026.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
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
    /// So long EC2 is trusted to know a client token again. How long it does is not documented.
    pub token_memory: SignedDuration,
    /// So long after its start a cancelled copy's snapshots may still turn up.
    pub late_snapshots: SignedDuration,
    /// Whether new images and snapshots get the tags `amigrate:job` and `amigrate:batch`.
    pub tagging: bool,
    /// Only look: nothing is sent that changes anything.
    pub read_only: bool,
}

impl EngineConfig {
    /// As the settings say.
    pub fn of(config: &Config) -> Self {
        let (copy, poll) = (&config.copy, &config.poll);
        let seconds = |s: u64| SignedDuration::from_secs(i64::try_from(s).unwrap_or(60));
        Self {
            pending: copy.pending_limit,
            starts_per_second: copy.starts_per_second,
            start_burst: copy.start_burst,
            fastest: seconds(poll.fastest_seconds),
            slowest: seconds(poll.slowest_seconds),
            throttled: seconds(poll.throttled_seconds),
            tagging: copy.job_tags,
            token_memory: SignedDuration::from_mins(copy.token_minutes.into()),
            ..Self::default()
        }
    }
}

impl Default for EngineConfig {
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
            token_memory: SignedDuration::from_mins(10),
            late_snapshots: SignedDuration::from_secs(20),
            tagging: true,
            read_only: false,
        }
    }
}
