//! Who is signed in, the source of the credentials, and the backoff for credentials that do not work.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::domain::account::Account;

/// Source of a session's credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CredentialSource {
    /// `AWS_ACCESS_KEY_ID` and its companions.
    Environment,
    /// Access keys of a profile.
    Profile(String),
    /// IAM Identity Center (SSO), by a profile.
    Sso(String),
    /// A console session (`aws login`), by a profile.
    Login(String),
    /// A `credential_process` of a profile.
    Process(String),
    /// A role that a profile assumes.
    AssumedRole(String),
    /// A role assumed with a web identity token, as in Kubernetes.
    WebIdentity,
    /// The container's credentials endpoint.
    Container,
    /// The instance's metadata service.
    Instance,
    /// The simulated EC2.
    Simulated,
    /// A provider that the SDK does not identify.
    Unknown,
}

impl CredentialSource {
    /// Returns the kind of source in one or two words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile(_) => "profile",
            Self::Sso(_) => "SSO",
            Self::Login(_) => "login",
            Self::Process(_) => "process",
            Self::AssumedRole(_) => "role",
            Self::WebIdentity => "web identity",
            Self::Container => "container",
            Self::Instance => "instance",
            Self::Simulated => "simulated",
            Self::Unknown => "unknown source",
        }
    }

    /// Returns the profile of the credentials, if they came from one.
    pub fn profile(&self) -> Option<&str> {
        match self {
            Self::Profile(name)
            | Self::Sso(name)
            | Self::Login(name)
            | Self::Process(name)
            | Self::AssumedRole(name) => Some(name),
            _ => None,
        }
    }
}

/// Who is signed in, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub account: Account,
    pub source: CredentialSource,
}

/// Backoff between attempts with credentials that do not work: from 10 seconds to 5 minutes, doubled each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginBackoff {
    wait: SignedDuration,
}

impl Default for LoginBackoff {
    fn default() -> Self {
        Self { wait: Self::FIRST }
    }
}

impl LoginBackoff {
    pub const FIRST: SignedDuration = SignedDuration::from_secs(10);
    pub const LONGEST: SignedDuration = SignedDuration::from_mins(5);

    /// Returns the time until the next attempt, and doubles the one after.
    pub fn next_wait(&mut self) -> SignedDuration {
        let wait = self.wait;
        self.wait = (wait * 2).min(Self::LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_ten_seconds_to_five_minutes() {
        let mut backoff = LoginBackoff::default();
        let waits: Vec<i64> = (0..8).map(|_| backoff.next_wait().as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300, 300]);
    }
}
