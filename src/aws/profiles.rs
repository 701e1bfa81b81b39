//! Profiles of the AWS configuration files, read by the SDK's parser.

use aws_config::profile::{ProfileFileLoadError, ProfileSet};

use crate::domain::{Failure, FailureKind, Retry, text};

/// Returns the names of the profiles in the AWS configuration and credentials files, sorted; none if they cannot be read.
pub async fn profiles() -> Vec<String> {
    match load().await {
        Ok(set) => names(&set),
        Err(_) => Vec::new(),
    }
}

/// Refuses a profile that the files do not have.
///
/// # Errors
/// Also if they cannot be read.
pub async fn check_profile(profile: &str) -> Result<(), Failure> {
    check(&load().await?, profile)
}

/// Reads the files, from `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` if set.
#[expect(clippy::default_trait_access, reason = "the types belong to a crate that is not named here")]
pub(super) async fn load() -> Result<ProfileSet, Failure> {
    checked(aws_config::profile::load(&Default::default(), &Default::default(), &Default::default(), None).await)
}

fn checked(read: Result<ProfileSet, ProfileFileLoadError>) -> Result<ProfileSet, Failure> {
    read.map_err(|error| {
        Failure::new("read the AWS configuration files", super::errors::chain(&error))
            .hint("Correct the file named here; `aws configure list` shows how the AWS CLI reads it.")
            // The user may correct the file.
            .retry(Retry::AfterLogin)
            .kind(FailureKind::Configuration)
    })
}

/// Returns true if a profile, or one that it takes credentials from, has a `credential_source`, so that its credentials depend on
/// the environment of the process. False if the files cannot be read.
pub async fn names_credential_source(profile: &str) -> bool {
    load().await.is_ok_and(|set| names_source(&set, profile))
}

fn names_source(set: &ProfileSet, profile: &str) -> bool {
    property(set, profile, "credential_source").is_some()
}

fn names(set: &ProfileSet) -> Vec<String> {
    let mut names: Vec<String> = set.profiles().map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// Refuses an unknown profile; the hint lists the known ones.
pub(super) fn check(set: &ProfileSet, profile: &str) -> Result<(), Failure> {
    if set.get_profile(profile).is_some() {
        return Ok(());
    }
    Err(unknown(profile, &names(set)))
}

fn unknown(profile: &str, known: &[String]) -> Failure {
    let failure = Failure::new(
        format!("use profile `{}`", text::clean(profile)),
        "the AWS configuration files have no such profile",
    )
    // A login or the user may create it.
    .retry(Retry::AfterLogin)
    .kind(FailureKind::Configuration);
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(name, profile), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = nearest.map(|(_, name)| format!("Did you mean `{}`? ", text::clean(name))).unwrap_or_default();
    let list = if known.is_empty() {
        "There are no profiles yet: `aws configure` or `aws configure sso` makes one.".to_owned()
    } else {
        let shown: Vec<_> = known.iter().take(12).map(|n| text::clean(n)).collect();
        let more = if known.len() > 12 { ", ..." } else { "" };
        format!("Known profiles: {}{more}.", shown.join(", "))
    };
    failure.hint(format!("{meant}{list}"))
}

/// Returns a property of the profile, else of the one it takes credentials from.
pub(super) fn property<'a>(set: &'a ProfileSet, profile: &'a str, key: &str) -> Option<&'a str> {
    let mut profile = profile;
    // The chain of sources may be circular, which the SDK reports.
    for _ in 0..8 {
        let section = set.get_profile(profile)?;
        if let Some(value) = section.get(key) {
            return Some(value);
        }
        profile = section.get("source_profile").filter(|source| *source != profile)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::config_file;

    #[test]
    fn an_unknown_profile_is_answered_with_the_known_ones() {
        let known = ["default".to_owned(), "production".into(), "staging".into()];
        let cases: [(&str, &[String], &str); 3] = [
            ("prodution", &known, "Did you mean `production`? Known profiles: default, production, staging."),
            ("zzz", &known, "Known profiles: default, production, staging."),
            ("prod", &[], "There are no profiles yet: `aws configure` or `aws configure sso` makes one."),
        ];
        for (asked, known, hint) in cases {
            let failure = unknown(asked, known);
            assert_eq!(failure.hint, hint);
            assert!(failure.what.contains(asked));
            assert_eq!(failure.retry, Retry::AfterLogin, "somebody may write it");
        }
    }

    #[expect(clippy::default_trait_access, reason = "the types belong to a crate that is not named here")]
    async fn load_text(text: &str) -> Result<ProfileSet, Failure> {
        let files = config_file(text);
        checked(aws_config::profile::load(&Default::default(), &Default::default(), &files, None).await)
    }

    #[tokio::test]
    async fn files_that_cannot_be_read_may_be_written_anew() {
        assert_eq!(load_text("[default").await.unwrap_err().retry, Retry::AfterLogin);
    }

    #[tokio::test]
    async fn a_chain_of_profiles_that_names_a_source_of_credentials_is_told_from_one_that_does_not() {
        let text = "[profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n\
                    [profile role]\nrole_arn = r\nsource_profile = keys\n\
                    [profile shell]\nrole_arn = r\ncredential_source = Environment\n\
                    [profile chained]\nrole_arn = r\nsource_profile = shell\n";
        let files = load_text(text).await.unwrap();
        for (profile, named) in [("keys", false), ("role", false), ("shell", true), ("chained", true), ("none", false)]
        {
            assert_eq!(names_source(&files, profile), named, "{profile}");
        }
    }
}
