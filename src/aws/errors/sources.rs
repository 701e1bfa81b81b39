//! What the source of the credentials says about why there are none.

use std::io;

use aws_credential_types::provider::error::CredentialsError;

use super::{
    causes::{causes, find_text},
    context::Context,
};
use crate::{
    aws::profile_chain::BaseSource,
    domain::{Failure, Retry, text::clean},
};

/// Shorter words are no secrets that are worth anything.
const LONG_WORD: usize = 16;

/// Returns the failure that only the kind of the profile explains.
pub(super) fn of_profile(context: &Context<'_>, error: &CredentialsError) -> Option<Failure> {
    let chain = context.facts.chain.as_ref()?;
    let base = clean(&chain.base);
    let failure = match chain.source {
        // The SDK reads the token that signing in has left.
        BaseSource::Sso => {
            is_file_missing(error).then_some(())?;
            context.fail(format!("profile {base} is not signed in")).hint(format!("Sign in: `{}`.", chain.login()?))
        }
        BaseSource::Process => {
            let (status, said) = find_text(error, process_failure)?;
            let said = if said.is_empty() { String::new() } else { format!(": {}", clean(&said)) };
            context
                .fail(format!("the credential_process of profile {base} failed ({}){said}", clean(&status)))
                .hint("Run the command by hand to see what it needs; it is set in the AWS configuration files.")
        }
        BaseSource::Keys | BaseSource::Login | BaseSource::Other => return None,
    };
    Some(failure.retry(Retry::AfterLogin))
}

/// Returns true if a file could not be read because it is not there.
#[expect(deprecated, reason = "the SDK names the cause of an SSO token that cannot be loaded by `cause` alone")]
fn is_file_missing(error: &CredentialsError) -> bool {
    causes(error).any(|error| {
        let of_token = || error.cause()?.source()?.downcast_ref::<io::Error>();
        let missing = error.downcast_ref::<io::Error>().or_else(of_token);
        missing.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
    })
}

/// Reads the status and the first line of standard error from the SDK's text, without what may be a secret.
fn process_failure(text: &str) -> Option<(String, String)> {
    let (status, stderr) = text.split_once("external process exited with code ")?.1.split_once(". Stderr: ")?;
    let first = stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Some((status.to_owned(), without_secrets(first).chars().take(200).collect()))
}

/// Blanks long words that look random, as tokens do: the text is printed and logged. Paths stay.
fn without_secrets(line: &str) -> String {
    let is_random = |word: &str| {
        let has = |so: fn(&u8) -> bool| word.bytes().any(|b| so(&b));
        let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        let shouted = word.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit()).any(|part| part.len() >= 8);
        word.len() >= LONG_WORD && !word.starts_with(['/', '~']) && (mixed || shouted)
    };
    let of_word = |c: char| c.is_ascii_alphanumeric() || "+/=._-~%".contains(c);
    let (mut shown, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(start) = rest.find(of_word) {
        let word = &rest[start..];
        let word = &word[..word.find(|c| !of_word(c)).unwrap_or(word.len())];
        shown.push_str(&rest[..start]);
        shown.push_str(if is_random(word) { "***" } else { word });
        rest = &rest[start + word.len()..];
    }
    shown + rest
}

/// Returns the failure of having no credentials at all, with the ways to provide some.
pub(in crate::aws) fn no_credentials(context: &Context<'_>, words: Option<&str>) -> Failure {
    tracing::debug!(error = words, "no credentials");
    context
        .fail("no credentials were found")
        .hint(
            "Either set up a profile (`aws configure`, or `aws configure sso` and `aws sso login`) and name it with --profile, \
             or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `amigrate demo` needs none.",
        )
        .retry(Retry::AfterLogin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{errors::ErrorFacts, profile_chain::ProfileChain};

    fn why(source: BaseSource, error: &CredentialsError) -> Option<(String, String)> {
        let chain = ProfileChain { base: "base".into(), source };
        let facts = ErrorFacts { profile: Some("role".into()), chain: Some(chain), ..ErrorFacts::default() };
        of_profile(&facts.context("w", ""), error).map(|failure| (failure.why, failure.hint))
    }

    #[test]
    fn a_token_that_is_not_there_is_a_login_never_made() {
        let missing = CredentialsError::provider_error(io::Error::from(io::ErrorKind::NotFound));
        let (why_not, hint) = why(BaseSource::Sso, &missing).unwrap();
        assert_eq!(why_not, "profile base is not signed in");
        assert_eq!(hint, "Sign in: `aws sso login --profile base`.");
        assert_eq!(why(BaseSource::Keys, &missing), None);
        let refused = CredentialsError::provider_error(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(why(BaseSource::Sso, &refused), None);
    }

    #[test]
    fn a_process_that_fails_is_told_with_its_first_line() {
        let failed = |stderr: &str| {
            let text = format!(
                "Error retrieving credentials: external process exited with code exit status: 3. Stderr: {stderr}"
            );
            why(BaseSource::Process, &CredentialsError::provider_error(text)).map(|(why, _)| why)
        };
        let expected = "the credential_process of profile base failed (exit status: 3)";
        assert_eq!(failed("").as_deref(), Some(expected));
        let said = failed("\n no ticket: run \u{1b}kinit\nTraceback").unwrap();
        assert_eq!(said, format!("{expected}: no ticket: run  kinit"));
        assert_eq!(why(BaseSource::Process, &CredentialsError::provider_error("no JSON")), None);
        assert_eq!(failed("using token s.SECRETVAULTTOKEN"), Some(format!("{expected}: using token ***")));
    }

    #[test]
    fn words_that_look_random_are_blanked() {
        for (line, shown) in [
            ("token=hvs.CAESIJ0aB3dEfGhIjKlMnOp expired", "*** expired"),
            ("{\"secret\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"}", "{\"secret\": \"***\"}"),
            (
                "AccessDeniedException at /opt/vault/bin/v2/login-helper.sh",
                "AccessDeniedException at /opt/vault/bin/v2/login-helper.sh",
            ),
            ("cannot reach authentication.example.com:8200", "cannot reach authentication.example.com:8200"),
            ("schlüssel 0123456789abcdef0", "schlüssel ***"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(line), shown);
        }
    }
}
