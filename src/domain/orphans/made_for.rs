//! For which image EC2 made a snapshot, from the description that EC2 writes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::{ImageId, SnapshotId},
    snapshot::Snapshot,
};

/// The image that a snapshot was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFor {
    pub image: ImageId,
    pub maker: Maker,
}

/// The call that made a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Maker {
    CopyImage {
        /// The image that was copied.
        source: ImageId,
        /// Its snapshot.
        snapshot: SnapshotId,
        /// When EC2 began.
        task: Timestamp,
    },
    CreateImage,
}

/// Returns the image that a snapshot was made for. Only the whole description in EC2's own form counts, with complete ids: one that was
/// cut off would name an image that never was.
pub fn made_for(snapshot: &Snapshot) -> Option<MadeFor> {
    copied(snapshot).or_else(|| created(&snapshot.description))
}

/// Reads `Copied for DestinationAmi ami-A from SourceAmi ami-B for SourceSnapshot snap-C. Task created on 1,552,061,232,790.`
fn copied(snapshot: &Snapshot) -> Option<MadeFor> {
    let named = snapshot.copied_for()?;
    let (start, stamp) = snapshot.description.rsplit_once(". Task created on ")?;
    let whole = format!(
        "Copied for DestinationAmi {} from SourceAmi {} for SourceSnapshot {}",
        named.image, named.source, named.snapshot
    );
    let digits: String = stamp.strip_suffix('.')?.split(',').collect();
    let plain = start == whole && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let task = Timestamp::from_millisecond(digits.parse().ok().filter(|_| plain)?).ok()?;
    let maker = Maker::CopyImage { source: named.source, snapshot: named.snapshot, task };
    Some(MadeFor { image: named.image, maker }).filter(|made| made.image.is_complete())
}

/// Reads `Created by CreateImage(i-A) for ami-B`, and the older `Created by CreateImage(i-A) for ami-B from vol-C`.
fn created(description: &str) -> Option<MadeFor> {
    let rest = description.strip_prefix("Created by CreateImage(i-")?;
    let (instance, rest) = rest.split_once(") for ")?;
    let (image, volume) = match rest.split_once(" from vol-") {
        Some((image, volume)) => (image, volume),
        None => (rest, "0"),
    };
    let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit());
    let image = ImageId::new(image).ok().filter(|image| image.is_complete() && plain(instance) && plain(volume))?;
    Some(MadeFor { image, maker: Maker::CreateImage })
}
