//! One signed-in session: profile, credentials, home region, and a client for each region made once.
//!
//! Owns how the SDK is set up (timeouts, retries, endpoint, HTTP client). The calls themselves stand in the
//! files beside it.

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
    profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::ServiceConfigKey;

use futures_util::future::BoxFuture;

use super::{
    HttpClient, errors,
    identity::{Facts, SimulatedLogin, SourceNames, Timeouts, VerifiedCredentials},
    profiles,
    request_ids::RequestIds,
    truncation::TruncationInterceptor,
};
use crate::domain::{Account, Failure, Identity, Region, Retry};

/// Where a session with nothing said about regions starts.
const FALLBACK_REGION: &str = "us-east-1";
/// How long one TCP and TLS set-up may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a session is made of; everything unset follows the usual AWS chain.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionOptions {
    /// A profile of the AWS configuration files that somebody named: its credentials are used, whatever keys are
    /// exported. Without one, exported keys come before the profile of `AWS_PROFILE`, as in the AWS CLI.
    pub profile: Option<String>,
    /// The home region: where regions and the caller's identity are asked.
    pub region: Option<Region>,
    /// Sends every call there, whatever the environment says.
    pub endpoint_url: Option<String>,
    /// Sendings of one call, at least 1.
    pub attempts: u32,
    /// The longest one sending may take.
    pub attempt_timeout: Duration,
    /// The longest a call may take with all its sendings.
    pub operation_timeout: Duration,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            profile: None,
            region: None,
            endpoint_url: None,
            attempts: 4,
            attempt_timeout: Duration::from_secs(20),
            operation_timeout: Duration::from_mins(1),
        }
    }
}

impl SessionOptions {
    fn retries(&self) -> RetryConfig {
        // Not adaptive: after one throttle that would hold back a user's cancel too.
        RetryConfig::standard().with_max_attempts(self.attempts.max(1))
    }

    fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(self.attempt_timeout))
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.operation_timeout)
            .build()
    }
}

struct Inner {
    config: SdkConfig,
    credentials: VerifiedCredentials,
    home: Region,
    region_was_given: bool,
    profile: Option<String>,
    mfa: bool,
    /// EC2's endpoint, if not AWS's own; the other services' stand in `config`.
    ec2_endpoint: Option<String>,
    operation_timeout: Duration,
    /// Set once AWS has accepted these credentials anywhere.
    accepted: AtomicBool,
    ec2: Mutex<HashMap<Region, aws_sdk_ec2::Client>>,
    kms: Mutex<HashMap<Region, aws_sdk_kms::Client>>,
}

impl Inner {
    /// `config` has everything but the credentials, which it gets only verified.
    fn new(
        config: &SdkConfig,
        source: SharedCredentialsProvider,
        sources: SourceNames,
        facts: Facts,
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
            mfa: false,
            ec2_endpoint: ec2_endpoint(config),
            operation_timeout: options.operation_timeout,
            accepted: AtomicBool::new(false),
            ec2: Mutex::default(),
            kms: Mutex::default(),
        }
    }
}

/// A session with AWS, or with anything that speaks its protocol. Cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("profile", &self.0.profile).field("home", &self.0.home).finish_non_exhaustive()
    }
}

impl Session {
    /// Reads the environment and the AWS configuration files; asks nobody yet, so missing credentials are not
    /// found out here but by [`Session::check_credentials`] or the first call.
    ///
    /// Fails on an unknown profile, an unreadable configuration file, a malformed region or endpoint.
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
        let given = match &options.region {
            Some(region) => Some(region.clone()),
            None => given_region(profiles::property(&files, profile_name, "region"))?,
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
        let facts = Facts { profile: profile.clone(), mfa, endpoint: config.endpoint_url().map(str::to_owned) };
        let Some(source) = config.credentials_provider() else {
            return Err(errors::no_credentials(&facts.context("find AWS credentials", ""), None));
        };
        let sources = SourceNames::of_profile(&files, profile_name);
        Ok(Self(Arc::new(Inner {
            region_was_given,
            profile,
            mfa,
            ..Inner::new(&config, source, sources, facts, home, &options)
        })))
    }

