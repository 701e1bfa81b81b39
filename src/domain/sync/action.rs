//! What a plan says: an action for each image, and why the whole may be refused.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    account_state::AccountState,
    keep_tag::OtherKeep,
    policy::RetireMode,
    tag::{NotOurs, SyncTag},
};
use crate::domain::{
    copy::CopyRequest,
    ids::ImageId,
    image::{Image, ImageState},
    region::Region,
};

/// When the plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the copies: those that are planned or pending count as there, since nothing is retired before they are.
    BeforeCopies,
    /// After them: only what is there counts, and nothing is retired where a wanted copy is missing.
    AfterCopies,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncPlan {
    pub actions: Vec<Action>,
    /// Why nothing of it may be carried out, or nothing be retired.
    pub refusals: Vec<Refusal>,
    /// The policies that match no image.
    pub empty: Vec<usize>,
}

/// What is done about one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Index of the policy.
    pub policy: usize,
    /// The destination; `None` if it is the same in all of them.
    pub region: Option<Region>,
    /// The source, or the copy that is retired or kept.
    pub image: Arc<Image>,
    pub kind: ActionKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ActionKind {
    Copy(Box<CopyRequest>),
    /// Not copied. With the request if the copy is on its way already.
    Skip(SkipReason, Option<Box<CopyRequest>>),
    /// The copy is retired: this many newer versions of its family exist.
    Retire {
        mode: RetireMode,
        family: String,
        keep: usize,
        /// The newer versions that are available.
        newer: Vec<ImageId>,
    },
    /// A copy that would be retired is kept.
    Keep(KeepReason),
    /// What a failed copy of sync has left goes.
    RemoveFailed,
}

/// Why nothing is carried out; or why nothing is retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Policies copy in a circle: these regions, the first again at the end.
    Cycle(Vec<Region>),
    /// Two policies want different things of one copy.
    Conflict { policies: [usize; 2], source: ImageId, region: Region, differs: &'static str },
    /// More would be retired than the policy allows.
    TooMany { policy: usize, count: usize, max: usize },
    /// More would be retired by all policies together than is allowed.
    TooManyInAll { count: usize, max: usize },
    /// Every copy of a family in a region that sync has made would be retired.
    RetiresAll { policy: usize, family: String, region: Region },
}

impl Refusal {
    /// Returns true if the policies themselves are wrong, whatever the account has: nothing is carried out. Otherwise nothing is retired.
    pub fn is_of_policies(&self) -> bool {
        matches!(self, Self::Cycle(_) | Self::Conflict { .. })
    }
}

impl SyncPlan {
    /// Returns the copies to make.
    pub fn copies(&self) -> impl Iterator<Item = &CopyRequest> {
        self.actions.iter().filter_map(|action| match &action.kind {
            ActionKind::Copy(request) => Some(request.as_ref()),
            _ => None,
        })
    }

    /// Returns the copies to make, and those on their way.
    pub fn awaited(&self) -> impl Iterator<Item = &CopyRequest> {
        self.actions.iter().filter_map(|action| match &action.kind {
            ActionKind::Copy(request) | ActionKind::Skip(_, Some(request)) => Some(request.as_ref()),
            _ => None,
        })
    }

    /// Returns the images to retire, and how.
    pub fn retired(&self) -> impl Iterator<Item = (&Arc<Image>, RetireMode)> {
        self.actions.iter().filter_map(|action| match action.kind {
            ActionKind::Retire { mode, .. } => Some((&action.image, mode)),
            _ => None,
        })
    }

