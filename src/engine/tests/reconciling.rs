//! A `CopyImage` that was not answered: what is taken for its image, what a person decides, and what is never sent.

use super::*;

/// Returns an image of the copy's name that somebody else made from the same source afterwards.
fn look_alike() -> Image {
    let mut found = image(ImageState::Pending);
    found.id = ImageId::new("ami-theirs").unwrap();
    (found.name, found.created) = ("web-1".into(), Some(at(2)));
    (found.source_image_id, found.source_region) = (ImageId::new("ami-0").ok(), Some(region("us-east-1")));
    found
}

/// Returns an engine with one copy whose answer was lost at second 1.
fn unanswered(limits: &EngineConfig) -> Engine {
    let mut engine = Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..limits.clone() });
    let requests = submit(&mut engine, vec![request(1, "eu-west-1")]);
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("connection reset")))), at(1));
    engine
}

fn untagged() -> EngineConfig {
    EngineConfig { tagging: false, ..EngineConfig::default() }
}

/// Loses every answer until the token is too old to be trusted.
fn untagged_and_old() -> (Engine, Timestamp) {
    let mut engine = unanswered(&untagged());
    let now = at(0) + EngineConfig::default().token_lifetime + SignedDuration::from_mins(1);
    // The answers to the retries were lost as well.
    for minute in 0..10 {
        let now = at(60 * minute + 5);
        for call in engine.handle(Event::Tick, now) {
            assert!(matches!(call, Request::CopyImage { .. }), "the same token is all it takes: {call:?}");
            engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("no network")))), now);
        }
    }
    let requests = engine.handle(Event::Tick, now);
    assert!(matches!(requests[..], [Request::Reconcile { .. }]), "{requests:?}");
    (engine, now)
}

#[test]
fn a_tagged_copy_is_recognised_by_its_own_tag_only() {
    let tagged = |token: u128| {
        let mut found = look_alike();
        found.tags = vec![job_tag(&ClientToken::from_random(token))];
        found
    };
    let mut travelled = tagged(1);
    // Somebody copied our new image with its tags.
    travelled.source_image_id = ImageId::new("ami-new").ok();
    let cases = [
        ("its own tag", tagged(1), true),
        ("no tag", look_alike(), false),
        ("another copy's tag", tagged(99), false),
        ("its own tag on a copy of something else", travelled, false),
    ];
    for (what, found, ours) in cases {
        let mut engine = unanswered(&EngineConfig::default());
        let (now, requests) = next_requests(&mut engine);
        assert!(matches!(requests[..], [Request::Reconcile { .. }]), "{what}: {requests:?}");
        let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![found]))), now);
        assert_eq!(state(&engine).phase().as_str(), if ours { "copying" } else { "starting" }, "{what}");
        assert_eq!(matches!(requests[..], [Request::CopyImage { .. }]), !ours, "{what}: {requests:?}");
    }
}

#[test]
fn an_untagged_copy_is_sent_again_while_its_token_is_known() {
    let mut engine = unanswered(&untagged());
    let (_, requests) = next_requests(&mut engine);
    let [Request::CopyImage { request: again, tags: None, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(again.token, request(1, "eu-west-1").token);
}

#[test]
fn an_untagged_copy_stops_in_doubt_when_its_token_may_be_forgotten_and_a_look_alike_is_there() {
    let (mut engine, now) = untagged_and_old();
    let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now);
    assert_eq!(requests, [], "nothing is decided silently");
    assert_eq!(*state(&engine), JobState::InDoubt { candidates: vec![look_alike().id] });
    assert!(engine.can_exit(), "it waits for a person, not for this program");
    // In the meantime, what may be the copy is not shown as somebody else's.
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![look_alike()]))), now);
    assert_eq!(engine.jobs().count(), 1);
}

#[test]
fn without_a_look_alike_an_untagged_copy_is_sent_again_however_old() {
    let mut older = look_alike();
    older.created = Some(at(-3_600));
    let mut other_source = look_alike();
    other_source.source_image_id = ImageId::new("ami-9").ok();
    let mut built = look_alike();
    built.source_instance = Some("i-1".into());
    let mut other_name = look_alike();
    other_name.name = "web-10".into();
    let (mut engine, now) = untagged_and_old();
    let requests = engine
        .handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![older, other_source, built, other_name]))), now);
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
}

