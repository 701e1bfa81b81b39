//! Snapshots that an image left behind when it was deregistered. In doubt a snapshot is none: whatever is not proven, denied or not read
//! keeps it, because what is deleted by mistake is gone.

mod bin;
mod judge;
mod kept;
mod listing;
mod made_for;
#[cfg(test)]
mod tests;

pub use bin::{BinnedImage, BinnedSnapshot, RecycleBin};
pub use judge::{FoundOrphans, Judge, Judged, KEPT_TAG, KeptSnapshot, MIN_AGE, Orphan};
pub use kept::{Implausible, Kept};
pub use listing::{Claimant, Claims, Elsewhere, OwnSnapshot, RegionListing, Sharing};
pub use made_for::{MadeFor, Maker, made_for};
