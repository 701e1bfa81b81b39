//! Where sessions come from: the AWS credential chain, or the embedded EC2.

use std::collections::BTreeMap;

use super::{backend::SessionReload, profile_key};
use crate::{
    aws::{HttpClient, Session, SessionOptions, SimulatedLogin},
    domain::{AccountKey, Failure, Region},
};

/// Where sessions come from.
#[derive(Debug, Clone)]
pub enum SessionSource {
    /// Not set yet: the first frame is drawn before certificates are read or a world is built.
    NotSet,
    /// The usual AWS credential chain.
    Aws {
        options: Box<SessionOptions>,
        /// The one HTTP client; or why there is none (a bad proxy or certificate file).
        http: Result<HttpClient, Failure>,
    },
    /// The embedded EC2.
    Simulated {
        http: HttpClient,
        home: Region,
        /// Access keys of profiles; empty where there is one account only.
        profiles: BTreeMap<String, String>,
    },
}

impl SessionSource {
    /// The embedded EC2 with one account.
    pub fn simulated(http: HttpClient, home: Region) -> Self {
        Self::Simulated { http, home, profiles: BTreeMap::new() }
    }

    /// The profiles that somebody can choose.
    pub async fn profiles(&self) -> Vec<String> {
        match self {
            Self::Simulated { profiles, .. } => profiles.keys().cloned().collect(),
            Self::Aws { .. } | Self::NotSet => crate::aws::profiles().await,
        }
    }

    /// Loads the session of a profile, or of the configured one, and finds out whose account it is. No request is sent to EC2
    /// before that is known.
    ///
    /// # Errors
    /// Why there are no credentials that work.
    pub async fn sign_in(&self, profile: Option<&str>) -> Result<(Session, AccountKey), Failure> {
        let session = match self {
            Self::NotSet => return Err(Failure::new("connect", "there is nothing to connect to yet")),
            Self::Simulated { http, home, profiles } => {
                let key =
                    profile.and_then(|profile| profiles.get(profile)).map_or(SimulatedLogin::ACCESS_KEY, |key| key);
                Session::simulated_as(http.clone(), home.clone(), &SimulatedLogin::new(key))
            }
            Self::Aws { options, http } => {
                let session = Session::load(with_profile(options, profile), http.clone()?).await?;
                session.check_credentials().await?;
                session
            }
        };
        let account = session.account().await?;
        let account = AccountKey::new(&account.id, session.endpoint_url());
        Ok((session, account))
    }

    /// Returns true if a region was given that replaces the profile's.
    pub fn names_region(&self) -> bool {
        matches!(self, Self::Aws { options, .. } if options.region.is_some())
    }

    /// How the credentials of an account's session are read again; `None` if they never change.
    pub fn reload(&self, profile: Option<&str>, account: &AccountKey) -> Option<SessionReload> {
        let Self::Aws { options, http: Ok(http) } = self else { return None };
        let options = with_profile(options, profile);
        Some(SessionReload { options, http: http.clone(), account: account.clone() })
    }

    /// The profile that credentials are read from; `None` for exported keys, the default profile and the embedded EC2.
    pub(super) fn profile_in_use(&self, profile: Option<&str>) -> Option<String> {
        let Self::Aws { options, .. } = self else { return None };
        profile_key::in_use(profile.or(options.profile.as_deref()), &|name| std::env::var(name).ok())
    }

    /// The key under which a profile's account is remembered; see [`profile_key::key`].
    pub async fn profile_key(&self, profile: Option<&str>) -> Option<String> {
        match self {
            Self::Aws { options, .. } => {
                let named = profile.or(options.profile.as_deref());
                let key = profile_key::key_of_this_process(named, options.endpoint_url.as_deref()).await?;
                Some(match options.role.as_ref().filter(|_| profile.is_none()) {
                    Some(role) => format!("{key} as {role}"),
                    None => key,
                })
            }
            // Its store ends with the process, and the user's environment does not matter.
            Self::Simulated { .. } | Self::NotSet => profile_key::key(profile, None, &|_| None),
        }
    }
}

/// The options for a profile. The role that was given is that of the configured one: another profile is used as it is.
fn with_profile(options: &SessionOptions, profile: Option<&str>) -> SessionOptions {
    match profile {
        Some(profile) => SessionOptions { profile: Some(profile.to_owned()), role: None, ..options.clone() },
        None => options.clone(),
    }
}
