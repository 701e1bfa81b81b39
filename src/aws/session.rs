//! A session: profile, credentials, home region, and one client per region. The calls are in the other files of this module.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{
    BehaviorVersion, SdkConfig, ecs::EcsCredentialsProvider, identity::IdentityCache,
    imds::credentials::ImdsCredentialsProvider, meta::credentials::CredentialsProviderChain,
    profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use futures_util::future::BoxFuture;

use super::{
    assumed_role::assumed_role,
    credential_sources::CredentialSources,
    endpoints::{checked_endpoint, ec2_endpoint, refuse_empty_endpoints},
    errors::{self, ErrorFacts},
    identity::{Timeouts, UnverifiedCredentials, VerifiedCredentials},
    options::SessionOptions,
    profile_chain::{self, ProfileChain},
    profiles,
    request_ids::RequestIds,
    simulated_login::SimulatedLogin,
    transport::HttpClient,
    truncation::TruncationInterceptor,
};
use crate::domain::{Account, Failure, FailureKind, Identity, Region, Retry};

/// Home region if none is configured.
const FALLBACK_REGION: &str = "us-east-1";
struct Inner {
    config: SdkConfig,
    credentials: VerifiedCredentials,
    home: Region,
    region_was_given: bool,
    profile: Option<String>,
    /// Custom endpoint of EC2; those of other services are in `config`.
    ec2_endpoint: Option<String>,
    operation_timeout: Duration,
    /// AWS has accepted these credentials in some call.
    accepted: AtomicBool,
    ec2: Mutex<HashMap<Region, aws_sdk_ec2::Client>>,
    kms: Mutex<HashMap<Region, aws_sdk_kms::Client>>,
}

impl Inner {
    /// Completes `config` with verified credentials from `source`.
    fn new(
        config: &SdkConfig,
        source: SharedCredentialsProvider,
        sources: CredentialSources,
        facts: ErrorFacts,
        home: Region,
        options: &SessionOptions,
    ) -> Self {
        let limits = Timeouts { attempt: options.attempt_timeout, operation: options.operation_timeout };
        let credentials = VerifiedCredentials::new(source, sources, config, facts, limits);
        let provider = SharedCredentialsProvider::new(credentials.clone());
        Self {
            config: config.to_builder().credentials_provider(provider).build(),
            credentials,
            home,
            region_was_given: true,
            profile: None,
            ec2_endpoint: ec2_endpoint(config),
            operation_timeout: options.operation_timeout,
            accepted: AtomicBool::new(false),
            ec2: Mutex::default(),
            kms: Mutex::default(),
        }
    }
}

/// A session with AWS or a compatible service. Cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("profile", &self.0.profile).field("home", &self.0.home).finish_non_exhaustive()
    }
}

