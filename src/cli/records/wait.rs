//! What `wait` prints: copies, and images that no copy here has made.

use schemars::JsonSchema;
use serde::Serialize;

use super::{failure::FailureRecord, image::ImageRecord, job::JobRecord};

/// What `wait` prints with `--output json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct WaitDocument {
    pub(in crate::cli) jobs: Vec<JobRecord>,
    /// Images that no copy here has made.
    pub(in crate::cli) images: Vec<ImageRecord>,
    pub(in crate::cli) failures: Vec<FailureRecord>,
}

/// A line of `wait` with `--output jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the lines are printed as jobs and images; this is their schema")]
pub(in crate::cli) enum WaitRecord {
    Job(Box<JobRecord>),
    /// An image that no copy here has made.
    Image(Box<ImageRecord>),
}
