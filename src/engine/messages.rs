//! The engine's events, and the requests it makes: plain data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{BatchId, JobId, JobTags},
    note::Waiting,
    post_copy::{PostCopyAnswer, PostCopyCall},
};
use crate::domain::{
    ClientToken, CopyRequest, Failure, Image, ImageDeregistration, ImageId, ImageName, PostCopyStep, Region,
    RegionInfo, Snapshot, SnapshotId,
};

/// A user's command, by key or command line. It is stored first and carried out by the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Make these copies, as one batch.
    Copy(Vec<CopyRequest>),
    /// Cancel copies, whatever their state; of available ones, the post-copy steps that are left.
    Cancel(Vec<JobId>),
    /// Retry failed copies, each with a new token.
    #[serde(rename = "TryAgain")]
    Retry(Vec<(JobId, ClientToken)>),
    /// Try the post-copy steps of available copies again that failed.
    RetrySteps(Vec<JobId>),
    /// The same, and carry out those that were given up.
    ReopenSteps(Vec<JobId>),
    /// Carry out these post-copy steps of an available copy in place of those that are not done.
    EditSteps {
        /// The copy.
        job: JobId,
        /// All that are wanted; those among them that are done are not repeated.
        steps: Vec<PostCopyStep>,
        /// How many steps the copy had for whoever changed them: those that were requested since stay as they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<usize>,
    },
    /// Deregister available copies, or the images that failed ones have left, and delete their snapshots.
    Deregister(Vec<JobId>),
    /// Remove what a failed copy has left, after these other copies were requested in its place.
    RemoveFailed(JobId, BatchId),
    /// Deregister images that a person named, whoever made them.
    DeregisterImages(Vec<ImageDeregistration>),
    /// Decide about a copy in doubt.
    Resolve {
        /// The copy.
        job: JobId,
        /// What a person decided.
        resolution: Resolution,
    },
    /// Take ended copies off the list; the history keeps them.
    Dismiss(Vec<JobId>),
    /// List the pending copies of these regions as well, to find those started elsewhere.
    #[serde(rename = "Follow")]
    ListPendingIn(Vec<Region>),
    /// Poll everything now: after a suspend, or because the user requested it.
    #[serde(rename = "LookNow")]
    RefreshNow,
}

/// The user's decision about a copy of which it is unknown whether EC2 made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// This image is the copy.
    #[serde(rename = "Mine")]
    ThisImage(ImageId),
    /// None of the candidates is: copy again, with a new token.
    #[serde(rename = "Again")]
    CopyAgain(ClientToken),
    /// The copy is no longer wanted; whatever exists remains.
    GiveUp,
}

/// What the engine reacts to.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A user's command.
    Command(Command),
    /// The answer to a request.
    Response(Response),
    /// Time has passed.
    Tick,
}

/// A request to AWS. Each gets exactly one response.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// `CopyImage` in the request's destination, sent once: whether to send it again is the engine's decision.
    CopyImage {
        /// The job it is made for.
        job: JobId,
        /// The copy.
        request: Box<CopyRequest>,
        /// The tags of the new image and its snapshots.
        tags: Option<JobTags>,
    },
    /// `DescribeImages` by name: did a `CopyImage` whose answer was lost make an image?
    Reconcile {
        /// The job it is made for.
        job: JobId,
        /// The region.
        region: Region,
        /// The new image's name.
        name: ImageName,
    },
    /// `DescribeImages` of everything pending, to find copies started elsewhere.
    ListPending {
        /// The region.
        region: Region,
    },
    /// `DescribeImages` and `DescribeSnapshots`: at most three calls, whatever the number of copies.
    PollCopies {
        /// The region.
        region: Region,
        /// The copies.
        images: Vec<ImageId>,
        /// Those of them whose snapshots are searched by description, at most 200: their ids are not known yet.
        unlisted: Vec<ImageId>,
        /// Snapshots known to be theirs, at most 1,000, read by id.
        snapshots: Vec<SnapshotId>,
    },
    /// `DescribeImages` of a copy that is to be removed; and of its source, if the source's snapshots are not known.
    CheckImage {
        /// The job it is made for.
        job: JobId,
        /// The region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// The source, if its snapshots are to be read too.
        source: Option<(Region, ImageId)>,
    },
    /// `DeregisterImage`, with the snapshots unless they are kept.
    DeregisterImage {
        /// The job it is made for.
        job: JobId,
        /// The region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Not to be sent later: what is known of the image is too old then, and the answer is [`Deregistration::NotSent`].
        not_after: Option<Timestamp>,
        /// The snapshots are kept, because the user wants that.
        keep_snapshots: bool,
    },
    /// `DescribeSnapshots` of a removed image's snapshots.
    FindSnapshots {
        /// The job it is made for.
        job: JobId,
        /// The region.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Snapshots known to be its own.
        snapshots: Vec<SnapshotId>,
    },
    /// `DeleteSnapshot`.
    DeleteSnapshot {
        /// The job it is made for.
        job: JobId,
        /// The region.
        region: Region,
        /// The copy whose snapshot it is.
        image: ImageId,
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// One call of a post-copy step.
    PostCopy {
        /// The job it is made for.
        job: JobId,
        /// The step's index in the request.
        step: usize,
        /// The call.
        call: PostCopyCall,
    },
    /// Load the credentials again and try them on `DescribeRegions`.
    ProbeCredentials,
}

