//! The one HTTP client of the process: TLS, proxies, extra trust. No request is made here.

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::SharedHttpClient, runtime_components::RuntimeComponents};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::domain::{Failure, Retry};

/// The HTTP client all regions share: a connection pool and what it trusts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient(pub(super) SharedHttpClient);

impl From<SharedHttpClient> for HttpClient {
    fn from(client: SharedHttpClient) -> Self {
        Self(client)
    }
}

impl HttpClient {
    /// A client over rustls that honours `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, and trusts the
    /// certificates of `AWS_CA_BUNDLE` beside the system's.
    ///
    /// Fails when that bundle cannot be read or holds no usable certificate.
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
        // `Builder::build_https` would ignore the proxy variables, so each connector is made by hand.
        let client = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.build()
        });
        Ok(Self(client))
    }
}

/// Whether this machine trusts anybody at all. Without a single root the connector's own debug assertion would
/// end a debug build even for a plain-HTTP endpoint.
fn system_roots() -> bool {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs).0 > 0
}

/// The bundle unchanged when every certificate in it can be used; the connector would panic on one that cannot.
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
mod tests {
    use super::*;

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
}
