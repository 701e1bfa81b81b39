//! Custom endpoints.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::domain::{Failure, FailureKind};

/// Returns EC2's custom endpoint, if any: the one given as an option, else EC2's own of the environment or of the profile's
/// `services`, else the one for all services.
pub(super) fn ec2_endpoint(config: &SdkConfig) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    let key =
        ServiceConfigKey::builder().service_id("EC2").env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    let own = config.service_config().and_then(|services| services.load_config(key));
    own.filter(|url| !url.is_empty()).or_else(for_all)
}

/// Refuses endpoints set to an empty string, on which the SDK would panic at the first call.
pub(super) fn refuse_empty_endpoints(env: &impl Fn(&str) -> Option<String>) -> Result<(), Failure> {
    let services = ["", "_EC2", "_KMS", "_STS"].map(|service| format!("AWS_ENDPOINT_URL{service}"));
    match services.iter().find(|name| env(name).is_some_and(|url| url.trim().is_empty())) {
        Some(name) => Err(Failure::new(format!("use the endpoint of {name}"), "it is set, and empty")
            .kind(FailureKind::Configuration)
            .hint(format!("Unset it (`unset {name}`), or give it a URL."))),
        None => Ok(()),
    }
}

/// Returns the URL if it is valid; the SDK would report that only at the first call.
///
/// # Errors
/// If it is no http or https URL.
pub fn checked_endpoint(url: &str) -> Result<String, Failure> {
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
        .kind(FailureKind::Configuration)
        .hint("An endpoint looks like `http://127.0.0.1:5000`."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_endpoint_is_refused() {
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
    fn an_endpoint_must_be_a_url() {
        for good in ["http://127.0.0.1:5000", "https://ec2.example/", "http://[::1]:80"] {
            assert!(checked_endpoint(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost:5000", "ftp://x", "http://", "ec2.example", "http://a b"] {
            assert!(checked_endpoint(bad).is_err(), "{bad}");
        }
    }
}
