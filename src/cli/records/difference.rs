//! What is not as requested, as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::{Deviation, Property};

/// A property that is not as requested.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DifferenceRecord {
    /// `name`, `description`, `volumes`, `devices`, `image_tag`, `snapshot_tag`, `encrypted` or `kms_key_id`.
    property: &'static str,
    /// Of a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Of properties of snapshots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    snapshot_ids: Vec<String>,
    expected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

pub(super) fn difference(difference: &Deviation) -> DifferenceRecord {
    let (property, key, snapshots) = match &difference.property {
        Property::Name => ("name", None, &[][..]),
        Property::Description => ("description", None, &[][..]),
        Property::Volumes => ("volumes", None, &[][..]),
        Property::Devices => ("devices", None, &[][..]),
        Property::ImageTag(key) => ("image_tag", Some(key), &[][..]),
        Property::Encryption(snapshots) => ("encrypted", None, snapshots.as_slice()),
        Property::Key(snapshots) => ("kms_key_id", None, snapshots.as_slice()),
        Property::SnapshotTag(key, snapshots) => ("snapshot_tag", Some(key), snapshots.as_slice()),
    };
    DifferenceRecord {
        property,
        key: key.cloned(),
        snapshot_ids: snapshots.iter().map(ToString::to_string).collect(),
        expected: difference.expected.clone(),
        found: difference.found.clone(),
    }
}
