//! What is known of the account when a plan is made.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use crate::domain::{
    account::AccountId,
    ids::ImageId,
    image::{Image, ImageState},
    image_usage::ImageUsage,
    region::Region,
};

/// The route of a copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    pub source_region: Region,
    pub source: ImageId,
    pub destination: Region,
}

/// What is known of the account.
#[derive(Debug, Clone)]
pub struct AccountState {
    pub account: AccountId,
    pub now: Timestamp,
    /// The account's images of each region, in every state. A region that could not be listed to the end is missing.
    pub images: BTreeMap<Region, Vec<Arc<Image>>>,
    /// Copies of the queue that EC2 does not show yet.
    pub under_way: BTreeSet<Route>,
    /// Images that copies of the queue read, each with its region.
    pub being_copied: BTreeSet<(Region, ImageId)>,
    /// Images that the queue removes.
    pub being_removed: BTreeSet<ImageId>,
    /// Images that the queue has deregistered. One that is there has come back from the Recycle Bin.
    pub deregistered: BTreeSet<ImageId>,
    /// Copies that are pending anywhere; `None` if nobody has asked.
    pub pending: Option<PendingCopies>,
    /// Who uses images, as far as it was read.
    pub usage: HashMap<(Region, ImageId), ImageUsage>,
}

/// The account's pending copies in every region that is enabled.
#[derive(Debug, Clone, Default)]
pub struct PendingCopies {
    /// Of which images.
    pub sources: BTreeSet<ImageId>,
    /// Why not all regions could be asked.
    pub unknown: Option<String>,
}

impl PendingCopies {
    /// Adds what a region has answered.
    pub fn add(&mut self, images: impl IntoIterator<Item = Image>) {
        self.sources.extend(images.into_iter().filter_map(|image| image.source_image_id));
    }
}

impl AccountState {
    /// Returns the account's own images of a region; `None` if they are not known.
    pub(super) fn own(&self, region: &Region) -> Option<impl Iterator<Item = &Arc<Image>>> {
        let images = self.images.get(region)?;
        Some(images.iter().filter(|image| image.owner_id == self.account && image.state != ImageState::Deregistered))
    }

    /// Returns true if a copy of the image is being made: by the queue, or by anybody in one of the listed regions.
    pub(super) fn is_being_copied(&self, image: &Image) -> bool {
        let pending =
            |copy: &&Arc<Image>| copy.state == ImageState::Pending && copy.source_image_id.as_ref() == Some(&image.id);
        self.being_copied.contains(&(image.region.clone(), image.id.clone()))
            || self.images.values().flatten().any(|copy| pending(&copy))
    }
}
