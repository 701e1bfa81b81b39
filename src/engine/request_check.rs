//! What came out of a copy checked against what was requested, as data.

use serde::{Deserialize, Serialize};

use super::ids::JobTags;
use crate::domain::SnapshotId;

/// Whether a copy was checked against its request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RequestCheck {
    /// No: it is not available, nobody knows what was requested, or it was read by an earlier version.
    #[default]
    NotMade,
    /// It is to be read (once more): it differed, or could not be read whole.
    Due {
        /// Reads so far.
        reads: u8,
    },
    /// It was.
    Made {
        /// What is not as requested.
        differences: Vec<Deviation>,
        /// Why the snapshots were not compared, if they were not.
        unread: Option<String>,
    },
}

impl RequestCheck {
    /// Returns what is not as requested.
    pub fn differences(&self) -> &[Deviation] {
        if let Self::Made { differences, .. } = self { differences } else { &[] }
    }

    /// Returns true if the copy is to be read once more.
    pub(super) fn is_due(&self) -> bool {
        matches!(self, Self::Due { .. })
    }
}

/// A property that is not as requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The property.
    pub property: Property,
    /// What was requested.
    pub expected: String,
    /// What EC2 shows; `None` if it shows none.
    pub found: Option<String>,
}

/// A property that is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Property {
    /// The image's name.
    Name,
    /// The image's description.
    Description,
    /// Sizes of the volumes in GiB, from small to large.
    Volumes,
    /// The devices with their sizes, by name, where the sizes alone are as requested.
    Devices,
    /// A tag of the image.
    ImageTag(String),
    /// Whether these snapshots are encrypted.
    Encryption(Vec<SnapshotId>),
    /// The key of these snapshots.
    Key(Vec<SnapshotId>),
    /// A tag of these snapshots.
    SnapshotTag(String, Vec<SnapshotId>),
}

impl Property {
    /// Returns true if it is one of the two tags that amigrate sets by itself.
    pub fn is_own_tag(&self) -> bool {
        matches!(self, Self::ImageTag(key) | Self::SnapshotTag(key, _) if [JobTags::JOB, JobTags::BATCH].contains(&key.as_str()))
    }
}