/// The answer to a [`Request`] of the same name.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// The new image.
    CopyImage(JobId, Result<ImageId, Failure>),
    /// The account's images of that name.
    Reconcile(JobId, Result<Vec<Image>, Failure>),
    /// The account's pending images.
    ListPending(Region, Result<Vec<Image>, Failure>),
    /// The copies that were found.
    PollCopies(Region, Result<PolledCopies, Failure>),
    /// The image, if it was found.
    CheckImage(JobId, Result<CheckedImage, Failure>),
    /// The outcome. An image that EC2 does not know is not a failure: it is deleted, or too new to be visible.
    DeregisterImage(JobId, Result<Deregistration, Failure>),
    /// The snapshots that were found.
    FindSnapshots(JobId, ImageId, Result<Vec<Snapshot>, Failure>),
    /// No data. A snapshot that does not exist counts as deleted.
    DeleteSnapshot(JobId, ImageId, SnapshotId, Result<(), Failure>),
    /// The step, its call, and what came of it.
    PostCopy(JobId, usize, PostCopyCall, Result<PostCopyAnswer, Failure>),
    /// The account's regions.
    ProbeCredentials(Result<Vec<RegionInfo>, Failure>),
}

/// The outcome of a `DeregisterImage` that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deregistration {
    /// The image was deregistered; with the return code of each snapshot.
    Done(Vec<(SnapshotId, SnapshotReturnCode)>),
    /// EC2 does not know the image (any more, or yet).
    Unknown,
    /// `InvalidAMIID.Unavailable`: deregistered, or in a state that does not allow it.
    Unavailable,
    /// Not sent: `not_after` had passed.
    NotSent,
}

/// What `DeregisterImage` did with one of the image's snapshots.
/// Source: EC2 API reference, `DeleteSnapshotReturnCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotReturnCode {
    /// Deleted.
    Deleted,
    /// Not deleted: other images use it.
    Skipped,
    /// Not deleted: the caller lacks a permission.
    MissingPermissions,
    /// Not deleted: an internal error of EC2.
    InternalError,
    /// Not deleted: EC2 reports a client error; also for a snapshot that is still pending.
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

/// The image that is to be removed, as EC2 shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckedImage {
    /// The image, if EC2 knows it.
    pub image: Option<Box<Image>>,
    /// The source's snapshots, if they were requested and the source could be read.
    pub source_snapshots: Option<Vec<SnapshotId>>,
}

impl Request {
    /// Returns the answer if it is too late to make this request.
    pub fn expired(&self, now: Timestamp) -> Option<Response> {
        match self {
            Self::DeregisterImage { job, not_after: Some(last), .. } if now > *last => {
                Some(Response::DeregisterImage(*job, Ok(Deregistration::NotSent)))
            }
            _ => None,
        }
    }

    /// Returns the answer of a request that failed.
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
            Self::PostCopy { job, step, call } => Response::PostCopy(job, step, call, Err(failure)),
            Self::ProbeCredentials => Response::ProbeCredentials(Err(failure)),
        }
    }
}

