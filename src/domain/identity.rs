//! Who is signed in, and where the credentials came from.

use super::Account;

/// Where a session's credentials came from. Worded where it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The embedded EC2.
    Simulated,
    /// A provider that does not say what it is.
    Unknown,
}

impl CredentialSource {
    /// The kind of source, in a word or two.
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

    /// The profile that led to the credentials, if one did.
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

/// Who is signed in, as STS says, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account and the user's or role's ARN.
    pub account: Account,
    /// Where the credentials came from.
    pub source: CredentialSource,
}
