//! Credentials that are used only for the account they belong to.
//!
//! Each new set of credentials signs an STS `GetCallerIdentity` before the SDK gets it for any other call. The first set determines
//! the session's account; sets of another account are refused, so that nothing is signed with them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{SdkConfig, identity::IdentityCache};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};

use tokio::time::{Instant, timeout};

use super::{
    credential_sources::CredentialSources,
    errors::{self, ErrorFacts, NotVerified},
};
use crate::domain::{Account, AccountId, Failure, FailureKind, Identity, Region, Retry, text::clean};

const WHAT: &str = "find out whose credentials these are";

/// Credentials provider of all clients of a session.
#[derive(Clone)]
pub(super) struct VerifiedCredentials(Arc<Inner>);

struct Inner {
    source: SharedCredentialsProvider,
    sources: CredentialSources,
    /// Configuration of STS calls, whose own credentials are never used.
    config: SdkConfig,
    facts: ErrorFacts,
    limits: Timeouts,
    /// The provider is being waited for.
    fetching: AtomicBool,
    /// Locked while credentials are fetched and verified, so that this happens once at a time.
    state: tokio::sync::Mutex<State>,
    /// Determines the account, once known.
    identity: Mutex<Option<Identity>>,
}

#[derive(Default)]
struct State {
    /// Fetched but not yet given to the SDK.
    fetched: Option<Credentials>,
    /// The last verified credentials and their account.
    verified: Option<(Credentials, Account)>,
    /// When the provider last timed out.
    timed_out: Option<Instant>,
}

/// Timeouts for credentials. Shorter than the SDK's, which would report that the call got no response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// Timeout of one attempt of a call, including its credentials.
    pub(super) attempt: Duration,
    /// Timeout of an operation that only needs credentials.
    pub(super) operation: Duration,
}

impl Timeouts {
    /// Timeout of the provider during a call.
    fn fetch_for_call(self) -> Duration {
        self.attempt.min(self.operation) * 3 / 4
    }

    /// Timeout of the provider and STS together during a call.
    fn verify_for_call(self) -> Duration {
        self.attempt.min(self.operation) * 9 / 10
    }

    /// Timeout of the provider otherwise; the user may have to touch a security key.
    fn fetch(self) -> Duration {
        self.operation * 3 / 4
    }
}

/// Sets a flag while it exists.
struct FlagGuard<'a>(&'a AtomicBool);

impl<'a> FlagGuard<'a> {
    fn set(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag)
    }
}

impl Drop for FlagGuard<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for VerifiedCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedCredentials").field("identity", &self.identity()).finish_non_exhaustive()
    }
}

impl VerifiedCredentials {
    /// Wraps a provider. `config` is for STS calls.
    pub(super) fn new(
        source: SharedCredentialsProvider,
        sources: CredentialSources,
        config: &SdkConfig,
        facts: ErrorFacts,
        limits: Timeouts,
    ) -> Self {
        // Each set is verified by itself, so it must not stay in the clients' cache.
        let config = config.to_builder().identity_cache(IdentityCache::no_cache()).build();
        Self(Arc::new(Inner {
            source,
            sources,
            config,
            facts,
            limits,
            fetching: AtomicBool::new(false),
            state: tokio::sync::Mutex::default(),
            identity: Mutex::default(),
        }))
    }

    /// Returns what is known about them, for errors.
    pub(super) fn facts(&self) -> &ErrorFacts {
        &self.0.facts
    }

    /// Returns who is signed in, if known.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches credentials without using them.
    pub(super) async fn fetch(&self) -> Result<(), CredentialsError> {
        let started = Instant::now();
        let mut state = self.0.state.lock().await;
        if state.fetched.is_none() {
            let credentials = self.obtain(&mut state, started, self.0.limits.fetch()).await?;
            self.store(&mut state, credentials);
        }
        Ok(())
    }