impl Session {
    /// Creates a session from the environment and the AWS configuration files, without fetching credentials.
    ///
    /// # Errors
    /// An unknown profile, an unreadable configuration file, or a malformed region or endpoint.
    pub async fn load(options: SessionOptions, http: HttpClient) -> Result<Self, Failure> {
        refuse_empty_endpoints(&|name| std::env::var(name).ok())?;
        let files = profiles::load().await?;
        let profile = match options.profile.clone().or_else(|| variable("AWS_PROFILE")) {
            Some(profile) => {
                profiles::check(&files, &profile)?;
                Some(profile)
            }
            None => None,
        };
        let profile_name = profile.as_deref().unwrap_or("default");
        let exported = options.profile.is_none() && profile_chain::exported_keys(&variable)?;
        let chain = if exported || files.get_profile(profile_name).is_none() {
            None
        } else {
            Some(ProfileChain::of(&files, profile_name).map_err(|problem| problem.failure(profile_name))?)
        };
        let given = match &options.region {
            Some(region) => Some(region.clone()),
            None => configured_region(profiles::property(&files, profile_name, "region"))?,
        };
        let region_was_given = given.is_some();
        let home = match given {
            Some(region) => region,
            None => Region::new(FALLBACK_REGION)?,
        };
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.0.clone())
            .region(sdk_region(&home))
            .retry_config(options.retries())
            .timeout_config(options.timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build());
        if let Some(profile) = &profile {
            loader = loader.profile_name(profile);
        }
        if let Some(named) = &options.profile {
            loader = loader.credentials_provider(named_profile(named, http, &home, &options));
        }
        if let Some(url) = &options.endpoint_url {
            loader = loader.endpoint_url(checked_endpoint(url)?);
        }
        let mfa = profiles::property(&files, profile_name, "mfa_serial").is_some();
        let config = Box::pin(loader.load()).await;
        let endpoint = config.endpoint_url().map(str::to_owned);
        let facts = ErrorFacts { profile: profile.clone(), role: options.role.clone(), chain, mfa, endpoint };
        let Some(source) = config.credentials_provider() else {
            return Err(errors::no_credentials(&facts.context("find AWS credentials", ""), None));
        };
        let sources = CredentialSources::of_profile(&files, profile_name, options.role.is_some());
        let source = match &options.role {
            Some(role) => assumed_role(role, source, &config, &home).await,
            None => source,
        };
        Ok(Self(Arc::new(Inner {
            region_was_given,
            profile,
            ..Inner::new(&config, source, sources, facts, home, &options)
        })))
    }

    /// Creates a session for the simulator, which uses neither environment nor files.
    pub fn simulated(http: HttpClient, region: Region) -> Self {
        Self::simulated_as(http, region, &SimulatedLogin::default())
    }

    /// Creates a session for the simulator with the credentials `login` has at each call.
    pub fn simulated_as(http: HttpClient, region: Region, login: &SimulatedLogin) -> Self {
        Self::simulated_from(http, region, SharedCredentialsProvider::new(login.clone()))
    }

    pub(super) fn simulated_from(http: HttpClient, region: Region, source: SharedCredentialsProvider) -> Self {
        let options = SessionOptions::default();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http.0)
            .region(sdk_region(&region))
            // The login may change between calls.
            .identity_cache(IdentityCache::no_cache())
            // No jitter: nothing there is shared with others, and every run is the same.
            .retry_config(options.retries().with_use_static_exponential_base(true))
            .timeout_config(options.timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
            .build();
        Self(Arc::new(Inner::new(
            &config,
            source,
            CredentialSources::Simulated,
            ErrorFacts::default(),
            region,
            &options,
        )))
    }

    /// Returns the same session for reads whose answers do not depend on which account was expected, such as a listing that is
    /// only printed: they do not wait until STS has said whose the credentials are. Nothing may be changed in it.
    #[must_use]
    pub fn for_reads(&self) -> Self {
        let inner = &*self.0;
        let provider = SharedCredentialsProvider::new(UnverifiedCredentials(inner.credentials.clone()));
        Self(Arc::new(Inner {
            config: inner.config.to_builder().credentials_provider(provider).build(),
            credentials: inner.credentials.clone(),
            home: inner.home.clone(),
            region_was_given: inner.region_was_given,
            profile: inner.profile.clone(),
            ec2_endpoint: inner.ec2_endpoint.clone(),
            operation_timeout: inner.operation_timeout,
            accepted: AtomicBool::new(inner.accepted.load(Ordering::Relaxed)),
            ec2: Mutex::default(),
            kms: Mutex::default(),
        }))
    }

    /// Returns the region given as an option, else of the environment or the profile, else `us-east-1`.
    pub fn home_region(&self) -> &Region {
        &self.0.home
    }

    /// Returns false if the home region is the fallback.
    pub fn region_was_given(&self) -> bool {
        self.0.region_was_given
    }

    /// Returns the profile given as an option or by the environment.
    pub fn profile(&self) -> Option<&str> {
        self.0.profile.as_deref()
    }

    /// Returns the custom endpoint of EC2, if there is one.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.0.ec2_endpoint.as_deref()
    }

    /// Fetches credentials without using them. May involve SSO, STS, a process or IMDS.
    pub async fn check_credentials(&self) -> Result<(), Failure> {
        let fetched = self.with_timeout(self.0.credentials.fetch()).await?;
        fetched.map_err(|error| errors::credentials(&self.context("find AWS credentials", ""), &error))
    }

    /// Returns who is signed in, which determines the session's account. STS is asked in the home region, or at the custom endpoint,
    /// before the credentials sign anything else.
    pub async fn account(&self) -> Result<Account, Failure> {
        let identity = self.with_timeout(self.0.credentials.verify()).await??;
        self.0.accepted.store(true, Ordering::Relaxed);
        Ok(identity.account)
    }

    /// Returns who is signed in and how, once a call has verified it.
    pub fn identity(&self) -> Option<Identity> {
        self.0.credentials.identity()
    }

    /// Marks the simulated credentials as verified without asking STS.
    #[cfg(test)]
    pub(super) fn assume_verified(&self, account: Account) {
        self.0.credentials.assume_verified(SimulatedLogin::default().credentials().unwrap(), account);
    }

    /// Applies the operation's timeout, since providers of credentials have none.
    async fn with_timeout<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::time::timeout(self.0.operation_timeout, Box::pin(work)).await.map_err(|_| {
            Failure::new(
                "find AWS credentials",
                format!("nothing answered within {} s", self.0.operation_timeout.as_secs()),
            )
            .hint("A credential process, SSO or the instance metadata service does not answer.")
            .retry(Retry::Later)
        })
    }

    /// Returns the context of an error of this session.
    pub(super) fn context<'a>(&'a self, what: &'a str, action: &'a str) -> errors::Context<'a> {
        errors::Context {
            what,
            action,
            endpoint: if action.starts_with("ec2:") { self.endpoint_url() } else { self.0.config.endpoint_url() },
            accepted: self.0.accepted.load(Ordering::Relaxed),
            facts: self.0.credentials.facts(),
        }
    }

    /// Carries out a call and converts its error. `action` is the IAM action, such as `ec2:CopyImage`.
    ///
    /// The future is boxed because the SDK's are about 10 kB each.
    pub(super) fn call<'a, T, E>(
        &'a self,
        what: &'a str,
        action: &'a str,
        call: impl Future<Output = Result<T, errors::CallError<E>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Failure>>
    where
        E: errors::Coded,
    {
        let call = async move {
            match call.await {
                Ok(value) => {
                    self.0.accepted.store(true, Ordering::Relaxed);
                    Ok(value)
                }
                Err(error) => Err(self.failed(&self.context(what, action), &error)),
            }
        };
        Box::pin(call)
    }

    fn failed<E: errors::Coded>(&self, context: &errors::Context<'_>, error: &errors::CallError<E>) -> Failure {
        let failure = errors::failure(context, error);
        if errors::denied(&failure) {
            // The credentials are valid, but lack a permission.
            self.0.accepted.store(true, Ordering::Relaxed);
        }
        let (what, action) = (context.what, context.action);
        if failure.is("DryRunOperation") {
            tracing::debug!(what, action, "a dry run says that the call is allowed");
        } else {
            tracing::warn!(what, action, code = failure.code, why = failure.why, "a call to AWS failed");
        }
        failure
    }

    /// Returns the EC2 client of a region.
    pub(super) fn ec2(&self, region: &Region) -> aws_sdk_ec2::Client {
        let mut clients = self.0.ec2.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.clone())
            .or_insert_with(|| {
                let mut config = aws_sdk_ec2::config::Builder::from(&self.0.config)
                    .region(sdk_region(region))
                    .interceptor(RequestIds)
                    .interceptor(TruncationInterceptor);
                // The same one that the account's key in the store has.
                config.set_endpoint_url(self.0.ec2_endpoint.clone());
                aws_sdk_ec2::Client::from_conf(config.build())
            })
            .clone()
    }

    /// Returns the KMS client of a region.
    pub(super) fn kms(&self, region: &Region) -> aws_sdk_kms::Client {
        let mut clients = self.0.kms.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.clone())
            .or_insert_with(|| {
                let config = aws_sdk_kms::config::Builder::from(&self.0.config)
                    .region(sdk_region(region))
                    .interceptor(RequestIds);
                aws_sdk_kms::Client::from_conf(config.build())
            })
            .clone()
    }
}

