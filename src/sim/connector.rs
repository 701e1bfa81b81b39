//! The in-process door: the AWS SDK's own HTTP connector, answered by a world. Sleeps a fault's delay on tokio's clock, so
//! that tests can pause it. The only file of this room that names an `aws_*` crate.

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

use crate::sim::{
    shared::SharedWorld,
    wire::{Request, Response},
};

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An HTTP client for the SDK whose every request is answered by `world`, whatever host it is meant for. `clock` says
/// what time it is in the world.
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
        HttpConnectorFuture::new(async move { this.answer(request).await })
    }
}

impl Connector {
    async fn answer(&self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let body = request.take_body().collect().await.map_err(ConnectorError::user)?.to_bytes();
        let url: http::Uri =
            request.uri().parse().map_err(|e: http::uri::InvalidUri| ConnectorError::user(e.into()))?;
        let wire = Request {
            method: request.method(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            authorization: request.headers().get("authorization"),
            target: request.headers().get("x-amz-target"),
            body: &body,
        };
        let answer = self.world.answer(&wire, (self.clock)());
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        if answer.reset {
            let reset = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by peer");
            return Err(ConnectorError::io(reset.into()));
        }
        response(answer)
    }
}

fn response(answer: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", answer.content_type);
    response.headers_mut().insert("x-amzn-requestid", answer.request_id);
    Ok(response)
}
