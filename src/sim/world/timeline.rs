//! Timelines of copies: states of their images and snapshots as a function of time.

use jiff::Timestamp;

use crate::{
    domain::{Image, ImageId, ImageState, Region, Snapshot, SnapshotState},
    sim::world::{locations::Location, time_scale::WorkClock},
};

/// Who created or changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Actor {
    /// The program, by a request through one of the transports.
    #[default]
    Request,
    /// Another user of the account: the methods of [`World`](crate::sim::World) whose names end in `as_other_user`.
    OtherUser,
    /// The scenario, before the world began.
    Scenario,
}

/// An image made since the world began.
#[derive(Debug, Clone)]
pub(crate) struct CreatedImage {
    /// The image as it will be once available.
    pub(crate) image: Image,
    pub(crate) timeline: Timeline,
    /// When the snapshots are listed, in milliseconds of the timeline.
    pub(crate) listed: i64,
    /// When the image is available or, if the copy fails, failed, in milliseconds of the timeline.
    pub(crate) ended: i64,
    pub(crate) fails: bool,
    /// Client token of the `CopyImage` request.
    pub(crate) token: Option<String>,
    pub(crate) created_by: Actor,
    pub(crate) location: Location,
    pub(crate) time_based: Option<TimeBased>,
}

/// A time-based copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeBased {
    /// The completion duration asked for.
    pub(crate) minutes: u32,
    pub(crate) from: Region,
    /// Throughput of all its snapshots, KiB per second.
    pub(crate) throughput: u64,
    /// How long it takes, milliseconds.
    pub(crate) ms: i64,
}

/// How a snapshot was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    Standard,
    TimeBased { minutes: u32 },
}

impl Transfer {
    /// Returns EC2's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::TimeBased { .. } => "time-based",
        }
    }
}

/// A snapshot made since the world began.
#[derive(Debug, Clone)]
pub(crate) struct CreatedSnapshot {
    /// The snapshot as it will be once completed or in error.
    pub(crate) snapshot: Snapshot,
    /// The image whose copy made it; `None` if no copy did.
    pub(crate) image: Option<ImageId>,
    pub(crate) timeline: Timeline,
    pub(crate) stages: Stages,
    pub(crate) created_by: Actor,
    /// Client token of the `CopyImage` request.
    pub(crate) token: Option<String>,
    pub(crate) location: Location,
    /// `None` if it is no copy.
    pub(crate) transfer: Option<Transfer>,
}

/// Work since something began: its age, and the same less the time it was stuck. All milliseconds are of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    created: Timestamp,
    clock: WorkClock,
    stuck_since: Option<Timestamp>,
    stuck_ms: i64,
}

/// When a snapshot reaches each stage, in milliseconds of its copy's timeline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stages {
    /// The snapshot exists.
    pub(crate) listed: i64,
    /// Progress is 0%; before, it is an empty string.
    pub(crate) zero: i64,
    /// Progress is 99%.
    pub(crate) almost: i64,
    /// The snapshot is completed or in error.
    pub(crate) ended: i64,
}

/// Real milliseconds: for limits and rates, which no scale changes.
pub(crate) fn ms_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

impl Timeline {
    pub(crate) fn new(created: Timestamp, clock: WorkClock) -> Self {
        Self { created, clock, stuck_since: None, stuck_ms: 0 }
    }

    pub(crate) fn created(&self) -> Timestamp {
        self.created
    }

    pub(crate) fn age_ms(&self, now: Timestamp) -> i64 {
        self.clock.work_ms(self.created, now)
    }

    /// Returns the copy's age without the time it was stuck, in milliseconds.
    pub(crate) fn active_ms(&self, now: Timestamp) -> i64 {
        self.age_ms(self.stuck_since.map_or(now, |since| since.min(now))).saturating_sub(self.stuck_ms)
    }

    /// Returns when the copy's age without the time it was stuck came to `ms`, provided that it did.
    fn time_at(&self, ms: i64) -> Timestamp {
        self.clock.after(self.created, ms.saturating_add(self.stuck_ms))
    }

