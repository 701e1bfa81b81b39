//! One copy: what was requested, its state, and what is known of its image and snapshots.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    cleanup::{Leftover, SnapshotCleanup},
    end_time::{EndTime, WatchedUntil},
    ids::{BatchId, JobId},
    note::{Note, Waiting},
    ownership::Evidence,
    post_copy::StepState,
    request_check::RequestCheck,
    state::{JobPhase, JobState, RemovalReason, UnknownOutcome},
};
use crate::domain::{
    ClientToken, CopyRequest, Failure, Image, ImageId, SnapshotId, SnapshotState,
    post_copy::PostCopyStep,
    progress::{Pace, RateEstimator, SnapshotProgress, weighted_percent},
};

/// Who started a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// This program, on this host.
    Here,
    /// Somebody else: the console, the CLI, a colleague, this program on another host.
    Elsewhere,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The copies it was requested with.
    pub batch: BatchId,
    /// Who started it.
    pub origin: Origin,
    /// What was requested.
    pub request: CopyRequest,
    /// Its state.
    pub state: JobState,
    /// When it was requested.
    #[serde(rename = "asked")]
    pub requested: Timestamp,
    /// When EC2 accepted it.
    pub started: Option<Timestamp>,
    /// When it last made progress.
    #[serde(rename = "moved")]
    pub last_progress: Option<Timestamp>,
    /// When it reached its final state, as far as it was noticed then: [`Job::end_time`] is when it ended.
    pub ended: Option<Timestamp>,
    /// What this copy waits for; what all copies to its region wait for is in the region's status.
    pub waiting: Option<Waiting>,
    /// Something else the user should know.
    pub note: Option<Note>,
    /// Its snapshots, in the order they appeared.
    pub snapshots: Vec<SnapshotProgress>,
    /// All images it ever made, the latest one last.
    #[serde(rename = "made")]
    pub images: Vec<ImageId>,
    /// True if it was removed from the list.
    pub dismissed: bool,
    /// Whether its image and snapshots carry amigrate's tags, as far as is known.
    pub tagged: bool,
    /// The client tokens given by the user that were sent, also by earlier attempts, and the derived ones that the copy had before its
    /// present one: EC2 may know them.
    #[serde(default)]
    pub sent_tokens: Vec<ClientToken>,
    /// The state of each of the request's post-copy steps.
    #[serde(default)]
    pub step_states: Vec<StepState>,
    /// What came out, compared with what was requested.
    #[serde(default, rename = "comparison")]
    pub request_check: RequestCheck,
    /// The clock was set while it was running: its times say little about how long it took.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) clock_was_set: bool,
    /// When EC2 had copied it, or had failed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy_end: Option<EndTime>,
    #[serde(skip)]
    pub(super) watched_until: WatchedUntil,
    #[serde(rename = "meter")]
    pub(super) rate: RateEstimator,
    pub(super) percent: Option<u8>,
    #[serde(rename = "doubt")]
    pub(super) unknown_outcome: Option<UnknownOutcome>,
    /// A cancel that waits until AWS shows whether the copy started.
    #[serde(rename = "cancel_wanted")]
    pub(super) cancel_requested: bool,
    /// True once the new image was found: right after `CopyImage` it may not be.
    #[serde(rename = "seen")]
    pub(super) image_seen: bool,
    /// When `DeregisterImage` was last sent for its image, unless EC2 refused: what is read for a while after that may date
    /// from before.
    #[serde(default, rename = "deregistering")]
    pub(super) deregister_sent: Option<Timestamp>,
    /// It was made to deregister an image that is no other job's: it is no copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) for_deregistration: bool,
    /// The snapshots of the image being removed are kept, because the user wants that.
    #[serde(default)]
    pub keep_snapshots: bool,
    /// No `DeregisterImage` is sent for its image after this: what was found about the image does not hold for longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deregister_until: Option<Timestamp>,
    /// When `CopyImage` was first sent with the present token, as far as EC2 may have accepted it.
    #[serde(default)]
    pub(super) sent: Option<Timestamp>,
    /// When the image was created, according to EC2.
    #[serde(default, rename = "created")]
    pub(super) image_created: Option<Timestamp>,
    /// The user gave it up while its outcome was unknown: images that appear later are not assigned to it.
    #[serde(default)]
    pub(super) given_up: bool,
    /// Snapshots that the image's own block devices listed.
    #[serde(default, rename = "listed")]
    pub(super) listed_snapshots: BTreeSet<SnapshotId>,
    /// Snapshots of removed images that are still to be deleted.
    #[serde(default)]
    pub(super) cleanups: Vec<SnapshotCleanup>,
    /// Snapshots of removed images that remain, and why.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// Polls, or checks of a removal, in a row that did not find the image.
    #[serde(rename = "missed")]
    pub(super) misses: u8,
    /// Polls in a row that found it available.
    #[serde(rename = "confirmed")]
    pub(super) available_polls: u8,
}

