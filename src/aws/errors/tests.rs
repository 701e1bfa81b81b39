//! Messages and hints of failures, as tables of cases.

use std::time::Duration;

use super::*;
use crate::{
    aws::{
        profile_chain::ProfileChain,
        testing::{CannedResponse, eu, refused, scripted, us},
    },
    domain::{Failure, FailureKind, ImageQuery},
};

async fn listing(answer: CannedResponse) -> Failure {
    let (session, _) = scripted(move |_, _| answer.clone());
    session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn each_code_has_its_class_and_a_word_of_advice() {
    let cases = [
        ("RequestLimitExceeded", 503, Retry::Later, "wait a little"),
        ("ResourceLimitExceeded", 400, Retry::Later, "as many copies under way"),
        ("PendingSnapshotLimitExceeded", 400, Retry::Later, "quota"),
        ("InternalError", 500, Retry::Later, "AWS's side"),
        ("Unavailable", 503, Retry::Later, "AWS's side"),
        ("NeverHeardOf", 500, Retry::Later, "AWS's side"),
        ("NeverHeardOf", 400, Retry::AfterChange, ""),
        ("InvalidAMIName.Malformed", 400, Retry::AfterChange, "name"),
        ("InvalidAMIName.Duplicate", 400, Retry::AfterChange, "name"),
        ("IdempotentParameterMismatch", 400, Retry::AfterChange, "start a new one"),
        ("OptInRequired", 401, Retry::AfterChange, "accept the terms"),
        ("OperationNotPermitted", 400, Retry::AfterChange, "protection"),
        ("TagLimitExceeded", 400, Retry::AfterChange, "50 tags"),
        ("UnauthorizedOperation", 403, Retry::AfterChange, "`ec2:DescribeImages`"),
        ("ExpiredToken", 400, Retry::AfterLogin, "aws sso login"),
        ("RequestExpired", 400, Retry::AfterLogin, "aws sso login"),
        ("SignatureDoesNotMatch", 403, Retry::AfterLogin, "clock"),
        ("AuthFailure", 401, Retry::AfterChange, ""),
        ("InvalidClientTokenId", 403, Retry::AfterLogin, "not enabled"),
    ];
    for (code, status, retry, advice) in cases {
        let failure = listing(CannedResponse::error(status, code, "AWS\u{202e} says so")).await;
        assert_eq!((failure.retry, failure.code.as_deref()), (retry, Some(code)));
        assert!(failure.hint.contains(advice), "{code}: {}", failure.hint);
        assert_eq!(failure.what, "list images in eu-west-1");
        assert_eq!(failure.why, "AWS says so");
        assert_eq!(failure.request_id.as_deref(), Some("req-1"), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn codes_are_classified_with_and_without_their_prefix() {
    let cases = [
        ("UnauthorizedOperation", FailureKind::Denied),
        ("AccessDeniedException", FailureKind::AccessDenied),
        ("RequestLimitExceeded", FailureKind::Throttled),
        ("EC2ThrottledException", FailureKind::Throttled),
        ("ResourceLimitExceeded", FailureKind::LimitReached),
        ("SnapshotCopyLimitExceeded", FailureKind::LimitReached),
        ("ConcurrentTagAccess", FailureKind::ConcurrentChange),
        ("InvalidSnapshot.InUse", FailureKind::InUse),
        ("InvalidTagKey.Malformed", FailureKind::TagsRefused),
        ("TagPolicyViolation", FailureKind::TagsRefused),
        ("InternalError", FailureKind::Other),
        ("InvalidAMIID.NotFound", FailureKind::Other),
    ];
    for (code, kind) in cases {
        for code in [code.to_owned(), format!("Client.{code}")] {
            let failure = listing(CannedResponse::error(400, &code, "no")).await;
            assert_eq!(failure.kind, kind, "{code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_auth_failure_about_an_image_is_that_calls_refusal() {
    let refusals = [
        "Not authorized for images: [ami-0123456789abcdef0]",
        "Not authorized for image:ami-0123456789abcdef0",
        "Not authorized for snapshot: snap-1",
        "You are not the owner of this image",
        "You do not have launch permission",
        "not owner",
        "Not authorized to use the given key",
    ];
    for message in refusals {
        let failure = listing(CannedResponse::error(403, "AuthFailure", message)).await;
        assert_eq!((failure.retry, failure.kind), (Retry::AfterChange, FailureKind::Other), "{message}");
        assert!(failure.hint.contains("another account"), "{}", failure.hint);
    }
    let unknown = listing(CannedResponse::error(403, "AuthFailure", "You may not do this")).await;
    assert_eq!((unknown.retry, unknown.kind, unknown.hint.as_str()), (Retry::AfterChange, FailureKind::Other, ""));
    let generic = [
        "AWS was not able to validate the provided access credentials",
        "Account 123456789012 is not signed up for this service",
        "You are not subscribed to this service",
        "The access key ID is not valid",
    ];
    for message in generic {
        let failure = listing(CannedResponse::error(401, "AuthFailure", message)).await;
        assert_eq!((failure.retry, failure.kind), (Retry::AfterLogin, FailureKind::CredentialsOrRegion), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_another_region_accepted_are_never_blamed() {
    let (session, _) = scripted(|_, asked| {
        if asked.host.contains("eu-west-1") {
            CannedResponse::error(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        } else {
            CannedResponse::ok("<DescribeImagesResponse/>")
        }
    });
    let query = ImageQuery::default();
    assert_eq!(session.image_page(&eu(), &query, None).await.unwrap_err().retry, Retry::AfterLogin);
    session.image_page(&us(), &query, None).await.unwrap();
    let failure = session.image_page(&eu(), &query, None).await.unwrap_err();
    assert_eq!(failure.retry, Retry::AfterChange);
    assert!(failure.hint.contains("not enabled for the account"), "{}", failure.hint);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_protocol_is_called_so() {
    let cases = [
        (CannedResponse::new(502, "<html><body>Bad Gateway"), "answered with HTML (status 502)", "in trouble"),
        (CannedResponse::new(200, "<!DOCTYPE html><p>Log in"), "answered with HTML (status 200)", "login page"),
        (CannedResponse::new(407, "<html>"), "status 407", "HTTPS_PROXY"),
        (CannedResponse::new(404, "not found"), "something that is not AWS's protocol (status 404)", "proxy"),
        (
            CannedResponse::new(200, "<DescribeImagesResponse><imagesSet><item><imageId>ami-1"),
            "was cut off",
            "try again",
        ),
        (CannedResponse::new(200, ""), "answered with nothing", "cut off"),
        (CannedResponse::new(404, ""), "answered with nothing (status 404)", ""),
    ];
    for (answer, why, advice) in cases {
        let failure = listing(answer).await;
        assert!(failure.why.contains(why) && failure.hint.contains(advice), "{why}: {failure:?}");
        assert_eq!((failure.retry, &failure.code), (Retry::Later, &None));
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_arrives_is_told_apart() {
    let io = |kind, words: &'static str| CannedResponse::Broken(kind, words);
    let cases = [
        (refused(), "refuses the connection"),
        (io(io::ErrorKind::Other, "dns error: failed to lookup address information"), "cannot be looked up"),
        (io(io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer"), "TLS with"),
        (io(io::ErrorKind::ConnectionReset, "connection reset by peer"), "connection reset by peer"),
    ];
    for (answer, why) in cases {
        let failure = listing(answer).await;
        assert!(failure.why.contains(why) && !failure.hint.is_empty(), "{why}: {failure:?}");
        assert_eq!(failure.retry, Retry::Later, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_endpoint_costs_a_minute_and_no_more() {
    let begun = tokio::time::Instant::now();
    let failure = listing(CannedResponse::Hang).await;
    assert!(failure.why.contains("did not answer in time"), "{failure:?}");
    assert_eq!(failure.retry, Retry::Later);
    // Virtual time: what is asserted is the configured limit, not speed.
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(55) && waited <= Duration::from_secs(61), "{waited:?}");
}

#[test]
fn a_custom_endpoint_is_named_and_doubted() {
    let facts = ErrorFacts { endpoint: Some("http://127.0.0.1:5000".into()), ..ErrorFacts::default() };
    let context = facts.context("list regions", "ec2:DescribeRegions");
    for status in [200_u16, 404, 502] {
        let raw = HttpResponse::new(status.try_into().unwrap(), "<html>".into());
        let error: CallError<aws_sdk_ec2::Error> = SdkError::response_error("unparsable", raw);
        let failure = failure(&context, &error);
        assert!(failure.why.starts_with("the endpoint http://127.0.0.1:5000 answered with HTML"), "{failure:?}");
        assert!(failure.hint.starts_with("Is this endpoint right?"), "{failure:?}");
    }
}

#[test]
fn missing_credentials_are_told_by_kind() {
    let facts = ErrorFacts { profile: Some("dev".into()), ..ErrorFacts::default() };
    let with_mfa = ErrorFacts { mfa: true, ..facts.clone() };
    let (plain, mfa) = (facts.context("w", ""), with_mfa.context("w", ""));
    let cases = [
        (plain, CredentialsError::not_loaded("none"), "no credentials were found", "`amigrate demo` needs none"),
        (
            plain,
            CredentialsError::provider_error("the SSO token has expired and cannot be refreshed"),
            "the SSO session has ended",
            "`aws sso login --profile dev`",
        ),
        (
            plain,
            CredentialsError::provider_error("IMDS is disabled or the caller has insufficient permissions."),
            "no credentials were found",
            "--profile",
        ),
        (plain, CredentialsError::invalid_configuration("loop"), "not set up right (loop)", "configuration files"),
        (plain, CredentialsError::provider_timed_out(Duration::from_secs(5)), "in time", "metadata service"),
        (plain, CredentialsError::provider_error("access denied"), "access denied", "--profile"),
        (
            plain,
            CredentialsError::provider_error(
                "the SSO token cannot be refreshed: dispatch failure: io error: dns error",
            ),
            "cannot be looked up",
            "network",
        ),
        (mfa, CredentialsError::provider_error("AccessDenied"), "mfa_serial", "get-session-token"),
    ];
    for (context, error, why, hint) in cases {
        let failure = credentials(&context, &error);
        assert!(failure.why.contains(why) && failure.hint.contains(hint), "{failure:?}");
    }
}

#[tokio::test]
async fn a_role_that_sts_refuses_is_told_in_its_words() {
    let refusals = [
        ("AccessDenied", "User: u is not authorized to perform: sts:AssumeRole on resource: r", "trust policy"),
        ("InvalidAction", "unknown action AssumeRole", "does not know this action"),
        ("ExpiredToken", "The security token included in the request is expired", "have expired. Replace them."),
        ("NeverHeardOf", "no", ""),
    ];
    for (code, message, hint) in refusals {
        let error = AssumeRoleError::generic(
            aws_smithy_types::error::ErrorMetadata::builder().code(code).message(message).build(),
        );
        let raw = HttpResponse::new(403_u16.try_into().unwrap(), "<RequestId>req-1</RequestId>".into());
        let error = CredentialsError::provider_error(SdkError::service_error(error, raw));
        let chain = ProfileChain { base: "base".into(), source: BaseSource::Keys };
        let facts = ErrorFacts { profile: Some("role".into()), chain: Some(chain), ..ErrorFacts::default() };
        let failure = credentials(&facts.context("find AWS credentials", ""), &error);
        assert_eq!(failure.why, format!("STS refused the role of profile role: {message}"));
        assert_eq!((failure.code.as_deref(), failure.request_id.as_deref()), (Some(code), Some("req-1")));
        assert_eq!((failure.retry, failure.kind), (Retry::AfterLogin, FailureKind::Other), "nothing was sent to EC2");
        assert!(failure.hint.contains(hint) && !failure.hint.contains("sso"), "{code}: {}", failure.hint);
    }
}