    /// A session with made-up credentials that reads neither environment nor files: for the simulator.
    pub fn simulated(http: HttpClient, region: Region) -> Self {
        Self::simulated_as(http, region, &SimulatedLogin::default())
    }

    /// The same, signed in as `login` says at each call.
    pub fn simulated_as(http: HttpClient, region: Region, login: &SimulatedLogin) -> Self {
        Self::simulated_from(http, region, SharedCredentialsProvider::new(login.clone()))
    }

    pub(super) fn simulated_from(http: HttpClient, region: Region, source: SharedCredentialsProvider) -> Self {
        let options = SessionOptions::default();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http.0)
            .region(sdk_region(&region))
            // Who is signed in may change from one call to the next, whatever the time of day is.
            .identity_cache(IdentityCache::no_cache())
            .retry_config(options.retries())
            .timeout_config(options.timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
            .build();
        Self(Arc::new(Inner::new(&config, source, SourceNames::Simulated, Facts::default(), region, &options)))
    }

    /// The region that was asked for, else that of the environment or the profile, else `us-east-1`.
    pub fn home_region(&self) -> &Region {
        &self.0.home
    }

    /// Whether anybody named the home region; if not it is a guess.
    pub fn region_was_given(&self) -> bool {
        self.0.region_was_given
    }

    /// The profile in use, if one was named by option or environment.
    pub fn profile(&self) -> Option<&str> {
        self.0.profile.as_deref()
    }

    /// The endpoint EC2's calls are sent to, if not AWS's own.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.0.ec2_endpoint.as_deref()
    }

    /// Finds credentials along the usual chain without using them. May ask SSO, STS, a process or IMDS.
    pub async fn check_credentials(&self) -> Result<(), Failure> {
        let fetched = self.within_time(self.0.credentials.fetch()).await?;
        fetched.map_err(|error| errors::credentials(&self.context("find AWS credentials", ""), &error))
    }

    /// Who is signed in, in which account this session stays. Asked of STS in the home region before these credentials
    /// sign anything else; a custom endpoint is asked that too.
    pub async fn account(&self) -> Result<Account, Failure> {
        let identity = self.within_time(self.0.credentials.verify()).await??;
        self.0.accepted.store(true, Ordering::Relaxed);
        Ok(identity.account)
    }

    /// Who is signed in and how, once [`Session::account`] or any other call has found out.
    pub fn identity(&self) -> Option<Identity> {
        self.0.credentials.identity()
    }

    /// Takes the simulated credentials for the account's without asking STS.
    #[cfg(test)]
    pub(super) fn assume_verified(&self, account: Account) {
        self.0.credentials.assume_verified(SimulatedLogin::default().credentials().unwrap(), account);
    }

    /// A chain of credentials has no time limit of its own.
    async fn within_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::time::timeout(self.0.operation_timeout, Box::pin(work)).await.map_err(|_| {
            Failure::new(
                "find AWS credentials",
                format!("nothing answered within {} s", self.0.operation_timeout.as_secs()),
            )
            .hint("A credential process, SSO or the instance metadata service does not answer.")
            .retry(Retry::Later)
        })
    }

    /// What an error of this session needs for its words.
    pub(super) fn context<'a>(&'a self, what: &'a str, action: &'a str) -> errors::Context<'a> {
        errors::Context {
            what,
            action,
            profile: self.0.profile.as_deref(),
            endpoint: if action.starts_with("ec2:") { self.endpoint_url() } else { self.0.config.endpoint_url() },
            accepted: self.0.accepted.load(Ordering::Relaxed),
            mfa: self.0.mfa,
        }
    }

    /// Runs one call and turns its error into ours. `action` is the IAM action, such as `ec2:CopyImage`.
    ///
    /// Boxed at once: the SDK's futures are some 10 kB each, and would make everything that waits for them as large.
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
            // Known, but not allowed: the credentials themselves are good.
            self.0.accepted.store(true, Ordering::Relaxed);
        }
        let (what, action) = (context.what, context.action);
        tracing::warn!(what, action, code = failure.code, why = failure.why, "a call to AWS failed");
        failure
    }

    /// EC2 in a region.
    pub(super) fn ec2(&self, region: &Region) -> aws_sdk_ec2::Client {
        let mut clients = self.0.ec2.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.clone())
            .or_insert_with(|| {
                let mut config = aws_sdk_ec2::config::Builder::from(&self.0.config)
                    .region(sdk_region(region))
                    .interceptor(RequestIds)
                    .interceptor(TruncationInterceptor);
                // The account's queue is told from others' by this one, so no other is asked.
                config.set_endpoint_url(self.0.ec2_endpoint.clone());
                aws_sdk_ec2::Client::from_conf(config.build())
            })
            .clone()
    }

    /// KMS in a region.
    pub(super) fn kms(&self, region: &Region) -> aws_sdk_kms::Client {
        let mut clients = self.0.kms.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.clone())
            .or_insert_with(|| {
                let config = aws_sdk_kms::config::Builder::from(&self.0.config).region(sdk_region(region));
                aws_sdk_kms::Client::from_conf(config.build())
            })
            .clone()
    }
}

