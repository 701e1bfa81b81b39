//! What `amigrate copy` prints as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FailureRecord, job::JobRecord};
use crate::{cli::output::Column, domain::CopyRequest};

/// What came of `amigrate copy`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct CopyDocument {
    /// The copies that were requested, and those of the same that were under way in this queue before.
    pub(in crate::cli) jobs: Vec<JobRecord>,
    /// The copies that were not made, because they are there already.
    pub(in crate::cli) skipped: Vec<SkippedRecord>,
    pub(in crate::cli) failures: Vec<FailureRecord>,
}

/// A copy that was asked for and not made.
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
    /// A sentence.
    pub(in crate::cli) reason: String,
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
}

impl From<&CopyRequest> for RequestedRecord {
    fn from(copy: &CopyRequest) -> Self {
        Self {
            name: copy.name.to_string(),
            source_image_id: copy.source.to_string(),
            source_region: copy.source_region.to_string(),
            region: copy.destination.to_string(),
            size_gib: copy.size_gib(),
        }
    }
}

impl crate::cli::output::Record for RequestedRecord {
    const LIST: &'static str = "copies";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<RequestedRecord>] = &[
            Column::new("source_image_id", |c| c.source_image_id.clone()),
            Column::new("route", |c| format!("{} > {}", c.source_region, c.region)),
            Column::number("size_gib", |c| c.size_gib.to_string()),
            Column::new("name", |c| c.name.clone()),
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
