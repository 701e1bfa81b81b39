//! The settings of access to AWS.

use serde::{Deserialize, Serialize};

/// Access to AWS. Empty strings leave the choice to the SDK.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aws {
    /// The profile's name.
    pub profile: String,
    /// The region to work in, and to show first.
    pub region: String,
    /// Another endpoint for every service.
    pub endpoint_url: String,
    /// Tries of one call, 1 to 10, the first included.
    pub attempts: u32,
    /// The most seconds one try may take.
    pub attempt_timeout_seconds: u64,
    /// The most seconds a call may take with all its tries.
    pub operation_timeout_seconds: u64,
}

impl Default for Aws {
    fn default() -> Self {
        Self {
            profile: String::new(),
            region: String::new(),
            endpoint_url: String::new(),
            attempts: 4,
            attempt_timeout_seconds: 20,
            operation_timeout_seconds: 60,
        }
    }
}
