//! The HTTP client of the process: TLS, proxies and exceptions from them, additional certificates.

use std::net::IpAddr;

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use http::Uri;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::domain::{Failure, Retry};

/// HTTP client with a connection pool, shared by all regions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient(pub(super) SharedHttpClient);

impl From<SharedHttpClient> for HttpClient {
    fn from(client: SharedHttpClient) -> Self {
        Self(client)
    }
}

impl HttpClient {
    /// Creates a client over rustls that uses `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and trusts the certificates of
    /// `AWS_CA_BUNDLE` besides the system's.
    ///
    /// # Errors
    /// If the bundle cannot be read or has no usable certificate.
    pub fn from_environment() -> Result<Self, Failure> {
        let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
        let mut trust = TrustStore::empty().with_native_roots(system_roots());
        if let Some(path) = bundle {
            let shown = path.to_string_lossy().into_owned();
            let read = std::fs::read(&path).map_err(|error| bundle_failure(&shown, &error.to_string()))?;
            trust.add_pem_certificate(checked_bundle(&shown, read)?);
        }
        let tls = TlsContext::builder().with_trust_store(trust).build().map_err(|error| {
            Failure::new("set up TLS", error.to_string()).hint("Check the certificates of this machine.")
        })?;
        let env = |name: &str| std::env::var(name).ok();
        let direct = client(&tls, &ProxyConfig::disabled());
        // Each has the certificates of its own, and connections.
        let proxied = if has_proxy(&env) { client(&tls, &ProxyConfig::from_env()) } else { direct.clone() };
        let own = metadata_endpoints(&env);
        let client = http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Route {
                proxied: proxied.http_connector(settings, components),
                direct: direct.http_connector(settings, components),
                own: own.clone(),
            })
        });
        Ok(Self(client))
    }
}

fn client(tls: &TlsContext, proxy: &ProxyConfig) -> SharedHttpClient {
    let (tls, proxy) = (tls.clone(), proxy.clone());
    // `Builder::build_https` ignores the proxy variables.
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.clone())
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

/// Returns true if the environment names a proxy.
fn has_proxy(env: &impl Fn(&str) -> Option<String>) -> bool {
    let named = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].into_iter().any(|name| named(name) || named(&name.to_lowercase()))
}

/// Chooses between proxy and direct connection. Metadata services are local to this machine, so a proxy could not reach them and
/// must not see their credentials.
#[derive(Debug)]
struct Route {
    proxied: SharedHttpConnector,
    direct: SharedHttpConnector,
    /// Metadata services named by the environment.
    own: Vec<Uri>,
}

impl HttpConnector for Route {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().parse::<Uri>().ok();
        if uri.is_some_and(|uri| goes_direct(&uri, &self.own)) {
            self.direct.call(request)
        } else {
            self.proxied.call(request)
        }
    }
}

/// Returns the instance's metadata service if the environment sets one, and the container's credentials endpoint if it is on the
/// loopback interface.
fn metadata_endpoints(env: &impl Fn(&str) -> Option<String>) -> Vec<Uri> {
    let uri = |name| env(name).and_then(|uri| uri.parse::<Uri>().ok()).filter(|uri| uri.authority().is_some());
    let container = uri("AWS_CONTAINER_CREDENTIALS_FULL_URI").filter(is_loopback);
    let instance = uri("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    container.into_iter().chain(instance).collect()
}

/// Returns true for metadata services of instances and containers, at AWS's addresses and those of the environment.
fn goes_direct(uri: &Uri, own: &[Uri]) -> bool {
    const METADATA: [&str; 5] =
        ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];
    uri.host().is_some_and(|host| METADATA.contains(&host)) || own.iter().any(|own| own.authority() == uri.authority())
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns true if there is any root certificate. Without one, an assertion of the connector fails in debug builds, even for plain
/// HTTP.
fn system_roots() -> bool {
    rustls_native_certs::load_native_certs().certs.into_iter().any(|one| RootCertStore::empty().add(one).is_ok())
}

/// Returns the bundle if every certificate is usable; the connector would panic on others.
fn checked_bundle(path: &str, pem: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| bundle_failure(path, &error.to_string()))?;
        roots.add(certificate).map_err(|error| bundle_failure(path, &error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(bundle_failure(path, "there is no PEM certificate in it"));
    }
    Ok(pem)
}

fn bundle_failure(path: &str, why: &str) -> Failure {
    Failure::new(format!("read AWS_CA_BUNDLE `{}`", crate::domain::text::clean(path)), why)
        .hint("Name a file of PEM certificates in AWS_CA_BUNDLE, or unset it.")
        .retry(Retry::AfterChange)
}

#[cfg(test)]
mod tests;