/// Returns the credentials of a profile given as an option, else of the container or the instance, as in the AWS CLI.
fn named_profile(name: &str, http: HttpClient, home: &Region, options: &SessionOptions) -> CredentialsProviderChain {
    let config = ProviderConfig::without_region()
        .with_region(Some(sdk_region(home)))
        .with_http_client(http.0)
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_retry_config(options.retries())
        .with_timeout_config(options.timeouts());
    let profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    let container = EcsCredentialsProvider::builder().configure(&config).build();
    let instance = ImdsCredentialsProvider::builder().configure(&config).build();
    CredentialsProviderChain::first_try("Profile", profile)
        .or_else("EcsContainer", container)
        .or_else("Ec2InstanceMetadata", instance)
}

fn sdk_region(region: &Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the region of the environment, else of the profile. Not of IMDS, which takes seconds outside EC2.
fn configured_region(of_profile: Option<&str>) -> Result<Option<Region>, Failure> {
    let found = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| Some((format!("the environment variable {name}"), variable(name)?)))
        .or_else(|| Some(("the profile".to_owned(), of_profile?.trim().to_owned())));
    match found {
        Some((place, name)) => Region::new(&name).map(Some).map_err(|failure| {
            // Files may be corrected while the program runs; its environment may not.
            let retry = if place == "the profile" { Retry::AfterLogin } else { failure.retry };
            let hint = format!("It is set in {place}. {}", failure.hint);
            Failure { hint, retry, kind: FailureKind::Configuration, ..failure }
        }),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
