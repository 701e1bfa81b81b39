use super::*;
use crate::{
    aws::testing::{CannedResponse, client, config_file, eu, scripted, us},
    domain::AccountId,
};

#[tokio::test(start_paused = true)]
async fn a_simulated_session_has_credentials_and_one_client_per_region() {
    let (session, asked) = scripted(|_, _| CannedResponse::ok("<R/>"));
    assert_eq!(session.check_credentials().await, Ok(()));
    assert_eq!((session.home_region(), session.profile(), session.endpoint_url()), (&us(), None, None));
    assert!(asked.all().is_empty(), "no request was sent");
    for _ in 0..2 {
        session.describe_images(&eu(), &[crate::aws::testing::ami("ami-1")]).await.unwrap();
    }
    assert_eq!(session.0.ec2.lock().unwrap().len(), 1);
    assert!(asked.all()[0].host.starts_with("ec2.eu-west-1."));
}

/// Returns the endpoint a session with this file and option reports, and the host its calls are sent to.
async fn endpoints(file: &str, given: Option<&str>) -> (Option<String>, String) {
    let (http, asked) = client(|_, _| CannedResponse::ok("<R/>"));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .profile_files(config_file(file))
        .http_client(http.0)
        .region(sdk_region(&us()))
        .identity_cache(IdentityCache::no_cache());
    if let Some(url) = given {
        loader = loader.endpoint_url(url);
    }
    let config = loader.load().await;
    let source = SharedCredentialsProvider::new(SimulatedLogin::default());
    let options = SessionOptions::default();
    let inner = Inner::new(&config, source, CredentialSources::Simulated, ErrorFacts::default(), us(), &options);
    let session = Session(Arc::new(inner));
    session.assume_verified(Account { id: AccountId::new("123456789012").unwrap(), arn: String::new() });
    session.describe_images(&us(), &[crate::aws::testing::ami("ami-1")]).await.unwrap();
    (session.endpoint_url().map(str::to_owned), asked.all()[0].host.clone())
}

#[tokio::test(start_paused = true)]
async fn the_reported_endpoint_is_the_one_used() {
    let all = "[default]\nendpoint_url = http://all.example\n";
    let own = "[default]\nservices = mine\n[services mine]\nec2 =\n  endpoint_url = http://own.example\n";
    let both = format!("{own}[default]\nendpoint_url = http://all.example\n");
    let ignored = format!("{own}[default]\nignore_configured_endpoint_urls = true\n");
    let cases = [
        ("", None, None),
        (all, None, Some("all.example")),
        (own, None, Some("own.example")),
        (&both, None, Some("own.example")),
        (&both, Some("http://given.example"), Some("given.example")),
        (&ignored, None, None),
    ];
    for (file, given, host) in cases {
        let (reported, used) = endpoints(file, given).await;
        assert_eq!(reported, host.map(|host| format!("http://{host}")), "{file}");
        assert_eq!(used, host.unwrap_or("ec2.us-east-1.amazonaws.com"), "{file}");
    }
}
