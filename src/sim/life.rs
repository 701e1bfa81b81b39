//! A copy's life as a function of its age: its image, its snapshots, and when each gets how far.
//! Owns the timeline; what a copy is made of is [`crate::sim::copying`]'s to say.

use jiff::Timestamp;

use crate::domain::{Image, ImageId, ImageState, Snapshot, SnapshotState};

/// An image made by a copy.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// As it is once available.
    pub(crate) image: Image,
    pub(crate) created: Timestamp,
    /// Milliseconds after its creation: the snapshots are listed.
    pub(crate) listed: i64,
    /// Milliseconds after its creation: available or, for a copy that fails, failed.
    pub(crate) ended: i64,
    pub(crate) fails: bool,
}

/// A snapshot made by a copy.
#[derive(Debug, Clone)]
pub(crate) struct MadeSnapshot {
    /// As it is once completed or in error.
    pub(crate) end: Snapshot,
    pub(crate) image: ImageId,
    pub(crate) created: Timestamp,
    pub(crate) stages: Stages,
}

/// When a snapshot gets how far: milliseconds after the copy was asked for.
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

fn age_ms(created: Timestamp, now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(created.as_millisecond())
}

impl Made {
    /// Milliseconds.
    pub(crate) fn age_ms(&self, now: Timestamp) -> i64 {
        age_ms(self.created, now)
    }

    /// Whether it is still being made.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        self.age_ms(now) < self.ended
    }

    /// Whether it has come to a bad end.
    pub(crate) fn has_failed(&self, now: Timestamp) -> bool {
        self.fails && !self.is_pending(now)
    }

    /// As EC2 describes it.
    pub(crate) fn as_of(&self, now: Timestamp) -> Image {
        let mut image = self.image.clone();
        if self.age_ms(now) < self.listed {
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
}

impl MadeSnapshot {
    /// As EC2 describes it; none before it exists.
    pub(crate) fn as_of(&self, now: Timestamp) -> Option<Snapshot> {
        let age = age_ms(self.created, now);
        if age < self.stages.listed {
            return None;
        }
        let mut snapshot = self.end.clone();
        if age < self.stages.ended {
            snapshot.state = SnapshotState::Pending;
            snapshot.state_message = None;
            snapshot.progress = self.stages.percent(age);
        }
        Some(snapshot)
    }

    /// Whether it is still being filled.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        age_ms(self.created, now) < self.stages.ended
    }
}

impl Stages {
    fn percent(&self, age: i64) -> Option<u8> {
        if age < self.zero {
            return None;
        }
        let whole = (self.almost - self.zero).max(1);
        u8::try_from(((age - self.zero).saturating_mul(99) / whole).min(99)).ok()
    }
}