impl Job {
    /// Makes the job of a copy that was just requested.
    pub fn new(id: JobId, batch: BatchId, request: CopyRequest, now: Timestamp) -> Self {
        Self {
            id,
            batch,
            origin: Origin::Here,
            step_states: vec![StepState::Waiting; request.post_copy.len()],
            request_check: RequestCheck::NotMade,
            request,
            state: JobState::Queued,
            requested: now,
            started: None,
            last_progress: None,
            ended: None,
            waiting: None,
            note: None,
            snapshots: Vec::new(),
            images: Vec::new(),
            dismissed: false,
            tagged: false,
            sent_tokens: Vec::new(),
            clock_was_set: false,
            copy_end: None,
            watched_until: WatchedUntil::default(),
            rate: RateEstimator::default(),
            percent: None,
            unknown_outcome: None,
            cancel_requested: false,
            image_seen: false,
            deregister_sent: None,
            for_deregistration: false,
            keep_snapshots: false,
            deregister_until: None,
            sent: None,
            image_created: None,
            given_up: false,
            listed_snapshots: BTreeSet::new(),
            cleanups: Vec::new(),
            leftovers: Vec::new(),
            misses: 0,
            available_polls: 0,
        }
    }

    /// Returns the phase of its state. A cancel counts from the moment it was requested.
    pub fn phase(&self) -> JobPhase {
        let decided = !self.state.ended() && !matches!(self.state, JobState::InDoubt { .. });
        if self.cancel_requested && decided { JobPhase::Cancelling } else { self.state.phase() }
    }

    /// Returns true if it is being cancelled or removed.
    pub fn is_being_removed(&self) -> bool {
        let waits = self.cancel_requested && !self.state.ended() && !matches!(self.state, JobState::InDoubt { .. });
        waits || matches!(self.state, JobState::Removing { .. })
    }

    /// Returns true if EC2 has answered with an image that it has not shown yet, and that may be an earlier copy's: other hosts send a
    /// derived token too, and EC2 remembers it when the image is gone.
    pub fn is_unconfirmed(&self) -> bool {
        matches!(self.state, JobState::Copying { .. }) && self.request.token.is_derived() && !self.image_seen
    }

    /// Returns what is to be said of its image if EC2 does not have it.
    pub(super) fn note_of_missing_image(&self) -> Note {
        if self.request.token.is_derived() && !self.image_seen {
            Note::EarlierCopyGone
        } else {
            Note::DeregisteredElsewhere
        }
    }

    /// Returns true if it continues only while amigrate runs: EC2 does not carry it on by itself.
    pub fn needs_driving(&self) -> bool {
        let by_state = matches!(
            self.state,
            JobState::Queued | JobState::Reconciling { .. } | JobState::Starting | JobState::Removing { .. }
        );
        by_state || self.has_open_steps()
    }

    /// Returns the post-copy steps that were requested, in their order, with their states.
    pub fn steps(&self) -> impl Iterator<Item = (&PostCopyStep, &StepState)> {
        self.request.post_copy.iter().zip(&self.step_states)
    }

    /// Returns true if it has ended and something is still to be done for it: snapshots deleted, or post-copy steps carried out.
    pub fn is_unfinished(&self) -> bool {
        self.needs_cleanup() || self.state.ended() && self.has_open_steps()
    }

    /// Returns true if the copy has no snapshots, and so neither progress nor encryption: it is one of an instance-store image.
    pub fn is_instance_store(&self) -> bool {
        self.origin == Origin::Here && self.request.volumes.is_empty()
    }

    /// Returns true if what it has left is being removed after it failed: it has ended before.
    pub fn is_failed_being_removed(&self) -> bool {
        matches!(self.state, JobState::Removing { reason: RemovalReason::Failed { .. }, .. })
    }

    /// Returns true if it failed, and what it had left was removed since.
    pub fn failed_and_was_removed(&self) -> bool {
        matches!(self.state, JobState::Failed { image: None, .. })
            && self.note.as_ref().is_some_and(Note::tells_of_removal)
    }

    /// Returns the copies that were requested in its place, after it failed.
    pub fn replaced_by(&self) -> Option<&BatchId> {
        self.note.as_ref().and_then(Note::replaced_by)
    }

    /// Returns why AWS refused to remove its image.
    pub fn removal_refusal(&self) -> Option<&Failure> {
        self.note.as_ref().and_then(Note::refusal)
    }

    /// Returns true if a cancel changes anything.
    pub fn can_be_cancelled(&self) -> bool {
        !self.state.ended()
            && (!self.cancel_requested || matches!(self.state, JobState::InDoubt { .. }))
            && (!matches!(self.state, JobState::Removing { .. }) || self.state.phase() == JobPhase::RemovingFailed)
    }

    /// Returns true if it is in doubt and was cancelled before: the cancel is carried out once a person has decided.
    pub fn cancel_pending_decision(&self) -> bool {
        self.cancel_requested && matches!(self.state, JobState::InDoubt { .. })
    }

    /// Returns true if it has ended but snapshots of its image are still to be deleted.
    pub fn needs_cleanup(&self) -> bool {
        self.state.ended() && !self.cleanups.is_empty()
    }

