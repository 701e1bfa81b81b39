//! Where the credentials of a profile come from: the chain of its `source_profile`s, followed as the SDK does it, and what is wrong in
//! it. Source: `aws_config::profile::credentials::repr`.

use aws_config::profile::{Profile, ProfileSet};

use crate::domain::{Failure, FailureKind, Retry, text::clean};

/// The chain of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileChain {
    /// The profile that has the first credentials.
    pub(super) base: String,
    pub(super) source: BaseSource,
}

/// What gives the first credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BaseSource {
    Keys,
    Sso,
    /// `aws login`.
    Login,
    Process,
    /// The environment, the host, a web identity token, or nothing.
    Other,
}

/// What is wrong with a chain, so that it gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ChainProblem {
    MissingSource { profile: String, source: String },
    HalfKeyPair { profile: String, given: &'static str, missing: &'static str },
}

/// Returns true if keys are exported: they come before every profile but a named one.
///
/// # Errors
/// A key without its secret: another identity than the one that was meant would be used. The AWS CLI refuses it too.
pub(super) fn exported_keys(env: &impl Fn(&str) -> Option<String>) -> Result<bool, Failure> {
    let has = |name: &str| env(name).is_some_and(|value| !value.trim().is_empty());
    if !has("AWS_ACCESS_KEY_ID") || has("AWS_SECRET_ACCESS_KEY") || has("SECRET_ACCESS_KEY") {
        return Ok(has("AWS_ACCESS_KEY_ID"));
    }
    let why = "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not";
    Err(Failure::new("find AWS credentials", why)
        .hint("Export both, or neither; a profile named with --profile comes before them.")
        .kind(FailureKind::Configuration))
}

impl ProfileChain {
    /// Follows a profile that exists.
    ///
    /// # Errors
    /// What keeps it from giving credentials, if the files show it.
    pub(super) fn of(files: &ProfileSet, profile: &str) -> Result<Self, ChainProblem> {
        let mut visited: Vec<&str> = vec![profile];
        let mut section = files.get_profile(profile);
        while let Some(found) = section {
            let name = visited[visited.len() - 1];
            // A source's own keys come before its role.
            if visited.len() > 1 && has(found, "aws_access_key_id") && has(found, "aws_secret_access_key") {
                return Ok(Self { base: name.to_owned(), source: BaseSource::Keys });
            }
            let role = has(found, "role_arn") && !has(found, "web_identity_token_file");
            // One of itself is one with keys of its own; the SDK reports a circle.
            let next = found.get("source_profile").filter(|next| role && !visited.contains(next));
            let Some(next) = next else { return Self::ending(name, found) };
            section = files.get_profile(next);
            if section.is_none() {
                return Err(ChainProblem::MissingSource { profile: name.to_owned(), source: next.to_owned() });
            }
            visited.push(next);
        }
        Ok(Self { base: profile.to_owned(), source: BaseSource::Other })
    }

    fn ending(name: &str, section: &Profile) -> Result<Self, ChainProblem> {
        let (id, secret) = ("aws_access_key_id", "aws_secret_access_key");
        let has = |key: &str| has(section, key);
        let half = |given, missing| Err(ChainProblem::HalfKeyPair { profile: name.to_owned(), given, missing });
        let source = if has("credential_source") || has("web_identity_token_file") {
            BaseSource::Other
        } else if has("sso_session") || has("sso_start_url") {
            BaseSource::Sso
        } else if has("login_session") {
            BaseSource::Login
        } else if has("credential_process") {
            BaseSource::Process
        } else {
            match (has(id), has(secret)) {
                (true, true) => BaseSource::Keys,
                (false, false) => BaseSource::Other,
                (true, false) => return half(id, secret),
                (false, true) => return half(secret, id),
            }
        };
        Ok(Self { base: name.to_owned(), source })
    }

    /// Returns the command that signs in; `None` where none does.
    pub(super) fn login(&self) -> Option<String> {
        let command = match self.source {
            BaseSource::Sso => "aws sso login",
            BaseSource::Login => "aws login",
            BaseSource::Keys | BaseSource::Process | BaseSource::Other => return None,
        };
        Some(format!("{command} --profile {}", clean(&self.base)))
    }
}

fn has(section: &Profile, key: &str) -> bool {
    section.get(key).is_some_and(|value| !value.is_empty())
}

