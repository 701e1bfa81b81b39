//! One copy: what was asked, where it stands, what is known of its snapshots.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    cleanup::{Leftover, SnapshotCleanup},
    ids::{BatchId, JobId},
    note::{Note, Waiting},
    ownership::Evidence,
};
use crate::domain::{
    ClientToken, CopyRequest, Failure, Image, ImageId, SnapshotId, SnapshotState,
    progress::{RateEstimator, SnapshotProgress, weighted_percent},
};

/// Who asked for a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// This program, on this host.
    Here,
    /// Anybody else: the console, the CLI, a colleague, this program on another host.
    Elsewhere,
}

/// Where a copy stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum JobState {
    /// Asked for, not under way.
    Queued,
    /// It was sent and the answer was lost: EC2 is asked whether the copy began. No time means that it is being asked.
    #[serde(rename = "Settling")]
    Reconciling {
        /// When to ask (again).
        at: Option<Timestamp>,
    },
    /// It was sent, the answer was lost, and nobody can tell whether one of these images is the copy: a person decides.
    InDoubt {
        /// Images of that name and source that have appeared since; none if the account's images may not be listed.
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
        /// What for.
        purpose: RemovalReason,
        /// How far that is.
        step: RemovalStep,
    },
    /// Done.
    Available {
        /// The new image.
        image: ImageId,
    },
    /// Not done, and it will not be.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// The new image, where there is one.
        image: Option<ImageId>,
    },
    /// Somebody else deregistered it.
    Gone {
        /// The image that was.
        image: ImageId,
    },
    /// Gone, as asked; what could not be removed is named in the job's note.
    Cancelled,
    /// Deregistered after it was available, as asked; what could not be removed is named in the job's note.
    Deregistered,
}

impl JobState {
    /// Whether nothing more will happen.
    pub fn ended(&self) -> bool {
        matches!(
            self,
            Self::Available { .. } | Self::Failed { .. } | Self::Gone { .. } | Self::Cancelled | Self::Deregistered
        )
    }

    /// The state without its data.
    pub fn phase(&self) -> JobPhase {
        match self {
            Self::Queued => JobPhase::Queued,
            Self::Reconciling { .. } => JobPhase::Reconciling,
            Self::InDoubt { .. } => JobPhase::InDoubt,
            Self::Starting => JobPhase::Starting,
            Self::Copying { .. } => JobPhase::Copying,
            Self::Removing { purpose: RemovalReason::Cancel, .. } => JobPhase::Cancelling,
            Self::Removing { purpose: RemovalReason::Retry { .. }, .. } => JobPhase::RemovingFailed,
            Self::Removing { purpose: RemovalReason::Deregister, .. } => JobPhase::Deregistering,
            Self::Available { .. } => JobPhase::Available,
            Self::Failed { .. } => JobPhase::Failed,
            Self::Gone { .. } => JobPhase::Gone,
            Self::Cancelled => JobPhase::Cancelled,
            Self::Deregistered => JobPhase::Deregistered,
        }
    }
}

/// A job's state without its data, as people tell states apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobPhase {
    /// See [`JobState::Queued`].
    Queued,
    /// See [`JobState::Reconciling`].
    Reconciling,
    /// See [`JobState::InDoubt`].
    InDoubt,
    /// See [`JobState::Starting`].
    Starting,
    /// See [`JobState::Copying`].
    Copying,
    /// A cancel was requested and is not finished.
    Cancelling,
    /// The image of a failed copy is being removed, so that the copy can be retried.
    RemovingFailed,
    /// An available image is being removed.
    Deregistering,
    /// See [`JobState::Available`].
    Available,
    /// See [`JobState::Failed`].
    Failed,
    /// See [`JobState::Gone`].
    Gone,
    /// See [`JobState::Cancelled`].
    Cancelled,
    /// See [`JobState::Deregistered`].
    Deregistered,
}