/// The credentials of a profile that was named: they come before exported keys, as in the AWS CLI. A profile without
/// any leaves it to the container's and the instance's, as there.
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

/// Where the SDK sends EC2's calls: an endpoint that was given by option goes before EC2's own of the environment or of the
/// profile's `services`, and that before everybody's.
fn ec2_endpoint(config: &SdkConfig) -> Option<String> {
    let of_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all();
    }
    let key =
        ServiceConfigKey::builder().service_id("EC2").env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    let own = config.service_config().and_then(|services| services.load_config(key));
    own.filter(|url| !url.is_empty()).or_else(of_all)
}

/// The region of the environment, else the profile's. IMDS is never asked: that costs seconds off EC2.
fn given_region(of_profile: Option<&str>) -> Result<Option<Region>, Failure> {
    let found = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| Some((format!("the environment variable {name}"), variable(name)?)))
        .or_else(|| Some(("the profile".to_owned(), of_profile?.trim().to_owned())));
    match found {
        Some((place, name)) => Region::new(&name).map(Some).map_err(|failure| {
            // The files may be corrected while somebody waits; the environment of a process never changes.
            let retry = if place == "the profile" { Retry::AfterLogin } else { failure.retry };
            Failure { hint: format!("It stands in {place}. {}", failure.hint), retry, ..failure }
        }),
        None => Ok(None),
    }
}

/// The SDK would panic on an endpoint that is set to nothing, at the first call.
fn refuse_empty_endpoints(env: &impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
    let services = ["", "_EC2", "_KMS", "_STS"].map(|service| format!("AWS_ENDPOINT_URL{service}"));
    match services.iter().find(|name| env(name).is_some_and(|url| url.trim().is_empty())) {
        Some(name) => Err(Failure::new(format!("use the endpoint of {name}"), "it is set, and empty")
            .hint(format!("Unset it (`unset {name}`), or give it a URL."))),
        None => Ok(()),
    }
}

