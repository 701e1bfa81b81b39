//! Under which name a profile's account is remembered, so that its jobs can be shown when nobody is signed in.

/// Names the profile that the AWS chain will use, and the endpoint: behind another one it may mean another account.
/// What the environment says counts as what was given does.
pub fn key(profile: Option<&str>, endpoint: Option<&str>, env: &impl Fn(&str) -> Option<String>) -> String {
    let variable = |name: &str| env(name).filter(|value| !value.is_empty());
    let profile = profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE")).unwrap_or_else(|| "default".into());
    let endpoint = endpoint
        .map(str::to_owned)
        .or_else(|| variable("AWS_ENDPOINT_URL_EC2"))
        .or_else(|| variable("AWS_ENDPOINT_URL"));
    match endpoint {
        Some(url) => format!("{profile} at {url}"),
        None => profile,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_goes_before_the_environment() {
        let none = |_: &str| None;
        let env = |name: &str| {
            let value = match name {
                "AWS_PROFILE" => "prod",
                "AWS_ENDPOINT_URL" => "http://a",
                "AWS_ENDPOINT_URL_EC2" => "",
                _ => return None,
            };
            Some(value.to_owned())
        };
        assert_eq!(key(None, None, &none), "default");
        assert_eq!(key(None, None, &env), "prod at http://a");
        assert_eq!(key(Some("dev"), Some("http://b"), &env), "dev at http://b");
    }
}