    /// Returns why this plan, made after the copies, keeps an image that an earlier plan of the policy retires; `None` if it retires it too,
    /// by the same policy: another one may do it in another way.
    pub fn keeps(
        &self,
        policy: usize,
        image: &ImageId,
        region: &Region,
        account_state: &AccountState,
    ) -> Option<KeepReason> {
        let of_image = |action: &&Action| action.image.id == *image && action.image.region == *region;
        let decided = self.actions.iter().filter(of_image).find_map(|action| match &action.kind {
            ActionKind::Keep(reason) => Some(Some(reason.clone())),
            ActionKind::Retire { .. } if action.policy != policy => Some(Some(KeepReason::MadeForOtherPolicy)),
            ActionKind::Retire { .. } => Some(None),
            _ => None,
        });
        if let Some(decided) = decided {
            return decided;
        }
        Some(match account_state.images.get(region) {
            None => KeepReason::NotListed,
            Some(images) if images.iter().all(|other| other.id != *image) => KeepReason::Gone,
            Some(_) if misses_copies(&self.actions, Stage::AfterCopies, policy, region) => KeepReason::CopiesFirst,
            Some(_) => KeepReason::NotOld,
        })
    }

    /// Returns what failed copies have left and is to be removed.
    pub fn failed(&self) -> impl Iterator<Item = &Arc<Image>> {
        let failed = |action: &&Action| action.kind == ActionKind::RemoveFailed;
        self.actions.iter().filter(failed).map(|action| &action.image)
    }

    /// Returns true if the copy on a route is wanted, and not there.
    pub fn misses(&self, route: &SyncTag) -> bool {
        let is_missing = |kind: &ActionKind| match kind {
            ActionKind::Copy(_) => true,
            ActionKind::Skip(why, _) => !matches!(why, SkipReason::Exists(_)),
            _ => false,
        };
        let on_route =
            |action: &&Action| action.image.id == route.source && action.region.as_ref() == Some(&route.destination);
        self.actions.iter().filter(on_route).any(|action| is_missing(&action.kind))
    }

    /// Returns true if something is kept because copies of it may be under way in a region that could not be read.
    pub fn misses_pending(&self) -> bool {
        self.actions.iter().any(|action| matches!(action.kind, ActionKind::Keep(KeepReason::CopiesUnknown(_))))
    }

    /// Returns the old copies that the queue removes already.
    pub fn being_removed(&self) -> impl Iterator<Item = &Arc<Image>> {
        let removed = |action: &&Action| matches!(action.kind, ActionKind::Keep(KeepReason::BeingRemoved));
        self.actions.iter().filter(removed).map(|action| &action.image)
    }

    /// Returns true if something is to be copied, retired or removed.
    pub fn has_work(&self) -> bool {
        self.copies().next().is_some() || self.retired().next().is_some() || self.failed().next().is_some()
    }

    /// Returns the images of which only the users are to be read before they can be retired.
    pub fn unread(&self) -> impl Iterator<Item = &Arc<Image>> {
        let unread = |action: &&Action| matches!(action.kind, ActionKind::Keep(KeepReason::UsageNotRead));
        self.actions.iter().filter(unread).map(|action| &action.image)
    }
}

/// Why an image is not copied.
#[derive(Debug, Clone, PartialEq)]
pub enum SkipReason {
    /// A copy of it is there.
    Exists(ExistingCopy),
    /// A copy of it is pending there.
    Pending(ImageId),
    /// A copy of it is in the queue.
    UnderWay,
    /// It cannot be copied in its state.
    NotAvailable(ImageState),
    /// Sync has made it, or somebody has copied it with sync's tag.
    MadeBySync,
    /// Newer versions of its family are enough.
    Older,
    /// Another image there, or in this plan, has the name that the copy would get.
    NameTaken(ImageId),
    /// Another policy, named, makes this very copy.
    OtherPolicy(usize),
    /// The copy cannot be requested; the sentence says why.
    Mistake(String),
}

/// A copy that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingCopy {
    pub image: ImageId,
    pub state: ImageState,
    /// It is not encrypted although the policy asks for that.
    pub not_encrypted: bool,
    /// It is the image that the source was itself copied from.
    pub is_origin: bool,
    /// Sync has made it for another policy, which knows nothing of this one and may retire it.
    pub for_other_policy: bool,
}

