//! A failure as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{Failure, Region};

/// What failed, why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailureRecord {
    /// What was being done, for example `list images in eu-west-1`.
    operation: String,
    /// The region in which it failed, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Why it did not work, in AWS's words where it gave any.
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// AWS's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// AWS's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<&Failure> for FailureRecord {
    fn from(failure: &Failure) -> Self {
        Self {
            operation: failure.what.clone(),
            region: None,
            message: failure.why.clone(),
            hint: Some(failure.hint.clone()).filter(|hint| !hint.is_empty()),
            code: failure.code.clone(),
            request_id: failure.request_id.clone(),
        }
    }
}

impl FailureRecord {
    /// Sets the region in which it failed.
    #[must_use]
    pub fn in_region(mut self, region: &Region) -> Self {
        self.region = Some(region.to_string());
        self
    }
}
