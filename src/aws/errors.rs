//! The SDK's errors as failures that a person can act on.
//!
//! EC2's errors are unmodelled: all that is known is the code, the message, the status and, for what never
//! reached EC2, the chain of causes.

use std::{error::Error, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{profile_chain::BaseSource, truncation::TruncatedResponse};
use crate::domain::{Failure, FailureKind, Retry, text};

mod causes;
mod codes;
mod context;
mod sources;

pub(super) use causes::chain;
use causes::{find, innermost, last};
pub(super) use codes::snapshot_failure;
pub(super) use context::{Context, ErrorFacts};
pub(super) use sources::no_credentials;
use sources::of_profile;

/// An error of one call.
pub(super) type CallError<E> = SdkError<E, HttpResponse>;

/// An operation's own error.
pub(super) trait Coded: ProvideErrorMetadata + Error + 'static {}
impl<E: ProvideErrorMetadata + Error + 'static> Coded for E {}

/// Why credentials that exist are not used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotVerified(pub(super) Failure);

/// Returns the failure that a request's error means.
pub(super) fn failure<E: Coded>(context: &Context<'_>, error: &CallError<E>) -> Failure {
    if let Some(credentials_error) = find::<CredentialsError>(error) {
        let failure = credentials(context, credentials_error);
        // Nothing is signed before it is known whose the credentials are, so that check has the same meaning.
        let kind = if failure.kind == FailureKind::Other { FailureKind::NotSigned } else { failure.kind };
        return failure.kind(kind);
    }
    match error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some(code) => {
                let message = service.err().message().unwrap_or("AWS gave no reason");
                let (message, encoded) = readable(message);
                let class = codes::class(context, code, message, service.raw().status().as_u16());
                context
                    .fail(text::clean(message))
                    .hint(class.hint)
                    .retry(class.retry)
                    .kind(class.kind)
                    .code(text::clean(code))
                    .request_id(request_id(service.raw()))
                    .encoded(encoded.map(text::clean).as_deref())
            }
            None => unparsable(context, service.raw(), error),
        },
        SdkError::ResponseError(response) => unparsable(context, response.raw(), error),
        SdkError::TimeoutError(_) => timed_out(context),
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => timed_out(context),
        _ => network(context, error),
    }
}

/// Returns a refusal without the part that only `sts:DecodeAuthorizationMessage` can read, and that part.
fn readable(message: &str) -> (&str, Option<&str>) {
    match message.split_once(" Encoded authorization failure message: ") {
        Some((readable, encoded)) => (readable, Some(encoded)),
        None => (message, None),
    }
}

fn timed_out(context: &Context<'_>) -> Failure {
    context
        .fail(format!("{} did not answer in time", context.peer()))
        .hint("The network or the service is slow; trying again may help. Behind a proxy, HTTPS_PROXY must be set.")
        .retry(Retry::Later)
}

/// Returns the failure of an answer that is not AWS's protocol: HTML of a proxy, a cut-off body, another service.
fn unparsable<E: Coded>(context: &Context<'_>, raw: &HttpResponse, error: &CallError<E>) -> Failure {
    let status = raw.status().as_u16();
    let body = raw.body().bytes().unwrap_or_default();
    let start = String::from_utf8_lossy(&body[..body.len().min(512)]).trim_start().to_ascii_lowercase();
    let html = start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || raw.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let why = if find::<TruncatedResponse>(error).is_some() {
        format!("the answer of {} was cut off", context.peer())
    } else if html {
        format!("{} answered with HTML (status {status}), which is not AWS's protocol", context.peer())
    } else if body.is_empty() {
        format!("{} answered with nothing (status {status})", context.peer())
    } else {
        format!("{} answered with something that is not AWS's protocol (status {status})", context.peer())
    };
    tracing::debug!(error = chain(error), "an unparsable answer");
    let hint = match status {
        500.. if context.endpoint.is_some() => {
            "Is this endpoint right? If it is, the server or a proxy in between is in trouble: try again."
        }
        500.. => "The server or a proxy in between is in trouble; trying again may help.",
        407 => "The proxy wants a user and a password: put them into HTTPS_PROXY.",
        _ if context.endpoint.is_some() => {
            "Is this endpoint right? If it is, the answer may have been cut off: try again."
        }
        _ => "A proxy or a login page may stand in between, or the answer was cut off: try again.",
    };
    context.fail(why).hint(hint).retry(Retry::Later).request_id(request_id(raw))
}

