//! Records of what happened to the account, for tests: changes of images and snapshots, and calls signed by other accounts.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, ImageId, Region},
    sim::world::timeline::Actor,
};

/// A change of an image or snapshot that existed. A call that leaves attributes as they were changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    pub region: Region,
    pub by: Actor,
    pub kind: ChangeKind,
    /// Id of the image or snapshot.
    pub resource: Box<str>,
    /// Who had made the resource.
    pub provenance: Provenance,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// `DeregisterImage`.
    Deregistered,
    /// `DeleteSnapshot`.
    Deleted,
    /// Deleted along with this image because of `DeleteAssociatedSnapshots`.
    DeletedWith(ImageId),
    /// `CreateTags`.
    Tagged,
    /// `DeleteTags`.
    Untagged,
    /// `ModifyImageAttribute` or `ResetImageAttribute`: launch permissions.
    LaunchPermissionsChanged,
    /// `ModifyImageAttribute`: any other attribute.
    AttributeChanged,
    /// `ModifySnapshotAttribute`.
    CreateVolumePermissionsChanged,
    /// `EnableImageDeprecation` or `DisableImageDeprecation`.
    DeprecationChanged,
    /// `EnableImageDeregistrationProtection` or `DisableImageDeregistrationProtection`.
    ProtectionChanged,
    /// `DisableImage`.
    Disabled,
    /// `EnableImage`.
    Enabled,
    /// `RestoreImageFromRecycleBin` or `RestoreSnapshotFromRecycleBin`.
    Restored,
}

/// Who made an image or snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    pub created_by: Actor,
    /// The client token of the `CopyImage` that made it.
    pub token: Option<String>,
    /// For a snapshot: the image whose copy made it.
    pub image: Option<ImageId>,
}

/// A call to EC2 or KMS signed with another account's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignCall {
    pub at: Timestamp,
    pub account: AccountId,
    pub region: Region,
    pub action: String,
}
