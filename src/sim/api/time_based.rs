//! Time-based copies: how long they take, and the quotas on their throughput.
//!
//! Source: EBS user guide, "Time-based copies". The codes of the refusals are not documented.

use jiff::Timestamp;

use crate::{
    domain::{Image, Region},
    sim::{
        api_error::ApiError,
        world::{
            state::RegionState,
            timeline::{CreatedImage, TimeBased},
        },
    },
};

/// Maximum throughput of one snapshot, MiB per second; not adjustable.
const SNAPSHOT_MIB_PER_SECOND: u64 = 500;

impl RegionState {
    /// Returns how a time-based copy to this region goes. As in EC2, one takes longer that needs more than a snapshot's throughput, or
    /// than what is left of `quota` (MiB per second, for all time-based copies under way from that region), and is refused if nothing
    /// is left.
    pub(crate) fn time_based(
        &self,
        minutes: usize,
        source: &Image,
        quota: u32,
        now: Timestamp,
    ) -> Result<TimeBased, ApiError> {
        let seconds = u64::try_from(minutes).unwrap_or(u64::MAX).saturating_mul(60);
        let sizes = source.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.volume_size);
        let mib: Vec<u64> = sizes.map(|gib| u64::from(gib) * 1_024).collect();
        // The user guide knows no refusal of a snapshot that is too large for the duration.
        let largest = mib.iter().copied().max().unwrap_or(0);
        let ms = seconds.saturating_mul(1_000).max(largest.saturating_mul(1_000) / SNAPSHOT_MIB_PER_SECOND);
        let needed = mib.iter().sum::<u64>().saturating_mul(1_024 * 1_000).div_ceil(ms.max(1)).max(1);
        let left = (u64::from(quota) * 1_024).saturating_sub(self.time_based_throughput(&source.region, now));
        if left == 0 {
            return Err(ApiError::new(
                "ResourceLimitExceeded",
                format!("The cumulative snapshot copy throughput quota of {quota} MiB/s is used up."),
            ));
        }
        let throughput = needed.min(left);
        let ms = i64::try_from(ms.saturating_mul(needed) / throughput).unwrap_or(i64::MAX);
        let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
        Ok(TimeBased { minutes, from: source.region.clone(), throughput, ms })
    }

    /// Returns the throughput of the time-based copies under way from a region, KiB per second.
    fn time_based_throughput(&self, from: &Region, now: Timestamp) -> u64 {
        let pending = |created: &&CreatedImage| created.is_pending(now);
        let time_based = self.created_images.values().filter(pending).filter_map(|c| c.time_based.as_ref());
        time_based.filter(|t| t.from == *from).map(|t| t.throughput).sum()
    }
}
