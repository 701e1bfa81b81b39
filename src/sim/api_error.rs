//! Errors of the simulated services, with AWS's codes and messages.

use std::fmt;

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ApiError {
    /// Creates an error with HTTP status 400, which most have.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    pub(crate) fn with_status(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// EC2's error for bad keys and for regions that are not enabled.
    pub(crate) fn auth_failure() -> Self {
        Self::with_status(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    }

    /// The other meaning of `AuthFailure`: the caller may not do this with these images or snapshots.
    pub(crate) fn not_authorized(kind: &str, ids: &[String]) -> Self {
        Self::with_status(403, "AuthFailure", format!("Not authorized for {kind}: [{}]", ids.join(", ")))
    }

    /// KMS's error for bad keys and for regions that are not enabled.
    pub(crate) fn unrecognized_client() -> Self {
        Self::new("UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    /// STS's error for bad keys and for regions that are not enabled.
    pub(crate) fn invalid_client_token() -> Self {
        Self::with_status(403, "InvalidClientTokenId", "The security token included in the request is invalid")
    }

    pub(crate) fn throttled() -> Self {
        Self::with_status(503, "RequestLimitExceeded", "Request limit exceeded.")
    }

    pub(crate) fn is_throttle(&self) -> bool {
        matches!(self.code, "RequestLimitExceeded" | "ThrottlingException")
    }

    /// The error that reports the success of a dry run.
    pub(crate) fn dry_run() -> Self {
        Self::with_status(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
    }

    pub(crate) fn bad_value(parameter: &str, value: &str, why: &str) -> Self {
        Self::new("InvalidParameterValue", format!("Value ({value}) for parameter {parameter} is invalid. {why}"))
    }
}
