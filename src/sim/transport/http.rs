//! Conversion between HTTP messages and [`query`], shared by the server and the tests' server.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST},
    request::Parts,
    uri::Authority,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use crate::sim::transport::query;

/// The largest request body, bytes; a `CopyImage` with all its tags is under a tenth of that.
pub const MAX_BODY: usize = 1024 * 1024;

/// A request with its whole body.
#[derive(Debug)]
pub struct Received {
    head: Parts,
    body: Bytes,
}

impl Received {
    /// Reads a request.
    ///
    /// # Errors
    /// The response to a request that is for another host or too large.
    pub async fn read(request: http::Request<Incoming>) -> Result<Self, Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        if !is_for_loopback(&head) {
            return Err(plain(
                StatusCode::FORBIDDEN,
                "The simulator answers requests to localhost and 127.0.0.1 only.\n",
            ));
        }
        match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => Ok(Self { head, body: body.to_bytes() }),
            Err(_) => Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large or was cut off.\n")),
        }
    }

    pub fn as_query(&self) -> query::Request<'_> {
        let header = |name: &str| self.head.headers.get(name).and_then(|v| v.to_str().ok());
        query::Request {
            method: self.head.method.as_str(),
            path: self.head.uri.path(),
            query: self.head.uri.query().unwrap_or_default(),
            authorization: header(AUTHORIZATION.as_str()),
            security_token: header("x-amz-security-token"),
            target: header("x-amz-target"),
            body: &self.body,
        }
    }

    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Returns the HTTP message of a response. The caller carries out its delay and reset.
pub fn response(from: query::Response) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(from.body.into()));
    *response.status_mut() = StatusCode::from_u16(from.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(from.content_type));
    if let Ok(id) = HeaderValue::from_str(&from.request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Returns the HTTP message of a report on the server itself.
pub(crate) fn json(body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns true if the request's only hosts are loopback names. A web page whose name was made to resolve to 127.0.0.1 (DNS
/// rebinding) sends its own name.
fn is_for_loopback(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter().peekable();
    hosts.peek().is_some()
        && hosts.all(|host| host.to_str().is_ok_and(is_loopback))
        && head.uri.authority().is_none_or(|authority| is_loopback(authority.as_str()))
}

/// Returns true for a loopback name, with or without a port.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    !host.contains('@') && (name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]")
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("127.0.0.1", true)]
    #[case("127.0.0.1:4566", true)]
    #[case("localhost", true)]
    #[case("LocalHost:1", true)]
    #[case("[::1]", true)]
    #[case("[::1]:80", true)]
    #[case("", false)]
    #[case("x", false)]
    #[case("evil.example:4566", false)]
    #[case("localhost.evil.example", false)]
    #[case("127.0.0.1.evil.example", false)]
    #[case("localhost@evil.example", false)]
    #[case("evil.example@localhost", false)]
    #[case("0.0.0.0", false)]
    #[case("::1", false)]
    fn only_loopback_names_are_loopback(#[case] host: &str, #[case] expected: bool) {
        assert_eq!(is_loopback(host), expected);
    }
}
