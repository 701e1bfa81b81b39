//! What the account on the screen shows of the others: their images beside its own, and how they are. Nothing of it can be changed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{AccountId, Failure, Image, ImageId, Region},
    tui::{bindings::Action, job_counts::JobCounts},
};

/// Number of a profile that is on the screen. It is given once in a run, in the order in which profiles come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProfileId(pub u32);

/// The list of a region as an account sees it: an image that one account shares with another is in the lists of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListKey {
    pub region: Region,
    pub profile: ProfileId,
}

/// What an account's model has the workspace do, which has all of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WorkspaceRequest {
    /// Show another account, and run the action there.
    Show(ProfileId, Action),
    ShowNext,
    /// Show another account, and open its form on these images.
    CopyInto(ProfileId, Vec<Arc<Image>>),
    /// Have all list these regions, or those that answer fast.
    Regions(Option<Vec<Region>>),
    /// Have the accounts of exactly these profiles on the screen.
    Profiles(Vec<String>),
    /// List the images of the others again as well.
    Refresh,
}

/// Another account on the screen.
#[derive(Debug, Clone)]
pub struct OtherAccount {
    pub id: ProfileId,
    /// The profile, or where none is named the account.
    pub name: String,
    /// Once known.
    pub account: Option<AccountId>,
    /// Its images, as far as they are listed.
    pub lists: BTreeMap<Region, OtherList>,
    /// What keeps the images from being complete, for people; empty if they are.
    pub images_missing: String,
    /// Images are being listed.
    pub is_loading: bool,
    pub(super) jobs: JobCounts,
    /// What its copies read that have not ended.
    pub(super) reads: Vec<SourceRead>,
    pub problems: usize,
    /// The problems, as far as they are listed.
    pub(super) listed_problems: Vec<OtherProblem>,
}

impl OtherAccount {
    /// Returns true if something is wrong, and not only slow.
    pub(super) fn is_failing(&self) -> bool {
        self.problems > 0 || !self.images_missing.is_empty() && !self.is_loading
    }
}

/// An image that a copy reads, and where the copy is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceRead {
    pub(super) image: (Region, ImageId),
    pub(super) destination: Region,
}

/// A current problem of another account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OtherProblem {
    pub(super) place: String,
    pub(super) region: Option<Region>,
    pub(super) failure: Failure,
    /// When it was first and last seen.
    pub(super) times: (Timestamp, Timestamp),
}

/// A list of another account.
#[derive(Debug, Clone, Default)]
pub struct OtherList {
    /// The version of the account's list.
    pub version: u64,
    pub images: Vec<Arc<Image>>,
    /// All of the region's images are in it.
    pub is_complete: bool,
}

/// The regions that an account lists because the one that is shown does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FollowedRegions {
    /// All that it has enabled, which it finds by itself.
    All,
    /// Those that answer it fast.
    Fast,
    /// These, as far as it has them enabled.
    These(Vec<Region>),
}
