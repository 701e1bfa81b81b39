//! What went wrong, said so that a person can act on it: the one error type of the program.

use serde::{Deserialize, Serialize};

/// Whether repeating the request can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// Waiting helps: throttling, limits, networks, server faults.
    Later,
    /// The request itself must change.
    AfterChange,
    /// The credentials must be renewed or provided; nothing is wrong with the request.
    AfterLogin,
    /// Nothing a person does here helps.
    Never,
}

/// What a failure means where the program acts on it. AWS's error codes are classified in `aws` and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nothing that needs a case of its own.
    #[default]
    Other,
    /// AWS limits the rate of requests.
    Throttled,
    /// The account's limit of concurrent copies or snapshots is reached.
    LimitReached,
    /// EC2 knows the caller and does not allow the request (`UnauthorizedOperation`); it may not say which permission is missing.
    Denied,
    /// Another service than EC2, such as KMS, knows the caller and does not allow the request.
    AccessDenied,
    /// The KMS key does not exist, is disabled, or may not be used.
    KeyNotAccessible,
    /// The name of the new image is not allowed.
    NameRefused,
    /// A tag is not allowed, or there are too many.
    TagsRefused,
    /// The client token was sent before, with other parameters.
    TokenMismatch,
    /// Another resource still uses the one that was to be deleted.
    InUse,
    /// Another request is changing the same resource.
    ConcurrentChange,
    /// The credentials are bad or the region is not enabled for the account: EC2 answers both alike.
    CredentialsOrRegion,
    /// The credentials work, but belong to another account than the session's. Nothing was signed with them.
    OtherAccount,
    /// The program's settings, the AWS configuration files or the environment are wrong: nothing was sent.
    Configuration,
    /// There were no credentials to sign the request with, so it was not sent.
    NotSigned,
}

impl FailureKind {
    /// Returns true if AWS knows the caller and does not allow the request.
    pub fn is_denied(self) -> bool {
        matches!(self, Self::Denied | Self::AccessDenied)
    }

    /// Returns true if AWS refused the request for now: nothing was done, and the same request may succeed later.
    pub fn refused_for_now(self) -> bool {
        matches!(self, Self::Throttled | Self::LimitReached | Self::InUse | Self::ConcurrentChange)
    }
}

/// One failure: what failed, why, what to do about it.
///
/// `what` and `why` are lower-case fragments that read together as `what: why`; `hint` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Failure {
    /// What was being done, for example `list images in eu-west-1`.
    pub what: String,
    /// Why it did not work, in AWS's words where it gave any.
    pub why: String,
    /// What to do about it, as a sentence; empty if nothing is known.
    pub hint: String,
    /// Whether trying again helps.
    pub retry: Retry,
    /// What the program makes of it.
    #[serde(default)]
    pub kind: FailureKind,
    /// AWS's error code, for example `InvalidAMIID.NotFound`.
    pub code: Option<String>,
    /// AWS's request id, for support cases.
    pub request_id: Option<String>,
    /// EC2's details of a denial, encoded for `sts:DecodeAuthorizationMessage`; another text at every try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded: Option<Box<str>>,
}

impl Failure {
    /// Makes a failure without code, id or hint, of a request that must change.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            hint: String::new(),
            retry: Retry::AfterChange,
            kind: FailureKind::Other,
            code: None,
            request_id: None,
            encoded: None,
        }
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Sets whether trying again helps.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Sets what the program makes of it.
    #[must_use]
    pub fn kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets AWS's error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets AWS's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// Sets EC2's encoded details of a denial.
    #[must_use]
    pub fn encoded(mut self, details: Option<&str>) -> Self {
        self.encoded = details.map(Into::into);
        self
    }

    /// Returns true if AWS's code is this one, or starts with it and a dot. Only `aws` asks; everybody else uses the kind.
    pub fn is(&self, code: &str) -> bool {
        self.code
            .as_deref()
            .and_then(|c| c.strip_prefix(code))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Returns true if the request was never sent, for want of credentials to sign it with.
    pub fn not_signed(&self) -> bool {
        matches!(self.kind, FailureKind::NotSigned | FailureKind::OtherAccount)
    }

    /// Returns several lines for a person: what and why, the hint, then AWS's own references.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.to_string()];
        if !self.hint.is_empty() {
            lines.push(self.hint.clone());
        }
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => lines.push(format!("AWS: {code}, request {id}")),
            (Some(code), None) => lines.push(format!("AWS: {code}")),
            (None, Some(id)) => lines.push(format!("AWS: request {id}")),
            (None, None) => {}
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stored_before_kinds_existed_is_still_read() {
        let text = r#"{"what":"w","why":"y","hint":"","retry":"Later","code":null,"request_id":null}"#;
        let failure: Failure = serde_json::from_str(text).unwrap();
        assert_eq!(failure.kind, FailureKind::Other);
    }

    #[test]
    fn a_code_matches_itself_and_its_children_only() {
        let failure = Failure::new("copy", "no").code("InvalidAMIID.NotFound");
        assert!(failure.is("InvalidAMIID.NotFound"));
        assert!(failure.is("InvalidAMIID"));
        assert!(!failure.is("InvalidAMI"));
        assert!(!failure.is("InvalidAMIID.NotFound.X"));
    }
}
