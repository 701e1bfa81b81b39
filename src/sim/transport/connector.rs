//! HTTP connector for the AWS SDK whose requests a world answers in the process. Delays use tokio's clock, so that tests can
//! pause it. The only file of this module that uses `aws_*` crates.

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use jiff::Timestamp;

use crate::sim::transport::{
    query::{Request, Response},
    shared::SharedWorld,
};

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Creates an HTTP client for the SDK that sends every request to `world`, whatever its host. `clock` returns the world's time.
pub fn http_client(world: SharedWorld, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector { world, clock: Arc::new(clock) });
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Clone)]
struct Connector {
    world: SharedWorld,
    clock: Clock,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector(sim)")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.respond(request).await })
    }
}

impl Connector {
    async fn respond(&self, mut http: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let body = http.take_body().collect().await.map_err(ConnectorError::user)?.to_bytes();
        let url: http::Uri = http.uri().parse().map_err(|e: http::uri::InvalidUri| ConnectorError::user(e.into()))?;
        let request = Request {
            method: http.method(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            authorization: http.headers().get("authorization"),
            security_token: http.headers().get("x-amz-security-token"),
            target: http.headers().get("x-amz-target"),
            body: &body,
        };
        let response = self.world.respond(&request, (self.clock)());
        if !response.delay.is_zero() {
            tokio::time::sleep(response.delay).await;
        }
        if response.reset {
            let reset = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by peer");
            return Err(ConnectorError::io(reset.into()));
        }
        into_http(response)
    }
}

fn into_http(response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(response.status).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut http = HttpResponse::new(status, SdkBody::from(response.body));
    http.headers_mut().insert("content-type", response.content_type);
    http.headers_mut().insert("x-amzn-requestid", response.request_id);
    Ok(http)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_credential_types::Credentials;
    use aws_sdk_ec2::{
        Client,
        config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
        error::ProvideErrorMetadata as _,
        operation::RequestId as _,
        types::{Filter, ImageState},
    };
    use jiff::SignedDuration;

    use super::*;
    use crate::sim::{
        Scenario, World,
        faults::rules::{FaultKind, Rule},
    };

    /// Returns a world whose clock is tokio's, and a constructor of clients by region.
    fn world_and_client(scenario: &str) -> (SharedWorld, impl Fn(&'static str) -> Client) {
        let world = SharedWorld::new(World::new(&Scenario::named(scenario).unwrap(), Timestamp::UNIX_EPOCH));
        let started = tokio::time::Instant::now();
        let clock = move || Timestamp::UNIX_EPOCH + SignedDuration::try_from(started.elapsed()).unwrap();
        let http = http_client(world.clone(), clock);
        let client = move |region| {
            let config = aws_sdk_ec2::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::from_static(region))
                .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
                // No jitter, so that no test depends on chance.
                .retry_config(RetryConfig::standard().with_max_attempts(4).with_use_static_exponential_base(true))
                .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(20)).build())
                .http_client(http.clone());
            Client::from_conf(config.build())
        };
        (world, client)
    }

    #[tokio::test(start_paused = true)]
    async fn the_sdk_lists_copies_and_polls() {
        let (_, client) = world_and_client("demo");
        let home = client("us-east-1");
        let named = |name: &str| Filter::builder().name("name").values(name).build();
        let found = home.describe_images().owners("self").filters(named("app-db-*")).send().await.unwrap();
        let source = found.images()[0].clone();
        assert_eq!(source.block_device_mappings().len(), 2);
        let away = client("eu-west-2");
        let copy = away.copy_image().name("sdk").source_region("us-east-1").source_image_id(source.image_id().unwrap());
        let id = copy.encrypted(true).kms_key_id("alias/team/web").send().await.unwrap().image_id.unwrap();
        let mut states = Vec::new();
        while states.last() != Some(&ImageState::Available) {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let images = away.describe_images().image_ids(&id).send().await.unwrap();
            states.push(images.images()[0].state().unwrap().clone());
            assert!(states.len() < 20, "{states:?}");
        }
        assert!(states.len() > 3, "{states:?}");
        let fault_error =
            away.copy_image().name("sdk").source_region("us-east-1").source_image_id(&id).send().await.unwrap_err();
        assert_eq!(fault_error.code(), Some("InvalidAMIID.NotFound"));
        assert!(fault_error.request_id().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_sdk_retries_after_throttles_resets_and_timeouts() {
        for (effect, first) in [
            (FaultKind::Throttle, 2),
            (FaultKind::LostAnswer, 2),
            (FaultKind::Reset, 2),
            (FaultKind::Fail, 2),
            (FaultKind::Slow, 2),
            (FaultKind::Html, 2),
        ] {
            let (world, client) = world_and_client("empty");
            world.with(|w| w.faults().add(Rule::new("DescribeRegions", effect).first(first).millis(60_000)));
            let regions = client("us-east-1").describe_regions().send().await;
            assert_eq!(regions.map(|r| r.regions().len()).map_err(|e| format!("{effect:?}: {e:?}")), Ok(17));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_sdk_makes_one_image_despite_resets_and_request_rates() {
        let (world, client) = world_and_client("empty");
        world.with(|w| w.limits().rates = true);
        world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Reset).first(1)));
        world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::LostAnswer).every(2)));
        let source = client("us-east-1").describe_images().owners("amazon").send().await.unwrap().images()[0].clone();
        let copy = client("us-west-2").copy_image().name("once").source_region("us-east-1").client_token("t");
        copy.source_image_id(source.image_id().unwrap()).send().await.unwrap();
        assert_eq!(world.with(|w| w.copies_made()), 1);
        let here = |w: &mut World| {
            let of = (crate::domain::Region::new("us-west-2").unwrap(), "CopyImage".to_owned());
            w.calls()[&of]
        };
        assert_eq!(world.with(here), crate::sim::RequestCount { received: 3, throttled: 0 });
        world.with(|w| w.faults().clear());
        let source = crate::domain::ImageId::new(source.image_id().unwrap()).unwrap();
        world.with(|w| {
            let (to, from) = (crate::domain::Region::new("us-west-2").unwrap(), w.home().clone());
            let theirs =
                |n: i32| w.copy_as_other_user(&to, &source, &from, &format!("theirs-{n}"), Timestamp::UNIX_EPOCH);
            assert!((0..200).map(theirs).any(|created| created.is_err()), "the rate is used up");
        });
        let copy = client("us-west-2").copy_image().name("after").source_region("us-east-1");
        copy.source_image_id(source.as_str()).send().await.unwrap();
        assert!(world.with(here).throttled > 0);
        assert_eq!(world.with(|w| w.copies_made()), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn hostile_text_arrives_unchanged() {
        let (_, client) = world_and_client("hostile");
        let images = client("us-east-1").describe_images().owners("self").send().await.unwrap();
        let names: Vec<&str> = images.images().iter().filter_map(|i| i.name()).collect();
        assert!(names.iter().any(|n| n.contains("\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}")), "{names:?}");
        assert!(names.iter().any(|n| n.contains('\u{202e}')), "{names:?}");
    }
}
