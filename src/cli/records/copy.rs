//! What `amigrate copy` prints as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FailureRecord, job::JobRecord};
use crate::{
    cli::output::{Column, Elision, Record},
    domain::{CopyRequest, text::gib},
    engine::BatchId,
};

/// What came of `amigrate copy`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct CopyDocument {
    /// The copies that were requested, and those of the same that were under way in this queue before.
    pub(in crate::cli) jobs: Vec<JobRecord>,
    /// The copies that were not made, because they are there already.
    pub(in crate::cli) skipped: Vec<SkippedRecord>,
    pub(in crate::cli) failures: Vec<FailureRecord>,
}

/// A requested copy that was not made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct SkippedRecord {
    /// Name that the new image would have had.
    pub(in crate::cli) name: String,
    pub(in crate::cli) source_image_id: String,
    pub(in crate::cli) source_region: String,
    pub(in crate::cli) region: String,
    /// The image that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_id: Option<String>,
    /// Its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) state: Option<String>,
    /// What is there is the copy that was requested, as far as is known.
    pub(in crate::cli) as_requested: bool,
    /// In what it is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) differences: Vec<String>,
    /// A sentence.
    pub(in crate::cli) reason: String,
}

/// One copy that was requested.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::cli) enum CopyRecord {
    /// It was made, or is under way.
    Job(Box<JobRecord>),
    /// It was not made, because it is there already.
    Skipped(SkippedRecord),
}

impl CopyRecord {
    /// The value of one of a job's columns.
    fn of_job(&self, column: usize, of_skipped: impl Fn(&SkippedRecord) -> String) -> String {
        match self {
            Self::Job(job) => JobRecord::columns().get(column).map(|column| (column.value)(job)).unwrap_or_default(),
            Self::Skipped(skipped) => of_skipped(skipped),
        }
    }

    fn destination(&self) -> String {
        match self {
            Self::Job(job) => job.region().into(),
            Self::Skipped(skipped) => skipped.region.clone(),
        }
    }

    /// The state, with the percentage of a copy that is under way.
    fn progress(&self) -> String {
        match self {
            Self::Job(job) => job.progress(),
            Self::Skipped(skipped) => skipped.state.clone().unwrap_or_default(),
        }
    }
}

impl Record for CopyRecord {
    const LIST: &'static str = "jobs";

    /// Those of jobs.
    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<CopyRecord>] = &[
            Column::<CopyRecord>::number("job_id", |c| c.of_job(0, |_| String::new())).headed("JOB"),
            Column::<CopyRecord>::new("batch", |c| c.of_job(1, |_| String::new())).left_out(1),
            Column::<CopyRecord>::new("name", |c| c.of_job(2, |s| s.name.clone())).cut(Elision::Differing(16)),
            Column::<CopyRecord>::new("route", |c| c.of_job(3, |s| format!("{} > {}", s.source_region, s.region)))
                .narrow(2, "TO", CopyRecord::destination),
            Column::<CopyRecord>::new("state", |c| c.of_job(4, |s| s.state.clone().unwrap_or_default()))
                .shown("STATE", CopyRecord::progress),
            Column::<CopyRecord>::new("image_id", |c| c.of_job(5, |s| s.image_id.clone().unwrap_or_default()))
                .left_out(4),
            Column::<CopyRecord>::new("state_reason", |c| c.of_job(6, |s| s.reason.clone()))
                .headed("REASON")
                .cut(Elision::End(20))
                .left_out(3),
            Column::<CopyRecord>::new("percent", |c| c.of_job(7, |_| String::new())).in_data_only(),
        ];
        COLUMNS
    }

    /// The image, unless it is another one than was requested.
    fn id(&self) -> Option<String> {
        match self {
            Self::Job(job) => job.id().filter(|_| !job.has_failed()),
            Self::Skipped(skipped) => skipped.image_id.clone().filter(|_| skipped.as_requested),
        }
    }
}

impl SkippedRecord {
    pub(in crate::cli) fn new(copy: &CopyRequest, reason: String) -> Self {
        Self {
            name: copy.name.to_string(),
            source_image_id: copy.source.to_string(),
            source_region: copy.source_region.to_string(),
            region: copy.destination.to_string(),
            image_id: None,
            state: None,
            as_requested: true,
            differences: Vec::new(),
            reason,
        }
    }
}

/// A copy that was requested, or would be without `--dry-run`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct RequestedRecord {
    name: String,
    source_image_id: String,
    source_region: String,
    region: String,
    size_gib: u64,
    /// The copies it was requested with; none with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
}

impl RequestedRecord {
    /// The record of a copy of this batch, if it was requested.
    pub(in crate::cli) fn new(copy: &CopyRequest, batch: Option<&BatchId>) -> Self {
        Self {
            name: copy.name.to_string(),
            source_image_id: copy.source.to_string(),
            source_region: copy.source_region.to_string(),
            region: copy.destination.to_string(),
            size_gib: copy.size_gib(),
            batch: batch.map(ToString::to_string),
        }
    }
}

impl Record for RequestedRecord {
    const LIST: &'static str = "copies";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<RequestedRecord>] = &[
            Column::<RequestedRecord>::new("source_image_id", |c| c.source_image_id.clone()).headed("SOURCE"),
            Column::<RequestedRecord>::new("route", |c| format!("{} > {}", c.source_region, c.region)).narrow(
                1,
                "TO",
                |c| c.region.clone(),
            ),
            Column::<RequestedRecord>::number("size_gib", |c| c.size_gib.to_string())
                .shown("SIZE", |c| gib(c.size_gib)),
            Column::<RequestedRecord>::new("name", |c| c.name.clone()).cut(Elision::Differing(16)),
            Column::<RequestedRecord>::new("batch", |c| c.batch.clone().unwrap_or_default()).left_out(2),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        None
    }
}

/// The copies that `amigrate copy --dry-run` or `--detach` names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct RequestedDocument {
    /// The copies that would be started, or that were requested.
    pub(in crate::cli) copies: Vec<RequestedRecord>,
    /// The copies that are there already.
    pub(in crate::cli) skipped: Vec<SkippedRecord>,
}
