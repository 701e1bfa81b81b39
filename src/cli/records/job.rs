//! A copy as JSON, and its columns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    FailureRecord,
    difference::{DifferenceRecord, difference},
};
use crate::{
    cli::output::{Column, Elision, Record},
    domain::{AccountKey, CopyRequest, Encryption, ImageId, Placement, SnapshotState, image::Tag, progress::Pace},
    engine::{BatchId, EndTime, Job, JobPhase, JobState, Status, StepState},
    labels,
};

/// A copy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct JobRecord {
    /// Its number in this store; none before a process has taken up the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<u64>,
    /// The copies it was requested with.
    batch: String,
    /// The account, and the endpoint if it is not AWS's.
    account: String,
    /// `copy`, or `deregistration`: of an image that no copy here has made. Then of the request only `name` and `region` say anything.
    operation: &'static str,
    /// Where it was requested: `here`, or `elsewhere`: by the console, the CLI, a colleague or another host.
    origin: &'static str,
    /// Name of the new image.
    name: String,
    /// Description of the new image; may be empty.
    description: String,
    source_image_id: String,
    source_image_name: String,
    source_region: String,
    /// The destination.
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_outpost_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_availability_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_availability_zone_id: Option<String>,
    /// `requested` before a process has taken it up, then `queued`, `starting`, `reconciling`, `in doubt`, `copying`, `cancelling`,
    /// `removing`, `deregistering`, `available`, `failed`, `gone`, `cancelled` or `deregistered`.
    state: String,
    /// 0 to 100, weighted by the sizes of the snapshots; none while EC2 reports none.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    /// The new image, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
    /// All images it ever made, the latest last: a retried copy makes another.
    image_ids: Vec<String>,
    /// Of a copy in doubt, the images that may be the copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidate_image_ids: Vec<String>,
    /// Its snapshots, in the order they appeared.
    snapshots: Vec<SnapshotRecord>,
    /// Sum of the volumes.
    size_gib: u64,
    /// New encryption was requested.
    encrypted: bool,
    /// The requested key; none for the destination's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_id: Option<String>,
    copy_image_tags: bool,
    /// Requested tags of the new image.
    image_tags: BTreeMap<String, String>,
    /// Requested tags of the new snapshots.
    snapshot_tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_copy_completion_duration_minutes: Option<u16>,
    client_token: String,
    /// When it was requested, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_time: Option<String>,
    /// When EC2 accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    /// When it last made progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress_time: Option<String>,
    /// When it ended: of an available copy, when EC2 had completed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    /// Given, and true, if it ended at an unknown time before `end_time`: it was only then seen to have ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    end_time_is_upper_bound: bool,
    /// Seconds left at the observed rate; none while unknown or overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_seconds: Option<i64>,
    /// Why it is in its state, what it waits for, and what else should be known, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<String>,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The copies that were requested in its place after it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRecord>,
    /// What is done once it is available, in this order.
    steps: Vec<StepRecord>,
    /// What is not as requested.
    differences: Vec<DifferenceRecord>,
    /// Snapshots of its removed images that remain, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remaining_snapshots: Vec<String>,
}

const COPY: &str = "copy";
const DEREGISTRATION: &str = "deregistration";

/// A snapshot of a copy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct SnapshotRecord {
    snapshot_id: String,
    /// GiB.
    volume_size: u32,
    /// `pending`, `completed`, `error` or `other`; of an image that was removed, or is being, `to be deleted`, `being deleted`, `deleted`,
    /// `to be kept`, `kept`, `left in AWS` or `unknown`.
    state: &'static str,
    /// Percent; none while EC2 reports none.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
}

/// A post-copy step.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct StepRecord {
    /// What it does.
    name: String,
    /// `waiting`, `under way`, `done`, `failed`, `given up`, or `withdrawn`: other steps were requested instead.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRecord>,
}

impl JobRecord {
    /// Makes the record of a copy as of now; `status` is that of its queue.
    pub(in crate::cli) fn new(account: &AccountKey, job: &Job, status: &Status, now: Timestamp) -> Self {
        let reasons = reasons(job, status, now);
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let candidates = if let JobState::InDoubt { candidates } = &job.state { candidates.as_slice() } else { &[] };
        let failure = if let JobState::Failed { failure, .. } = &job.state { Some(failure) } else { None };
        Self {
            job_id: Some(job.id.0),
            operation: if job.is_deregistration() { DEREGISTRATION } else { COPY },
            origin: if job.is_external_copy() { "elsewhere" } else { "here" },
            state: job.phase().as_str().into(),
            percent: job.percent(),
            image_id: job.image().map(ToString::to_string),
            image_ids: texts(&job.images),
            candidate_image_ids: texts(candidates),
            snapshots: job.snapshots.iter().map(|known| snapshot(job, known)).collect(),
            request_time: time(Some(job.requested)),
            start_time: time(job.started),
            progress_time: time(job.last_progress),
            end_time: time(job.end_time().map(EndTime::latest)),
            end_time_is_upper_bound: job.end_time().is_some_and(EndTime::is_upper_bound),
            remaining_seconds: job.pace(now).and_then(Pace::seconds_left),
            state_reason: Some(reasons.join("; ")).filter(|reason| !reason.is_empty()),
            waiting: waiting(job, status),
            note: job.note.as_ref().map(labels::note),
            replaced_by: job.replaced_by().map(ToString::to_string),
            failure: failure.map(|failure| FailureRecord::from(failure.as_ref())),
            steps: steps(job),
            differences: job.request_check.differences().iter().map(difference).collect(),
            remaining_snapshots: labels::remaining_snapshots(job),
            ..Self::requested(account, &job.batch, &job.request)
        }
    }

