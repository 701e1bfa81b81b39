//! AWS's error codes, classified: the only place that compares them to find a failure's kind.

use super::context::Context;
use crate::domain::{Failure, FailureKind, Region, Retry, Snapshot, SnapshotState};

/// What a code means.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) retry: Retry,
    pub(super) kind: FailureKind,
    pub(super) hint: String,
}

impl Class {
    fn new(retry: Retry, hint: impl Into<String>) -> Self {
        Self { retry, kind: FailureKind::Other, hint: hint.into() }
    }

    fn kind(self, kind: FailureKind) -> Self {
        Self { kind, ..self }
    }
}

const EXPIRED: &[&str] = &["RequestExpired", "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"];
const SIGNATURE: &[&str] =
    &["SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "IncompleteSignature"];
/// A region that is not enabled for the account answers with these as well.
const IDENTITY: &[&str] = &[
    "AuthFailure",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
];
/// Returns true for a code that says that the credentials are not known.
pub(in crate::aws) fn is_identity(code: &str) -> bool {
    IDENTITY.contains(&code)
}

const ACCESS_DENIED: &[&str] = &["AccessDenied", "AccessDeniedException", "UnauthorizedAccess"];
const THROTTLED: &[&str] = &[
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestThrottled",
    "SlowDown",
    "EC2ThrottledException",
    "BandwidthLimitExceeded",
];
const LIMITS: &[&str] = &["ResourceLimitExceeded", "PendingSnapshotLimitExceeded", "SnapshotCopyLimitExceeded"];
const SERVER_FAULTS: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServiceError",
    "KMSInternalException",
    "DependencyTimeoutException",
    "Unavailable",
    "ServiceUnavailable",
    "InsufficientCapacity",
];

/// Returns the class of a code. The HTTP `status` decides for unknown codes.
pub(super) fn class(context: &Context<'_>, code: &str, message: &str, status: u16) -> Class {
    // Some services, and some EC2-compatible ones, answer `Client.X` or `Server.X`.
    let code = code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let one_of = |codes: &[&str]| codes.contains(&code);
    let of = |retry, hint: &str| Class::new(retry, hint);
    if code == "AuthFailure" && !about_credentials(message) {
        return of(Retry::AfterChange, not_authorized(context, message));
    }
    if one_of(IDENTITY) {
        return identity(context).kind(FailureKind::CredentialsOrRegion);
    }
    if one_of(EXPIRED) {
        let clock = if code == "RequestExpired" { ", or this machine's clock is wrong" } else { "" };
        let hint = match context.login() {
            Some(login) => format!(
                "The credentials have expired{clock}. Sign in again: `{login}`, or set new ones in the environment."
            ),
            None => format!("The credentials have expired{clock}. Replace them."),
        };
        return Class::new(Retry::AfterLogin, hint);
    }
    if one_of(SIGNATURE) {
        return of(Retry::AfterLogin, "The secret key is wrong, or this machine's clock is.");
    }
    if code == "UnauthorizedOperation" {
        return denied(context, message).kind(FailureKind::Denied);
    }
    if one_of(ACCESS_DENIED) {
        return denied(context, message).kind(FailureKind::AccessDenied);
    }
    if one_of(THROTTLED) {
        let hint = "AWS limits the rate of this account's requests; wait a little.";
        return of(Retry::Later, hint).kind(FailureKind::Throttled);
    }
    if code == "ConcurrentTagAccess" {
        let hint = "Somebody else is changing the tags of the same resource; wait a little.";
        return of(Retry::Later, hint).kind(FailureKind::ConcurrentChange);
    }
    if one_of(LIMITS) {
        let hint =
            "The region has as many copies under way as it allows; wait for one to end, or ask AWS for a higher quota.";
        return of(Retry::Later, hint).kind(FailureKind::LimitReached);
    }
    if code == "IdempotentParameterMismatch" {
        let hint = "This copy was sent before with other parameters; start a new one.";
        return of(Retry::AfterChange, hint).kind(FailureKind::TokenMismatch);
    }
    if one_of(SERVER_FAULTS) {
        return of(Retry::Later, "The fault is on AWS's side; trying again may help.");
    }
    needs_change(code, message).unwrap_or_else(|| {
        if status >= 500 {
            of(Retry::Later, "The fault is on AWS's side; trying again may help.")
        } else {
            of(Retry::AfterChange, "")
        }
    })
}

fn identity(context: &Context<'_>) -> Class {
    if context.accepted {
        // These are known to be good, and a region that is not enabled answers as if they were bad.
        return Class::new(
            Retry::AfterChange,
            "The credentials work elsewhere, so this region is probably not enabled for the account: \
             enable it under AWS Regions of the account's settings.",
        );
    }
    let sso = context.login().map(|login| format!("; for SSO `{login}`")).unwrap_or_default();
    let hint = format!(
        "Either the credentials are wrong (check --profile, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{sso}) \
         or this region is not enabled for the account."
    );
    Class::new(Retry::AfterLogin, hint)
}

/// Returns true if an `AuthFailure` is about the caller or the region. With any other message, it refuses one request.
fn about_credentials(message: &str) -> bool {
    const WORDS: [&str; 5] = ["credentials", "access key", "secret", "signed up", "subscri"];
    let message = message.to_ascii_lowercase();
    WORDS.iter().any(|word| message.contains(word))
}

