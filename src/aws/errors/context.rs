//! What is known when a request fails.

use crate::domain::{Failure, text};

/// What was being done, and what the session knows about itself: enough to word a failure.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Context<'a> {
    /// A lower-case fragment, `list images in eu-west-1`.
    pub(in crate::aws) what: &'a str,
    /// The IAM action, `ec2:DescribeImages`.
    pub(in crate::aws) action: &'a str,
    /// The profile in use.
    pub(in crate::aws) profile: Option<&'a str>,
    /// The custom endpoint.
    pub(in crate::aws) endpoint: Option<&'a str>,
    /// Whether AWS accepted these credentials before.
    pub(in crate::aws) accepted: bool,
    /// Whether the profile asks for MFA, which the SDK cannot do.
    pub(in crate::aws) mfa: bool,
}

impl Context<'_> {
    pub(super) fn fail(&self, why: impl Into<String>) -> Failure {
        Failure::new(self.what, why)
    }

    /// Returns the endpoint, as the subject of a sentence.
    pub(super) fn peer(&self) -> String {
        self.endpoint.map_or_else(|| "the AWS endpoint".into(), |url| format!("the endpoint {}", text::clean(url)))
    }

    pub(super) fn login(&self) -> String {
        match self.profile {
            Some(profile) => format!("aws sso login --profile {}", text::clean(profile)),
            None => "aws sso login".into(),
        }
    }
}
