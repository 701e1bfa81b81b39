//! Storage that the account's own images hold in EBS snapshots, by family, region, account and image, and what it costs at most.
//!
//! EBS bills the blocks that changed since the snapshot before, which EC2 does not report. The upper bound of a snapshot is the full
//! size that EC2 reports of it, or its volume's size. Pure.

mod groups;
mod held;
mod snapshot;
mod sums;

pub use groups::{Group, GroupBy, Row};
pub use held::{Input, RegionStorage, StorageHeld};
pub use snapshot::{StorageTier, StoredSnapshot};
pub use sums::{Cost, Held};

#[cfg(test)]
mod tests;
