//! Limits, intervals and switches of the engine.

use jiff::SignedDuration;

/// Limits, intervals and switches of the engine. The defaults fit EC2's limits as of 2026.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// The most pending copies per destination region, those started elsewhere included.
    pub pending: usize,
    /// `CopyImage` requests per second and destination, once the burst is spent.
    pub starts_per_second: f64,
    /// `CopyImage` requests that may be sent at once, per destination.
    pub start_burst: u32,
    /// Between two polls of a region while copies make progress.
    pub fastest: SignedDuration,
    /// Between two polls of a region while none does.
    pub slowest: SignedDuration,
    /// The longest wait after throttling and server faults.
    pub throttled: SignedDuration,
    /// Between two listings of a region's pending copies, for those started elsewhere.
    pub list_interval: SignedDuration,
    /// How long EC2 may not yet show an image it has begun to make: it is eventually consistent.
    pub unseen: SignedDuration,
    /// How long EC2 is trusted to recognise a client token. How long it does is not documented.
    pub token_memory: SignedDuration,
    /// How long after its start a cancelled copy's snapshots may still appear.
    pub late_snapshots: SignedDuration,
    /// Whether new images and snapshots get the tags `amigrate:job` and `amigrate:batch`.
    pub tagging: bool,
    /// Only observe: no request that changes anything is made.
    pub read_only: bool,
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
            list_interval: SignedDuration::from_secs(30),
            unseen: SignedDuration::from_secs(60),
            token_memory: SignedDuration::from_mins(10),
            late_snapshots: SignedDuration::from_secs(20),
            tagging: true,
            read_only: false,
        }
    }
}