    /// Returns who is signed in; asks STS only if that is not known.
    pub(super) async fn verify(&self) -> Result<Identity, Failure> {
        let started = Instant::now();
        let mut state = self.0.state.lock().await;
        if let Some(identity) = self.identity() {
            return Ok(identity);
        }
        let credentials = self
            .obtain(&mut state, started, self.0.limits.fetch())
            .await
            .map_err(|error| errors::credentials(&self.0.facts.context("find AWS credentials", ""), &error))?;
        let identity = self.check(&mut state, &credentials).await?;
        self.store(&mut state, credentials);
        Ok(identity)
    }

    /// Stores credentials for the next call, so that a credential process or SSO does not run twice.
    fn store(&self, state: &mut State, credentials: Credentials) {
        // A simulated login may change before the next call.
        if !matches!(self.0.sources, CredentialSources::Simulated) {
            state.fetched = Some(credentials);
        }
    }

    /// Returns stored credentials, or fetches them for a call that started at `started`.
    async fn obtain(
        &self,
        state: &mut State,
        started: Instant,
        limit: Duration,
    ) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = state.fetched.take() {
            return Ok(credentials);
        }
        // A call that waited while another one timed out has no time left for its own attempt.
        if state.timed_out.is_none_or(|at| at <= started) {
            let _fetching = FlagGuard::set(&self.0.fetching);
            if let Ok(answer) = timeout(limit, self.0.source.provide_credentials()).await {
                return answer;
            }
            state.timed_out = Some(Instant::now());
        }
        Err(CredentialsError::provider_error(NotVerified(provider_timed_out(limit))))
    }

    async fn verified(&self) -> Result<Credentials, CredentialsError> {
        let limit = self.0.limits.verify_for_call();
        timeout(limit, self.verified_without_limit()).await.unwrap_or_else(|_| {
            let failure =
                if self.0.fetching.load(Ordering::Relaxed) { provider_timed_out(limit) } else { sts_timed_out(limit) };
            Err(CredentialsError::provider_error(NotVerified(failure)))
        })
    }

    /// Returns credentials without asking STS whose they are.
    async fn unverified(&self) -> Result<Credentials, CredentialsError> {
        let limit = self.0.limits.fetch_for_call();
        let started = Instant::now().checked_sub(limit).unwrap_or_else(Instant::now);
        let mut state = self.0.state.lock().await;
        self.obtain(&mut state, started, limit).await
    }

    async fn verified_without_limit(&self) -> Result<Credentials, CredentialsError> {
        let limit = self.0.limits.fetch_for_call();
        // In the SDK's cache, calls wait for a common attempt. They are not to start one each after it timed out.
        let started = Instant::now().checked_sub(limit).unwrap_or_else(Instant::now);
        let mut state = self.0.state.lock().await;
        let credentials = self.obtain(&mut state, started, limit).await?;
        match self.check(&mut state, &credentials).await {
            Ok(_) => Ok(credentials),
            Err(failure) => Err(CredentialsError::provider_error(NotVerified(failure))),
        }
    }

    /// Returns the identity of credentials, and refuses those of another account.
    async fn check(&self, state: &mut State, credentials: &Credentials) -> Result<Identity, Failure> {
        let account = match &state.verified {
            // The account of credentials never changes.
            Some((known, account)) if same(known, credentials) => account.clone(),
            _ => {
                let account = self.account_of(credentials).await?;
                state.verified = Some((credentials.clone(), account.clone()));
                account
            }
        };
        let mut identity = self.0.identity.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = identity.as_ref().filter(|known| known.account.id != account.id) {
            return Err(other_account(&account, &known.account.id));
        }
        let found = Identity { account, source: self.0.sources.of(credentials) };
        *identity = Some(found.clone());
        Ok(found)
    }

    /// Asks STS for the account, signed with these credentials.
    async fn account_of(&self, credentials: &Credentials) -> Result<Account, Failure> {
        let failure = match self.account_in(credentials, None).await {
            // The home region may not be enabled for the account, in which case the credentials work in others.
            Err(failure) if failure.kind == FailureKind::CredentialsOrRegion => failure,
            result => return result.map_err(not_usable_yet),
        };
        match self.main_region() {
            Some(region) => self.account_in(credentials, Some(region)).await.map_err(|_| not_usable_yet(failure)),
            None => Err(not_usable_yet(failure)),
        }
    }

    /// Returns the partition's first region, which is enabled for every account; `None` if it is the home region.
    fn main_region(&self) -> Option<&'static str> {
        let home = self.0.config.region()?.as_ref();
        let main = Region::new(home).ok()?.partition().main_region()?;
        (main != home).then_some(main)
    }

    async fn account_in(&self, credentials: &Credentials, region: Option<&'static str>) -> Result<Account, Failure> {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        let mut config = self.0.config.to_builder().credentials_provider(provider);
        if let Some(region) = region {
            config = config.region(aws_config::Region::from_static(region));
        }
        let sent = aws_sdk_sts::Client::new(&config.build()).get_caller_identity().send();
        let response = Box::pin(sent).await.map_err(|error| {
            let failure = errors::failure(&self.0.facts.context(WHAT, "sts:GetCallerIdentity"), &error);
            tracing::warn!(code = failure.code, why = failure.why, "credentials could not be verified");
            failure
        })?;
        let id = response.account().and_then(|id| AccountId::new(id).ok()).ok_or_else(|| {
            Failure::new(WHAT, "the answer names no account").hint("Is this endpoint STS's?").retry(Retry::Later)
        })?;
        Ok(Account { id, arn: clean(&response.arn.unwrap_or_default()).into_owned() })
    }

    /// Marks credentials as verified without asking STS, for tests that count requests.
    #[cfg(test)]
    pub(super) fn assume_verified(&self, credentials: Credentials, account: Account) {
        self.0.state.try_lock().unwrap().verified = Some((credentials, account));
    }
}

