//! Credentials that stop working, and regions that are not enabled.

use super::*;
use crate::domain::FailureKind;

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
        .kind(FailureKind::CredentialsOrRegion)
}

/// Returns the session's failure when the credentials belong to another account.
fn another_account() -> Failure {
    Failure::new("use the credentials", "they now belong to account 210987654321")
        .retry(Retry::AfterLogin)
        .kind(FailureKind::OtherAccount)
}

#[test]
fn probes_back_off_from_ten_seconds_to_five_minutes() {
    let mut engine = copying();
    poll(&mut engine, Err(expired()));
    let mut now = at(10);
    let mut waits = Vec::new();
    for _ in 0..7 {
        engine.handle(Event::Response(Response::ProbeCredentials(Err(expired()))), now);
        let next = engine.next_deadline().unwrap();
        waits.push(next.duration_since(now).as_secs());
        now = next;
        assert_eq!(engine.handle(Event::Tick, now), [Request::ProbeCredentials]);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
}

#[test]
fn another_accounts_credentials_pause_everything_and_lose_nothing() {
    let mut engine = copying();
    submit_with_pending(&mut engine, vec![request(2, "eu-west-2")], &[], at(1));
    poll(&mut engine, Err(another_account()));
    engine.handle(Event::Response(Response::CopyImage(JobId(2), Err(another_account()))), at(10));
    engine.handle(Event::Response(Response::ProbeCredentials(Err(another_account()))), at(10));
    assert_eq!(engine.status().paused, Some(another_account()));
    assert_eq!(engine.handle(Event::Tick, at(11)), [], "nothing is sent");
    assert_eq!(
        (engine.job(JobId(1)).unwrap().phase().as_str(), engine.job(JobId(2)).unwrap().phase().as_str()),
        ("copying", "queued")
    );
    let (now, requests) = next_requests(&mut engine);
    assert_eq!(requests, [Request::ProbeCredentials]);
    let requests = engine.handle(Event::Response(Response::ProbeCredentials(Ok(Vec::new()))), now);
    assert!(
        requests.iter().any(|c| matches!(c, Request::CopyImage { job: JobId(2), .. })),
        "it continues: {requests:?}"
    );
}

#[test]
fn a_copy_that_could_not_be_signed_is_not_in_doubt() {
    let mut engine = copying();
    submit_with_pending(&mut engine, vec![request(2, "eu-west-2")], &[], at(1));
    let lost = Failure::new("copy", "the SSO endpoint did not answer").retry(Retry::Later).kind(FailureKind::NotSigned);
    engine.handle(Event::Response(Response::CopyImage(JobId(2), Err(lost))), at(2));
    let job = engine.job(JobId(2)).unwrap();
    assert_eq!(
        (job.phase().as_str(), job.sent.is_none(), job.unknown_outcome.is_none()),
        ("queued", true, true),
        "{job:?}"
    );
}

#[test]
fn a_refusal_about_an_image_fails_that_copy_and_no_other() {
    let mut engine = copying();
    submit_with_pending(&mut engine, vec![request(2, "eu-west-2")], &[], at(1));
    let refused = Failure::new("copy", "Not authorized for images: [ami-1]").code("AuthFailure");
    let requests = engine.handle(Event::Response(Response::CopyImage(JobId(2), Err(refused))), at(2));
    assert!(!requests.contains(&Request::ProbeCredentials), "{requests:?}");
    assert_eq!(engine.job(JobId(2)).unwrap().phase().as_str(), "failed");
    assert_eq!(engine.job(JobId(1)).unwrap().phase().as_str(), "copying");
    assert_eq!(engine.status().paused, None);
}

#[test]
fn everything_pauses_nothing_fails_and_it_goes_on_by_itself() {
    let mut engine = copying();
    let requests = submit_with_pending(&mut engine, vec![request(2, "eu-west-2")], &[], at(1));
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
    let requests = engine.handle(Event::Response(Response::CopyImage(JobId(2), Err(expired()))), at(2));
    assert_eq!(requests, [Request::ProbeCredentials]);
    assert!(engine.status().paused.unwrap().hint.contains("aws sso login --profile prod"));
    engine.handle(Event::Response(Response::ProbeCredentials(Err(expired()))), at(3));
    assert_eq!(engine.handle(Event::Tick, at(4)), [], "nothing is asked meanwhile");
    let (now, requests) = next_requests(&mut engine);
    assert_eq!((requests, now > at(5)), (vec![Request::ProbeCredentials], true));
    assert!(engine.jobs().all(|j| !j.state.ended()));
    let requests = engine.handle(Event::Response(Response::ProbeCredentials(Ok(Vec::new()))), now);
    assert!(requests.iter().any(|c| matches!(c, Request::CopyImage { job: JobId(2), .. })), "{requests:?}");
    assert!(requests.iter().any(|c| matches!(c, Request::PollCopies { .. })), "{requests:?}");
    assert_eq!(engine.status().paused, None);
}

#[test]
fn a_region_that_is_not_enabled_is_not_taken_for_bad_credentials() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "me-south-1"), request(2, "eu-west-1")]);
    engine.handle(Event::Response(Response::CopyImage(JobId(2), Ok(new_image()))), at(0));
    let mut requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(auth_failure()))), at(1));
    assert_eq!(requests, [Request::ProbeCredentials], "the same credentials, elsewhere");
    let (mut now, mut probes) = (at(1), 0);
    while !state(&engine).ended() {
        assert_eq!(engine.status().paused, None, "nobody else waits");
        for call in std::mem::take(&mut requests) {
            let answer = match call {
                Request::ProbeCredentials => {
                    probes += 1;
                    Response::ProbeCredentials(Ok(Vec::new()))
                }
                Request::CopyImage { job, .. } => Response::CopyImage(job, Err(auth_failure())),
                Request::ListPending { region } => Response::ListPending(region, Ok(Vec::new())),
                Request::PollCopies { region, .. } => {
                    Response::PollCopies(region, Ok(seen(ImageState::Pending, Some(1))))
                }
                other => panic!("{other:?}"),
            };
            requests.extend(engine.handle(Event::Response(answer), now));
        }
        if requests.is_empty() && !state(&engine).ended() {
            (now, requests) = next_requests(&mut engine);
        }
    }
    let JobState::Failed { failure, .. } = state(&engine) else { panic!("{:?}", state(&engine)) };
    assert!(failure.why.contains("me-south-1") && failure.why.contains("not enabled"), "{failure}");
    assert_eq!(probes, 3, "one refusal may be an answer to credentials that were renewed meanwhile");
    assert_eq!(engine.job(JobId(2)).unwrap().phase().as_str(), "copying");
}