impl JobPhase {
    /// The stable name of it, for the store and for scripts.
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

/// Why an image is being removed, and what it goes back to if AWS refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RemovalReason {
    /// The copy is not wanted any more.
    Cancel,
    /// It failed and is to be made anew.
    #[serde(rename = "TryAgain")]
    Retry {
        /// The new token.
        token: ClientToken,
        /// Why it failed.
        failure: Box<Failure>,
    },
    /// It is available and not wanted.
    Deregister,
}

/// The steps of a removal. A step that awaits an answer has no time set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RemovalStep {
    /// The image is looked at: a cancel deregisters only a pending one.
    #[serde(rename = "Looking")]
    Checking {
        /// When to look (again).
        at: Option<Timestamp>,
        /// When it was asked for.
        #[serde(default)]
        asked: Option<Timestamp>,
        /// Looks in a row whose answers took so long that they say nothing of the present.
        #[serde(default)]
        slow: u8,
    },
    /// The image is being deregistered.
    Deregistering {
        /// When to send (again).
        at: Option<Timestamp>,
        /// When the look was that led here.
        #[serde(default)]
        looked: Option<Timestamp>,
        /// An earlier `DeregisterImage` of ours may have been carried out: its outcome is unknown.
        #[serde(default)]
        earlier: bool,
    },
    /// The image is gone; [`Job::cleanups`] has its snapshots. The name is of an earlier version, which kept them here.
    #[serde(rename = "Sweeping")]
    DeletingSnapshots {},
}

impl RemovalStep {
    /// Looks at the image, then.
    pub(super) fn look(at: Timestamp) -> Self {
        Self::Checking { at: Some(at), asked: None, slow: 0 }
    }

    /// When it wants to go on.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Checking { at, .. } | Self::Deregistering { at, .. } => *at,
            Self::DeletingSnapshots {} => None,
        }
    }
}

/// A sending whose answer was lost: EC2 may or may not be copying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnknownOutcome {
    /// The first such sending.
    pub since: Timestamp,
    /// The last sending.
    pub last: Timestamp,
    /// Looks since the last sending that found nothing.
    pub clean: u8,
    /// What a later sending was refused with: that says nothing about the earlier ones.
    pub refusal: Option<Box<Failure>>,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it was asked for with.
    pub batch: BatchId,
    /// Who asked.
    pub origin: Origin,
    /// What was asked.
    pub request: CopyRequest,
    /// Where it stands.
    pub state: JobState,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When EC2 took it.
    pub started: Option<Timestamp>,
    /// When it last got on.
    pub moved: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What this very copy waits for; what its whole region waits for stands in the region's status.
    pub waiting: Option<Waiting>,
    /// What else a person should know.
    pub note: Option<Note>,
    /// Its snapshots, in the order they were seen.
    pub snapshots: Vec<SnapshotProgress>,
    /// All images it ever made, the last one last.
    pub made: Vec<ImageId>,
    /// Whether it was taken off the list.
    pub dismissed: bool,
    /// Whether its image and snapshots carry this program's tags.
    pub tagged: bool,
    #[serde(rename = "meter")]
    pub(super) rate: RateEstimator,
    pub(super) percent: Option<u8>,
    #[serde(rename = "doubt")]
    pub(super) unknown_outcome: Option<UnknownOutcome>,
    /// A cancel that waits until AWS says whether the copy began.
    pub(super) cancel_wanted: bool,
    /// Whether the new image was ever seen: right after `CopyImage` it may not be found yet.
    pub(super) seen: bool,
    /// When its image was last asked to be deregistered, unless EC2 refused: what is read for a while after that may be from
    /// before.
    #[serde(default)]
    pub(super) deregistering: Option<Timestamp>,
    /// When `CopyImage` was first sent under the present token, as far as EC2 may have taken it.
    #[serde(default)]
    pub(super) sent: Option<Timestamp>,
    /// When EC2 says that the image was created.
    #[serde(default)]
    pub(super) created: Option<Timestamp>,
    /// It was in doubt, and a person gave it up: whatever turns up is not this copy's.
    #[serde(default)]
    pub(super) given_up: bool,
    /// Snapshots that the image's own block devices listed.
    #[serde(default)]
    pub(super) listed: BTreeSet<SnapshotId>,
    /// Snapshots of removed images that are still to be deleted.
    #[serde(default)]
    pub(super) cleanups: Vec<SnapshotCleanup>,
    /// Snapshots of removed images that stay, and why.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// Looks in a row that missed it.
    pub(super) missed: u8,
    /// Looks in a row that found it available.
    pub(super) confirmed: u8,
}

