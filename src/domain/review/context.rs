//! What a review knows without asking AWS.

use std::{collections::BTreeSet, sync::Arc};

use crate::domain::{
    account::AccountId,
    copy::{CopyRequest, Encryption, ImageName},
    ids::ImageId,
    image::Image,
    placement::Placement,
    region::{Region, RegionInfo},
};

/// What is known without asking AWS.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReviewContext {
    /// The account that copies.
    pub account: Option<AccountId>,
    /// The account's regions; empty if they are to be asked for.
    pub regions: Vec<RegionInfo>,
    /// Own copies that have not ended, except those that are being removed. Of copies started elsewhere nothing is known but their
    /// images, which are looked up anyway.
    pub under_way: Vec<UnderWay>,
    /// Images that are being removed: they do not count as there.
    pub being_removed: BTreeSet<ImageId>,
    /// Own copies that have ended well, for estimates.
    pub completed: Vec<CompletedCopy>,
    pub limits: ReviewLimits,
    /// The images to copy as another account on the screen lists them. What this account does not see of them is named.
    pub listed_by_others: Vec<Arc<Image>>,
    /// What the owners of the sources share was looked up before, or is given before the copies start.
    pub access_is_known: bool,
}

/// An own copy that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWay {
    pub source: ImageId,
    pub destination: Region,
    pub name: ImageName,
    pub encryption: Encryption,
    pub placement: Placement,
    /// The new image, once there is one.
    pub image: Option<ImageId>,
}

impl UnderWay {
    /// The copy of this request.
    pub fn of(request: &CopyRequest, image: Option<ImageId>) -> Self {
        Self {
            source: request.source.clone(),
            destination: request.destination.clone(),
            name: request.name.clone(),
            encryption: request.encryption.clone(),
            placement: request.placement.clone(),
            image,
        }
    }
}

/// How long a copy took. Only copies that were watched until their end, and not time-based ones, which take as long as was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedCopy {
    pub destination: Region,
    pub gib: u64,
    pub seconds: u64,
}

/// Limits of the settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReviewLimits {
    /// Most pending copies per destination.
    pub pending: usize,
    /// Copies started per second and destination, once the burst is spent.
    pub starts_per_second: f64,
    /// Copies started at once per destination; also the most kinds of requests whose permission is tried.
    pub start_burst: usize,
    /// More copies than this are confirmed by typing their number.
    pub confirm_copies: usize,
    /// Likewise, GiB.
    pub confirm_gib: u64,
    /// New images get amigrate's tags.
    pub job_tags: bool,
}