    /// Makes the record of a copy that was requested, and cancelled before a process has taken it up.
    pub(in crate::cli) fn withdrawn(account: &AccountKey, batch: &BatchId, request: &CopyRequest) -> Self {
        Self { state: "cancelled".into(), ..Self::requested(account, batch, request) }
    }

    /// Makes the record of a copy that was requested, and that no process has taken up yet.
    pub(in crate::cli) fn requested(account: &AccountKey, batch: &BatchId, request: &CopyRequest) -> Self {
        let placed = |of: fn(&Placement) -> Option<&str>| of(&request.placement).map(str::to_owned);
        let (encrypted, key) = match &request.encryption {
            Encryption::Keep => (false, None),
            Encryption::Encrypt { key } => (true, key.as_ref()),
        };
        Self {
            job_id: None,
            batch: batch.to_string(),
            account: account.as_str().into(),
            operation: COPY,
            origin: "here",
            name: request.name.as_str().into(),
            description: request.description.as_str().into(),
            source_image_id: request.source.to_string(),
            source_image_name: request.source_name.clone(),
            source_region: request.source_region.to_string(),
            region: request.destination.to_string(),
            destination_outpost_arn: placed(
                |p| if let Placement::Outpost(arn) = p { Some(arn.as_str()) } else { None },
            ),
            destination_availability_zone: placed(|p| if let Placement::Zone(z) = p { Some(z.as_str()) } else { None }),
            destination_availability_zone_id: placed(|p| {
                if let Placement::ZoneId(z) = p { Some(z.as_str()) } else { None }
            }),
            state: "requested".into(),
            percent: None,
            image_id: None,
            image_ids: Vec::new(),
            candidate_image_ids: Vec::new(),
            snapshots: Vec::new(),
            size_gib: request.size_gib(),
            encrypted,
            kms_key_id: key.map(ToString::to_string),
            copy_image_tags: request.copy_tags,
            image_tags: tags(&request.image_tags),
            snapshot_tags: tags(&request.snapshot_tags),
            snapshot_copy_completion_duration_minutes: request
                .completion
                .map(crate::domain::CompletionDuration::minutes),
            client_token: request.client_token().as_str().into(),
            request_time: None,
            start_time: None,
            progress_time: None,
            end_time: None,
            end_time_is_upper_bound: false,
            remaining_seconds: None,
            state_reason: None,
            waiting: None,
            note: None,
            replaced_by: None,
            failure: None,
            steps: Vec::new(),
            differences: Vec::new(),
            remaining_snapshots: Vec::new(),
        }
    }

    /// Identifies it among records: the account, its number, and the client token.
    pub(in crate::cli) fn key(&self) -> (String, Option<u64>, String) {
        let token = if self.job_id.is_some() { String::new() } else { self.client_token.clone() };
        (self.account.clone(), self.job_id, token)
    }

    /// The record without what changes while nothing happens.
    pub(in crate::cli) fn without_times(&self) -> Self {
        Self { remaining_seconds: None, progress_time: None, ..self.clone() }
    }

    /// The destination.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The regions that it copies between, or the one in which an image is deregistered.
    fn route(&self) -> String {
        match self.operation {
            DEREGISTRATION => format!("in {}", self.region),
            _ => format!("{} > {}", self.source_region, self.region),
        }
    }

    /// The state, with the percentage of a copy that is under way.
    pub(super) fn progress(&self) -> String {
        match self.percent {
            Some(percent) if self.state == "copying" => format!("{} {percent}%", self.state),
            _ => self.state.clone(),
        }
    }
}

