//! TLS that fails on a real socket, as the SDK reports it; and what goes past a proxy.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use aws_credential_types::Credentials;
use aws_sdk_ec2::config::{BehaviorVersion, Region, retry::RetryConfig};
use rustls::{ServerConfig, ServerConnection, pki_types::PrivateKeyDer};

use super::*;
use crate::aws::errors;

const KEY: &[u8] = include_bytes!("../../../tests/it/fixtures/tls/key.pem");
const VALID: &[u8] = include_bytes!("../../../tests/it/fixtures/tls/valid.pem");
const EXPIRED: &[u8] = include_bytes!("../../../tests/it/fixtures/tls/expired.pem");
const ANOTHER_ISSUER: &[u8] = include_bytes!("../../../tests/it/fixtures/tls/another-issuer.pem");
const OTHER_NAME: &[u8] = include_bytes!("../../../tests/it/fixtures/tls/other-name.pem");

/// A server on the loopback that shakes hands with this certificate, or, without one, speaks no TLS at all.
fn server(certificate: Option<&'static [u8]>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let Some(pem) = certificate else {
            let mut hello = [0; 2048];
            assert!(stream.read(&mut hello).unwrap() > 0, "the client speaks first");
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
            // Until the client hangs up.
            while stream.read(&mut hello).is_ok_and(|n| n > 0) {}
            return;
        };
        let chain = CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        // The client hangs up in the middle of it, as it should.
        while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    });
    address
}

/// What a call there ends with, where only this certificate is trusted.
async fn failure(certificate: Option<&'static [u8]>, trusted: &[u8]) -> Failure {
    let mut trust = TrustStore::empty();
    trust.add_pem_certificate(trusted);
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap();
    let url = format!("https://{}/", server(certificate));
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(client(&tls, &ProxyConfig::disabled()))
        .endpoint_url(&url);
    let error = aws_sdk_ec2::Client::from_conf(config.build()).describe_regions().send().await.unwrap_err();
    let facts = errors::ErrorFacts { endpoint: Some(url), ..errors::ErrorFacts::default() };
    let context = errors::Context { accepted: true, ..facts.context("list images", "ec2:DescribeImages") };
    errors::failure(&context, &error)
}

#[tokio::test]
async fn tls_that_fails_is_waited_out_like_a_lost_network() {
    let cases = [
        (Some(VALID), ANOTHER_ISSUER, "from an issuer this machine does not trust"),
        (Some(EXPIRED), EXPIRED, "expired"),
        (Some(OTHER_NAME), OTHER_NAME, "for another name"),
        (None, VALID, "does not speak TLS"),
    ];
    for (certificate, trusted, why) in cases {
        let failure = failure(certificate, trusted).await;
        assert_eq!(failure.retry, Retry::Later, "{why}: {failure:?}");
        assert!(failure.why.starts_with("TLS with the endpoint https://127.0.0.1:"), "{why}: {failure}");
        assert!(failure.why.contains(why), "{why}: {failure}");
        assert!(!failure.why.contains(['"', '{']) && failure.hint.contains("AWS_CA_BUNDLE"), "{failure:?}");
    }
}

#[test]
fn metadata_goes_past_the_proxy_and_nothing_else_does() {
    let uri = |text: &str| text.parse::<Uri>().unwrap();
    let own = metadata_endpoints(&|name| match name {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI" => Some("http://127.0.0.1:8080/creds".into()),
        "AWS_EC2_METADATA_SERVICE_ENDPOINT" => Some("http://10.0.0.7:1338".into()),
        _ => None,
    });
    for direct in [
        "http://169.254.169.254/latest/api/token",
        "http://169.254.170.2/v2/credentials/x",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::254]/latest/meta-data",
        "http://[fd00:ec2::23]/v1/credentials",
        "http://127.0.0.1:8080/creds?x",
        "http://10.0.0.7:1338/latest/api/token",
    ] {
        assert!(goes_direct(&uri(direct), &own), "{direct}");
    }
    for proxied in [
        "https://ec2.us-east-1.amazonaws.com/",
        "http://127.0.0.1:8081/",
        "http://169.254.169.253/",
        "http://10.0.0.7/",
        "http://169.254.169.254.example/",
    ] {
        assert!(!goes_direct(&uri(proxied), &own), "{proxied}");
    }
    assert!(!goes_direct(&own[0], &[]));
    let elsewhere =
        |name: &str| (name == "AWS_CONTAINER_CREDENTIALS_FULL_URI").then(|| "https://creds.example/".into());
    assert_eq!(metadata_endpoints(&elsewhere), Vec::<Uri>::new());
    for (text, loopback) in
        [("http://[::1]:1/", true), ("http://localhost/", true), ("http://10.0.0.1/", false), ("http://a/", false)]
    {
        assert_eq!(is_loopback(&uri(text)), loopback, "{text}");
    }
}

#[test]
fn a_bundle_without_usable_certificates_is_refused() {
    for (pem, word) in [
        ("", "no PEM certificate"),
        ("hello", "no PEM certificate"),
        ("-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n", ""),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ""),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", ""),
    ] {
        let failure = checked_bundle("x.pem", pem.into()).unwrap_err();
        assert!(failure.what.contains("`x.pem`") && failure.why.contains(word), "{pem:?}: {failure}");
    }
}

#[test]
fn a_proxy_is_one_that_any_of_the_variables_names() {
    let env = |name: &'static str, value: &'static str| move |asked: &str| (asked == name).then(|| value.to_owned());
    for name in ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"] {
        assert!(has_proxy(&env(name, "http://proxy:3128")), "{name}");
        assert!(!has_proxy(&env(name, "")), "{name}");
    }
    assert!(!has_proxy(&env("NO_PROXY", "localhost")));
}
