//! Everything about one image as JSON. Names are those of the API calls, in `snake_case`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FailureRecord, ImageRecord, JobRecord};
use crate::domain::{
    LaunchPermission,
    image_details::{Ancestor, SnapshotDetails, VolumePermission},
};

/// What `amigrate show` prints. What could not be read is left out, and its failure is listed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct ImageDocument {
    pub(in crate::cli) image: ImageRecord,
    /// Who may launch it; only its owner may read that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) launch_permissions: Option<Vec<PermissionRecord>>,
    /// In the order of the devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) snapshots: Option<Vec<SnapshotRecord>>,
    /// State of block public access for images in its region: `block-new-sharing` or `unblocked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_block_public_access_state: Option<String>,
    /// The images it descends from, nearest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) ancestry: Option<Vec<AncestorRecord>>,
    /// The account's images that were copied from it, in every region that could be asked.
    pub(in crate::cli) copies: Vec<ImageRecord>,
    /// The copies in this store that it is the source or the new image of.
    pub(in crate::cli) jobs: Vec<JobRecord>,
    pub(in crate::cli) failures: Vec<FailureRecord>,
}

/// Who may launch an image or create volumes of a snapshot. One of the fields is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct PermissionRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_unit_arn: Option<String>,
    /// `all`: everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

/// A snapshot of the image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct SnapshotRecord {
    pub(in crate::cli) snapshot_id: String,
    pub(in crate::cli) encrypted: bool,
    /// ARN of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) kms_key_id: Option<String>,
    /// Who may create volumes of it; only its owner may read that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) create_volume_permissions: Option<Vec<PermissionRecord>>,
}

/// An image that the image descends from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct AncestorRecord {
    pub(in crate::cli) image_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_owner_alias: Option<String>,
}

impl PermissionRecord {
    /// Returns it in a word: an account, an ARN, or `everyone`.
    pub(in crate::cli) fn word(&self) -> &str {
        let set = [&self.user_id, &self.organization_arn, &self.organizational_unit_arn];
        set.into_iter().find_map(Option::as_deref).unwrap_or("everyone")
    }
}

impl From<&LaunchPermission> for PermissionRecord {
    fn from(permission: &LaunchPermission) -> Self {
        let text = Some(permission.to_string());
        match permission {
            LaunchPermission::Account(_) => Self { user_id: text, ..Self::default() },
            LaunchPermission::Organization(_) => Self { organization_arn: text, ..Self::default() },
            LaunchPermission::OrganizationalUnit(_) => Self { organizational_unit_arn: text, ..Self::default() },
            LaunchPermission::Public => Self { group: Some("all".into()), ..Self::default() },
        }
    }
}

impl From<&VolumePermission> for PermissionRecord {
    fn from(permission: &VolumePermission) -> Self {
        match permission {
            VolumePermission::Account(account) => Self { user_id: Some(account.to_string()), ..Self::default() },
            VolumePermission::Public => Self { group: Some("all".into()), ..Self::default() },
        }
    }
}

impl From<&SnapshotDetails> for SnapshotRecord {
    fn from(snapshot: &SnapshotDetails) -> Self {
        let permissions = snapshot.permissions.as_ref().ok();
        Self {
            snapshot_id: snapshot.id.to_string(),
            encrypted: snapshot.encrypted,
            kms_key_id: snapshot.key.as_deref().map(str::to_owned),
            create_volume_permissions: permissions.map(|all| all.iter().map(PermissionRecord::from).collect()),
        }
    }
}

impl From<&Ancestor> for AncestorRecord {
    fn from(ancestor: &Ancestor) -> Self {
        Self {
            image_id: ancestor.image.to_string(),
            region: ancestor.region.as_ref().map(ToString::to_string),
            image_owner_alias: ancestor.owner_alias.as_deref().map(str::to_owned),
        }
    }
}