impl Job {
    /// A copy just asked for.
    pub fn new(id: JobId, batch: BatchId, request: CopyRequest, now: Timestamp) -> Self {
        Self {
            id,
            batch,
            origin: Origin::Here,
            request,
            state: JobState::Queued,
            asked: now,
            started: None,
            moved: None,
            ended: None,
            waiting: None,
            note: None,
            snapshots: Vec::new(),
            made: Vec::new(),
            dismissed: false,
            tagged: false,
            rate: RateEstimator::default(),
            percent: None,
            unknown_outcome: None,
            cancel_wanted: false,
            seen: false,
            deregistering: None,
            sent: None,
            created: None,
            given_up: false,
            listed: BTreeSet::new(),
            cleanups: Vec::new(),
            leftovers: Vec::new(),
            missed: 0,
            confirmed: 0,
        }
    }

    /// The same copy once more, under a new token. Its earlier images are remembered.
    pub(super) fn begin_again(&mut self, token: ClientToken, now: Timestamp) {
        let request = CopyRequest { token, ..self.request.clone() };
        let fresh = Self::new(self.id, self.batch.clone(), request, now);
        *self = Self {
            made: std::mem::take(&mut self.made),
            cleanups: std::mem::take(&mut self.cleanups),
            leftovers: std::mem::take(&mut self.leftovers),
            ..fresh
        };
    }

    /// EC2 has named its image.
    pub(super) fn took(&mut self, image: &ImageId, now: Timestamp) {
        self.started.get_or_insert(now);
        self.moved = Some(now);
        self.unknown_outcome = None;
        self.waiting = None;
        if !self.made.contains(image) {
            self.made.push(image.clone());
        }
    }

    /// Returns the phase of its state. A cancel counts from the moment it was requested.
    pub fn phase(&self) -> JobPhase {
        let decided = !self.state.ended() && !matches!(self.state, JobState::InDoubt { .. });
        if self.cancel_wanted && decided { JobPhase::Cancelling } else { self.state.phase() }
    }

    /// Whether it is on its way out.
    pub fn leaving(&self) -> bool {
        let waits = self.cancel_wanted && !self.state.ended() && !matches!(self.state, JobState::InDoubt { .. });
        waits || matches!(self.state, JobState::Removing { .. })
    }

    /// Whether only this program, and not EC2, brings it further: that must not end before it.
    pub fn needs_driving(&self) -> bool {
        matches!(
            self.state,
            JobState::Queued | JobState::Reconciling { .. } | JobState::Starting | JobState::Removing { .. }
        )
    }

    /// Returns true if a cancel changes anything.
    pub fn can_be_cancelled(&self) -> bool {
        !self.state.ended()
            && (!self.cancel_wanted || matches!(self.state, JobState::InDoubt { .. }))
            && !matches!(
                self.state,
                JobState::Removing { purpose: RemovalReason::Cancel | RemovalReason::Deregister, .. }
            )
    }

    /// Returns true if a person wanted it cancelled before it was in doubt: that is done once it is decided.
    pub fn waits_for_cancel(&self) -> bool {
        self.cancel_wanted && matches!(self.state, JobState::InDoubt { .. })
    }

    /// Returns true if it has ended but snapshots of its image are still to be deleted.
    pub fn needs_cleanup(&self) -> bool {
        self.state.ended() && !self.cleanups.is_empty()
    }

    /// Snapshots that are still to be deleted, with what kept them so far.
    pub fn still_to_remove(&self) -> impl Iterator<Item = (&SnapshotId, Option<&str>)> {
        self.cleanups.iter().flat_map(SnapshotCleanup::waiting)
    }

