//! How the simulated services say no: EC2's own codes and texts. Owns no rule about when.

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// HTTP status.
    pub(crate) status: u16,
    /// AWS's code.
    pub(crate) code: &'static str,
    /// AWS's text.
    pub(crate) message: String,
}

impl ApiError {
    /// A refusal with HTTP 400, as nearly all are.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// A refusal with another status.
    pub(crate) fn with_status(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The one text for bad keys and for regions that are not enabled alike.
    pub(crate) fn auth_failure() -> Self {
        Self::with_status(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    }

    /// The other meaning of `AuthFailure`: these images or snapshots are not the caller's to do this with.
    pub(crate) fn not_authorized(kind: &str, ids: &[String]) -> Self {
        Self::with_status(403, "AuthFailure", format!("Not authorized for {kind}: [{}]", ids.join(", ")))
    }

    /// KMS's text for bad keys and for regions that are not enabled.
    pub(crate) fn unrecognized_client() -> Self {
        Self::new("UnrecognizedClientException", "The security token included in the request is invalid.")
    }

    /// STS's text for the same.
    pub(crate) fn invalid_client_token() -> Self {
        Self::with_status(403, "InvalidClientTokenId", "The security token included in the request is invalid")
    }

    /// Over a request rate.
    pub(crate) fn throttled() -> Self {
        Self::with_status(503, "RequestLimitExceeded", "Request limit exceeded.")
    }

    /// Whether it says to ask less often.
    pub(crate) fn is_throttle(&self) -> bool {
        matches!(self.code, "RequestLimitExceeded" | "ThrottlingException")
    }

    /// The success of a dry run.
    pub(crate) fn dry_run() -> Self {
        Self::with_status(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    }

    /// A parameter that must be there is not.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
    }

    /// A parameter has a value that cannot be.
    pub(crate) fn bad_value(parameter: &str, value: &str, why: &str) -> Self {
        Self::new("InvalidParameterValue", format!("Value ({value}) for parameter {parameter} is invalid. {why}"))
    }
}
