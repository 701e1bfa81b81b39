//! The key under which a profile's account is remembered, so that its jobs can be shown before anybody has signed in.

use crate::aws;

/// The key by this process's environment and the AWS configuration files; see [`key`]. `None` also if the profile takes its
/// credentials from the environment or the host (`credential_source`), for the same reason.
pub(super) async fn key_of_this_process(profile: Option<&str>, endpoint: Option<&str>) -> Option<String> {
    let env = |name: &str| std::env::var(name).ok();
    let key = key(profile, endpoint, &env)?;
    (!aws::names_credential_source(&effective_profile(profile, &env)).await).then_some(key)
}

/// The profile that the AWS credential chain uses.
fn effective_profile(profile: Option<&str>, env: &impl Fn(&str) -> Option<String>) -> String {
    let from_environment = || env("AWS_PROFILE").filter(|name| !name.is_empty());
    profile.map(str::to_owned).or_else(from_environment).unwrap_or_else(|| "default".into())
}

/// The profile that credentials are read from: the named one, else that of the environment. `None` if keys are exported, which come
/// before that, or for the default profile.
pub(super) fn in_use(named: Option<&str>, env: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let variable = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let from_environment = || variable("AWS_PROFILE").filter(|_| variable("AWS_ACCESS_KEY_ID").is_none());
    named.map(str::to_owned).or_else(from_environment)
}

/// The profile that the AWS credential chain uses, the files it is read from, and the endpoint, given or from the environment:
/// in another file or behind another endpoint a profile may mean another account.
///
/// `None` if the credentials come from the environment: two shells may have the keys of two accounts, so nothing may be
/// remembered, or shown, before AWS has said whose they are.
pub(super) fn key(
    profile: Option<&str>,
    endpoint: Option<&str>,
    env: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    const CREDENTIALS: [&str; 4] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    let variable = |name: &str| env(name).filter(|value| !value.is_empty());
    if profile.is_none() && CREDENTIALS.iter().any(|name| variable(name).is_some()) {
        return None;
    }
    let mut key = effective_profile(profile, env);
    for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].into_iter().filter_map(variable) {
        key = format!("{key} in {file}");
    }
    let endpoint = endpoint
        .map(str::to_owned)
        .or_else(|| variable("AWS_ENDPOINT_URL_EC2"))
        .or_else(|| variable("AWS_ENDPOINT_URL"));
    Some(match endpoint {
        Some(url) => format!("{key} at {url}"),
        None => key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn what_is_given_goes_before_the_environment() {
        let set = [("AWS_PROFILE", "prod"), ("AWS_ENDPOINT_URL", "http://a"), ("AWS_ENDPOINT_URL_EC2", "")];
        assert_eq!(key(None, None, &env(&[])).as_deref(), Some("default"));
        assert_eq!(key(None, None, &env(&set)).as_deref(), Some("prod at http://a"));
        assert_eq!(key(Some("dev"), Some("http://b"), &env(&set)).as_deref(), Some("dev at http://b"));
        let files = [("AWS_CONFIG_FILE", "/c"), ("AWS_SHARED_CREDENTIALS_FILE", "/s")];
        assert_eq!(key(Some("dev"), None, &env(&files)).as_deref(), Some("dev in /c in /s"));
    }

    #[test]
    fn the_profile_in_use_is_the_named_one_or_that_of_the_environment_without_exported_keys() {
        let (prod, keys) = (("AWS_PROFILE", "prod"), ("AWS_ACCESS_KEY_ID", "AKIA"));
        assert_eq!(in_use(None, &env(&[])), None);
        assert_eq!(in_use(None, &env(&[prod])).as_deref(), Some("prod"));
        assert_eq!(in_use(None, &env(&[prod, keys])), None);
        assert_eq!(in_use(Some("dev"), &env(&[prod, keys])).as_deref(), Some("dev"));
    }

    #[test]
    fn exported_credentials_have_no_name_unless_a_profile_was_named() {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            let set = [(name, "x"), ("AWS_PROFILE", "prod")];
            assert_eq!(key(None, None, &env(&set)), None, "{name}");
            assert_eq!(key(Some("dev"), None, &env(&set)).as_deref(), Some("dev"), "{name}");
        }
        assert_eq!(key(None, None, &env(&[("AWS_ACCESS_KEY_ID", "")])).as_deref(), Some("default"));
    }
}
