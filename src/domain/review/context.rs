//! What a review knows without asking AWS.

use crate::domain::{
    account::AccountId,
    copy::{Encryption, ImageName},
    ids::ImageId,
    region::{Region, RegionInfo},
};

/// What is known without asking AWS.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReviewContext {
    /// The account that copies.
    pub account: Option<AccountId>,
    /// The account's regions; empty if they are to be asked for.
    pub regions: Vec<RegionInfo>,
    /// Own copies that have not ended.
    pub under_way: Vec<UnderWay>,
    /// Own copies that have ended well, for estimates.
    pub completed: Vec<CompletedCopy>,
    pub limits: ReviewLimits,
}

/// An own copy that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWay {
    pub source: ImageId,
    pub destination: Region,
    pub name: ImageName,
    pub encryption: Encryption,
    /// The new image, once there is one.
    pub image: Option<ImageId>,
}

/// How long a copy took.
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
