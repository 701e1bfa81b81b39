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
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.note, Some(Note::NewClientToken));
    // EC2 knows it all the same.
    assert_eq!(job.sent_tokens, [given]);
    let stored: Job = serde_json::from_str(&serde_json::to_string(job).unwrap()).unwrap();
    assert_eq!(stored.sent_tokens, job.sent_tokens);
}

#[test]
fn the_notes_on_a_retry_are_all_kept() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![given()]);
    let job = engine.jobs.get_mut(JobId(1)).unwrap();
    let failure = Box::new(Failure::new("copy", "no"));
    let retry = RemovalReason::Retry { token: ClientToken::from_random(9), failure };
    job.state = JobState::removing(new_image(), retry, at(1));
    let left = Note::SnapshotsNotListed("you may not".into());
    job.finish_removal(Some(left.clone()), true, at(2));
    let expected = Note::Several(vec![Note::FailedImage(Box::new(left)), Note::NewClientToken]);
    assert_eq!(job.note, Some(expected));
}

fn given() -> CopyRequest {
    CopyRequest { given_token: ClientToken::given("release-42").ok(), ..request(1, "eu-west-1") }
}

/// Returns an engine whose copy was sent with a given token and answered with [`new_image`], and the requests that follow.
fn answered(config: &EngineConfig) -> (Engine, Vec<Request>) {
    let mut engine = Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..config.clone() });
    submit(&mut engine, vec![given()]);
    let requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(1));
    (engine, requests)
}

#[test]
fn the_answer_to_a_given_token_may_be_an_earlier_copy() {
    let of = |created: Option<i64>, tags: Vec<Tag>| {
        vec![Image {
            created: created.map(at),
            tags,
            name: "web-1".into(),
            source_image_id: ImageId::new("ami-0").ok(),
            ..image(ImageState::Pending)
        }]
    };
    let mine = || vec![job_tag(&ClientToken::from_random(1))];
    let other = Image { id: ImageId::new("ami-other").unwrap(), ..of(Some(2), Vec::new()).remove(0) };
    for (found, phase) in [
        (of(Some(0), Vec::new()), "copying"),
        (of(Some(-3600), Vec::new()), "in doubt"),
        (of(None, Vec::new()), "in doubt"),
        (of(Some(-3600), mine()), "copying"),
        (Vec::new(), "reconciling"),
        (vec![other], "reconciling"),
    ] {
        for tagging in [false, true] {
            let (mut engine, requests) = answered(&EngineConfig { tagging, ..EngineConfig::default() });
            assert!(matches!(requests[..], [Request::Reconcile { .. }]), "{requests:?}");
            assert_eq!(engine.job(JobId(1)).unwrap().image(), None, "not its own yet: a cancel would remove it");
            engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(found.clone()))), at(2));
            assert_eq!(state(&engine).phase().as_str(), phase, "{tagging} {found:?}");
            if let JobState::InDoubt { candidates } = state(&engine) {
                assert_eq!(candidates[..], [new_image()]);
            }
        }
    }
}

#[test]
fn an_answer_that_cannot_be_looked_up_is_not_asked_for_again() {
    let denied = Failure::new("list", "no").code("UnauthorizedOperation").kind(FailureKind::Denied);
    for tagging in [false, true] {
        let (mut engine, _) = answered(&EngineConfig { tagging, ..EngineConfig::default() });
        assert_eq!(engine.handle(Event::Response(Response::Reconcile(JobId(1), Err(denied.clone()))), at(2)), []);
        assert_eq!(*state(&engine), JobState::InDoubt { candidates: vec![new_image()] });
        // One that stays invisible is in doubt in the end, and is never sent again.
        let (mut engine, mut requests) = answered(&EngineConfig { tagging, ..EngineConfig::default() });
        let mut now = at(1);
        while !matches!(state(&engine), JobState::InDoubt { .. }) {
            assert!(!requests.iter().any(|r| matches!(r, Request::CopyImage { .. })), "{requests:?}");
            if requests.iter().any(|r| matches!(r, Request::Reconcile { .. })) {
                engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
            }
            now = engine.next_deadline().unwrap();
            requests = engine.handle(Event::Tick, now);
        }
        assert_eq!(*state(&engine), JobState::InDoubt { candidates: vec![new_image()] });
        assert!(now >= at(61), "{now}");
    }
}

#[test]
fn the_image_of_another_job_is_not_taken() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![given(), CopyRequest { given_token: None, ..request(2, "eu-west-1") }]);
    engine.handle(Event::Response(Response::CopyImage(JobId(2), Ok(new_image()))), at(1));
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(1));
    assert_eq!(*state(&engine), JobState::InDoubt { candidates: Vec::new() });
    assert_eq!(engine.job(JobId(1)).unwrap().note, Some(Note::ImageOfAnotherJob(new_image())));
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
