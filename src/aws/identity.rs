//! Credentials that sign only for the account they are known to belong to.
//!
//! Each new set is tried on STS `GetCallerIdentity`, signed with exactly that set, before the SDK gets it for any other
//! call. The first fixes the session's account; sets of another account are refused, so that nothing is signed with them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{SdkConfig, identity::IdentityCache, profile::ProfileSet};
use aws_credential_types::{
    Credentials,
    credential_feature::AwsCredentialFeature,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};

use tokio::time::{Instant, timeout};

use super::errors::{self, NotVerified};
use crate::domain::{
    Account, AccountId, CredentialSource, Failure, FailureKind, Identity, Partition, Region, Retry, text::clean,
};

const WHAT: &str = "find out whose credentials these are";

/// What errors of the session's credentials are worded with.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The profile in use.
    pub(super) profile: Option<String>,
    /// Whether it asks for MFA, which the SDK cannot do.
    pub(super) mfa: bool,
    /// The endpoint STS is asked at, if not AWS's own.
    pub(super) endpoint: Option<String>,
}

impl Facts {
    pub(super) fn context<'a>(&'a self, what: &'a str, action: &'a str) -> errors::Context<'a> {
        errors::Context {
            what,
            action,
            profile: self.profile.as_deref(),
            endpoint: self.endpoint.as_deref(),
            accepted: false,
            mfa: self.mfa,
        }
    }
}

/// The provider all of a session's clients share.
#[derive(Clone)]
pub(super) struct VerifiedCredentials(Arc<Inner>);

struct Inner {
    source: SharedCredentialsProvider,
    sources: SourceNames,
    /// How STS is asked; whatever credentials it has are never used.
    config: SdkConfig,
    facts: Facts,
    limits: Timeouts,
    /// Whether whatever gives credentials is being waited for.
    fetching: AtomicBool,
    /// Held while credentials are fetched and tried: one at a time.
    state: tokio::sync::Mutex<State>,
    /// Who these credentials are; fixes the account for good.
    identity: Mutex<Option<Identity>>,
}

#[derive(Default)]
struct State {
    /// Fetched, and not handed to the SDK yet.
    fetched: Option<Credentials>,
    /// The last set STS was asked about, and whose it is.
    last: Option<(Credentials, Account)>,
    /// When whatever gives credentials was last given up on.
    hung: Option<Instant>,
}

/// How long credentials are waited for: shorter than the SDK waits, which would say of the call that it was not answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// The longest that one sending of a call may take, credentials and all.
    pub(super) attempt: Duration,
    /// The longest that somebody waits who asks for nothing but credentials.
    pub(super) operation: Duration,
}

impl Timeouts {
    /// For whatever gives credentials to a call.
    fn fetch_for_call(self) -> Duration {
        self.attempt.min(self.operation) * 3 / 4
    }

    /// For that, and for STS to say whose they are.
    fn verify_for_call(self) -> Duration {
        self.attempt.min(self.operation) * 9 / 10
    }

    /// For whatever gives credentials when nothing else is asked: a person may have a key to touch.
    fn fetch(self) -> Duration {
        self.operation * 3 / 4
    }
}

/// While this is there, whatever gives credentials is being waited for.
struct Fetching<'a>(&'a AtomicBool);

impl<'a> Fetching<'a> {
    fn begin(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag)
    }
}

