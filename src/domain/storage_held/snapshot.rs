//! A snapshot: the most that it holds, and what that costs.

use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::SnapshotId,
    price::{Money, Prices, UnknownPrice},
    region::Region,
};

/// Where EBS keeps a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageTier {
    Standard,
    Archive,
    /// In the archive, and restored to the standard tier for a while: EBS bills both. Source: EBS User Guide, "Pricing and billing
    /// for archiving Amazon EBS snapshots".
    RestoredFromArchive,
    /// A tier that this program does not know.
    Other,
}

/// A snapshot of the account, as far as its cost depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSnapshot {
    pub id: SnapshotId,
    /// GiB; `None` if EC2 does not report it.
    pub volume_gib: Option<u32>,
    /// Bytes of all blocks that were written to the volume (`FullSnapshotSizeInBytes`); `None` if EC2 does not report it.
    pub full_bytes: Option<u64>,
    pub tier: StorageTier,
    /// On an Outpost or in a Local Zone, where storage has other prices.
    pub placed: bool,
}

impl StoredSnapshot {
    /// Returns the bytes that EBS bills at most; `None` if no size is known.
    pub fn at_most_bytes(&self) -> Option<u64> {
        let volume = self.volume_gib.map(|gib| u64::from(gib) << 30);
        volume.into_iter().chain(self.full_bytes).min()
    }

    /// Returns true if the full size that EC2 reports is what bounds it.
    pub(super) fn is_bounded_by_full_size(&self) -> bool {
        self.full_bytes.is_some() && self.full_bytes == self.at_most_bytes()
    }

    pub(super) fn is_archived(&self) -> bool {
        matches!(self.tier, StorageTier::Archive | StorageTier::RestoredFromArchive)
    }

    /// Returns what it costs a month at most.
    ///
    /// # Errors
    /// The price that is not known.
    pub(super) fn month(&self, region: &Region, prices: &Prices) -> Result<Money, UnknownPrice> {
        let bytes = self.at_most_bytes().ok_or_else(|| UnknownPrice::SnapshotSize(self.id.clone()))?;
        if self.placed {
            return Err(UnknownPrice::PlacedStorage(region.clone()));
        }
        let standard =
            || prices.storage_month_of_bytes(region, bytes).ok_or_else(|| UnknownPrice::Storage(region.clone()));
        let archive =
            || prices.archive_month_of_bytes(region, bytes).ok_or_else(|| UnknownPrice::Archive(region.clone()));
        match self.tier {
            StorageTier::Standard => standard(),
            StorageTier::Archive => archive(),
            StorageTier::RestoredFromArchive => Ok(standard()? + archive()?),
            StorageTier::Other => Err(UnknownPrice::OtherTier(region.clone())),
        }
    }
}

/// A snapshot with its region and its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PricedSnapshot {
    pub(super) snapshot: StoredSnapshot,
    pub(super) month: Result<Money, UnknownPrice>,
}
