//! Credentials of simulated sessions.

use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};

/// Credentials of a simulated session, which can be changed while it runs.
#[derive(Debug, Clone)]
pub struct SimulatedLogin(Arc<Mutex<Option<String>>>);

impl Default for SimulatedLogin {
    fn default() -> Self {
        Self::new(Self::ACCESS_KEY)
    }
}

impl SimulatedLogin {
    /// Access key id of the scenario's account.
    pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    pub fn new(access_key: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(access_key.to_owned()))))
    }

    pub fn sign_in(&self, access_key: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(access_key.to_owned());
    }

    /// Removes the credentials.
    pub fn sign_out(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let key = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let key = key.ok_or_else(|| CredentialsError::provider_error("nobody is signed in"))?;
        Ok(Credentials::new(key, "simulated", None, None, "simulator"))
    }
}

impl ProvideCredentials for SimulatedLogin {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.credentials())
    }
}
