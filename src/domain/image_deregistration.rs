//! A request to deregister an image.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{ids::ImageId, image::Image, region::Region};

/// An image of the account's own that is to be deregistered, as EC2 showed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageDeregistration {
    /// Its region.
    pub region: Region,
    /// The image.
    pub image: ImageId,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// The image it was copied from, if EC2 knows.
    pub source: Option<(Region, ImageId)>,
    /// The sizes of its volumes, GiB.
    pub volumes: Vec<u32>,
    /// Its snapshots are kept.
    pub keep_snapshots: bool,
    /// When what was found about it does not hold any more: it is left as it is then. `None` if it goes whenever that is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

impl ImageDeregistration {
    /// Makes one of an image.
    pub fn of(image: &Image, keep_snapshots: bool) -> Self {
        let source = image.copied_from();
        let source = source.map(|(id, region)| (region.unwrap_or(&image.region).clone(), id.clone()));
        Self {
            region: image.region.clone(),
            image: image.id.clone(),
            name: image.name.to_string(),
            created: image.created,
            source,
            volumes: image.snapshot_volumes(),
            keep_snapshots,
            not_after: None,
        }
    }
}
