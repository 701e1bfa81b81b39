//! What a copy is sent with when it is sent again.

use super::*;

#[test]
fn a_retry_drops_a_client_token_that_the_user_gave() {
    let given = ClientToken::given("release-42").unwrap();
    let mut engine = Engine::new(EngineConfig::default());
    let requests =
        submit(&mut engine, vec![CopyRequest { given_token: Some(given.clone()), ..request(1, "eu-west-1") }]);
    let [Request::CopyImage { request: sent, tags: Some(tags), .. }] = &requests[..] else { panic!("{requests:?}") };
    // The job's tag is its own, whatever token is sent.
    assert_eq!((sent.client_token(), &tags.job), (&given, &ClientToken::from_random(1)));
    let bad = Failure::new("copy", "no").code("InvalidAMIID.NotFound");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(bad))), at(1));
    let retry = Command::Retry(vec![(JobId(1), ClientToken::from_random(9))]);
    let requests = engine.handle(Event::Command(retry), at(2));
    let [Request::CopyImage { request: sent, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(sent.client_token(), &ClientToken::from_random(9));
    assert_eq!(engine.job(JobId(1)).unwrap().note, Some(Note::NewClientToken));
}

#[test]
fn only_a_denial_by_ec2_may_be_about_tags() {
    for (kind, phase) in [
        (FailureKind::Denied, "starting"),
        (FailureKind::TagsRefused, "starting"),
        (FailureKind::AccessDenied, "failed"),
        (FailureKind::Other, "failed"),
    ] {
        let mut engine = Engine::new(EngineConfig::default());
        submit(&mut engine, vec![request(1, "eu-west-1")]);
        let refused = Failure::new("copy", "no").code("X").kind(kind);
        engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(refused))), at(1));
        assert_eq!(state(&engine).phase().as_str(), phase, "{kind:?}");
    }
}
