//! Images, regions, copy requests, progress and failures: validated plain types, and AWS's rules about them. Pure: no clock,
//! environment, async, SDK or terminal.

pub mod account;
pub mod again;
pub mod cli_command;
pub mod completion;
pub mod copy;
pub mod derived_token;
pub mod draft;
pub mod failure;
pub mod filter;
pub mod identity;
pub mod ids;
pub mod image;
pub mod image_deregistration;
pub mod image_details;
pub mod image_usage;
pub mod kms_key;
pub mod palette;
pub mod placement;
pub mod plan;
pub mod post_copy;
pub mod preset;
pub mod price;
pub mod progress;
pub mod query;
pub mod region;
pub mod review;
pub mod snapshot;
pub mod tag_line;
pub mod template;
pub mod text;
pub mod typed_texts;

pub use account::{Account, AccountId, AccountKey};
pub use completion::CompletionDuration;
pub use copy::{ClientToken, CopyRequest, Description, Encryption, Expected, ImageName};
pub use failure::{Failure, FailureKind, Retry};
pub use identity::{CredentialSource, Identity, LoginBackoff};
pub use ids::{ImageId, SnapshotId};
pub use image::{Image, ImageState};
pub use image_deregistration::ImageDeregistration;
pub use kms_key::{KeyChoice, KmsKeyRef};
pub use placement::{OutpostArn, Placement, ZoneName};
pub use post_copy::{LaunchPermission, OrganizationsArn, PostCopyStep};
pub use query::{ImageListing, ImageQuery, OwnerFilter, QueryFilter};
pub use region::{OptIn, Partition, Region, RegionInfo};
pub use snapshot::{Snapshot, SnapshotState};
