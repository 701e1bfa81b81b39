//! A copy as JSON, and its columns.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Record},
    engine::Job,
};

/// A copy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct JobRecord {
    /// Its number in this store.
    job_id: u64,
    /// The copies it was requested with.
    batch: String,
    /// Name of the new image.
    name: String,
    source_image_id: String,
    source_region: String,
    region: String,
    state: String,
    /// The new image, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
}

impl From<&Job> for JobRecord {
    fn from(job: &Job) -> Self {
        let request = &job.request;
        Self {
            job_id: job.id.0,
            batch: job.batch.to_string(),
            name: request.name.as_str().into(),
            source_image_id: request.source.to_string(),
            source_region: request.source_region.to_string(),
            region: request.destination.to_string(),
            state: job.phase().as_str().into(),
            image_id: job.image().map(ToString::to_string),
        }
    }
}

impl Record for JobRecord {
    const LIST: &'static str = "jobs";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<JobRecord>] = &[
            Column::number("job_id", |j| j.job_id.to_string()),
            Column::new("batch", |j| j.batch.clone()),
            Column::new("name", |j| j.name.clone()),
            Column::new("route", |j| format!("{} > {}", j.source_region, j.region)),
            Column::new("state", |j| j.state.clone()),
            Column::new("image_id", |j| j.image_id.clone().unwrap_or_default()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        self.image_id.clone()
    }
}
