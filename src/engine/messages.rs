//! What the engine is told and what it wants done, as plain data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{JobId, JobTags},
    note::Waiting,
};
use crate::domain::{
    ClientToken, CopyRequest, Failure, Image, ImageId, ImageName, Region, RegionInfo, Snapshot, SnapshotId,
};

/// What people ask for, by key or command. Whoever asks writes it into the store; whoever drives carries it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Make these copies, as one batch.
    Copy(Vec<CopyRequest>),
    /// Cancel copies, wherever they are.
    Cancel(Vec<JobId>),
    /// Try failed copies again, each under a new token.
    #[serde(rename = "TryAgain")]
    Retry(Vec<(JobId, ClientToken)>),
    /// Deregister available copies and delete their snapshots.
    Deregister(Vec<JobId>),
    /// Decide about a copy whose request is in doubt.
    Resolve {
        /// Which copy.
        job: JobId,
        /// What a person decided.
        resolution: Resolution,
    },
    /// Take ended copies off the list; the history keeps them.
    Dismiss(Vec<JobId>),
    /// Look for copies started elsewhere in these regions as well.
    Follow(Vec<Region>),
    /// Look at everything now: after a suspend, or because a person asked.
    #[serde(rename = "LookNow")]
    RefreshNow,
}

/// What a person decides about a copy of which nobody can tell whether EC2 made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// This image is the copy.
    Mine(ImageId),
    /// None of them is: copy again, under a new token.
    Again(ClientToken),
    /// The copy is not wanted any more; whatever is there stays.
    GiveUp,
}

/// What the engine is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody asks for something.
    Command(Command),
    /// A call was answered.
    Response(Response),
    /// Time has passed.
    Tick,
}

/// A call to AWS that the engine wants made. Each is answered exactly once.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// `CopyImage` in the request's destination, sent once: whether to send again is the engine's to say.
    CopyImage {
        /// For whom.
        job: JobId,
        /// What.
        request: Box<CopyRequest>,
        /// What the new image and its snapshots are tagged with.
        tags: Option<JobTags>,
    },
    /// `DescribeImages` by name: did a sending whose answer was lost make an image?
    Reconcile {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The new image's name.
        name: ImageName,
    },
    /// `DescribeImages` of everything pending: who else copies here?
    ListPending {
        /// Where.
        region: Region,
    },
    /// `DescribeImages` and `DescribeSnapshots`: at most three calls in all, whatever the number of copies.
    PollCopies {
        /// Where.
        region: Region,
        /// The copies.
        images: Vec<ImageId>,
        /// Those of them whose snapshots are looked for by description, at most 200: their ids are not known yet.
        unlisted: Vec<ImageId>,
        /// Snapshots known to be theirs, at most 1,000, asked for by id.
        snapshots: Vec<SnapshotId>,
    },
    /// `DescribeImages` of a copy that is to be removed; and of its source, if that's snapshots are not known.
    CheckImage {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
        /// The source, if its snapshots are wanted too.
        source: Option<(Region, ImageId)>,
    },
    /// `DeregisterImage` with the snapshots.
    DeregisterImage {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Not to be sent after this: what is known of the image is too old by then. The answer is
        /// [`Deregistration::NotSent`].
        not_after: Option<Timestamp>,
    },
    /// `DescribeSnapshots`: what is left of a removed image.
    FindSnapshots {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Snapshots known to be its own.
        snapshots: Vec<SnapshotId>,
    },
    /// `DeleteSnapshot`.
    DeleteSnapshot {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy whose snapshot it is.
        image: ImageId,
        /// Which.
        snapshot: SnapshotId,
    },
    /// Load the credentials anew and try them on `DescribeRegions`.
    ProbeCredentials,
}

/// The answer to a [`Call`].
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// To [`Call::Copy`]: the new image.
    CopyImage(JobId, Result<ImageId, Failure>),
    /// To [`Call::Settle`]: the account's images of that name.
    Reconcile(JobId, Result<Vec<Image>, Failure>),
    /// To [`Call::Survey`]: the account's pending images.
    ListPending(Region, Result<Vec<Image>, Failure>),
    /// To [`Call::Watch`].
    PollCopies(Region, Result<PolledCopies, Failure>),
    /// To [`Call::Look`].
    CheckImage(JobId, Result<CheckedImage, Failure>),
    /// To [`Call::Deregister`]. An image EC2 does not know is a success of its own kind: gone, or too young.
    DeregisterImage(JobId, Result<Deregistration, Failure>),
    /// To [`Call::FindLeftovers`].
    FindSnapshots(JobId, ImageId, Result<Vec<Snapshot>, Failure>),
    /// To [`Call::DeleteSnapshot`]. A snapshot already gone is a success.
    DeleteSnapshot(JobId, ImageId, SnapshotId, Result<(), Failure>),
    /// To [`Call::Probe`]: the account's regions.
    ProbeCredentials(Result<Vec<RegionInfo>, Failure>),
}

/// What became of a `DeregisterImage` that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deregistration {
    /// It deregistered the image, and this became of its snapshots.
    Done(Vec<(SnapshotId, SnapshotReturnCode)>),
    /// EC2 does not know the image (any more, or yet).
    Unknown,
    /// `InvalidAMIID.Unavailable`: deregistered, or in a state that does not allow it.
    Unavailable,
    /// It was not sent: its time had passed.
    NotSent,
}

