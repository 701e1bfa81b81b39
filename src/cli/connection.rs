//! A signed-in session, for commands that send requests.

use super::setup::Setup;
use crate::{
    aws::Session,
    domain::{AccountKey, CredentialSource, Failure, text::clean},
    driver::SessionSource,
};

/// A session and whose it is.
pub(super) struct Connection {
    pub(super) session: Session,
    pub(super) account: AccountKey,
    /// Where the session came from.
    pub(super) source: SessionSource,
}

impl Connection {
    /// Signs in. Nothing is asked of EC2 before the account is known.
    ///
    /// # Errors
    /// If there are no credentials that work.
    pub(super) async fn open(setup: &Setup) -> Result<Self, Failure> {
        let source = setup.session_source();
        let (session, account) = source.sign_in(None).await?;
        Ok(Self { session, account, source })
    }
}

/// Says that the credentials are not those of the profile that was named, which has none: the AWS CLI as well takes the host's then.
pub(super) fn note_source(setup: &Setup, session: &Session, profile: &str) {
    let note = session.identity().and_then(|identity| of_host(&identity.source, profile));
    if let Some(note) = note {
        setup.output.note(&note);
    }
}

fn of_host(source: &CredentialSource, profile: &str) -> Option<String> {
    let is_host = matches!(source, CredentialSource::Container | CredentialSource::Instance);
    let (profile, kind) = (clean(profile), source.kind());
    is_host.then(|| format!("The profile `{profile}` has no credentials of its own: those of the {kind} are used."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_credentials_are_not_the_profiles() {
        let note = of_host(&CredentialSource::Instance, "build\u{1b}").unwrap();
        assert!(note.contains("those of the instance") && !note.contains('\u{1b}'), "{note}");
        assert!(of_host(&CredentialSource::Container, "build").unwrap().contains("container"));
        for own in [CredentialSource::Profile("build".into()), CredentialSource::Sso("build".into())] {
            assert_eq!(of_host(&own, "build"), None);
        }
    }
}
