//! Messages and effects, as plain data: a log of messages replays to the same screen.

use std::{collections::BTreeSet, fmt, path::PathBuf, sync::Arc};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    aws::ImagePage,
    config::{NamedFilters, Presets, RememberedView},
    domain::{
        Account, AccountKey, CredentialSource, Failure, Image, ImageId, ImageQuery, Region, RegionInfo, SnapshotId,
        compare::{CompareRequest, Incomparable, Pair},
        image_access::{ShareOutcome, ShareRequest},
        image_details::ImageDetails,
        image_usage::ImageUsage,
        kms_key::KeyList,
        lineage::LineageRead,
        orphans::{FoundOrphans, Orphan, RecycleBin},
        palette::{ExportFormat, ExportedImage},
        preset::Preset,
        review::{CheckAnswer, CheckRequest},
        storage_held::RegionStorage,
        usage_report::Reported,
    },
    driver::{
        JobUpdate,
        orphans::{DeletionOutcome, RestoreOutcome},
    },
    engine::{AuditEntry, Command, Job, JobId},
    term::Input,
    tui::sync_plan::{PrintedPlan, SyncRequest},
};

/// Number of an effect. Its reply carries it; a reply that is no longer pending is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId(pub u64);

/// Everything that can change the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    Input(Input),
    /// The answer to an effect.
    Reply {
        id: EffectId,
        reply: Reply,
    },
    Jobs(JobUpdate),
    /// A login has written its files: credentials that did not work may work now.
    LoginChanged,
    /// The text of [`Effect::Clipboard`] is longer than terminals accept.
    ClipboardTooLong,
    /// The wall clock was set forward (or back, if negative) by this much.
    ClockStepped(SignedDuration),
    /// A deadline has passed.
    Tick,
    /// A frame is about to be drawn: cached rows are brought up to date. Never has effects.
    Frame,
}

/// Everything the runtime does for the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Load a profile's configuration and check that it has credentials.
    Connect {
        id: EffectId,
        /// `None` for the environment's.
        profile: Option<String>,
    },
    /// Look up the account of the credentials.
    AskAccount {
        id: EffectId,
    },
    /// List the account's regions.
    ListRegions {
        id: EffectId,
    },
    /// Fetch one page of images.
    ListImages {
        id: EffectId,
        region: Region,
        query: ImageQuery,
        /// Token of the page; `None` for the first.
        token: Option<String>,
    },
    /// List the KMS keys of a destination.
    ListKeys {
        id: EffectId,
        region: Region,
    },
    /// Carry out a check of a review.
    Check {
        id: EffectId,
        request: CheckRequest,
    },
    /// List the profiles configured on this machine.
    ListProfiles {
        id: EffectId,
    },
    /// Read the account's jobs, follow their changes, and run the queue if no other process does.
    OpenJobs {
        account: AccountKey,
    },
    /// Show the jobs of the account that the profile signed in to last, as they are stored.
    ShowStoredJobs,
    /// Stop following the jobs and running the queue: another account comes.
    CloseJobs,
    /// Send a command to the driver. It is stored before it is carried out.
    Command(Command),
    /// Read the jobs that have ended.
    History {
        id: EffectId,
    },
    /// Read the changing calls that were sent for a job.
    Audit {
        id: EffectId,
        job: JobId,
    },
    /// Read the presets, and the values of the account that were started last.
    ReadForms {
        id: EffectId,
    },
    SavePreset {
        id: EffectId,
        name: String,
        preset: Box<Preset>,
        /// Replaces one of that name; otherwise the reply is [`Reply::PresetExists`].
        replace: bool,
    },
    RemovePreset {
        id: EffectId,
        name: String,
    },
    /// Read the saved filters.
    ReadFilters {
        id: EffectId,
    },
    /// Save a filter under a name, or remove the one of that name.
    ChangeFilter {
        id: EffectId,
        name: String,
        filter: Option<String>,
    },
    /// Keep the values of a form that was started, to offer them again.
    KeepLastValues(Box<Preset>),
    /// Read images of a region by their ids.
    ReadImages {
        id: EffectId,
        region: Region,
        images: Vec<ImageId>,
    },
    /// Read an image by its id.
    ReadImage {
        id: EffectId,
        region: Region,
        image: ImageId,
    },
    /// Read what the listing does not contain about an image.
    ReadImageDetails {
        id: EffectId,
        image: Arc<Image>,
    },
    /// Read two images that are compared, with what belongs to them.
    Compare {
        id: EffectId,
        request: CompareRequest,
    },
    /// Read what an image was made from, and what was copied from it to these regions.
    ReadLineage {
        id: EffectId,
        image: Arc<Image>,
        regions: Vec<Region>,
    },
    /// Read who uses images of a region.
    ReadUsage {
        id: EffectId,
        region: Region,
        images: Vec<Arc<Image>>,
    },
    /// Request a usage report of an image, wait for it, and read it.
    RequestUsageReport {
        id: EffectId,
        image: Arc<Image>,
    },
    /// Read or change what the pages of storage show.
    Storage {
        id: EffectId,
        request: StorageRequest,
    },
    /// Give another account what it lacks to copy images of this one.
    GiveAccess {
        id: EffectId,
        request: ShareRequest,
    },
    /// Have the plan of policies made, or carried out.
    Sync {
        id: EffectId,
        request: SyncRequest,
    },
    /// Write images to a file.
    Export {
        id: EffectId,
        request: ExportRequest,
    },
    /// Start a process without a terminal that runs the queue after this one.
    Background,
    /// Watch the files that a login writes, or stop that.
    WatchLogin(bool),
    /// Put a text on the clipboard of the user's terminal.
    Clipboard(Unlogged),
    Bell,
    /// Ask the terminal for a notification.
    Notify(Unlogged),
    /// Set the window's title.
    Title(Unlogged),
    /// Turn mouse reporting on or off.
    Mouse(bool),
    /// Draw every cell again.
    Repaint,
    /// Take the terminal again after the process was stopped and continued, and draw every cell again.
    ResumeTerminal,
    /// Stop like any program under job control.
    Suspend,
    /// Keep the chosen regions for the next start with this profile.
    CacheRegions {
        profile: String,
        regions: Vec<Region>,
    },
    /// Keep how the account's images are shown, for the next start.
    Remember(RememberedView),
    /// Leave the account: its profile is not on the screen any more.
    LeaveAccount,
    Quit,
}

