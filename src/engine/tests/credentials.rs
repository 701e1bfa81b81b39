//! Credentials that stop working, and regions that are not enabled.

use super::*;

fn expired() -> Failure {
    Failure::new("describe images", "Request has expired.")
        .hint("Sign in again: `aws sso login --profile prod`.")
        .code("RequestExpired")
        .retry(Retry::AfterLogin)
}

fn auth_failure() -> Failure {
    Failure::new("copy", "AWS was not able to validate the provided access credentials")
        .code("AuthFailure")
        .retry(Retry::AfterChange)
}

#[test]
fn everything_pauses_nothing_fails_and_it_goes_on_by_itself() {
    let mut engine = copying();
    let calls = submit_beside(&mut engine, vec![request(2, "eu-west-2")], &[], at(1));
    assert!(matches!(calls[..], [Call::Copy { .. }]), "{calls:?}");
    let calls = engine.handle(Event::Answer(Answer::Copied(JobId(2), Err(expired()))), at(2));
    assert_eq!(calls, [Call::Probe]);
    assert!(engine.status().paused.unwrap().hint.contains("aws sso login --profile prod"));
    engine.handle(Event::Answer(Answer::Probed(Err(expired()))), at(3));
    assert_eq!(engine.handle(Event::Tick, at(4)), [], "nothing is asked meanwhile");
    let (now, calls) = next_calls(&mut engine);
    assert_eq!((calls, now > at(5)), (vec![Call::Probe], true));
    assert!(engine.jobs().all(|j| !j.state.ended()));
    let calls = engine.handle(Event::Answer(Answer::Probed(Ok(Vec::new()))), now);
    assert!(calls.iter().any(|c| matches!(c, Call::Copy { job: JobId(2), .. })), "{calls:?}");
    assert!(calls.iter().any(|c| matches!(c, Call::Watch { .. })), "{calls:?}");
    assert_eq!(engine.status().paused, None);
}

#[test]
fn a_region_that_is_not_enabled_is_not_taken_for_bad_credentials() {
    let mut engine = Engine::new(Limits::default());
    submit(&mut engine, vec![request(1, "me-south-1")]);
    let calls = engine.handle(Event::Answer(Answer::Copied(JobId(1), Err(auth_failure()))), at(1));
    assert_eq!(calls, [Call::Probe], "the same credentials, elsewhere");
    assert_eq!(engine.status().paused, None, "nobody is alarmed before that is answered");
    let calls = engine.handle(Event::Answer(Answer::Probed(Ok(Vec::new()))), at(2));
    assert!(matches!(calls[..], [Call::Copy { .. }]), "{calls:?}");
    engine.handle(Event::Answer(Answer::Copied(JobId(1), Err(auth_failure()))), at(3));
    let JobState::Failed { failure, .. } = state(&engine) else { panic!("{:?}", state(&engine)) };
    assert!(failure.why.contains("me-south-1") && failure.why.contains("not enabled"), "{failure}");
}

#[test]
fn revoked_credentials_are_found_out_by_the_probe() {
    let mut engine = copying();
    look(&mut engine, Err(auth_failure()));
    let probed = Answer::Probed(Err(auth_failure()));
    engine.handle(Event::Answer(probed), engine.next_deadline().unwrap_or_else(|| at(5)));
    assert!(engine.status().paused.is_some());
    assert_eq!(state(&engine).word(), "copying");
}

#[test]
fn a_person_who_asks_is_not_made_to_wait() {
    let mut engine = copying();
    look(&mut engine, Err(expired()));
    let now = at(10);
    engine.handle(Event::Answer(Answer::Probed(Err(expired()))), now);
    assert_eq!(engine.handle(Event::Tick, now), []);
    assert_eq!(engine.handle(Event::Ask(Ask::LookNow), now), [Call::Probe]);
}