impl ChainProblem {
    /// Says what is wrong, of a profile that is to be used.
    pub(super) fn failure(&self, profile: &str) -> Failure {
        let why = match self {
            Self::MissingSource { profile, source } => {
                format!("profile {} names the source_profile {}, which does not exist", clean(profile), clean(source))
            }
            Self::HalfKeyPair { profile, given, missing } => {
                format!("profile {} has {given}, and no {missing}", clean(profile))
            }
        };
        Failure::new(format!("use profile `{}`", clean(profile)), why)
            .hint("Correct it in the AWS configuration files, or choose another profile with --profile.")
            // The user may correct the file.
            .retry(Retry::AfterLogin)
            .kind(FailureKind::Configuration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::config_file;

    const FILE: &str = "[default]\n\
        [profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n\
        [profile half]\naws_access_key_id = a\n\
        [profile other-half]\naws_secret_access_key = b\n\
        [profile role]\nrole_arn = r\nsource_profile = keys\n\
        [profile of-half]\nrole_arn = r\nsource_profile = half\n\
        [profile own]\nrole_arn = r\nsource_profile = own\naws_access_key_id = a\naws_secret_access_key = b\n\
        [profile one]\nrole_arn = r\nsource_profile = two\n\
        [profile two]\nrole_arn = r\nsource_profile = one\n\
        [profile stg]\nrole_arn = r\nsource_profile = nope\n\
        [profile of-stg]\nrole_arn = r\nsource_profile = stg\n\
        [profile sso]\nsso_session = s\n\
        [profile sso-role]\nrole_arn = r\nsource_profile = sso\n\
        [profile login]\nlogin_session = arn\n\
        [profile process]\ncredential_process = p\n\
        [profile no-role]\nsource_profile = nope\ncredential_process = p\n\
        [profile token]\nrole_arn = r\nweb_identity_token_file = f\nsource_profile = nope\n";

    #[expect(clippy::default_trait_access, reason = "the types belong to a crate that is not named here")]
    async fn files() -> ProfileSet {
        aws_config::profile::load(&Default::default(), &Default::default(), &config_file(FILE), None).await.unwrap()
    }

    #[tokio::test]
    async fn a_chain_is_followed_to_the_profile_that_has_credentials() {
        let files = files().await;
        let cases = [
            ("keys", "keys", BaseSource::Keys),
            ("role", "keys", BaseSource::Keys),
            ("own", "own", BaseSource::Keys),
            ("sso", "sso", BaseSource::Sso),
            ("sso-role", "sso", BaseSource::Sso),
            ("login", "login", BaseSource::Login),
            ("process", "process", BaseSource::Process),
            ("no-role", "no-role", BaseSource::Process),
            ("token", "token", BaseSource::Other),
            ("default", "default", BaseSource::Other),
            // The SDK reports the circle.
            ("one", "two", BaseSource::Other),
        ];
        for (profile, base, source) in cases {
            let expected = ProfileChain { base: base.into(), source };
            assert_eq!(ProfileChain::of(&files, profile), Ok(expected), "{profile}");
        }
        let login = |profile| ProfileChain::of(&files, profile).unwrap().login();
        assert_eq!(login("sso-role").as_deref(), Some("aws sso login --profile sso"));
        assert_eq!((login("login").as_deref(), login("role")), (Some("aws login --profile login"), None));
    }

    #[tokio::test]
    async fn what_is_missing_in_a_chain_is_named() {
        let files = files().await;
        let cases = [
            ("stg", "profile stg names the source_profile nope, which does not exist"),
            ("of-stg", "profile stg names the source_profile nope, which does not exist"),
            ("half", "profile half has aws_access_key_id, and no aws_secret_access_key"),
            ("other-half", "profile other-half has aws_secret_access_key, and no aws_access_key_id"),
            ("of-half", "profile half has aws_access_key_id, and no aws_secret_access_key"),
        ];
        for (profile, why) in cases {
            let failure = ProfileChain::of(&files, profile).unwrap_err().failure(profile);
            assert_eq!((failure.why.as_str(), failure.kind), (why, FailureKind::Configuration), "{profile}");
        }
    }

    #[test]
    fn an_exported_key_without_its_secret_is_a_mistake() {
        let keys = |set: &[(&str, &str)]| {
            exported_keys(&|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        assert_eq!((keys(&[]), keys(&[(id, " ")])), (Ok(false), Ok(false)));
        assert_eq!(
            (keys(&[(id, "a"), (secret, "b")]), keys(&[(id, "a"), ("SECRET_ACCESS_KEY", "b")])),
            (Ok(true), Ok(true))
        );
        assert_eq!(keys(&[(id, "a")]).unwrap_err().why, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
        assert_eq!(keys(&[(secret, "b"), (id, "")]), Ok(false));
    }
}
