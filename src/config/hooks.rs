//! The settings of hooks, and the names of the variables that a hook is given.

use serde::{Deserialize, Serialize};

use crate::domain::{Failure, text::clean};

/// Commands of the user's that are run when something happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hooks {
    /// Program and arguments for each own copy that has ended; none for no hook.
    pub job_ended: Vec<String>,
    /// The most seconds one may take.
    pub timeout_seconds: u64,
}

impl Hooks {
    /// Checks that the program of the hook is the same from wherever amigrate is started: a path is absolute, and a bare name is
    /// looked up in `PATH`.
    ///
    /// # Errors
    /// If it is not.
    pub fn check(program: &str) -> Result<(), Failure> {
        if program.starts_with('/') || !program.contains('/') {
            return Ok(());
        }
        Err(Failure::new("run a hook", format!("a relative path: {}", clean(program)))
            .hint("Give the absolute path, starting with `/`, or a name that is found in PATH."))
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Self { job_ended: Vec::new(), timeout_seconds: 60 }
    }
}

/// The variables of a hook. A hook may run `amigrate` in turn, to which they mean nothing.
pub mod variables {
    pub const JOB: &str = "AMIGRATE_JOB";
    pub const BATCH: &str = "AMIGRATE_BATCH";
    /// Copies of the batch that have not ended yet.
    pub const BATCH_LEFT: &str = "AMIGRATE_BATCH_LEFT";
    pub const STATE: &str = "AMIGRATE_STATE";
    pub const NAME: &str = "AMIGRATE_NAME";
    pub const REGION: &str = "AMIGRATE_REGION";
    pub const IMAGE_ID: &str = "AMIGRATE_IMAGE_ID";
    pub const SOURCE_IMAGE_ID: &str = "AMIGRATE_SOURCE_IMAGE_ID";
    pub const SOURCE_REGION: &str = "AMIGRATE_SOURCE_REGION";
    /// The twelve digits.
    pub const ACCOUNT: &str = "AMIGRATE_ACCOUNT";
    /// EC2's endpoint, if it is not AWS's own.
    pub const ENDPOINT: &str = "AMIGRATE_ENDPOINT";
    /// The profile of the process that runs the hook; empty with exported keys.
    pub const PROFILE: &str = "AMIGRATE_PROFILE";
    /// Post-copy steps of an available copy that failed or were given up.
    pub const STEPS_FAILED: &str = "AMIGRATE_STEPS_FAILED";
    pub const FAILURE: &str = "AMIGRATE_FAILURE";
    pub const FAILURE_CODE: &str = "AMIGRATE_FAILURE_CODE";

    pub const ALL: [&str; 15] = [
        JOB,
        BATCH,
        BATCH_LEFT,
        STATE,
        NAME,
        REGION,
        IMAGE_ID,
        SOURCE_IMAGE_ID,
        SOURCE_REGION,
        ACCOUNT,
        ENDPOINT,
        PROFILE,
        STEPS_FAILED,
        FAILURE,
        FAILURE_CODE,
    ];
}