impl ProvideCredentials for VerifiedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.verified())
    }
}

/// The same credentials for requests that may be sent before their account is known.
#[derive(Debug, Clone)]
pub(super) struct UnverifiedCredentials(pub(super) VerifiedCredentials);

impl ProvideCredentials for UnverifiedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.0.unverified())
    }
}

fn same(a: &Credentials, b: &Credentials) -> bool {
    a.access_key_id() == b.access_key_id()
        && a.secret_access_key() == b.secret_access_key()
        && a.session_token() == b.session_token()
}

/// The provider did not respond, perhaps because it waits for the user.
fn provider_timed_out(limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    Failure::new("find AWS credentials", format!("whatever gives the credentials did not answer within {seconds} s"))
        .hint(
            "A credential process may be waiting for a key to be touched or for a code; else SSO or the instance metadata \
             service does not answer.",
        )
        .retry(Retry::AfterLogin)
}

/// STS did not respond, so the account is unknown.
fn sts_timed_out(limit: Duration) -> Failure {
    Failure::new(WHAT, format!("STS did not answer within {} s", limit.as_secs_f64()))
        .hint("The network or the service is slow; trying again may help. Behind a proxy, HTTPS_PROXY must be set.")
        .retry(Retry::Later)
}

/// Adapts a failure of STS, which is about the credentials and not about a region or a call: either sign in, or try again.
fn not_usable_yet(failure: Failure) -> Failure {
    let retry = if failure.retry == Retry::AfterLogin { Retry::AfterLogin } else { Retry::Later };
    Failure { kind: FailureKind::Other, retry, ..failure }
}

/// The credentials are valid, but for another account.
pub fn other_account(theirs: &Account, ours: &impl std::fmt::Display) -> Failure {
    let who = if theirs.arn.is_empty() { String::new() } else { format!(" (signed in now: {})", theirs.arn) };
    Failure::new(
        "use the credentials",
        format!("they now belong to account {}, the jobs and images here to account {ours}{who}", theirs.id),
    )
    .hint(format!("Nothing is sent until credentials of account {ours} are back: sign in to it again."))
    .retry(Retry::AfterLogin)
    .kind(FailureKind::OtherAccount)
}

#[cfg(test)]
mod tests;