#[test]
fn a_person_decides_what_is_in_doubt() {
    let in_doubt = || {
        let (mut engine, now) = untagged_and_old();
        engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now);
        (engine, now)
    };
    let resolve = |resolution| Event::Command(Command::Resolve { job: JobId(1), resolution });
    let (mut engine, now) = in_doubt();
    engine.handle(resolve(Resolution::ThisImage(look_alike().id)), now);
    assert_eq!(*state(&engine), JobState::Copying { image: look_alike().id });

    let (mut engine, now) = in_doubt();
    let requests = engine.handle(resolve(Resolution::CopyAgain(ClientToken::from_random(7))), now);
    assert!(matches!(requests[..], [Request::ListPending { .. }]), "what may be the first copy counts: {requests:?}");
    let requests =
        engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![look_alike()]))), now);
    let [Request::CopyImage { request, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(request.token, ClientToken::from_random(7), "the old token might give the old image");

    for ask in [resolve(Resolution::GiveUp), Event::Command(Command::Cancel(vec![JobId(1)]))] {
        let (mut engine, now) = in_doubt();
        assert_eq!(engine.handle(ask, now), [], "nothing is deregistered: it is not proven to be ours");
        assert_eq!(*state(&engine), JobState::Cancelled);
        assert!(engine.job(JobId(1)).unwrap().note.as_ref().is_some_and(|n| format!("{n:?}").contains("ami-theirs")));
    }
}

#[test]
fn what_is_in_doubt_survives_a_restart() {
    let (mut engine, now) = untagged_and_old();
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now);
    let written = serde_json::to_string(&engine.jobs().cloned().collect::<Vec<_>>()).unwrap();
    let mut again = Engine::new(untagged());
    again.restore(serde_json::from_str(&written).unwrap(), 9, now);
    let requests = again.handle(Event::Tick, now);
    assert!(requests.iter().all(|c| matches!(c, Request::ListPending { .. })), "{requests:?}");
    assert_eq!(state(&again).phase().as_str(), "in doubt");
}

#[test]
fn a_cancel_with_unknown_outcome_sends_nothing_and_waits_two_minutes() {
    for limits in [EngineConfig::default(), untagged()] {
        let mut engine = unanswered(&limits);
        engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(2));
        let (mut now, mut polls) = (at(2), 0);
        while !state(&engine).ended() {
            let requests;
            (now, requests) = next_requests(&mut engine);
            for call in requests {
                assert!(matches!(call, Request::Reconcile { .. }), "{call:?}");
                polls += 1;
                engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
            }
        }
        assert!(polls >= 2 && now >= at(120), "{polls} polls until {now}");
        assert_eq!(*state(&engine), JobState::Cancelled);
    }
}

#[test]
fn a_cancelled_copy_that_appears_is_removed_only_if_it_is_pending_and_tagged() {
    let mut engine = unanswered(&EngineConfig::default());
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(2));
    let mut found = look_alike();
    found.tags = vec![job_tag(&ClientToken::from_random(1))];
    let (now, _) = next_requests(&mut engine);
    let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![found]))), now);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let mut available = still(ImageState::Available);
    available.image.as_mut().unwrap().id = look_alike().id;
    assert_eq!(engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(available))), now), []);
    assert_eq!(state(&engine).phase().as_str(), "available", "deregistering it is a question of its own");

    let mut engine = unanswered(&untagged());
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(2));
    let (now, _) = next_requests(&mut engine);
    assert_eq!(engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now), []);
    assert_eq!(state(&engine).phase().as_str(), "in doubt", "offered, not removed");
}

#[test]
fn where_images_may_not_be_listed_a_copy_stops_in_doubt_once_its_token_is_old() {
    let denied = || Err(Failure::new("poll", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied));
    let mut engine = unanswered(&EngineConfig::default());
    let (now, _) = next_requests(&mut engine);
    let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), denied())), now);
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "the token is known still: {requests:?}");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("no network")))), at(650));
    let (now, requests) = next_requests(&mut engine);
    assert!(matches!(requests[..], [Request::Reconcile { .. }]), "{requests:?}");
    engine.handle(Event::Response(Response::Reconcile(JobId(1), denied())), now);
    assert_eq!(*state(&engine), JobState::InDoubt { candidates: Vec::new() });
}

#[test]
fn a_copy_that_was_sent_with_tags_is_checked_before_it_is_sent_without() {
    let mut engine = unanswered(&EngineConfig::default());
    let (now, _) = next_requests(&mut engine);
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
    let denied = Failure::new("copy", "no ec2:CreateTags").code("UnauthorizedOperation").kind(FailureKind::Denied);
    let mut requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(denied))), now);
    let refused = now;
    let mut now = now;
    loop {
        match &requests[..] {
            [Request::Reconcile { .. }] => {
                requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
            }
            [Request::CopyImage { tags, request, .. }] => {
                assert_eq!((tags, &request.token), (&None, &ClientToken::from_random(1)));
                break;
            }
            [] => (now, requests) = next_requests(&mut engine),
            other => panic!("{other:?}"),
        }
    }
    assert!(now.duration_since(refused) >= EngineConfig::default().visibility_delay);
}