/// Returns the failure of a request that got no answer.
fn network(context: &Context<'_>, error: &(dyn Error + 'static)) -> Failure {
    let words = chain(error);
    let lower = words.to_ascii_lowercase();
    let any = |needles: &[&str]| needles.iter().any(|n| lower.contains(n));
    let peer = context.peer();
    let kind = find::<io::Error>(error).map(io::Error::kind);
    let (why, hint, retry) = if any(&["dns error", "lookup address", "name or service not known"]) {
        let hint = "Check the region's name, the network and its DNS; behind a proxy set HTTPS_PROXY.";
        (format!("the name of {peer} cannot be looked up"), hint, Retry::Later)
    } else if any(&["close_notify", "handshake eof"]) {
        // The connection broke in the middle: the request may have been carried out.
        (format!("{peer} closed the connection"), "The network is in trouble; trying again may help.", Retry::Later)
    } else if any(&["certificate", "invalid peer", "tls", "handshake", "unknownissuer"]) {
        // Treated as a network that is down: a login portal, or a proxy being changed, may cause it. Nothing was sent.
        let hint = "If a proxy inspects TLS here, name its certificates in AWS_CA_BUNDLE. An http:// endpoint must be given as such.";
        (format!("TLS with {peer} failed ({})", causes::tls(error)), hint, Retry::Later)
    } else if kind == Some(io::ErrorKind::ConnectionRefused) || any(&["connection refused"]) {
        let hint = "Is the endpoint right, and does it run? Behind a proxy check HTTPS_PROXY and NO_PROXY.";
        (format!("{peer} refuses the connection"), hint, Retry::Later)
    } else if any(&["tunnel", "proxy"]) {
        let hint = "Check HTTPS_PROXY and NO_PROXY.";
        (format!("the proxy does not let us through ({})", innermost(error)), hint, Retry::Later)
    } else {
        let hint = "The network may be in trouble; trying again may help.";
        (format!("{peer} could not be reached ({})", innermost(error)), hint, Retry::Later)
    };
    tracing::debug!(error = words, "a call did not get through");
    context.fail(why).hint(hint).retry(retry)
}

/// Returns true if AWS knows the caller and does not allow the request.
pub(super) fn denied(failure: &Failure) -> bool {
    failure.kind.is_denied()
}

/// Returns the failure that an error of the credentials' source means.
pub(super) fn credentials(context: &Context<'_>, error: &CredentialsError) -> Failure {
    if let Some(NotVerified(failure)) = find(error) {
        return Failure { what: context.what.to_owned(), ..failure.clone() };
    }
    let words = chain(error);
    let lower = words.to_ascii_lowercase();
    let any = |needles: &[&str]| needles.iter().any(|n| lower.contains(n));
    if context.facts.mfa {
        return context
            .fail(format!("the profile asks for MFA (mfa_serial), which the AWS SDK does not support ({})", last(&words)))
            .hint(
                "Get a session with `aws sts get-session-token` or `aws sts assume-role` and export it as AWS_ACCESS_KEY_ID, \
                 AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; or use a profile with SSO.",
            )
            .retry(Retry::AfterLogin);
    }
    if let Some(refused) = find::<CallError<AssumeRoleError>>(error).filter(|e| matches!(e, SdkError::ServiceError(_)))
    {
        return role_refused(context, refused);
    }
    let metadata = any(&["imds", "instance metadata"]);
    if any(&["dispatch failure"]) && !metadata {
        // The source of the credentials was not reached, which says nothing about them.
        return network(context, error);
    }
    if let Some(failure) = of_profile(context, error) {
        return failure;
    }
    let may_be_sso = context.facts.chain.as_ref().is_none_or(|chain| chain.source == BaseSource::Sso);
    if may_be_sso
        && any(&["sso", "token"])
        && any(&["expired", "refresh", "cached", "unauthorized", "not found", "invalid"])
    {
        let hint = context.login().map(|login| format!("Sign in again: `{login}`.")).unwrap_or_default();
        return context
            .fail(format!("the SSO session has ended ({})", last(&words)))
            .hint(hint)
            .retry(Retry::AfterLogin);
    }
    if metadata {
        // The metadata service ends the chain: if it refuses, no source before it provided any.
        return no_credentials(context, Some(&words));
    }
    by_variant(context, error, &words)
}

