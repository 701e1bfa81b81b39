//! What went wrong, said so that a person can act on it. Owns the one error type of the program.

use serde::{Deserialize, Serialize};

/// Whether doing the same again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// Waiting helps: throttles, limits, networks, server faults.
    Later,
    /// The request itself must change.
    AfterChange,
    /// The credentials must be renewed or provided; nothing is wrong with the request.
    AfterLogin,
    /// Nothing a person does here will help.
    Never,
}

/// What a failure means beyond trying again, where the program acts on it. Set where AWS's codes are read, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nothing that needs a case of its own.
    #[default]
    Other,
    /// The credentials are bad or the region is not enabled for the account: EC2 answers both alike.
    CredentialsOrRegion,
    /// The credentials work, for another account than the session's. Nothing was signed with them.
    OtherAccount,
    /// There were no credentials to sign the call with, so it was not sent.
    NotSigned,
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
    /// What it means for the credentials.
    #[serde(default)]
    pub kind: FailureKind,
    /// AWS's error code, for example `InvalidAMIID.NotFound`.
    pub code: Option<String>,
    /// AWS's request id, for support cases.
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure without code, id or hint, that only a change of the request can mend.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            hint: String::new(),
            retry: Retry::AfterChange,
            kind: FailureKind::Other,
            code: None,
            request_id: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Says whether trying again helps.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Says what it means for the credentials.
    #[must_use]
    pub fn kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds AWS's error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds AWS's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }

    /// Whether AWS's code is this one, or starts with it and a dot.
    pub fn is(&self, code: &str) -> bool {
        self.code
            .as_deref()
            .and_then(|c| c.strip_prefix(code))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether the call was never sent, for want of credentials to sign it with.
    pub fn not_signed(&self) -> bool {
        matches!(self.kind, FailureKind::NotSigned | FailureKind::OtherAccount)
    }

    /// Whether AWS knows who asks, and does not allow it.
    pub fn is_denied(&self) -> bool {
        ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedAccess"]
            .iter()
            .any(|code| self.is(code))
    }

    /// Whether AWS asked to slow down or named a limit.
    pub fn is_throttle(&self) -> bool {
        [
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "ResourceLimitExceeded",
            "PendingSnapshotLimitExceeded",
        ]
        .iter()
        .any(|code| self.is(code))
    }

    /// Several lines for a person: what and why, the hint, then AWS's own references.
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
