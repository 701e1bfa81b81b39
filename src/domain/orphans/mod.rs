//! Snapshots that an image left behind when it was deregistered. When in doubt, a snapshot is kept: whatever is not proven, denied or not read
//! keeps it, because what is deleted by mistake is gone.

mod bin;
mod classify;
mod keep_reason;
mod listing;
mod made_for;
#[cfg(test)]
mod tests;

pub use bin::{RecycleBin, RecycleBinImage, RecycleBinSnapshot};
pub use classify::{Classified, Classifier, FoundOrphans, KEPT_TAG, KeptSnapshot, MIN_AGE, Orphan};
pub use keep_reason::{Implausible, KeepReason};
pub use listing::{Claimant, Claims, OtherRegionImages, OwnSnapshot, RegionListing, Sharing};
pub use made_for::{MadeFor, Maker, made_for};