#[test]
fn a_region_that_answers_is_not_suspected_for_earlier_refusals() {
    let mut engine = copying();
    for n in 0..9 {
        let (now, requests) = next_requests(&mut engine);
        for call in requests {
            let answer = match call {
                Request::ProbeCredentials => Response::ProbeCredentials(Ok(Vec::new())),
                Request::PollCopies { region, .. } if n % 2 == 0 => Response::PollCopies(region, Err(auth_failure())),
                Request::PollCopies { region, .. } => {
                    Response::PollCopies(region, Ok(seen(ImageState::Pending, Some(1))))
                }
                other => panic!("{other:?}"),
            };
            for call in engine.handle(Event::Response(answer), now) {
                assert_eq!(call, Request::ProbeCredentials);
                engine.handle(Event::Response(Response::ProbeCredentials(Ok(Vec::new()))), now);
            }
        }
    }
    let status = engine.status();
    let problem = status.regions.get(&region("eu-west-1")).and_then(|r| r.problem.clone());
    assert!(problem.is_none_or(|p| !p.why.contains("not enabled")), "{:?}", engine.status());
}

#[test]
fn credentials_that_only_seem_to_work_are_probed_with_back_off() {
    let mut engine = copying();
    let mut probes = 0;
    let mut now = at(0);
    while now < at(600) {
        let requests;
        (now, requests) = next_requests(&mut engine);
        let mut open = requests;
        while let Some(call) = open.pop() {
            let answer = match call {
                Request::ProbeCredentials => {
                    probes += 1;
                    Response::ProbeCredentials(Ok(Vec::new()))
                }
                call => call.failed(expired()),
            };
            open.extend(engine.handle(Event::Response(answer), now));
        }
    }
    assert!((4..20).contains(&probes), "{probes} in ten minutes");
}

#[test]
fn revoked_credentials_are_found_out_by_the_probe() {
    let mut engine = copying();
    poll(&mut engine, Err(auth_failure()));
    let probed = Response::ProbeCredentials(Err(auth_failure()));
    engine.handle(Event::Response(probed), engine.next_deadline().unwrap_or_else(|| at(5)));
    assert!(engine.status().paused.is_some());
    assert_eq!(state(&engine).phase().as_str(), "copying");
}

#[test]
fn a_refresh_probes_at_once() {
    let mut engine = copying();
    poll(&mut engine, Err(expired()));
    let now = at(10);
    engine.handle(Event::Response(Response::ProbeCredentials(Err(expired()))), now);
    assert_eq!(engine.handle(Event::Tick, now), []);
    assert_eq!(engine.handle(Event::Command(Command::RefreshNow), now), [Request::ProbeCredentials]);
}
