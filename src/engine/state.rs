//! The states of a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::BatchId;
use crate::domain::{ClientToken, Failure, ImageId};

/// The state of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum JobState {
    /// Requested, not sent.
    Queued,
    /// It was sent and the answer was lost: it is being checked whether the copy started.
    #[serde(rename = "Settling")]
    Reconciling {
        /// When to check (again); `None` while an answer is awaited.
        at: Option<Timestamp>,
    },
    /// It was sent, the answer was lost, and it is unknown whether one of these images is the copy: a person decides.
    InDoubt {
        /// Images of that name and source that have appeared since; empty if the account's images may not be listed.
        candidates: Vec<ImageId>,
    },
    /// Sent, not yet answered.
    Starting,
    /// EC2 is copying.
    Copying {
        /// The new image.
        image: ImageId,
    },
    /// Its image and snapshots are being removed.
    Removing {
        /// The image.
        image: ImageId,
        /// Why it is removed.
        #[serde(rename = "purpose")]
        reason: RemovalReason,
        /// The current step.
        step: RemovalStep,
    },
    /// The copy is complete.
    Available {
        /// The new image.
        image: ImageId,
    },
    /// The copy failed.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// The new image, if there is one.
        image: Option<ImageId>,
    },
    /// Somebody else deregistered the image.
    Gone {
        /// The former image.
        image: ImageId,
    },
    /// Removed before it was available, as requested.
    Cancelled,
    /// Deregistered after it was available, as requested.
    Deregistered,
}

impl JobState {
    /// Returns true if nothing more will happen.
    pub fn ended(&self) -> bool {
        matches!(
            self,
            Self::Available { .. } | Self::Failed { .. } | Self::Gone { .. } | Self::Cancelled | Self::Deregistered
        )
    }

    /// Returns the state without its data.
    pub fn phase(&self) -> JobPhase {
        match self {
            Self::Queued => JobPhase::Queued,
            Self::Reconciling { .. } => JobPhase::Reconciling,
            Self::InDoubt { .. } => JobPhase::InDoubt,
            Self::Starting => JobPhase::Starting,
            Self::Copying { .. } => JobPhase::Copying,
            Self::Removing { reason: RemovalReason::Cancel, .. } => JobPhase::Cancelling,
            Self::Removing { reason: RemovalReason::Retry { .. }, .. } => JobPhase::RemovingFailed,
            Self::Removing {
                reason: RemovalReason::Failed { .. } | RemovalReason::Deregister | RemovalReason::DeregisterCopying,
                ..
            } => JobPhase::Deregistering,
            Self::Available { .. } => JobPhase::Available,
            Self::Failed { .. } => JobPhase::Failed,
            Self::Gone { .. } => JobPhase::Gone,
            Self::Cancelled => JobPhase::Cancelled,
            Self::Deregistered => JobPhase::Deregistered,
        }
    }

    /// Begins to remove an image.
    pub(super) fn removing(image: ImageId, reason: RemovalReason, now: Timestamp) -> Self {
        Self::Removing { image, reason, step: RemovalStep::check(now) }
    }
}

/// A job's state without its data, as shown to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are those of `JobState`")]
pub enum JobPhase {
    Queued,
    Reconciling,
    InDoubt,
    Starting,
    Copying,
    /// A cancel was requested and is not finished.
    Cancelling,
    /// The image of a failed copy is being removed, so that the copy can be retried.
    RemovingFailed,
    /// An image that is no longer being copied is being removed.
    Deregistering,
    Available,
    Failed,
    Gone,
    Cancelled,
    Deregistered,
}

impl JobPhase {
    /// Every phase, in the order in which a copy can reach them.
    pub const ALL: [Self; 13] = [
        Self::Queued,
        Self::Reconciling,
        Self::InDoubt,
        Self::Starting,
        Self::Copying,
        Self::Cancelling,
        Self::RemovingFailed,
        Self::Deregistering,
        Self::Available,
        Self::Failed,
        Self::Gone,
        Self::Cancelled,
        Self::Deregistered,
    ];

    /// Returns its stable name, for the store and for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Reconciling => "reconciling",
            Self::InDoubt => "in doubt",
            Self::Starting => "starting",
            Self::Copying => "copying",
            Self::Cancelling => "cancelling",
            Self::RemovingFailed => "removing",
            Self::Deregistering => "deregistering",
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::Cancelled => "cancelled",
            Self::Deregistered => "deregistered",
        }
    }
}

/// Why an image is being removed, and what the job goes back to if AWS refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RemovalReason {
    /// The copy was cancelled.
    Cancel,
    /// The copy failed and is to be retried.
    #[serde(rename = "TryAgain")]
    Retry {
        /// The new client token.
        token: ClientToken,
        /// Why it failed.
        failure: Box<Failure>,
    },
    /// The copy failed, and what it has left is removed: it is not made again by this job.
    Failed {
        /// Why it failed.
        failure: Box<Failure>,
        /// The copies that were requested in its place, if they were.
        replaced_by: Option<BatchId>,
    },
    /// The copy is available and was deregistered.
    Deregister,
    /// The copy was deregistered while it was under way, as far as is known here: EC2 may have completed it since, or it may have
    /// failed. If AWS refuses, it continues.
    DeregisterCopying,
}

impl RemovalReason {
    /// Returns the copies that were requested in the place of a failed one.
    pub(super) fn replaced_by(&self) -> Option<&BatchId> {
        if let Self::Failed { replaced_by, .. } = self { replaced_by.as_ref() } else { None }
    }
}

/// The steps of a removal. A step that awaits an answer has no time set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RemovalStep {
    /// The image is being checked: a cancel deregisters only a pending one.
    #[serde(rename = "Looking")]
    Checking {
        /// When to check (again).
        at: Option<Timestamp>,
        /// When the check was requested.
        #[serde(default, rename = "asked")]
        sent: Option<Timestamp>,
        /// Consecutive answers that were too slow to say anything about the present.
        #[serde(default, rename = "slow")]
        slow_answers: u8,
    },
    /// The image is being deregistered.
    Deregistering {
        /// When to send the request (again).
        at: Option<Timestamp>,
        /// When the check was made that allows it.
        #[serde(default, rename = "looked")]
        checked: Option<Timestamp>,
        /// An earlier `DeregisterImage` of ours may have been carried out: its outcome is unknown.
        #[serde(default, rename = "earlier")]
        sent_before: bool,
    },
    /// The image is gone; the job's cleanups have its snapshots. The stored form is that of a version that kept them here.
    #[serde(rename = "Sweeping")]
    DeletingSnapshots {},
}

impl RemovalStep {
    /// Checks the image at this time.
    pub(super) fn check(at: Timestamp) -> Self {
        Self::Checking { at: Some(at), sent: None, slow_answers: 0 }
    }

    /// Returns when it is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Checking { at, .. } | Self::Deregistering { at, .. } => *at,
            Self::DeletingSnapshots {} => None,
        }
    }
}

/// A `CopyImage` whose answer was lost: EC2 may or may not be copying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnknownOutcome {
    /// When it was first sent.
    #[serde(rename = "since")]
    pub first_sent: Timestamp,
    /// When it was last sent.
    #[serde(rename = "last")]
    pub last_sent: Timestamp,
    /// Checks since it was last sent that found no copy.
    #[serde(rename = "clean")]
    pub empty_checks: u8,
    /// Why AWS refused it when it was sent again: that says nothing about earlier requests.
    pub refusal: Option<Box<Failure>>,
    /// EC2's answer to a client token that the user gave: perhaps the image of an earlier copy that was sent with it.
    #[serde(default)]
    pub answered: Option<ImageId>,
}
