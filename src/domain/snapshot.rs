//! Snapshots as EC2 describes them. Field names in JSON are EC2's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::{ImageId, SnapshotId},
    image::Tag,
};

/// State of a snapshot. Source: EC2 API reference, `SnapshotState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotState {
    Pending,
    Completed,
    /// Failed; `StateMessage` says why.
    Error,
    /// Any other state: recoverable, recovering, or unknown to this program.
    Other,
}

/// A snapshot as `DescribeSnapshots` returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshot {
    #[serde(rename = "SnapshotId")]
    pub id: SnapshotId,
    pub state: SnapshotState,
    /// Percent; `None` while EC2 reports none.
    pub progress: Option<u8>,
    /// GiB.
    pub volume_size: u32,
    /// Source volume; [`Snapshot::VOLUME_OF_COPIES`] for a copied snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_id: Option<Box<str>>,
    /// Start time by EC2's clock.
    #[serde(default, rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it was completed, by EC2's clock; none while it is pending.
    #[serde(default, rename = "CompletionTime", skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// EC2's message on a failure.
    pub state_message: Option<Box<str>>,
    /// Names the new image for a snapshot made by `CopyImage`.
    pub description: Box<str>,
    pub encrypted: bool,
    /// ARN of the key.
    pub kms_key_id: Option<Box<str>>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
}

impl Snapshot {
    /// Volume id of every snapshot made by `CopyImage` or `CopySnapshot`; refers to no volume.
    /// Source: EC2 API reference, `CopySnapshot`.
    pub const VOLUME_OF_COPIES: &'static str = "vol-ffffffff";

    /// Returns the image that a copy made this snapshot for, from the description EC2 writes.
    pub fn destination_image(&self) -> Option<ImageId> {
        let rest = self.description.strip_prefix("Copied for DestinationAmi ")?;
        ImageId::new(rest.split_whitespace().next()?).ok()
    }

    /// Returns what `CopyImage` made this snapshot for, from the description EC2 writes:
    /// `Copied for DestinationAmi ami-A from SourceAmi ami-B for SourceSnapshot snap-C. Task created on 1,552,061,232,790.`
    /// Anybody can write the same description, so this alone proves nothing.
    pub fn copied_for(&self) -> Option<CopiedFor> {
        let rest = self.description.strip_prefix("Copied for DestinationAmi ")?;
        let (image, rest) = rest.split_once(" from SourceAmi ")?;
        let (source, rest) = rest.split_once(" for SourceSnapshot ")?;
        let snapshot = rest.split_whitespace().next()?.trim_end_matches('.');
        Some(CopiedFor {
            image: ImageId::new(image).ok()?,
            source: ImageId::new(source).ok()?,
            snapshot: SnapshotId::new(snapshot).ok()?,
        })
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|t| &*t.key == key).map(|t| &*t.value)
    }
}

/// What the description of a copied snapshot names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedFor {
    /// The new image.
    pub image: ImageId,
    /// The source image.
    pub source: ImageId,
    /// The source image's snapshot.
    pub snapshot: SnapshotId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_the_new_image() {
        let mut snapshot = Snapshot {
            id: SnapshotId::new("snap-1").unwrap(),
            state: SnapshotState::Pending,
            progress: None,
            volume_size: 8,
            volume_id: None,
            started: None,
            completed: None,
            state_message: None,
            description: "Copied for DestinationAmi ami-a from SourceAmi ami-b for SourceSnapshot snap-c. Task created on 1,552,061,232,790.".into(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        };
        assert_eq!(snapshot.destination_image(), ImageId::new("ami-a").ok());
        let copied = snapshot.copied_for().unwrap();
        assert_eq!(
            [copied.image.as_str(), copied.source.as_str(), copied.snapshot.as_str()],
            ["ami-a", "ami-b", "snap-c"]
        );
        snapshot.description = "nightly".into();
        assert_eq!((snapshot.destination_image(), snapshot.copied_for()), (None, None));
    }
}
