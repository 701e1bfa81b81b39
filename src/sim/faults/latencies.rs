//! Latencies and limits that a scenario or a test may set.

use serde::Deserialize;

/// Latencies of copies and of their removal, milliseconds; a [`TimeScale`](crate::sim::TimeScale) shortens all of them. A snapshot takes `base_ms` plus its size at `mib_per_second`; all snapshots of an image
/// are copied at the same time.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Latencies {
    /// From `CopyImage` until the pending image lists its snapshots.
    pub snapshots_after_ms: i64,
    /// From then until the progress is no longer an empty string.
    pub unknown_ms: i64,
    /// Minimum time from 0% to 99%.
    pub base_ms: i64,
    /// Rate of each snapshot, MiB per second.
    pub mib_per_second: u32,
    /// Time spent at 99%.
    pub almost_ms: i64,
    /// From the end of the last snapshot until the image is available.
    pub finalize_ms: i64,
    /// How long a new image is `InvalidAMIID.NotFound` and neither it nor its snapshots are listed. Its token is known from the
    /// start, and it counts against the limit.
    pub unseen_ms: i64,
    /// How long after `CopyImage` a pending image cannot be deregistered: `InvalidAMIID.Unavailable`, as for any state that does
    /// not allow the call.
    pub deregister_after_ms: i64,
    /// How long after deregistration the image's snapshots are `InvalidSnapshot.InUse`.
    pub in_use_ms: i64,
    /// How long after deregistration `DescribeImages` shows the image as it was.
    pub visible_after_deregister_ms: i64,
    /// How long after deregistration another call for the image is `InvalidAMIID.Unavailable`; then it is
    /// `InvalidAMIID.NotFound`. `DescribeImages` leaves it out, and then says the same. `None` is for ever.
    pub unavailable_ms: Option<i64>,
    /// From `CreateGrant` until the grant is of use to requests without its token, as all of EC2's are. KMS: seconds, and up to five minutes.
    pub grants_after_ms: i64,
    /// From `CreateImageUsageReport` until the report is available, or has failed.
    pub usage_report_ms: i64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self {
            snapshots_after_ms: 1_200,
            unknown_ms: 700,
            base_ms: 16_000,
            mib_per_second: 2_500,
            almost_ms: 2_500,
            finalize_ms: 2_500,
            unseen_ms: 0,
            deregister_after_ms: 0,
            in_use_ms: 0,
            visible_after_deregister_ms: 0,
            unavailable_ms: None,
            grants_after_ms: 3_000,
            usage_report_ms: 150_000,
        }
    }
}

/// Limits of a region, and behaviour that EC2 does not document or has changed. No time scale changes them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegionLimits {
    /// Maximum number of pending copies per destination.
    pub pending_copies: usize,
    /// Throughput of all time-based copies from one region to another, MiB per second.
    pub time_based_mib_per_second: u32,
    /// The most entries in a page, whatever `MaxResults` says. EC2 too may return fewer than asked for.
    pub page_size: Option<usize>,
    /// Enforces EC2's request rates per region and action with `RequestLimitExceeded`.
    pub rates: bool,
    /// How long a client token is remembered, milliseconds; `None` is for ever. A later request with it is a new one.
    pub token_life_ms: Option<i64>,
    /// `CopyImage` refuses a name that the account already has in the region. EC2 does not: only `CreateImage` and
    /// `RegisterImage` keep names unique.
    pub unique_names: bool,
    /// `DeregisterImage` deletes pending snapshots with the image. Otherwise they stay and are `client-error` in the response.
    /// What EC2 does is not documented.
    pub deletes_pending_snapshots: bool,
}

impl Default for RegionLimits {
    fn default() -> Self {
        Self {
            pending_copies: 300,
            time_based_mib_per_second: 2_000,
            page_size: None,
            rates: false,
            token_life_ms: None,
            unique_names: false,
            deletes_pending_snapshots: false,
        }
    }
}