impl Drop for Fetching<'_> {
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
    /// Around whatever gives credentials. `config` says how STS is asked.
    pub(super) fn new(
        source: SharedCredentialsProvider,
        sources: SourceNames,
        config: &SdkConfig,
        facts: Facts,
        limits: Timeouts,
    ) -> Self {
        // Each set is tried once and by itself; nothing of it may stay in the clients' cache.
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

    /// Who is signed in, if that is known already.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches credentials without using them.
    pub(super) async fn fetch(&self) -> Result<(), CredentialsError> {
        let begun = Instant::now();
        let mut state = self.0.state.lock().await;
        if state.fetched.is_none() {
            let credentials = self.take(&mut state, begun, self.0.limits.fetch()).await?;
            self.keep(&mut state, credentials);
        }
        Ok(())
    }

    /// Who is signed in; asked only if nobody was yet.
    pub(super) async fn verify(&self) -> Result<Identity, Failure> {
        let begun = Instant::now();
        let mut state = self.0.state.lock().await;
        if let Some(identity) = self.identity() {
            return Ok(identity);
        }
        let credentials = self
            .take(&mut state, begun, self.0.limits.fetch())
            .await
            .map_err(|error| errors::credentials(&self.0.facts.context("find AWS credentials", ""), &error))?;
        let identity = self.admit(&mut state, &credentials).await?;
        self.keep(&mut state, credentials);
        Ok(identity)
    }

    /// Keeps credentials for the next call, so that a process or SSO is not asked twice.
    fn keep(&self, state: &mut State, credentials: Credentials) {
        // Who is signed in to a simulation may change before that.
        if !matches!(self.0.sources, SourceNames::Simulated) {
            state.fetched = Some(credentials);
        }
    }

    /// Credentials for what was `begun` then.
    async fn take(&self, state: &mut State, begun: Instant, limit: Duration) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = state.fetched.take() {
            return Ok(credentials);
        }
        // Whoever waited while another one's try hung has no time left for a try of its own.
        if state.hung.is_none_or(|at| at <= begun) {
            let _fetching = Fetching::begin(&self.0.fetching);
            if let Ok(answer) = timeout(limit, self.0.source.provide_credentials()).await {
                return answer;
            }
            state.hung = Some(Instant::now());
        }
        Err(CredentialsError::provider_error(NotVerified(hanging(limit))))
    }

    async fn usable(&self) -> Result<Credentials, CredentialsError> {
        let limit = self.0.limits.verify_for_call();
        timeout(limit, self.usable_without_limit()).await.unwrap_or_else(|_| {
            let failure = if self.0.fetching.load(Ordering::Relaxed) { hanging(limit) } else { sts_silent(limit) };
            Err(CredentialsError::provider_error(NotVerified(failure)))
        })
    }

    async fn usable_without_limit(&self) -> Result<Credentials, CredentialsError> {
        let limit = self.0.limits.fetch_for_call();
        // The SDK's cache has its calls wait for one try: those that waited are not to make one each when it hung.
        let begun = Instant::now().checked_sub(limit).unwrap_or_else(Instant::now);
        let mut state = self.0.state.lock().await;
        let credentials = self.take(&mut state, begun, limit).await?;
        match self.admit(&mut state, &credentials).await {
            Ok(_) => Ok(credentials),
            Err(failure) => Err(CredentialsError::provider_error(NotVerified(failure))),
        }
    }

    /// Passes credentials of the session's account, and no others.
    async fn admit(&self, state: &mut State, credentials: &Credentials) -> Result<Identity, Failure> {
        let account = match &state.last {
            // Whose a set is never changes.
            Some((known, account)) if same(known, credentials) => account.clone(),
            _ => {
                let account = self.ask(credentials).await?;
                state.last = Some((credentials.clone(), account.clone()));
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

    /// Asks STS, signed with exactly these.
    async fn ask(&self, credentials: &Credentials) -> Result<Account, Failure> {
        let refused = match self.ask_in(credentials, None).await {
            // The home region may be one that is not enabled for the account: then the credentials are good elsewhere.
            Err(failure) if failure.kind == FailureKind::CredentialsOrRegion => failure,
            result => return result.map_err(not_usable_yet),
        };
        match self.main_region() {
            Some(region) => self.ask_in(credentials, Some(region)).await.map_err(|_| not_usable_yet(refused)),
            None => Err(not_usable_yet(refused)),
        }
    }

    /// The partition's first region, which every account has; `None` where that is the home region.
    fn main_region(&self) -> Option<&'static str> {
        let home = self.0.config.region()?.as_ref();
        let main = match Region::new(home).ok()?.partition() {
            Partition::Aws => "us-east-1",
            Partition::China => "cn-north-1",
            Partition::GovCloud => "us-gov-west-1",
            _ => return None,
        };
        (main != home).then_some(main)
    }

    async fn ask_in(&self, credentials: &Credentials, region: Option<&'static str>) -> Result<Account, Failure> {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        let mut config = self.0.config.to_builder().credentials_provider(provider);
        if let Some(region) = region {
            config = config.region(aws_config::Region::from_static(region));
        }
        let sent = aws_sdk_sts::Client::new(&config.build()).get_caller_identity().send();
        let answer = Box::pin(sent).await.map_err(|error| {
            let failure = errors::failure(&self.0.facts.context(WHAT, "sts:GetCallerIdentity"), &error);
            tracing::warn!(code = failure.code, why = failure.why, "credentials could not be verified");
            failure
        })?;
        let id = answer.account().and_then(|id| AccountId::new(id).ok()).ok_or_else(|| {
            Failure::new(WHAT, "the answer names no account").hint("Is this endpoint STS's?").retry(Retry::Later)
        })?;
        Ok(Account { id, arn: clean(&answer.arn.unwrap_or_default()).into_owned() })
    }

    /// Takes these for the account's without asking: tests of single calls count what is sent.
    #[cfg(test)]
    pub(super) fn assume_verified(&self, credentials: Credentials, account: Account) {
        self.0.state.try_lock().unwrap().last = Some((credentials, account));
    }
}

impl ProvideCredentials for VerifiedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.usable())
    }
}