/// The payload of an answer that failed; the match is the same for a shared and a mutable borrow.
macro_rules! failure_of {
    ($response:expr) => {
        match $response {
            Response::CopyImage(_, Err(f))
            | Response::Reconcile(_, Err(f))
            | Response::ListPending(_, Err(f))
            | Response::PollCopies(_, Err(f))
            | Response::CheckImage(_, Err(f))
            | Response::DeregisterImage(_, Err(f))
            | Response::FindSnapshots(_, _, Err(f))
            | Response::DeleteSnapshot(_, _, _, Err(f))
            | Response::PostCopy(_, _, _, Err(f))
            | Response::ProbeCredentials(Err(f)) => Some(f),
            _ => None,
        }
    };
}

impl Response {
    /// Returns why the request failed, if it did.
    pub(super) fn failure(&self) -> Option<&Failure> {
        failure_of!(self)
    }

    /// Returns the failure, if there is one, for modification.
    pub(super) fn failure_mut(&mut self) -> Option<&mut Failure> {
        failure_of!(self)
    }

    /// Returns the job or the region that the request was made for; `None` for a probe of the credentials.
    pub(super) fn subject(&self) -> Option<ResponseSubject<'_>> {
        match self {
            Self::ListPending(region, _) | Self::PollCopies(region, _) => Some(ResponseSubject::Region(region)),
            Self::CopyImage(job, _)
            | Self::Reconcile(job, _)
            | Self::CheckImage(job, _)
            | Self::DeregisterImage(job, _)
            | Self::FindSnapshots(job, ..)
            | Self::DeleteSnapshot(job, ..) => Some(ResponseSubject::Job(*job)),
            // It may be sent to the source's region.
            Self::PostCopy(_, _, call, _) => Some(ResponseSubject::Region(call.region())),
            Self::ProbeCredentials(_) => None,
        }
    }
}

/// What a request was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseSubject<'a> {
    Job(JobId),
    Region(&'a Region),
}

impl Command {
    /// Returns the jobs it is about.
    pub fn jobs(&self) -> Vec<JobId> {
        match self {
            Self::Cancel(jobs)
            | Self::RetrySteps(jobs)
            | Self::ReopenSteps(jobs)
            | Self::Deregister(jobs)
            | Self::Dismiss(jobs) => jobs.clone(),
            Self::Retry(jobs) => jobs.iter().map(|(id, _)| *id).collect(),
            Self::Resolve { job, .. } | Self::EditSteps { job, .. } | Self::RemoveFailed(job, _) => vec![*job],
            Self::Copy(_) | Self::DeregisterImages(_) | Self::ListPendingIn(_) | Self::RefreshNow => Vec::new(),
        }
    }

    /// Returns the tokens of its requests that earlier jobs may have too.
    pub fn derived_tokens(&self) -> Vec<ClientToken> {
        let Self::Copy(requests) = self else { return Vec::new() };
        requests.iter().map(|request| &request.token).filter(|token| token.is_derived()).cloned().collect()
    }
}

/// What a poll of a region showed.
#[derive(Debug, Clone, PartialEq)]
pub struct PolledCopies {
    /// The images that were polled: the answer says nothing about others.
    pub requested: Vec<ImageId>,
    /// The images that were found.
    pub images: Vec<Image>,
    /// Their snapshots. If these cannot be read, only the progress is unknown: the images show when a copy ends.
    pub snapshots: Result<Vec<Snapshot>, Failure>,
    /// Why snapshots of it failed, as their state messages say.
    pub failures: Vec<(SnapshotId, Failure)>,
}

/// What all jobs, or all jobs of a region, wait for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    /// Why nothing is sent to AWS at present: the credentials do not work.
    pub paused: Option<Failure>,
    /// When the credentials are probed next.
    pub next_try: Option<Timestamp>,
    pub regions: BTreeMap<Region, RegionStatus>,
}

/// What the jobs of a region wait for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RegionStatus {
    /// Why its copies could not be polled, if the last poll failed.
    pub problem: Option<Failure>,
    /// Why the progress of its copies could not be read, if that failed last.
    #[serde(default, rename = "no_progress")]
    pub progress_problem: Option<Failure>,
    /// What its queued copies wait for.
    pub waiting: Option<Waiting>,
}