/// Returns what to do about an `AuthFailure` that refuses one request.
fn not_authorized(context: &Context<'_>, message: &str) -> &'static str {
    const RESOURCES: [&str; 8] = ["ami-", "snap-", "image", "snapshot", "launch permission", "owner", "kms", " key"];
    let message = message.to_ascii_lowercase();
    if context.action == "ec2:DescribeImageAttribute" {
        "Only the owner of an image can read its launch permissions: name the accounts instead."
    } else if RESOURCES.iter().any(|word| message.contains(word)) {
        "The image, its snapshots or their key belong to another account, which does not share them with this one."
    } else {
        ""
    }
}

fn denied(context: &Context<'_>, message: &str) -> Class {
    // KMS, and EC2 for newer actions, name the action that is denied, which may be another than the one requested.
    let named = message
        .split_once("not authorized to perform: ")
        .map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default())
        .filter(|action| !action.is_empty() && action.chars().all(|c| c.is_ascii_alphanumeric() || c == ':'));
    let action = named.unwrap_or(context.action);
    let hint = if action.is_empty() {
        "The identity lacks a permission; its administrator can grant it.".to_owned()
    } else {
        format!("The identity needs the IAM action `{action}`; its administrator can grant it.")
    };
    Class::new(Retry::AfterChange, hint)
}

/// Returns why an image or snapshot cannot be shared, if the error is about that. Sources: the texts of hashicorp/packer #7410
/// (`InvalidParameter`) and #7499 (`OperationNotPermitted`); EC2 User Guide, "Block public access to your AMIs".
fn sharing(code: &str, message: &str) -> Option<&'static str> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if !matches!(code, "OperationNotPermitted" | "InvalidParameter" | "InvalidParameterValue") {
        return None;
    }
    if any(&["aws managed cmk", "aws managed key", "default key"]) {
        Some("What the default key for EBS encrypts cannot be shared: copy with a customer managed key.")
    } else if any(&["block public access", "publicly", "public sharing"]) {
        Some(
            "Block public access is on in this region, or the image is encrypted or has a product code: it stays private.",
        )
    } else {
        None
    }
}

/// Returns why a snapshot of a copy failed, in the words of its state message; `None` if it has not failed.
pub(in crate::aws) fn snapshot_failure(snapshot: &Snapshot, region: &Region) -> Option<Failure> {
    let why = snapshot.state_message.as_deref().filter(|_| snapshot.state == SnapshotState::Error)?;
    let failure = Failure::new("copy", why.trim_end_matches('.')).retry(Retry::AfterChange);
    Some(if why.contains("key ID is not accessible") {
        failure.kind(FailureKind::KeyNotAccessible).hint(format!(
            "The KMS key does not exist in {region}, is disabled, or its policy does not let EC2 use it for you. The same may be true of \
             the source's key; a new grant may take minutes to take effect."
        ))
    } else {
        failure
    })
}

/// Returns the class of a code whose request must change; `None` for unknown codes.
fn needs_change(code: &str, message: &str) -> Option<Class> {
    let hint = match code {
        "InvalidAMIID.NotFound" | "InvalidAMIID.Unavailable" => {
            "The image is gone, is in another region, or is no longer shared with this account."
        }
        "InvalidSnapshot.NotFound" => "The snapshot is gone or is in another region.",
        "InvalidRequest" if message.contains("storage of this ami") => {
            "The image's owner must share its snapshots with this account too, and the key they are encrypted with; \
             images with a Marketplace or Windows product code cannot be copied at all."
        }
        "OptInRequired" => {
            "The account must first accept the terms: subscribe in the Marketplace, or enable the service or region."
        }
        _ if let Some(hint) = sharing(code, message) => hint,
        "OperationNotPermitted" => "The image may be protected against deregistration: take the protection off first.",
        "InvalidNextToken" | "InvalidPaginationToken" => "The list has changed in the meantime; refresh it.",
        "InvalidAction" | "UnknownOperationException" => {
            "The endpoint does not know this action. Is it an EC2 endpoint?"
        }
        "NotFoundException" => "There is no such key in this region.",
        "InvalidParameterCombination" | "MissingParameter" | "UnknownParameter" => {
            "This is a bug in amigrate; please report it."
        }
        _ if code.starts_with("InvalidAMIName") => {
            return Some(Class::new(Retry::AfterChange, "Change the new image's name.").kind(FailureKind::NameRefused));
        }
        "TagLimitExceeded" => {
            let hint = "The resource has 50 tags, which is EC2's limit; remove one.";
            return Some(Class::new(Retry::AfterChange, hint).kind(FailureKind::TagsRefused));
        }
        _ if code.starts_with("InvalidTagKey") || code == "TagPolicyViolation" => {
            return Some(Class::new(Retry::AfterChange, "Change the tags.").kind(FailureKind::TagsRefused));
        }
        "InvalidSnapshot.InUse" => {
            let hint = "An image still holds the snapshot; trying again helps once that is gone.";
            return Some(Class::new(Retry::Later, hint).kind(FailureKind::InUse));
        }
        _ if code.starts_with("Invalid") => "",
        _ => return None,
    };
    Some(Class::new(Retry::AfterChange, hint))
}