#[test]
fn somebody_elses_copy_of_our_image_joins_no_batch_of_ours() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    let batch = engine.job(JobId(1)).unwrap().batch.clone();
    let mut theirs = look_alike();
    theirs.source_image_id = Some(new_image());
    theirs.tags =
        vec![job_tag(&ClientToken::from_random(1)), Tag { key: JobTags::BATCH.into(), value: batch.as_str().into() }];
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![theirs]))), at(1));
    let adopted = engine.jobs().nth(1).expect("it is somebody's, so it is shown");
    assert_eq!(adopted.origin, Origin::Elsewhere);
    assert_ne!(adopted.batch, batch, "X on our batch must not reach it");
}

#[test]
fn a_cancel_of_a_copy_sent_again_does_not_end_with_a_throttle() {
    let mut engine = unanswered(&EngineConfig::default());
    let (now, _) = next_requests(&mut engine);
    let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), now);
    let throttled =
        Failure::new("copy", "slow down").code("RequestLimitExceeded").kind(FailureKind::Throttled).retry(Retry::Later);
    let requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(throttled))), now);
    // This request was refused; the first may have been carried out all the same.
    assert!(matches!(requests[..], [Request::Reconcile { .. }]), "{requests:?}");
    assert!(!state(&engine).ended());
}

#[test]
fn a_copy_that_was_given_up_stays_so() {
    let mut engine = unanswered(&EngineConfig::default());
    let denied = Err(Failure::new("poll", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied));
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("no network")))), at(650));
    let (now, _) = next_requests(&mut engine);
    let requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), denied.clone())), now);
    // At the first check the token was still known; now it is too old.
    for call in requests {
        assert!(matches!(call, Request::CopyImage { .. }), "{call:?}");
        engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("no network")))), at(700));
        let (now, _) = next_requests(&mut engine);
        engine.handle(Event::Response(Response::Reconcile(JobId(1), denied.clone())), now);
    }
    assert_eq!(state(&engine).phase().as_str(), "in doubt");
    engine.handle(Event::Command(Command::Resolve { job: JobId(1), resolution: Resolution::GiveUp }), at(800));
    let mut found = look_alike();
    found.tags = vec![job_tag(&ClientToken::from_random(1))];
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![found]))), at(801));
    assert_eq!(*state(&engine), JobState::Cancelled);
    assert_eq!(
        engine.jobs().nth(1).map(|j| (j.origin, j.phase().as_str())),
        Some((Origin::Elsewhere, "copying")),
        "it is shown"
    );
}

#[test]
fn a_tag_on_two_copies_or_on_no_copy_proves_nothing() {
    let tagged = |id: &str| {
        let mut found = look_alike();
        found.id = ImageId::new(id).unwrap();
        found.tags = vec![job_tag(&ClientToken::from_random(1))];
        found
    };
    let mut engine = unanswered(&EngineConfig::default());
    let (now, _) = next_requests(&mut engine);
    let both = vec![tagged("ami-a"), tagged("ami-b")];
    assert_eq!(engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(both))), now), []);
    assert!(matches!(state(&engine), JobState::InDoubt { candidates } if candidates.len() == 2));

    let mut registered = tagged("ami-a");
    (registered.source_image_id, registered.source_region) = (None, None);
    let mut engine = unanswered(&EngineConfig::default());
    let (now, _) = next_requests(&mut engine);
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![registered]))), now);
    assert_eq!(state(&engine).phase().as_str(), "starting");
}

#[test]
fn one_image_is_not_two_copies() {
    let (mut engine, now) = untagged_and_old();
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now);
    let mut other = request(2, "eu-west-1");
    other.token = ClientToken::from_random(2);
    for call in engine.handle(Event::Command(Command::Copy(vec![other])), now) {
        if let Request::CopyImage { job, .. } = call {
            engine.handle(Event::Response(Response::CopyImage(job, Ok(look_alike().id))), now);
        }
    }
    for image in [look_alike().id, ImageId::new("ami-mistyped").unwrap_or_else(|_| new_image())] {
        engine
            .handle(Event::Command(Command::Resolve { job: JobId(1), resolution: Resolution::ThisImage(image) }), now);
        assert_eq!(state(&engine).phase().as_str(), "in doubt");
        assert!(engine.job(JobId(1)).unwrap().note.is_some(), "it says why");
    }
}

#[test]
fn a_cancel_is_remembered_while_a_copy_is_in_doubt() {
    let mut engine = unanswered(&untagged());
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(2));
    let (now, _) = next_requests(&mut engine);
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(vec![look_alike()]))), now);
    assert!(
        engine.job(JobId(1)).unwrap().cancel_pending_decision() && engine.job(JobId(1)).unwrap().can_be_cancelled()
    );
    let mine = Command::Resolve { job: JobId(1), resolution: Resolution::ThisImage(look_alike().id) };
    let requests = engine.handle(Event::Command(mine), now);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "it is removed if it is pending: {requests:?}");
}
