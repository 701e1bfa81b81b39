//! What was requested, and is not answered yet.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use crate::{
    domain::{
        AccountId, ImageId, Region,
        compare::{CompareRequest, ImageRef},
        preset::Preset,
        review::CheckId,
    },
    engine::{Job, JobId},
};

/// What a pending reply is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PendingReply {
    Account,
    Regions,
    Images {
        region: Region,
        /// Images on the pages before.
        listed: usize,
        /// Nobody asked for it: nothing is shown before its end.
        quiet: bool,
    },
    /// The first page of a region that nobody has chosen: whether it answers fast.
    FirstPage(Region),
    /// Images that were asked for by their ids.
    KnownImages {
        region: Region,
        ids: BTreeSet<ImageId>,
    },
    /// The KMS keys of a region.
    Keys(Region),
    /// A check of the review that is open.
    Check(CheckId),
    /// Whether an available copy whose steps are changed may become public.
    PublicAccess(JobId),
    Profiles,
    History,
    Audit(JobId),
    ImageDetails(ImageId),
    /// Images that are compared.
    Comparison(CompareRequest),
    Lineage(ImageRef),
    /// Who uses the image of a page.
    UsedBy(ImageRef),
    /// A usage report, which EC2 takes minutes to make.
    UsageReport(ImageRef),
    /// Who uses images that are about to be deregistered.
    Usage,
    /// What is read or changed for a page of storage.
    Storage(StorageWork),
    /// The plan of policies, or what came of carrying it out, in this account.
    Sync {
        work: SyncWork,
        account: AccountId,
    },
    /// What the account of an owner, which is on the screen as well, gives to this one.
    Access(AccountId),
    /// The source of a copy that is made again.
    Source(Arc<Job>),
    Forms(FormRequest),
    Filters(FilterRequest),
    /// The profiles, for the palette.
    ProfileNames,
    Export {
        path: PathBuf,
        images: usize,
        /// Regions whose images are not all in it.
        incomplete: BTreeSet<Region>,
    },
}

impl PendingReply {
    /// Returns true if it is about jobs or snapshots of the account that is shown.
    pub(super) fn concerns_account(&self) -> bool {
        matches!(
            self,
            Self::PublicAccess(_)
                | Self::History
                | Self::Audit(_)
                | Self::Source(_)
                | Self::Storage(_)
                | Self::Sync { work: SyncWork::Plan, .. }
        )
    }

    /// Returns true if it is told also after its account was left: something is being changed there.
    pub(super) fn outlives_account(&self) -> bool {
        matches!(self, Self::Sync { work: SyncWork::Apply, .. } | Self::Access(_))
    }

    /// Returns true if it is for a page of text.
    pub(super) fn is_of_page(&self) -> bool {
        matches!(
            self,
            Self::Audit(_)
                | Self::ImageDetails(_)
                | Self::Comparison(_)
                | Self::Lineage(_)
                | Self::UsedBy(_)
                | Self::UsageReport(_)
        )
    }

    /// Returns true if nothing shows that it is waited for.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(
            self,
            Self::Images { quiet: true, .. }
                | Self::FirstPage(_)
                | Self::KnownImages { .. }
                // The page says so; it takes minutes.
                | Self::UsageReport(_)
        )
    }
}

/// What is read or changed for a page of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageWork {
    FindOrphans,
    ReadBins,
    ReadHeld,
    /// So many snapshots.
    Delete(usize),
    /// So many images and snapshots.
    Restore(usize),
}

/// What is done with policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncWork {
    Plan,
    /// The plan is carried out.
    Apply,
}

/// What was requested of the stored contents of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormRequest {
    Read,
    /// The names, for the palette.
    Names,
    /// The preset of this name, for the form that is open.
    Apply(String),
    Save {
        name: String,
        preset: Box<Preset>,
    },
    Remove(String),
}

/// What was requested of the saved filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterRequest {
    /// Their names, for the palette.
    Names,
    Choose,
    Apply(String),
    Save(String),
    Remove(String),
}