/// The answer to an [`Effect`] that has an id; the variants have the effects' names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    Connected(Result<Connected, Failure>),
    Account(Result<Account, Failure>),
    Regions(Result<Vec<RegionInfo>, Failure>),
    Images {
        region: Region,
        page: Result<ImagePage, Failure>,
    },
    /// A list that could not be read says so in itself.
    Keys {
        region: Region,
        keys: KeyList,
    },
    Check(Result<CheckAnswer, Failure>),
    Profiles(Vec<String>),
    /// Newest end first.
    History(Result<Vec<Arc<Job>>, Failure>),
    /// Newest last.
    Audit(Result<Vec<AuditEntry>, Failure>),
    ImageDetails(Box<ImageDetails>),
    Compared(Box<Result<Pair, Incomparable>>),
    Lineage(Box<LineageRead>),
    Usage(Vec<ImageUsage>),
    UsageReported(Result<Reported, Failure>),
    Storage(StorageReply),
    AccessGiven(ShareOutcome),
    Sync(Result<Box<PrintedPlan>, Failure>),
    Exported(Result<(), Failure>),
    /// What is stored now.
    Forms(Result<StoredForms, Failure>),
    /// There is a preset of that name: nothing was saved.
    PresetExists,
    /// What is stored now.
    Filters(Result<StoredFilters, Failure>),
    /// The images of those ids that there are.
    KnownImages(Result<Vec<Image>, Failure>),
    /// `None` if there is no such image.
    Image(Result<Option<Box<Image>>, Failure>),
}

/// What is read or changed for the pages of storage.
#[derive(Debug, Clone, PartialEq)]
pub enum StorageRequest {
    /// Look for orphaned snapshots in these regions. The ignored ones are not asked for images.
    FindOrphans { regions: Vec<Region>, ignored: BTreeSet<Region> },
    /// Delete orphans that were confirmed, each after it was read and judged again.
    DeleteOrphans { orphans: Vec<Orphan>, ignored: BTreeSet<Region> },
    /// Read what images hold in these regions.
    ReadHeld(Vec<Region>),
    /// Read what the Recycle Bin holds in these regions.
    ReadBins(Vec<Region>),
    /// Restore images and snapshots, by their ids.
    Restore(Vec<(Region, String)>),
}

/// The answer to a [`StorageRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StorageReply {
    Orphans(Result<Box<FoundOrphans>, Failure>),
    OrphansDeleted(Vec<(Region, SnapshotId, Result<DeletionOutcome, Failure>)>),
    RecycleBins(Vec<(Region, Result<RecycleBin, Failure>)>),
    Held(Vec<RegionStorage>),
    Restored(Restored),
}

/// What came of restoring.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Restored {
    pub outcomes: Vec<(Region, String, RestoreOutcome)>,
    /// Why outcomes of calls that were carried out could not be written to the audit.
    pub audit_failures: Vec<Failure>,
}

/// A text of which a log has only the length: it may have a client token, as commands of the AWS CLI do.
#[derive(Clone, PartialEq, Eq)]
pub struct Unlogged(pub String);

impl fmt::Debug for Unlogged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} characters", self.0.chars().count())
    }
}

impl From<String> for Unlogged {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Unlogged {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Images for a file.
#[derive(Clone, PartialEq)]
pub struct ExportRequest {
    pub path: PathBuf,
    pub format: ExportFormat,
    /// A file that is there may be replaced.
    pub replace: bool,
    pub images: Vec<ExportedImage>,
    /// The regions that could not be listed.
    pub failures: Vec<(Region, Failure)>,
}

impl fmt::Debug for ExportRequest {
    /// Without the images: a log line is no place for 100,000 of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ExportRequest");
        shown.field("path", &self.path).field("format", &self.format).field("replace", &self.replace);
        shown.field("images", &self.images.len()).finish_non_exhaustive()
    }
}

/// Stored contents of the copy form.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StoredForms {
    pub presets: Presets,
    /// The values that the account's last copies were started with.
    pub last: Option<Box<Preset>>,
    /// Why the presets could not be read; the last values may be there all the same.
    pub problem: Option<Failure>,
    /// True if the presets are only kept until the program ends.
    pub in_memory: bool,
}

/// The saved filters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoredFilters {
    pub filters: NamedFilters,
    /// What the changed filter was before.
    pub before: Option<String>,
    /// True if they are only kept until the program ends.
    pub in_memory: bool,
}

/// A profile that has credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    pub profile: Option<String>,
    pub source: Option<CredentialSource>,
    /// The region of the configuration.
    pub home: Region,
    /// The endpoint that all calls go to, where one is set.
    pub endpoint: Option<String>,
    /// The regions chosen when this profile was last used.
    pub cached_regions: Vec<Region>,
    /// How the account's images were shown last.
    pub remembered: Option<RememberedView>,
    /// False if no region is configured and `home` is the default, us-east-1.
    pub region_configured: bool,
}
