//! A copy's life as a function of its age: its image, its snapshots, and when each gets how far.
//! Owns the timeline; what a copy is made of is [`crate::sim::api::copy_image`]'s to say.

use jiff::Timestamp;

use crate::domain::{Image, ImageId, ImageState, Snapshot, SnapshotState};

/// Who made or changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Maker {
    /// A request that came through one of the doors: the program's.
    #[default]
    Request,
    /// Another user of the account: the methods of [`World`](crate::sim::World) whose names end in `elsewhere`.
    Elsewhere,
    /// The scenario, before the world began.
    Scenario,
}

/// An image made since the world began.
#[derive(Debug, Clone)]
pub(crate) struct CreatedImage {
    /// As it is once available.
    pub(crate) image: Image,
    pub(crate) course: Timeline,
    /// Milliseconds of its course: the snapshots are listed.
    pub(crate) listed: i64,
    /// Milliseconds of its course: available or, for a copy that fails, failed.
    pub(crate) ended: i64,
    pub(crate) fails: bool,
    /// The client token it was asked with.
    pub(crate) token: Option<String>,
    pub(crate) maker: Maker,
}

/// A snapshot made since the world began.
#[derive(Debug, Clone)]
pub(crate) struct CreatedSnapshot {
    /// As it is once completed or in error.
    pub(crate) end: Snapshot,
    /// The image whose copy made it; none for one that somebody made by itself.
    pub(crate) image: Option<ImageId>,
    pub(crate) course: Timeline,
    pub(crate) stages: Stages,
    pub(crate) maker: Maker,
    /// The client token its copy was asked with.
    pub(crate) token: Option<String>,
}

/// How far a copy is on its way: its age, less the time it stood still.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    created: Timestamp,
    stuck: Option<Timestamp>,
    lost_ms: i64,
}

/// When a snapshot gets how far: milliseconds of its copy's course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stages {
    /// It exists.
    pub(crate) listed: i64,
    /// 0%; before, its progress is an empty text.
    pub(crate) zero: i64,
    /// 99%.
    pub(crate) almost: i64,
    /// Completed or in error.
    pub(crate) ended: i64,
}

/// Milliseconds from one time to another.
pub(crate) fn ms_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

impl Timeline {
    pub(crate) fn new(created: Timestamp) -> Self {
        Self { created, stuck: None, lost_ms: 0 }
    }

    /// When the copy was asked for.
    pub(crate) fn created(&self) -> Timestamp {
        self.created
    }

    /// Milliseconds since the copy was asked for.
    pub(crate) fn age_ms(&self, now: Timestamp) -> i64 {
        ms_between(self.created, now)
    }

    /// Milliseconds of them in which the copy went on.
    pub(crate) fn done_ms(&self, now: Timestamp) -> i64 {
        self.age_ms(self.stuck.map_or(now, |since| since.min(now))).saturating_sub(self.lost_ms)
    }

    /// Stands still from now on.
    pub(crate) fn stick(&mut self, now: Timestamp) {
        self.stuck.get_or_insert(now);
    }

    /// Goes on from where it stood still, if it did.
    pub(crate) fn unstick(&mut self, now: Timestamp) {
        if let Some(since) = self.stuck.take() {
            self.lost_ms = self.lost_ms.saturating_add(ms_between(since, now));
        }
    }
}

impl CreatedImage {
    /// Whether it is still being made.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.course.done_ms(now) < self.ended
    }

    /// Whether it has come to a bad end.
    pub(crate) fn has_failed(&self, now: Timestamp) -> bool {
        self.fails && !self.is_pending(now)
    }

    /// As EC2 describes it.
    pub(crate) fn as_of(&self, now: Timestamp) -> Image {
        let mut image = self.image.clone();
        if self.course.done_ms(now) < self.listed {
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

    /// Ends now, well or badly.
    pub(crate) fn end(&mut self, fails: bool, now: Timestamp) {
        self.course.unstick(now);
        self.ended = self.course.done_ms(now);
        self.listed = self.listed.min(self.ended);
        self.fails = fails;
    }
}

impl CreatedSnapshot {
    /// As EC2 describes it; none before it exists.
    pub(crate) fn as_of(&self, now: Timestamp) -> Option<Snapshot> {
        let done = self.course.done_ms(now);
        if done < self.stages.listed {
            return None;
        }
        let mut snapshot = self.end.clone();
        if done < self.stages.ended {
            snapshot.state = SnapshotState::Pending;
            snapshot.state_message = None;
            snapshot.progress = self.stages.percent(done);
        }
        Some(snapshot)
    }

    /// Whether the copy of this image made it.
    pub(crate) fn is_of(&self, image: &ImageId) -> bool {
        self.image.as_ref() == Some(image)
    }

    /// Whether it is still being filled.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.course.done_ms(now) < self.stages.ended
    }

    /// Is whole now, whatever it would have become.
    pub(crate) fn complete(&mut self, now: Timestamp) {
        self.stop(now);
        self.end.state = SnapshotState::Completed;
        self.end.progress = Some(100);
        self.end.state_message = None;
    }

    /// Is in error now, at the percent it has reached.
    pub(crate) fn fail(&mut self, reason: &str, now: Timestamp) {
        self.end.progress = Some(self.as_of(now).and_then(|s| s.progress).unwrap_or(0));
        self.stop(now);
        self.end.state = SnapshotState::Error;
        self.end.state_message = Some(reason.into());
    }

    fn stop(&mut self, now: Timestamp) {
        self.course.unstick(now);
        self.stages.ended = self.stages.ended.min(self.course.done_ms(now));
        self.stages.listed = self.stages.listed.min(self.stages.ended);
    }
}

impl Stages {
    /// Of a snapshot that is whole as soon as it exists.
    pub(crate) const WHOLE: Self = Self { listed: 0, zero: 0, almost: 0, ended: 0 };

    fn percent(&self, age: i64) -> Option<u8> {
        if age < self.zero {
            return None;
        }
        let whole = (self.almost - self.zero).max(1);
        u8::try_from(((age - self.zero).saturating_mul(99) / whole).min(99)).ok()
    }
}