    /// Returns the snapshots that are still to be deleted, with AWS's message if deleting was tried.
    pub fn undeleted_snapshots(&self) -> impl Iterator<Item = (&SnapshotId, Option<&str>)> {
        self.cleanups.iter().flat_map(SnapshotCleanup::undeleted)
    }

    /// Returns what proves that a snapshot belongs to this image of the job.
    pub(super) fn evidence(&self, image: &ImageId) -> Evidence {
        Evidence {
            image: image.clone(),
            source: self.request.source.clone(),
            source_snapshots: self.request.source_snapshots.clone(),
            tag: self.tagged.then(|| self.request.token.clone()),
            listed: self.listed_snapshots.clone(),
            volumes: self.request.volumes.len(),
            named_by_ec2: BTreeSet::new(),
            from: self.image_created.or(self.sent).or(self.started).unwrap_or(self.requested),
            until: self.deregister_sent,
        }
    }

    /// Records what EC2 reports about the new image.
    pub(super) fn observe_image(&mut self, image: &Image) {
        self.image_seen = true;
        self.misses = 0;
        self.image_created = image.created.or(self.image_created);
        let volumes = image.snapshot_volumes();
        if self.origin == Origin::Elsewhere && !volumes.is_empty() {
            self.request.volumes = volumes;
        }
        for device in &image.block_devices {
            let Some(ebs) = &device.ebs else { continue };
            let Some(id) = &ebs.snapshot_id else { continue };
            self.listed_snapshots.insert(id.clone());
            if !self.snapshots.iter().any(|s| s.id == *id) {
                let size = ebs.volume_size.unwrap_or(0);
                let state = SnapshotState::Pending;
                self.snapshots.push(SnapshotProgress { id: id.clone(), size, percent: None, state });
            }
        }
    }

    /// Moves times that are in the future to now: the clock may have been set since they were stored.
    pub(super) fn clamp_times(&mut self, now: Timestamp) {
        self.requested = self.requested.min(now);
        let own =
            [&mut self.started, &mut self.ended, &mut self.last_progress, &mut self.sent, &mut self.deregister_sent];
        for time in own {
            *time = time.map(|t| t.min(now));
        }
        if let Some(unknown) = &mut self.unknown_outcome {
            unknown.first_sent = unknown.first_sent.min(now);
            unknown.last_sent = unknown.last_sent.min(now);
        }
        self.rate.clamp_times(now);
    }

    /// Returns the new image, once EC2 has made it.
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

    /// Returns 0 to 99 while copying and 100 once available; `None` while unknown.
    pub fn percent(&self) -> Option<u8> {
        if matches!(self.state, JobState::Available { .. }) { Some(100) } else { self.percent }
    }

    /// Returns how many snapshots are complete, and how many there will be.
    pub fn snapshots_done(&self) -> (usize, usize) {
        let done = self.snapshots.iter().filter(|s| s.percent == Some(100)).count();
        (done, self.snapshots.len().max(self.request.volumes.len()))
    }

    /// Returns the seconds that the copy itself takes or took: from when EC2 accepted it until now or its end. `None` before, and if
    /// its end was another thing, such as that somebody deregistered its image, or the clock was set forward meanwhile. At most so many
    /// if [`Job::end_time`] is an upper bound.
    pub fn elapsed(&self, now: Timestamp) -> Option<i64> {
        let copied = !matches!(self.state, JobState::Queued | JobState::Gone { .. } | JobState::Deregistered);
        let started = self.started.filter(|_| copied && !self.clock_was_set && !self.for_deregistration)?;
        let end = self.end_time().map_or(now, EndTime::latest);
        Some(end.duration_since(started).as_secs().max(0))
    }

    /// Returns the seconds before EC2 accepted it, which it was in the queue for the most part.
    pub fn queued(&self, now: Timestamp) -> i64 {
        self.started.or(self.ended).unwrap_or(now).duration_since(self.requested).as_secs().max(0)
    }

    /// Returns GiB of its snapshots, as far as they are known.
    fn size_gib(&self) -> u64 {
        let snapshots = self.snapshots.iter().map(|snapshot| u64::from(snapshot.size)).sum();
        self.request.size_gib().max(snapshots)
    }

    /// Returns how fast it goes, and how long it still takes at the observed rate.
    pub fn pace(&self, now: Timestamp) -> Option<Pace> {
        matches!(self.state, JobState::Copying { .. }).then(|| self.rate.pace(self.size_gib(), now)).flatten()
    }

    /// Returns how long it has made no progress, if that is at least `limit`.
    pub fn stalled(&self, now: Timestamp, limit: SignedDuration) -> Option<SignedDuration> {
        let idle = now.duration_since(self.last_progress?);
        (matches!(self.state, JobState::Copying { .. }) && idle >= limit).then_some(idle)
    }

    /// Updates the percentage from its snapshots. Returns true if there was progress.
    pub(super) fn update_percent(&mut self, now: Timestamp) -> bool {
        let percent = self.percent.max(weighted_percent(&self.request.volumes, &self.snapshots));
        let progress = percent != self.percent;
        self.percent = percent;
        if let Some(percent) = percent {
            self.rate.observe(now, percent);
        }
        if progress {
            self.last_progress = Some(now);
        }
        progress
    }
}