    /// What proves that a snapshot belongs to this image of the job's.
    pub(super) fn evidence(&self, image: &ImageId) -> Evidence {
        Evidence {
            image: image.clone(),
            source: self.request.source.clone(),
            source_snapshots: self.request.source_snapshots.clone(),
            tag: self.tagged.then(|| self.request.token.clone()),
            listed: self.listed.clone(),
            volumes: self.request.volumes.len(),
            from: self.created.or(self.sent).or(self.started).unwrap_or(self.asked),
            until: self.deregistering,
        }
    }

    /// Takes over what the new image says of itself: once it is deregistered, it says nothing more.
    pub(super) fn observe_image(&mut self, image: &Image) {
        self.seen = true;
        self.missed = 0;
        self.created = image.created.or(self.created);
        let volumes = image.snapshot_volumes();
        if self.origin == Origin::Elsewhere && !volumes.is_empty() {
            self.request.volumes = volumes;
        }
        for device in &image.block_devices {
            let Some(ebs) = &device.ebs else { continue };
            let Some(id) = &ebs.snapshot_id else { continue };
            self.listed.insert(id.clone());
            if !self.snapshots.iter().any(|s| s.id == *id) {
                let size = ebs.volume_size.unwrap_or(0);
                let state = SnapshotState::Pending;
                self.snapshots.push(SnapshotProgress { id: id.clone(), size, percent: None, state });
            }
        }
    }

    /// After a restart the clock may be another: nothing can have happened after now.
    pub(super) fn clamp_times(&mut self, now: Timestamp) {
        self.asked = self.asked.min(now);
        for time in [&mut self.started, &mut self.moved, &mut self.sent, &mut self.deregistering] {
            *time = time.map(|t| t.min(now));
        }
        if let Some(doubt) = &mut self.unknown_outcome {
            (doubt.since, doubt.last) = (doubt.since.min(now), doubt.last.min(now));
        }
        for cleanup in &mut self.cleanups {
            cleanup.since = cleanup.since.min(now);
        }
        self.rate.clamp_times(now);
    }

    /// The new image, once EC2 has named it.
    pub fn image(&self) -> Option<&ImageId> {
        match &self.state {
            JobState::Copying { image }
            | JobState::Available { image }
            | JobState::Failed { image: Some(image), .. }
            | JobState::Gone { image }
            | JobState::Removing { image, .. } => Some(image),
            _ => None,
        }
    }

    /// 0 to 99 while copying, 100 once available; `None` while unknown.
    pub fn percent(&self) -> Option<u8> {
        if matches!(self.state, JobState::Available { .. }) { Some(100) } else { self.percent }
    }

    /// Snapshots that are whole, and how many there will be.
    pub fn snapshots_done(&self) -> (usize, usize) {
        let done = self.snapshots.iter().filter(|s| s.percent == Some(100)).count();
        (done, self.snapshots.len().max(self.request.volumes.len()))
    }

    /// Seconds since it was asked for, until now or its end.
    pub fn elapsed(&self, now: Timestamp) -> i64 {
        self.ended.unwrap_or(now).duration_since(self.asked).as_secs()
    }

    /// Seconds until done at the observed rate.
    pub fn eta(&self, now: Timestamp) -> Option<i64> {
        matches!(self.state, JobState::Copying { .. }).then(|| self.rate.eta(now)).flatten()
    }

    /// How long it has not got on, if that is longer than `most`.
    pub fn stalled(&self, now: Timestamp, most: SignedDuration) -> Option<SignedDuration> {
        let idle = now.duration_since(self.moved?);
        (matches!(self.state, JobState::Copying { .. }) && idle >= most).then_some(idle)
    }

    /// Counts its snapshots anew. Whether anything moved.
    pub(super) fn recount(&mut self, now: Timestamp) -> bool {
        let percent = self.percent.max(weighted_percent(&self.request.volumes, &self.snapshots));
        let moved = percent != self.percent;
        self.percent = percent;
        if let Some(percent) = percent {
            self.rate.observe(now, percent);
        }
        if moved {
            self.moved = Some(now);
        }
        moved
    }
}