impl ExistingCopy {
    /// Returns true if it cannot be launched until a person enables it.
    pub fn is_disabled(&self) -> bool {
        self.state == ImageState::Disabled
    }
}

impl SkipReason {
    /// Returns true if the copy is wanted, and is not there as it should be once all copies were made. One that another policy makes is
    /// named as there by both when it is.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Pending(_) | Self::UnderWay | Self::OtherPolicy(_)) || self.will_be_missing()
    }

    /// Returns true if it will not be there either once the copies are made. A plain original stays what it is, and keeps nothing else back:
    /// it counts as no version of its own.
    fn will_be_missing(&self) -> bool {
        match self {
            Self::Exists(existing) => existing.is_disabled() || existing.not_encrypted && !existing.is_origin,
            other => other.is_failure(),
        }
    }

    /// Returns true if a person has to do something about it.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Exists(existing) => existing.is_disabled() || existing.not_encrypted,
            other => matches!(other, Self::NameTaken(_) | Self::Mistake(_)),
        }
    }
}

/// Returns true if a copy that a policy wants in a region is not there, nor on its way before the copies are made.
pub(super) fn misses_copies(actions: &[Action], stage: Stage, policy: usize, region: &Region) -> bool {
    let misses = |kind: &ActionKind| match (kind, stage) {
        (ActionKind::Skip(why, _), Stage::BeforeCopies) => why.will_be_missing(),
        (ActionKind::Skip(why, _), Stage::AfterCopies) => why.is_missing(),
        (ActionKind::Copy(_), Stage::AfterCopies) => true,
        _ => false,
    };
    let here = |action: &&Action| action.policy == policy && action.region.as_ref() == Some(region);
    actions.iter().filter(here).any(|action| misses(&action.kind))
}

/// Why a copy that is older than the versions to keep is not retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepReason {
    /// It has sync's tag, and is not proven to be sync's own.
    NotOurs(NotOurs),
    /// An earlier version of this program has made it, without a policy's tag.
    NoPolicyTag,
    /// Its tag is another policy's.
    MadeForOtherPolicy,
    /// Copies of the policy were made with another `keep` or `retire`, which keep it.
    OtherKeep(OtherKeep),
    /// Its source is gone, and nobody has noted when that was created: it is not known which versions are newer.
    Undated,
    /// Its source is gone, and nothing says which name that had: its family is unknown.
    Unnamed,
    /// The newer versions are of another minor version, and nobody has said that these follow one another.
    OtherLine,
    /// Another policy, by its index, keeps it.
    OtherPolicy(usize),
    /// Its source is there, and the policy does not match it.
    SourceDoesNotMatch,
    /// Copies of the policy are missing in the region, which come first.
    CopiesFirst,
    Pending,
    NotAvailable(ImageState),
    /// It is deprecated or disabled already.
    AlreadyRetired,
    BeingRemoved,
    Protected,
    /// Its tag says that it is kept on purpose.
    Tagged,
    TooYoung,
    /// A copy of it is under way.
    SourceOfCopies,
    /// Copies of it may be under way: why that is not known.
    CopiesUnknown(String),
    RecentlyLaunched(Timestamp),
    /// Who uses it was not read.
    UsageNotRead,
    /// Who uses it could not be read whole: why.
    UsageUnknown(String),
    /// A resource names it.
    InUse(String),
    /// Others may launch it.
    Shared,
    /// Others may create volumes of its snapshots.
    SnapshotsShared,
    /// Other images use its snapshots.
    SnapshotsUsed,
    /// Without it no image of its family would be available in the region.
    LastAvailable,
    /// It was deregistered before, and has come back since.
    Restored,
    /// It is not there any more.
    Gone,
    /// Its region could not be listed any more.
    NotListed,
    /// It is among the versions to keep by now.
    NotOld,
    /// It is old, and nothing is retired because too much would be: see [`SyncPlan::refusals`].
    Refused,
}
