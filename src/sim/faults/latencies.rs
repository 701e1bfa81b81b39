//! How fast a world is and what it refuses more of: the settings a scenario or a test may turn.

use serde::Deserialize;

/// How long a copy takes: each snapshot `base_ms` and its size at `mib_per_second`, all of an image's at once.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Latencies {
    /// Until the pending image lists its snapshots, milliseconds.
    pub snapshots_after_ms: i64,
    /// From then until progress is more than an empty text, milliseconds.
    pub unknown_ms: i64,
    /// The least time from 0% to 99%, milliseconds.
    pub base_ms: i64,
    /// MiB a second for each snapshot.
    pub mib_per_second: u32,
    /// At 99%, milliseconds.
    pub almost_ms: i64,
    /// From the last snapshot's end until the image is available, milliseconds.
    pub settle_ms: i64,
    /// For so long a new image is `InvalidAMIID.NotFound` and neither it nor its snapshots are listed, milliseconds. Its token
    /// is known, and it counts against the limit, all the same.
    pub unseen_ms: i64,
    /// For so long after `CopyImage` a pending image cannot be deregistered, milliseconds: `InvalidAMIID.Unavailable`, as for
    /// any state that does not allow the call.
    pub deregister_after_ms: i64,
    /// After deregistration, for so long its snapshots are `InvalidSnapshot.InUse`, milliseconds.
    pub in_use_ms: i64,
    /// After deregistration, for so long `DescribeImages` shows the image as it was, milliseconds.
    pub ghost_ms: i64,
    /// After deregistration, for so long another call for the image is `InvalidAMIID.Unavailable`, milliseconds; from then on
    /// it is `InvalidAMIID.NotFound`. None is for ever.
    pub unavailable_ms: Option<i64>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            snapshots_after_ms: 1_200,
            unknown_ms: 700,
            base_ms: 16_000,
            mib_per_second: 2_500,
            almost_ms: 2_500,
            settle_ms: 2_500,
            unseen_ms: 0,
            deregister_after_ms: 0,
            in_use_ms: 0,
            ghost_ms: 0,
            unavailable_ms: None,
        }
    }
}

/// What a region refuses, where EC2's documents or its past leave it open.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegionLimits {
    /// Pending copies for each destination.
    pub pending_copies: usize,
    /// Whether EC2's request rates hold, for each region and action: over them, `RequestLimitExceeded`.
    pub rates: bool,
    /// After so long a client token is forgotten and its request a new one, milliseconds; none is never.
    pub token_life_ms: Option<i64>,
    /// Whether `CopyImage` refuses a name that the account already has there. EC2 does not: only `CreateImage` and
    /// `RegisterImage` keep names unique.
    pub unique_names: bool,
    /// Whether `DeregisterImage` deletes pending snapshots with the image; if not, they are `client-error` in its answer and
    /// stay. What EC2 does is not documented.
    pub deletes_pending_snapshots: bool,
}

impl Default for RegionLimits {
    fn default() -> Self {
        Self {
            pending_copies: 300,
            rates: false,
            token_life_ms: None,
            unique_names: false,
            deletes_pending_snapshots: false,
        }
    }
}
