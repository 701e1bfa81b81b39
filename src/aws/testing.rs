//! Scripted HTTP connector for the tests of this module: a closure answers each request, so that the SDK's signing, parsing,
//! retries and timeouts all run.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;

use super::{HttpClient, Session, SimulatedLogin};
use crate::domain::{Account, AccountId, ImageId, Region};

/// What the wire gives back.
#[derive(Debug, Clone)]
pub(super) enum CannedResponse {
    /// A status and a body.
    Http(u16, String),
    /// Nothing, ever.
    Hang,
    /// An error of the connection.
    Broken(io::ErrorKind, &'static str),
}

impl CannedResponse {
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self::Http(status, body.to_owned())
    }

    /// Success; `R` as the outermost element stands for the action's own (`DescribeImagesResponse`).
    pub(super) fn ok(body: &str) -> Self {
        Self::new(200, body)
    }

    /// An error in EC2's form.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Http(
            status,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
                 <Message>{message}</Message></Error></Errors><RequestID>req-1</RequestID></Response>"
            ),
        )
    }
}

pub(super) fn refused() -> CannedResponse {
    CannedResponse::Broken(io::ErrorKind::ConnectionRefused, "tcp connect error")
}

/// One request as it was sent.
#[derive(Debug, Clone)]
pub(super) struct RecordedRequest {
    pub(super) host: String,
    /// Which credentials signed.
    pub(super) access_key: String,
    pub(super) action: String,
    pub(super) params: BTreeMap<String, String>,
    pub(super) body: String,
}

impl RecordedRequest {
    fn new(request: &HttpRequest) -> Self {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let params: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let target = request.headers().get("x-amz-target").and_then(|t| t.split_once('.')).map(|(_, a)| a.to_owned());
        let action = target.or_else(|| params.get("Action").cloned()).unwrap_or_default();
        let host = request.uri().split('/').nth(2).unwrap_or_default().to_owned();
        let signed = request.headers().get("authorization").and_then(|a| a.split_once("Credential="));
        let access_key = signed.and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default().to_owned();
        Self { host, access_key, action, params, body }
    }

    /// A parameter, or nothing.
    pub(super) fn param(&self, key: &str) -> &str {
        self.params.get(key).map_or("", String::as_str)
    }

    /// The values of a list of up to nine.
    pub(super) fn values(&self, prefix: &str) -> Vec<&str> {
        self.params.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(_, value)| value.as_str()).collect()
    }
}

/// Every request so far.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestLog(Arc<Mutex<Vec<RecordedRequest>>>);

impl RequestLog {
    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn of(&self, action: &str) -> Vec<RecordedRequest> {
        self.all().into_iter().filter(|asked| asked.action == action).collect()
    }
}

type Script = Arc<dyn Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync>;

#[derive(Clone)]
struct Scripted(Script, RequestLog);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = RecordedRequest::new(&request);
        let (number, answer) = {
            let mut log = self.1.0.lock().unwrap();
            log.push(asked.clone());
            (log.len(), (self.0)(log.len() - 1, &asked))
        };
        HttpConnectorFuture::new(async move {
            match answer {
                CannedResponse::Http(status, body) => {
                    let action = &asked.action;
                    // Errors in EC2's form have theirs in the body.
                    let has_id = body.contains("RequestID");
                    let body = body
                        .replace("<R>", &format!("<{action}Response>"))
                        .replace("</R>", &format!("</{action}Response>"))
                        .replace("<R/>", &format!("<{action}Response/>"));
                    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                    if !has_id {
                        response.headers_mut().insert("x-amzn-requestid", format!("req-{number}"));
                    }
                    Ok(response)
                }
                CannedResponse::Hang => std::future::pending().await,
                CannedResponse::Broken(kind, words) => Err(ConnectorError::io(io::Error::new(kind, words).into())),
            }
        })
    }
}

/// A session whose every request is answered by the script, which is given the request's number from 0.
pub(super) fn scripted(
    script: impl Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync + 'static,
) -> (Session, RequestLog) {
    let (session, log) = unverified(SimulatedLogin::default(), script);
    let account = Account { id: AccountId::new("123456789012").unwrap(), arn: String::new() };
    session.assume_verified(account);
    (session, log)
}

/// The same, whose credentials STS has not been asked about.
pub(super) fn unverified(
    login: SimulatedLogin,
    script: impl Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync + 'static,
) -> (Session, RequestLog) {
    unverified_in(us(), login, script)
}

/// The same, at home in this region.
#[expect(clippy::needless_pass_by_value, reason = "as the session's own")]
pub(super) fn unverified_in(
    home: Region,
    login: SimulatedLogin,
    script: impl Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync + 'static,
) -> (Session, RequestLog) {
    let (client, log) = client(script);
    (Session::simulated_as(client, home, &login), log)
}

/// A configuration file of this text.
#[expect(deprecated, reason = "the new names are in a crate that nothing else here needs")]
pub(super) fn config_file(text: &str) -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    ProfileFiles::builder().with_contents(ProfileFileKind::Config, text).build()
}

/// A session whose credentials come from this source.
pub(super) fn with_source(
    source: impl ProvideCredentials + 'static,
    script: impl Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync + 'static,
) -> (Session, RequestLog) {
    let (client, log) = client(script);
    (Session::simulated_from(client, us(), SharedCredentialsProvider::new(source)), log)
}

/// An HTTP client whose every request is answered by the script.
pub(super) fn client(
    script: impl Fn(usize, &RecordedRequest) -> CannedResponse + Send + Sync + 'static,
) -> (HttpClient, RequestLog) {
    let log = RequestLog::default();
    let connector = SharedHttpConnector::new(Scripted(Arc::new(script), log.clone()));
    (HttpClient::from(http_client_fn(move |_, _| connector.clone())), log)
}

pub(super) fn us() -> Region {
    Region::new("us-east-1").unwrap()
}

pub(super) fn eu() -> Region {
    Region::new("eu-west-1").unwrap()
}

pub(super) fn ami(id: &str) -> ImageId {
    ImageId::new(id).unwrap()
}

/// A `DescribeImages` answer with available images of these ids.
pub(super) fn images(ids: &[&str]) -> String {
    let item = |id: &&str| {
        format!(
            "<item><imageId>{id}</imageId><imageOwnerId>123456789012</imageOwnerId>\
             <imageState>available</imageState></item>"
        )
    };
    let items = ids.iter().map(item).collect::<Vec<_>>().concat();
    format!("<DescribeImagesResponse><imagesSet>{items}</imagesSet></DescribeImagesResponse>")
}
