//! Limits, intervals and switches of the engine.

use jiff::SignedDuration;

/// Limits, intervals and switches of the engine. The defaults fit EC2's limits as of 2026.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineConfig {
    /// The most pending copies per destination region, those started elsewhere included.
    pub pending_limit: usize,
    /// `CopyImage` requests per second and destination, once the burst is spent.
    pub starts_per_second: f64,
    /// `CopyImage` requests that may be sent at once, per destination.
    pub start_burst: u32,
    /// Between two polls of a region while copies make progress.
    pub min_poll_interval: SignedDuration,
    /// Between two polls of a region while none does.
    pub max_poll_interval: SignedDuration,
    /// The longest wait after throttling and server faults.
    pub max_backoff: SignedDuration,
    /// Between two listings of a region's pending copies, for those started elsewhere.
    pub list_interval: SignedDuration,
    /// The same in a region whose images somebody looks at.
    pub followed_list_interval: SignedDuration,
    /// How long EC2 may not yet show an image it has begun to make: it is eventually consistent.
    pub visibility_delay: SignedDuration,
    /// How long EC2 is assumed to recognise a client token; EC2 does not document it.
    pub token_lifetime: SignedDuration,
    /// How long after its start a cancelled copy's snapshots may still appear.
    pub snapshot_delay: SignedDuration,
    /// True if new images and snapshots get the tags `amigrate:job` and `amigrate:batch`.
    pub tagging: bool,
    /// Only observe: no request that changes anything is made.
    pub read_only: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            pending_limit: 300,
            starts_per_second: 1.0,
            start_burst: 10,
            min_poll_interval: SignedDuration::from_secs(3),
            max_poll_interval: SignedDuration::from_secs(15),
            max_backoff: SignedDuration::from_secs(60),
            list_interval: SignedDuration::from_secs(30),
            followed_list_interval: SignedDuration::from_secs(10),
            visibility_delay: SignedDuration::from_secs(60),
            token_lifetime: SignedDuration::from_mins(10),
            snapshot_delay: SignedDuration::from_secs(20),
            tagging: true,
            read_only: false,
        }
    }
}
