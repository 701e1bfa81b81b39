//! Which credentials are used.

use aws_credential_types::credential_feature::AwsCredentialFeature;

use super::*;
use crate::{
    aws::{
        simulated_login::SimulatedLogin,
        testing::{CannedResponse, RecordedRequest, eu, unverified, unverified_in},
    },
    domain::{CredentialSource, ImageQuery},
};

const OURS: &str = "123456789012";
const THEIRS: &str = "210987654321";
const THEIR_KEY: &str = "AKIATHEIRSEXAMPLE";

fn identity_of(account: &str) -> CannedResponse {
    CannedResponse::ok(&format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
         <Arn>arn:aws:iam::{account}:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ))
}

/// An error in STS's form.
fn refusal(status: u16, code: &str) -> CannedResponse {
    CannedResponse::new(
        status,
        &format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>\
             <RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

/// Two accounts, distinguished by the access key that signed.
fn two_accounts(_: usize, asked: &RecordedRequest) -> CannedResponse {
    match asked.action.as_str() {
        "GetCallerIdentity" if asked.access_key == THEIR_KEY => identity_of(THEIRS),
        "GetCallerIdentity" => identity_of(OURS),
        _ => CannedResponse::ok("<R/>"),
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_signed_before_the_credentials_are_known_to_be_somebodys() {
    let login = SimulatedLogin::default();
    let (session, asked) = unverified(login.clone(), two_accounts);
    assert_eq!(session.check_credentials().await, Ok(()));
    assert!(asked.all().is_empty(), "fetched and not used");
    assert_eq!(session.identity(), None);
    for _ in 0..2 {
        session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap();
    }
    let actions: Vec<String> = asked.all().into_iter().map(|a| a.action).collect();
    assert_eq!(actions, ["GetCallerIdentity", "DescribeImages", "DescribeImages"]);
    let sts = &asked.all()[0];
    assert!(sts.host.starts_with("sts.") && sts.access_key == SimulatedLogin::ACCESS_KEY, "{sts:?}");
    let identity = session.identity().unwrap();
    assert_eq!((identity.account.id.as_str(), identity.source), (OURS, CredentialSource::Simulated));
    assert_eq!(session.account().await.unwrap().arn, "arn:aws:iam::123456789012:user/me");
    assert_eq!(asked.of("GetCallerIdentity").len(), 1, "known, so not asked again");
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_sign_nothing_and_ours_go_on_when_they_are_back() {
    let login = SimulatedLogin::default();
    let (session, asked) = unverified(login.clone(), two_accounts);
    session.account().await.unwrap();
    login.sign_in(THEIR_KEY);
    for _ in 0..2 {
        let failure = session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap_err();
        assert_eq!((failure.kind, failure.retry), (FailureKind::OtherAccount, Retry::AfterLogin));
        assert_eq!(failure.what, "list images in eu-west-1");
        assert!(failure.why.contains(OURS) && failure.why.contains(THEIRS), "{failure}");
        assert!(failure.hint.contains(OURS), "{}", failure.hint);
    }
    session.key_list(&eu()).await;
    let signed: Vec<_> = asked.all().into_iter().filter(|a| a.access_key == THEIR_KEY).map(|a| a.action).collect();
    assert_eq!(signed, ["GetCallerIdentity"], "asked whose they are, once, and nothing else");
    assert_eq!(session.account().await.unwrap().id.as_str(), OURS, "the session stays in its account");
    login.sign_in(SimulatedLogin::ACCESS_KEY);
    session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap();
    assert_eq!(session.identity().unwrap().account.id.as_str(), OURS);
}

#[tokio::test(start_paused = true)]
async fn many_calls_at_once_ask_once() {
    let (session, asked) = unverified(SimulatedLogin::default(), two_accounts);
    let (query, region) = (ImageQuery::default(), eu());
    let eight = (0..8).map(|_| session.image_page(&region, &query, None));
    assert!(futures_util::future::join_all(eight).await.iter().all(Result::is_ok));
    assert_eq!(asked.of("GetCallerIdentity").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_sts_does_not_answer_well_the_credentials_are_not_used() {
    let cases = [
        (refusal(403, "AccessDenied"), Retry::Later),
        (refusal(403, "InvalidClientTokenId"), Retry::AfterLogin),
        (refusal(400, "ExpiredToken"), Retry::AfterLogin),
        (crate::aws::testing::refused(), Retry::Later),
        (CannedResponse::Hang, Retry::Later),
        (
            CannedResponse::ok("<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"),
            Retry::Later,
        ),
    ];
    for (answer, retry) in cases {
        let (session, asked) = unverified(SimulatedLogin::default(), move |_, _| answer.clone());
        let failure = session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap_err();
        assert_eq!((failure.retry, failure.kind), (retry, FailureKind::NotSigned), "{failure:?}");
        assert_eq!(session.account().await.unwrap_err().retry, retry);
        assert_eq!(asked.of("DescribeImages").len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn good_credentials_are_known_in_a_home_region_that_is_not_enabled() {
    let script = |_: usize, asked: &RecordedRequest| {
        if asked.host.contains("me-south-1") { refusal(403, "InvalidClientTokenId") } else { two_accounts(0, asked) }
    };
    let home = crate::domain::Region::new("me-south-1").unwrap();
    let (session, asked) = unverified_in(home, SimulatedLogin::default(), script);
    assert_eq!(session.account().await.unwrap().id.as_str(), OURS);
    let hosts: Vec<String> = asked.all().into_iter().map(|a| a.host).collect();
    assert!(hosts.len() == 2 && hosts[1].starts_with("sts.us-east-1."), "{hosts:?}");
}

/// A credential process that waits for somebody to touch a key.
#[derive(Debug)]
struct Hanging(Arc<Mutex<u32>>);

impl ProvideCredentials for Hanging {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        *self.0.lock().unwrap() += 1;
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_come_are_missing_ones() {
    let tries = Arc::new(Mutex::new(0));
    let (session, asked) = crate::aws::testing::with_source(Hanging(Arc::clone(&tries)), two_accounts);
    let (query, region) = (ImageQuery::default(), eu());
    let four = (0..4).map(|_| session.image_page(&region, &query, None));
    let mut failures = futures_util::future::join_all(four).await;
    failures.push(session.image_page(&region, &query, None).await);
    assert_eq!(*tries.lock().unwrap(), 1, "those that waited for it meanwhile, or in a row, learn of it at once");
    tokio::time::advance(Duration::from_secs(16)).await;
    let page = session.image_page(&region, &query, None);
    let (account, waited) = tokio::join!(session.account(), page);
    failures.push(waited);
    assert_eq!(*tries.lock().unwrap(), 2, "and a later request tries again");
    for failure in failures.into_iter().map(Result::unwrap_err) {
        assert_eq!(failure.retry, Retry::AfterLogin, "{failure:?}");
        assert!(failure.why.contains("did not answer within 1") && failure.hint.contains("touched"), "{failure:?}");
    }
    // Nothing but credentials is requested: somebody may be looking for the key.
    for failure in [account.unwrap_err(), session.check_credentials().await.unwrap_err()] {
        assert_eq!(failure.retry, Retry::AfterLogin, "{failure:?}");
        assert!(failure.why.contains("did not answer within 45 s"), "{failure:?}");
    }
    assert!(asked.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_signed_in_is_a_login_to_be_made() {
    let login = SimulatedLogin::default();
    let (session, asked) = unverified(login.clone(), two_accounts);
    login.sign_out();
    let failure = session.image_page(&eu(), &ImageQuery::default(), None).await.unwrap_err();
    assert_eq!((failure.retry, failure.kind), (Retry::AfterLogin, FailureKind::NotSigned));
    assert_eq!(session.account().await.unwrap_err().retry, Retry::AfterLogin);
    assert!(asked.all().is_empty());
}

#[test]
fn the_source_follows_the_sdks_features() {
    use AwsCredentialFeature as Feature;
    let names = CredentialSources::Aws { from_files: CredentialSource::Sso("prod".into()) };
    let cases: [(&[Feature], CredentialSource); 7] = [
        (&[Feature::CredentialsEnvVars], CredentialSource::Environment),
        (&[Feature::CredentialsProfile], CredentialSource::Sso("prod".into())),
        // The profile's own `credential_source = Environment`.
        (&[Feature::CredentialsEnvVars, Feature::CredentialsProfile], CredentialSource::Sso("prod".into())),
        (&[Feature::CredentialsImds], CredentialSource::Instance),
        (&[Feature::CredentialsHttp], CredentialSource::Container),
        (&[Feature::CredentialsProfileStsWebIdToken], CredentialSource::WebIdentity),
        (&[], CredentialSource::Unknown),
    ];
    for (notes, source) in cases {
        let mut credentials = Credentials::new("k", "s", None, None, "test");
        credentials.set_property(notes.to_vec());
        assert_eq!(names.of(&credentials), source, "{notes:?}");
    }
}
