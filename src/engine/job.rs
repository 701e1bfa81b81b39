//! One copy: what was asked, where it stands, what is known of its snapshots.

use std::fmt;

use jiff::Timestamp;

use crate::domain::{
    CopyRequest, Failure, ImageId, SnapshotId,
    progress::{Meter, SnapshotProgress, weigh},
};

/// A job's number within this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The copies of one submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Where a copy stands.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    /// Asked for, not yet sent.
    Queued,
    /// Sent, not yet answered.
    Starting,
    /// EC2 is copying.
    Copying {
        /// The new image.
        image: ImageId,
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
    /// On its way out.
    Cancelling(Cancelling),
    /// Gone, as asked; what could not be removed is named in the job's note.
    Cancelled,
}

impl JobState {
    /// Whether nothing more will happen.
    pub fn ended(&self) -> bool {
        matches!(self, Self::Available { .. } | Self::Failed { .. } | Self::Cancelled)
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Copying { .. } => "copying",
            Self::Available { .. } => "available",
            Self::Failed { .. } => "failed",
            Self::Cancelling(_) => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The steps of a cancel. A step that awaits an answer has no time set.
#[derive(Debug, Clone, PartialEq)]
pub enum Cancelling {
    /// `CopyImage` is under way, or its answer was lost: the new image's id is needed first.
    AwaitingId,
    /// The image is looked at: only a pending one is deregistered.
    Looking {
        /// The new image.
        image: ImageId,
        /// When to look (again).
        at: Option<Timestamp>,
    },
    /// The image is being deregistered.
    Deregistering {
        /// The new image.
        image: ImageId,
        /// When to send (again).
        at: Option<Timestamp>,
    },
    /// The image is gone; its snapshots are found and deleted until two looks find none.
    Sweeping {
        /// The image that was.
        image: ImageId,
        /// When to look again.
        at: Option<Timestamp>,
        /// Looks in a row that found nothing.
        clean: u8,
        /// Looks in all.
        rounds: u32,
        /// Deletes not yet answered.
        open: usize,
        /// Snapshots AWS will not delete, with its reason.
        refused: Vec<(SnapshotId, String)>,
    },
}

impl Cancelling {
    /// When this step wants to go on.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self {
            Self::AwaitingId => None,
            Self::Looking { at, .. } | Self::Deregistering { at, .. } | Self::Sweeping { at, .. } => *at,
        }
    }
}

/// One copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it was asked for with.
    pub batch: BatchId,
    /// What was asked.
    pub request: CopyRequest,
    /// Where it stands.
    pub state: JobState,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When EC2 took it.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What a queued job waits for.
    pub waiting: Option<String>,
    /// What else a person should know.
    pub note: Option<String>,
    /// Its snapshots, in the order they were seen.
    pub snapshots: Vec<SnapshotProgress>,
    pub(super) meter: Meter,
    pub(super) percent: Option<u8>,
    /// A sending whose answer was lost: EC2 may or may not be copying.
    pub(super) in_doubt: bool,
    /// A cancel that waits until AWS says whether the copy began.
    pub(super) cancel_wanted: bool,
    /// Whether the new image was ever seen: right after `CopyImage` it may not be found yet.
    pub(super) seen: bool,
    /// Looks in a row that missed it.
    pub(super) missed: u8,
    /// Looks in a row that found it available.
    pub(super) confirmed: u8,
}

impl Job {
    pub(super) fn new(id: JobId, batch: BatchId, request: CopyRequest, now: Timestamp) -> Self {
        Self {
            id,
            batch,
            request,
            state: JobState::Queued,
            asked: now,
            started: None,
            ended: None,
            waiting: None,
            note: None,
            snapshots: Vec::new(),
            meter: Meter::default(),
            percent: None,
            in_doubt: false,
            cancel_wanted: false,
            seen: false,
            missed: 0,
            confirmed: 0,
        }
    }

    /// The new image, once EC2 has named it.
    pub fn image(&self) -> Option<&ImageId> {
        match &self.state {
            JobState::Copying { image }
            | JobState::Available { image }
            | JobState::Failed { image: Some(image), .. }
            | JobState::Cancelling(
                Cancelling::Looking { image, .. }
                | Cancelling::Deregistering { image, .. }
                | Cancelling::Sweeping { image, .. },
            ) => Some(image),
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
        matches!(self.state, JobState::Copying { .. }).then(|| self.meter.eta(now)).flatten()
    }

    /// Counts its snapshots anew. Whether anything moved.
    pub(super) fn recount(&mut self, now: Timestamp) -> bool {
        let percent = self.percent.max(weigh(&self.request.volumes, &self.snapshots));
        let moved = percent != self.percent;
        self.percent = percent;
        if let Some(percent) = percent {
            self.meter.observe(now, percent);
        }
        moved
    }
}