/// Why a copy is in its state, and what else should be known.
fn reasons(job: &Job, status: &Status, now: Timestamp) -> Vec<String> {
    let reason = match &job.state {
        JobState::Failed { failure, .. } => Some(labels::failure_reason(job, failure)),
        JobState::InDoubt { candidates } => Some(in_doubt(candidates)),
        _ => waiting(job, status),
    };
    let reason = reason.or_else(|| job.note.as_ref().map(labels::note)).into_iter();
    let settled = |state: &StepState| matches!(state, StepState::Done | StepState::Withdrawn(_));
    let after = job.steps().filter(|(_, state)| !settled(state));
    let after = after.map(|(step, state)| {
        format!("{}: {}", labels::step(step, &job.request.destination), labels::step_state(job, state))
    });
    let reason = reason.chain(labels::stall_advice(job, now)).chain(labels::remaining_snapshots(job));
    let reason = reason.chain(after.filter(|_| matches!(job.state, JobState::Available { .. })));
    let different = labels::differences(&job.request_check).into_iter().map(|text| format!("not as requested: {text}"));
    let not_compared = labels::not_compared(&job.request_check).map(|text| format!("not compared: {text}"));
    reason.chain(different).chain(not_compared).collect()
}

/// What a copy waits for; a queued one perhaps for what all of its region wait for.
fn waiting(job: &Job, status: &Status) -> Option<String> {
    let destination = &job.request.destination;
    let of_region = || status.regions.get(destination)?.waiting.as_ref();
    let waiting = match &job.state {
        JobState::Queued => job.waiting.as_ref().or_else(of_region),
        _ => job.waiting.as_ref(),
    };
    waiting.map(|waiting| labels::waiting(waiting, destination))
}

/// The images that may be the copy; `amigrate resolve` decides.
fn in_doubt(candidates: &[ImageId]) -> String {
    match texts(candidates).as_slice() {
        [] => "AWS does not show whether it was made".into(),
        some => format!("may be {}", some.join(" or ")),
    }
}

fn texts(ids: &[ImageId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter().map(|tag| (tag.key.to_string(), tag.value.to_string())).collect()
}

fn snapshot(job: &Job, snapshot: &crate::domain::progress::SnapshotProgress) -> SnapshotRecord {
    let removed = labels::removed_snapshot(job, &snapshot.id);
    let reported = match snapshot.state {
        SnapshotState::Pending => "pending",
        SnapshotState::Completed => "completed",
        SnapshotState::Error => "error",
        SnapshotState::Other => "other",
    };
    SnapshotRecord {
        snapshot_id: snapshot.id.to_string(),
        volume_size: snapshot.size,
        state: removed.unwrap_or(reported),
        progress: snapshot.percent.filter(|_| removed.is_none()),
    }
}

fn steps(job: &Job) -> Vec<StepRecord> {
    let record = |(step, state): (_, &StepState)| {
        let (word, failure) = match state {
            StepState::Waiting => ("waiting", None),
            StepState::UnderWay(_) => ("under way", None),
            StepState::Done => ("done", None),
            StepState::Failed(failure) => ("failed", Some(FailureRecord::from(failure.as_ref()))),
            StepState::GivenUp | StepState::GivenUpSent(_) => ("given up", None),
            StepState::Withdrawn(failure) => ("withdrawn", failure.as_deref().map(FailureRecord::from)),
        };
        StepRecord { name: labels::step(step, &job.request.destination), state: word, failure }
    };
    job.steps().map(record).collect()
}

impl JobRecord {
    /// Returns true if the copy has failed: its image is of no use, though there may be one.
    pub(in crate::cli) fn has_failed(&self) -> bool {
        self.state == JobPhase::Failed.as_str()
    }

    /// The column of a table with the copies of several accounts.
    pub(in crate::cli) const ACCOUNT: &Column<Self> = &Column::new("account", |j| j.account.clone());
}

impl Record for JobRecord {
    const LIST: &'static str = "jobs";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<JobRecord>] = &[
            Column::<JobRecord>::number("job_id", |j| j.job_id.map(|id| id.to_string()).unwrap_or_default())
                .headed("JOB"),
            Column::<JobRecord>::new("batch", |j| j.batch.clone()).left_out(1),
            Column::<JobRecord>::new("name", |j| j.name.clone()).cut(Elision::Differing(16)),
            Column::<JobRecord>::new("route", JobRecord::route).narrow(2, "TO", |j| j.region.clone()),
            Column::<JobRecord>::new("state", |j| j.state.clone()).shown("STATE", JobRecord::progress),
            Column::<JobRecord>::new("image_id", |j| j.image_id.clone().unwrap_or_default()).left_out(3),
            Column::<JobRecord>::new("state_reason", |j| j.state_reason.clone().unwrap_or_default())
                .headed("REASON")
                .cut(Elision::End(20))
                .left_out(4),
            Column::<JobRecord>::new("percent", |j| j.percent.map(|percent| percent.to_string()).unwrap_or_default())
                .in_data_only(),
        ];
        COLUMNS
    }

    /// That of an image that is gone is of no use to whoever reads ids.
    fn id(&self) -> Option<String> {
        self.image_id.clone().filter(|_| self.state != JobPhase::Gone.as_str())
    }
}