/// The URL unchanged when it is one; the SDK would only say so on the first call.
fn checked_endpoint(url: &str) -> Result<String, Failure> {
    let parsed = url.parse::<http::Uri>().ok();
    let good = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if good {
        Ok(url.to_owned())
    } else {
        Err(Failure::new(
            format!("use the endpoint `{}`", crate::domain::text::clean(url)),
            "that is not an http or https URL",
        )
        .hint("An endpoint looks like `http://127.0.0.1:5000`."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, client, config_file, eu, scripted, us},
        domain::AccountId,
    };

    #[test]
    fn an_endpoint_that_is_set_to_nothing_is_refused() {
        let env = |set: Option<(&'static str, &'static str)>| {
            move |name: &str| set.filter(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
        };
        assert_eq!(refuse_empty_endpoints(&env(None)), Ok(()));
        assert_eq!(refuse_empty_endpoints(&env(Some(("AWS_ENDPOINT_URL", "http://127.0.0.1:1")))), Ok(()));
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"] {
            let failure = refuse_empty_endpoints(&env(Some((name, " ")))).unwrap_err();
            assert!(failure.what.contains(name) && failure.hint.contains("unset"), "{failure:?}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url() {
        for good in ["http://127.0.0.1:5000", "https://ec2.example/", "http://[::1]:80"] {
            assert!(checked_endpoint(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost:5000", "ftp://x", "http://", "ec2.example", "http://a b"] {
            assert!(checked_endpoint(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_simulated_session_has_credentials_and_a_client_a_region() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok("<R/>"));
        assert_eq!(session.check_credentials().await, Ok(()));
        assert_eq!((session.home_region(), session.profile(), session.endpoint_url()), (&us(), None, None));
        assert!(asked.all().is_empty(), "nobody was asked");
        for _ in 0..2 {
            session.describe_images(&eu(), &[crate::aws::testing::ami("ami-1")]).await.unwrap();
        }
        assert_eq!(session.0.ec2.lock().unwrap().len(), 1);
        assert!(asked.all()[0].host.starts_with("ec2.eu-west-1."));
    }

    /// Of a session with a configuration file and perhaps an endpoint given by option: what it tells, and where it asks.
    async fn endpoints(file: &str, given: Option<&str>) -> (Option<String>, String) {
        let (http, asked) = client(|_, _| CannedResponse::ok("<R/>"));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .profile_files(config_file(file))
            .http_client(http.0)
            .region(sdk_region(&us()))
            .identity_cache(IdentityCache::no_cache());
        if let Some(url) = given {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        let source = SharedCredentialsProvider::new(SimulatedLogin::default());
        let options = SessionOptions::default();
        let inner = Inner::new(&config, source, SourceNames::Simulated, Facts::default(), us(), &options);
        let session = Session(Arc::new(inner));
        session.assume_verified(Account { id: AccountId::new("123456789012").unwrap(), arn: String::new() });
        session.describe_images(&us(), &[crate::aws::testing::ami("ami-1")]).await.unwrap();
        (session.endpoint_url().map(str::to_owned), asked.all()[0].host.clone())
    }

    #[tokio::test(start_paused = true)]
    async fn the_endpoint_that_is_told_is_the_one_that_is_asked() {
        let all = "[default]\nendpoint_url = http://all.example\n";
        let own = "[default]\nservices = mine\n[services mine]\nec2 =\n  endpoint_url = http://own.example\n";
        let both = format!("{own}[default]\nendpoint_url = http://all.example\n");
        let ignored = format!("{own}[default]\nignore_configured_endpoint_urls = true\n");
        let cases = [
            ("", None, None),
            (all, None, Some("all.example")),
            (own, None, Some("own.example")),
            (&both, None, Some("own.example")),
            (&both, Some("http://given.example"), Some("given.example")),
            (&ignored, None, None),
        ];
        for (file, given, host) in cases {
            let (told, asked) = endpoints(file, given).await;
            assert_eq!(told, host.map(|host| format!("http://{host}")), "{file}");
            assert_eq!(asked, host.unwrap_or("ec2.us-east-1.amazonaws.com"), "{file}");
        }
    }

    #[test]
    fn the_defaults_are_those_promised() {
        let options = SessionOptions::default();
        let timeouts = options.timeouts();
        assert_eq!(options.retries().max_attempts(), 4);
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(20)));
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_mins(1)));
        assert_eq!(SessionOptions { attempts: 0, ..options }.retries().max_attempts(), 1);
    }
}
