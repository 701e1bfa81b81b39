//! The words of the problem: images, regions, copies, progress, failures.
//!
//! Owns validated plain types and the rules AWS states about them. Pure: no clock, no environment, no
//! async, no SDK, no terminal.

pub mod copy;
pub mod failure;
pub mod filter;
pub mod identity;
pub mod image;
pub mod kms_key;
pub mod plan;
pub mod progress;
pub mod query;
pub mod region;
pub mod template;
pub mod text;

pub use copy::{ClientToken, CopyRequest, Description, Encryption, ImageName};
pub use failure::{Failure, FailureKind, Retry};
pub use identity::{CredentialSource, Identity, LoginBackoff};
pub use image::{Image, ImageId, ImageState, Snapshot, SnapshotId, SnapshotState};
pub use kms_key::{KeyChoice, KmsKeyRef};
pub use query::{Account, AccountId, AccountKey, ImageQuery, OwnerFilter};
pub use region::{OptIn, Partition, Region, RegionInfo};