/// What `DeregisterImage` did with one of the image's snapshots.
/// Source: EC2 API reference, `DeleteSnapshotReturnCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotReturnCode {
    /// Deleted.
    Deleted,
    /// Left: other images use it.
    Skipped,
    /// Left: the caller may not delete it.
    MissingPermissions,
    /// Left: EC2 had trouble.
    InternalError,
    /// Left: EC2 says that the request was wrong; also for a snapshot that is pending still.
    ClientError,
}

impl SnapshotReturnCode {
    /// Returns AWS's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Skipped => "skipped",
            Self::MissingPermissions => "missing-permissions",
            Self::InternalError => "internal-error",
            Self::ClientError => "client-error",
        }
    }
}

/// What a look before a removal showed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckedImage {
    /// The image, if EC2 knows it.
    pub image: Option<Box<Image>>,
    /// The source's snapshots, if they were asked for and the source could be read.
    pub source_snapshots: Option<Vec<SnapshotId>>,
}

impl Request {
    /// The answer, if it is too late to make this call.
    pub fn expired(&self, now: Timestamp) -> Option<Response> {
        match self {
            Self::DeregisterImage { job, not_after: Some(last), .. } if now > *last => {
                Some(Response::DeregisterImage(*job, Ok(Deregistration::NotSent)))
            }
            _ => None,
        }
    }

    /// The answer of a call that could not be made.
    pub fn failed(self, failure: Failure) -> Response {
        match self {
            Self::CopyImage { job, .. } => Response::CopyImage(job, Err(failure)),
            Self::Reconcile { job, .. } => Response::Reconcile(job, Err(failure)),
            Self::ListPending { region } => Response::ListPending(region, Err(failure)),
            Self::PollCopies { region, .. } => Response::PollCopies(region, Err(failure)),
            Self::CheckImage { job, .. } => Response::CheckImage(job, Err(failure)),
            Self::DeregisterImage { job, .. } => Response::DeregisterImage(job, Err(failure)),
            Self::FindSnapshots { job, image, .. } => Response::FindSnapshots(job, image, Err(failure)),
            Self::DeleteSnapshot { job, image, snapshot, .. } => {
                Response::DeleteSnapshot(job, image, snapshot, Err(failure))
            }
            Self::ProbeCredentials => Response::ProbeCredentials(Err(failure)),
        }
    }
}

impl Response {
    /// Why it is none.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::CopyImage(_, Err(f))
            | Self::Reconcile(_, Err(f))
            | Self::ListPending(_, Err(f))
            | Self::PollCopies(_, Err(f))
            | Self::CheckImage(_, Err(f))
            | Self::DeregisterImage(_, Err(f))
            | Self::FindSnapshots(_, _, Err(f))
            | Self::DeleteSnapshot(_, _, _, Err(f))
            | Self::ProbeCredentials(Err(f)) => Some(f),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn failure_mut(&mut self) -> Option<&mut Failure> {
        match self {
            Self::CopyImage(_, Err(f))
            | Self::Reconcile(_, Err(f))
            | Self::ListPending(_, Err(f))
            | Self::PollCopies(_, Err(f))
            | Self::CheckImage(_, Err(f))
            | Self::DeregisterImage(_, Err(f))
            | Self::FindSnapshots(_, _, Err(f))
            | Self::DeleteSnapshot(_, _, _, Err(f))
            | Self::ProbeCredentials(Err(f)) => Some(f),
            _ => None,
        }
    }
}

impl Command {
    /// The jobs it is about.
    pub fn jobs(&self) -> Vec<JobId> {
        match self {
            Self::Cancel(jobs) | Self::Deregister(jobs) | Self::Dismiss(jobs) => jobs.clone(),
            Self::Retry(jobs) => jobs.iter().map(|(id, _)| *id).collect(),
            Self::Resolve { job, .. } => vec![*job],
            Self::Copy(_) | Self::Follow(_) | Self::RefreshNow => Vec::new(),
        }
    }
}

/// What a look at a region showed.
#[derive(Debug, Clone, PartialEq)]
pub struct PolledCopies {
    /// The images that were asked for: of others the look says nothing.
    pub asked: Vec<ImageId>,
    /// The images that are there.
    pub images: Vec<Image>,
    /// Their snapshots. That these cannot be read costs only the progress: the images say when a copy ends.
    pub snapshots: Result<Vec<Snapshot>, Failure>,
}

/// How things stand beside the jobs: what everything, or a region, waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    /// Why nothing is asked of AWS at present: credentials that do not work.
    pub paused: Option<Failure>,
    /// When the credentials are tried again.
    pub next_try: Option<Timestamp>,
    /// By region.
    pub regions: BTreeMap<Region, RegionStatus>,
}

/// How a region stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RegionStatus {
    /// The failure that keeps it from being watched, if its last look failed.
    pub problem: Option<Failure>,
    /// The failure that keeps the progress of its copies from being read, if that failed last.
    #[serde(default)]
    pub no_progress: Option<Failure>,
    /// What its queued copies wait for.
    pub waiting: Option<Waiting>,
}