/// Returns the failure that the SDK's kind of error means.
fn by_variant(context: &Context<'_>, error: &CredentialsError, words: &str) -> Failure {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => no_credentials(context, Some(words)),
        CredentialsError::ProviderTimedOut(_) => context
            .fail("whatever gives the credentials did not answer in time")
            .hint("A credential process, SSO or the instance metadata service does not answer; trying again may help.")
            .retry(Retry::Later),
        CredentialsError::InvalidConfiguration(_) => context
            .fail(format!("the profile is not set up right ({})", last(words)))
            .hint("Correct it in the AWS configuration files; `aws configure list` shows how the AWS CLI reads it.")
            .retry(Retry::AfterLogin),
        _ => context
            .fail(format!("could not get credentials ({})", last(words)))
            .hint(match context.login() {
                Some(login) => {
                    format!("Sign in again, for SSO with `{login}`, or choose another profile with --profile.")
                }
                None => "Renew them, or choose another profile with --profile.".into(),
            })
            .retry(Retry::AfterLogin),
    }
}

/// Returns true if STS does not know the credentials that are to assume a role: perhaps it would in another region.
pub(super) fn rejects_identity(error: &CredentialsError) -> bool {
    let code = |refused: &CallError<AssumeRoleError>| {
        refused.as_service_error().and_then(|error| error.code()).map(codes::is_identity)
    };
    find::<CallError<AssumeRoleError>>(error).and_then(code).unwrap_or_default()
}

/// Returns the failure of a role that STS does not give.
fn role_refused(context: &Context<'_>, error: &CallError<AssumeRoleError>) -> Failure {
    let refused = failure(&Context { action: "sts:AssumeRole", ..*context }, error);
    let profile = || context.facts.profile.as_deref().map(|profile| format!(" of profile {}", text::clean(profile)));
    let role = context.facts.role.as_ref().map(|role| format!(" {role}")).or_else(profile);
    let why = format!("STS refused the role{}: {}", role.unwrap_or_default(), refused.why);
    let hint = if refused.kind.is_denied() {
        "The role's trust policy must allow the identity that assumes it, and that identity needs the IAM action `sts:AssumeRole`."
            .into()
    } else {
        refused.hint
    };
    let retry = if refused.retry == Retry::Later { Retry::Later } else { Retry::AfterLogin };
    // Nothing was sent to EC2: it is not the request that was refused.
    Failure { why, hint, retry, kind: FailureKind::Other, ..refused }
}

/// Returns the request id, from the header or else from EC2's XML.
fn request_id(raw: &HttpResponse) -> Option<String> {
    let headers = raw.headers();
    if let Some(id) = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id")) {
        return Some(text::clean(id).into_owned());
    }
    let body = std::str::from_utf8(raw.body().bytes()?).ok()?;
    ["RequestID", "RequestId", "requestId"].iter().find_map(|name| {
        let rest = body.split_once(&format!("<{name}>"))?.1;
        let id = rest.split_once('<')?.0;
        (!id.is_empty() && id.len() <= 64).then(|| text::clean(id).into_owned())
    })
}

#[cfg(test)]
mod tests;