fn same(a: &Credentials, b: &Credentials) -> bool {
    a.access_key_id() == b.access_key_id()
        && a.secret_access_key() == b.secret_access_key()
        && a.session_token() == b.session_token()
}

/// Credentials that do not come are missing: somebody is to touch a key, or to sign in.
fn hanging(limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    Failure::new("find AWS credentials", format!("whatever gives the credentials did not answer within {seconds} s"))
        .hint(
            "A credential process may be waiting for a key to be touched or for a code; else SSO or the instance metadata \
             service does not answer.",
        )
        .retry(Retry::AfterLogin)
}

/// Credentials of which nobody says whose they are.
fn sts_silent(limit: Duration) -> Failure {
    Failure::new(WHAT, format!("STS did not answer within {} s", limit.as_secs_f64()))
        .hint("The network or the service is slow; trying again may help. Behind a proxy, HTTPS_PROXY must be set.")
        .retry(Retry::Later)
}

/// What STS refuses says nothing of a region or of one call: either the credentials are bad, or it is to be asked again.
fn not_usable_yet(failure: Failure) -> Failure {
    let retry = if failure.retry == Retry::AfterLogin { Retry::AfterLogin } else { Retry::Later };
    Failure { kind: FailureKind::Other, retry, ..failure }
}

/// Credentials that work, for somebody else.
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

/// What the sources of credentials are called.
#[derive(Debug, Clone)]
pub(super) enum SourceNames {
    /// The embedded EC2's.
    Simulated,
    /// AWS's: by what the SDK notes on the credentials, and what the profile says.
    Aws {
        /// What credentials of the configuration files are.
        from_files: CredentialSource,
    },
}

impl SourceNames {
    /// For a profile of these files.
    pub(super) fn of_profile(files: &ProfileSet, profile: &str) -> Self {
        let name = profile.to_owned();
        let has = |key: &str| files.get_profile(profile).is_some_and(|section| section.get(key).is_some());
        let from_files = if has("role_arn") {
            CredentialSource::AssumedRole(name)
        } else if has("sso_session") || has("sso_start_url") {
            CredentialSource::Sso(name)
        } else if has("login_session") {
            CredentialSource::Login(name)
        } else if has("credential_process") && !has("aws_access_key_id") {
            CredentialSource::Process(name)
        } else {
            CredentialSource::Profile(name)
        };
        Self::Aws { from_files }
    }

    fn of(&self, credentials: &Credentials) -> CredentialSource {
        let Self::Aws { from_files } = self else { return CredentialSource::Simulated };
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>().map_or(&[][..], Vec::as_slice);
        let has = |feature: AwsCredentialFeature| features.contains(&feature);
        // The files' provider adds its own mark to those of what it used, so it is asked first.
        if has(AwsCredentialFeature::CredentialsProfile) || has(AwsCredentialFeature::CredentialsProfileLogin) {
            from_files.clone()
        } else if has(AwsCredentialFeature::CredentialsEnvVars) {
            CredentialSource::Environment
        } else if has(AwsCredentialFeature::CredentialsImds) {
            CredentialSource::Instance
        } else if has(AwsCredentialFeature::CredentialsHttp) {
            CredentialSource::Container
        } else if has(AwsCredentialFeature::CredentialsProfileStsWebIdToken)
            || has(AwsCredentialFeature::CredentialsEnvVarsStsWebIdToken)
        {
            CredentialSource::WebIdentity
        } else {
            CredentialSource::Unknown
        }
    }
}

/// The credentials of a simulated session: who is signed in can be changed while it runs.
#[derive(Debug, Clone)]
pub struct SimulatedLogin(Arc<Mutex<Option<String>>>);

impl Default for SimulatedLogin {
    fn default() -> Self {
        Self::new(Self::ACCESS_KEY)
    }
}

impl SimulatedLogin {
    /// The access key id of the scenario's account.
    pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    /// Signed in with this access key id.
    pub fn new(access_key: &str) -> Self {
        Self(Arc::new(Mutex::new(Some(access_key.to_owned()))))
    }

    /// From now on calls are signed with this access key id.
    pub fn sign_in(&self, access_key: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(access_key.to_owned());
    }

    /// From now on there are no credentials.
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

#[cfg(test)]
mod tests;
