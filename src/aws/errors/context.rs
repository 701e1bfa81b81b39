//! What is known when a request fails.

use crate::{
    aws::profile_chain::ProfileChain,
    domain::{Failure, RoleArn, text},
};

/// What a session knows about its credentials.
#[derive(Debug, Clone, Default)]
pub(in crate::aws) struct ErrorFacts {
    /// Given as an option or by the environment.
    pub(in crate::aws) profile: Option<String>,
    /// The role that is assumed with the credentials, if one was given.
    pub(in crate::aws) role: Option<RoleArn>,
    /// Where the credentials come from, unless they are exported.
    pub(in crate::aws) chain: Option<ProfileChain>,
    /// The profile asks for MFA, which the SDK does not support.
    pub(in crate::aws) mfa: bool,
    /// Custom endpoint of all services but those that have one of their own.
    pub(in crate::aws) endpoint: Option<String>,
}

impl ErrorFacts {
    /// The context of an error of credentials that no call has accepted yet.
    pub(in crate::aws) fn context<'a>(&'a self, what: &'a str, action: &'a str) -> Context<'a> {
        Context { what, action, endpoint: self.endpoint.as_deref(), accepted: false, facts: self }
    }
}

/// What was being done, and what the session knows about itself: enough to word a failure.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Context<'a> {
    /// A lower-case fragment, `list images in eu-west-1`.
    pub(in crate::aws) what: &'a str,
    /// The IAM action, `ec2:DescribeImages`.
    pub(in crate::aws) action: &'a str,
    /// The custom endpoint.
    pub(in crate::aws) endpoint: Option<&'a str>,
    /// Whether AWS accepted these credentials before.
    pub(in crate::aws) accepted: bool,
    pub(in crate::aws) facts: &'a ErrorFacts,
}

impl Context<'_> {
    pub(super) fn fail(&self, why: impl Into<String>) -> Failure {
        Failure::new(self.what, why)
    }

    /// Returns the endpoint, as the subject of a sentence.
    pub(super) fn peer(&self) -> String {
        self.endpoint.map_or_else(|| "the AWS endpoint".into(), |url| format!("the endpoint {}", text::clean(url)))
    }

    /// Returns the command that signs in; `None` where none does.
    pub(super) fn login(&self) -> Option<String> {
        match (&self.facts.chain, &self.facts.profile) {
            (Some(chain), _) => chain.login(),
            (None, Some(profile)) => Some(format!("aws sso login --profile {}", text::clean(profile))),
            (None, None) => Some("aws sso login".into()),
        }
    }
}