    pub(crate) fn stick(&mut self, now: Timestamp) {
        self.stuck_since.get_or_insert(now);
    }

    pub(crate) fn unstick(&mut self, now: Timestamp) {
        if let Some(since) = self.stuck_since.take() {
            self.stuck_ms = self.stuck_ms.saturating_add(self.clock.work_ms(since, now));
        }
    }
}

impl CreatedImage {
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.timeline.active_ms(now) < self.ended
    }

    pub(crate) fn has_failed(&self, now: Timestamp) -> bool {
        self.fails && !self.is_pending(now)
    }

    /// Returns the image as EC2 describes it at `now`.
    pub(crate) fn as_of(&self, now: Timestamp) -> Image {
        let mut image = self.image.clone();
        if self.timeline.active_ms(now) < self.listed {
            image.block_devices.iter_mut().filter_map(|d| d.ebs.as_mut()).for_each(|e| e.snapshot_id = None);
        }
        if self.is_pending(now) {
            image.state = ImageState::Pending;
        } else if self.fails {
            image.state = ImageState::Failed;
            image.state_reason = Some("Copy image failed with an internal error".into());
        }
        image
    }

    /// Ends the copy at `now`.
    pub(crate) fn end(&mut self, fails: bool, now: Timestamp) {
        self.timeline.unstick(now);
        self.ended = self.timeline.active_ms(now);
        self.listed = self.listed.min(self.ended);
        self.fails = fails;
    }
}

impl CreatedSnapshot {
    /// Returns the snapshot as EC2 describes it at `now`, or `None` before it exists.
    pub(crate) fn as_of(&self, now: Timestamp) -> Option<Snapshot> {
        let done = self.timeline.active_ms(now);
        if done < self.stages.listed {
            return None;
        }
        let mut snapshot = self.snapshot.clone();
        if done < self.stages.ended {
            snapshot.state = SnapshotState::Pending;
            snapshot.state_message = None;
            snapshot.progress = self.stages.percent(done);
        }
        Some(snapshot)
    }

    /// Returns true if the copy of this image made the snapshot.
    pub(crate) fn is_of(&self, image: &ImageId) -> bool {
        self.image.as_ref() == Some(image)
    }

    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.timeline.active_ms(now) < self.stages.ended
    }

    /// Returns when the snapshot was completed, if it is.
    pub(crate) fn completed(&self, now: Timestamp) -> Option<Timestamp> {
        let completed = !self.is_pending(now) && self.snapshot.state == SnapshotState::Completed;
        completed.then(|| self.timeline.time_at(self.stages.ended))
    }

    /// Completes the snapshot, even one that would have ended in error.
    pub(crate) fn complete(&mut self, now: Timestamp) {
        self.stop(now);
        self.snapshot.state = SnapshotState::Completed;
        self.snapshot.progress = Some(100);
        self.snapshot.state_message = None;
    }

    /// Ends the snapshot in error, at the percentage it has reached.
    pub(crate) fn fail(&mut self, reason: &str, now: Timestamp) {
        self.snapshot.progress = Some(self.as_of(now).and_then(|s| s.progress).unwrap_or(0));
        self.stop(now);
        self.snapshot.state = SnapshotState::Error;
        self.snapshot.state_message = Some(reason.into());
    }

    fn stop(&mut self, now: Timestamp) {
        self.timeline.unstick(now);
        self.stages.ended = self.stages.ended.min(self.timeline.active_ms(now));
        self.stages.listed = self.stages.listed.min(self.stages.ended);
    }
}

impl Stages {
    /// Stages of a snapshot that is completed as soon as it exists.
    pub(crate) const COMPLETED: Self = Self { listed: 0, zero: 0, almost: 0, ended: 0 };

    fn percent(&self, age: i64) -> Option<u8> {
        if age < self.zero {
            return None;
        }
        let whole = (self.almost - self.zero).max(1);
        u8::try_from(((age - self.zero).saturating_mul(99) / whole).min(99)).ok()
    }
}
