//! Removals of other than pending images, and what a driver takes over from another.

use super::*;

/// Returns the engine as another process would have it: from what was stored.
fn restarted(engine: &mut Engine, now: Timestamp) -> Engine {
    let jobs: Vec<Job> = engine.jobs().cloned().collect();
    let written = serde_json::to_string(&jobs).unwrap();
    let mut again =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    again.restore(serde_json::from_str(&written).unwrap(), 9, now);
    again
}

pub(super) fn fail(engine: &mut Engine) {
    let mut failed = image(ImageState::Failed);
    failed.state_reason = Some("Copy image failed with an internal error".into());
    poll(
        engine,
        Ok(PolledCopies {
            requested: vec![new_image()],
            images: vec![failed],
            snapshots: Ok(vec![snapshot(None, SnapshotState::Error)]),
            failures: vec![(SnapshotId::new("snap-new").unwrap(), Failure::new("copy", "the key is not accessible"))],
        }),
    );
    assert_eq!(state(engine).phase().as_str(), "failed");
}

#[test]
fn a_retry_removes_the_failed_image_first_and_has_a_new_token() {
    let mut engine = copying();
    fail(&mut engine);
    let now = at(60);
    let token = ClientToken::from_random(77);
    let requests = engine.handle(Event::Command(Command::Retry(vec![(JobId(1), token.clone())])), now);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests = engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Failed)))), now);
    assert!(matches!(requests[..], [Request::DeregisterImage { .. }]), "{requests:?}");
    let requests =
        engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())))), now);
    assert!(matches!(requests[..], [Request::FindSnapshots { .. }]), "{requests:?}");
    let left = vec![snapshot(None, SnapshotState::Error)];
    let requests = engine.handle(Event::Response(Response::FindSnapshots(JobId(1), new_image(), Ok(left))), now);
    assert!(matches!(requests[..], [Request::DeleteSnapshot { .. }]), "{requests:?}");
    let id = SnapshotId::new("snap-new").unwrap();
    engine.handle(Event::Response(Response::DeleteSnapshot(JobId(1), new_image(), id, Ok(()))), now);
    let mut sent = Vec::new();
    while sent.is_empty() {
        let (now, requests) = next_requests(&mut engine);
        for call in requests {
            match call {
                Request::FindSnapshots { job, .. } => {
                    sent =
                        engine.handle(Event::Response(Response::FindSnapshots(job, new_image(), Ok(Vec::new()))), now);
                }
                other => sent.push(other),
            }
        }
    }
    let [Request::CopyImage { request, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(request.token, token);
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.percent(), job.images.as_slice()), (None, &[new_image()][..]), "its first image is remembered");
}

#[test]
fn a_failed_image_that_cannot_be_removed_remains_with_a_note() {
    let mut engine = copying();
    fail(&mut engine);
    engine.handle(Event::Command(Command::Retry(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Failed)))), at(60));
    let denied = Failure::new("deregister", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(denied))), at(61));
    assert!(matches!(state(&engine), JobState::Failed { failure, .. } if failure.why.contains("key")));
    let note = Note::RetryRefused { image: new_image(), why: "you may not".into() };
    assert_eq!(engine.job(JobId(1)).unwrap().note, Some(note));
}

#[test]
fn an_available_copy_is_deregistered_only_on_request() {
    let mut engine = copying();
    for _ in 0..2 {
        poll(&mut engine, Ok(seen(ImageState::Available, Some(100))));
    }
    assert_eq!(engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(60)), []);
    assert_eq!(state(&engine).phase().as_str(), "available");
    let requests = engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(61));
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests =
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(61));
    assert!(matches!(requests[..], [Request::DeregisterImage { not_after: None, .. }]), "{requests:?}");
    assert_eq!(
        (state(&engine).phase().as_str(), engine.job(JobId(1)).unwrap().percent()),
        ("deregistering", Some(100))
    );
}

#[test]
fn what_a_failed_copy_has_left_is_removed_on_request_unless_it_is_available_after_all() {
    for (found, phase) in [(ImageState::Failed, "deregistering"), (ImageState::Available, "available")] {
        let mut engine = copying();
        fail(&mut engine);
        let requests = engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(60));
        assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
        let requests = engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(found)))), at(60));
        let removes = requests.iter().any(|r| matches!(r, Request::DeregisterImage { .. }));
        assert_eq!((removes, state(&engine).phase().as_str()), (found == ImageState::Failed, phase));
    }
}

#[test]
fn a_cancel_waits_for_an_image_that_ec2_does_not_show_yet() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let requests = engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(CheckedImage::default()))), at(1));
    assert_eq!(requests, [], "what EC2 does not know it would not deregister");
    let (now, requests) = next_requests(&mut engine);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests = engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), now);
    assert!(matches!(requests[..], [Request::DeregisterImage { .. }]), "{requests:?}");
}

#[test]
fn a_request_without_an_answer_is_reconciled_first() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    assert_eq!(state(&engine).phase().as_str(), "starting");
    let mut again = restarted(&mut engine, at(100));
    let requests = again.handle(Event::Tick, at(100));
    assert!(requests.iter().any(|c| matches!(c, Request::Reconcile { .. })), "{requests:?}");
    assert!(!requests.iter().any(|c| matches!(c, Request::CopyImage { .. })), "{requests:?}");
}

#[test]
fn a_removal_resumes_after_a_restart() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let looked = Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)));
    engine.handle(Event::Response(looked), at(1));
    let mut again = restarted(&mut engine, at(100));
    let requests = again.handle(Event::Tick, at(100));
    assert!(
        requests.iter().any(|c| matches!(c, Request::CheckImage { .. })),
        "it may have become available: {requests:?}"
    );
    let looked = Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)));
    again.handle(Event::Response(looked), at(101));
    again.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())))), at(101));
    let mut third = restarted(&mut again, at(200));
    let requests = third.handle(Event::Tick, at(200));
    assert!(requests.iter().any(|c| matches!(c, Request::FindSnapshots { .. })), "{requests:?}");
}

#[test]
fn after_a_lost_answer_the_image_is_checked_before_it_is_deregistered_again() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let looked = |state| Response::CheckImage(JobId(1), Ok(still(state)));
    engine.handle(Event::Response(looked(ImageState::Pending)), at(1));
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(later("no network")))), at(2));
    let (now, requests) = next_requests(&mut engine);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    engine.handle(Event::Response(looked(ImageState::Available)), now);
    assert_eq!(
        state(&engine).phase().as_str(),
        "cancelling",
        "it may have been deregistered, and be shown a while longer"
    );
    engine.handle(Event::Tick, at(3_600));
    engine.handle(Event::Response(looked(ImageState::Available)), at(3_600));
    assert_eq!(state(&engine).phase().as_str(), "available", "an hour has passed");
}

#[test]
fn an_image_too_young_to_be_known_is_not_gone() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Unknown))), at(2));
    let (_, requests) = next_requests(&mut engine);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
}

#[test]
fn a_retry_that_removes_the_failed_image_can_be_cancelled() {
    let retrying = || {
        let mut engine = copying();
        fail(&mut engine);
        engine.handle(Event::Command(Command::Retry(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
        assert!(engine.job(JobId(1)).unwrap().can_be_cancelled());
        engine
    };
    // Nothing was removed yet, and everything remains.
    let mut engine = retrying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(61));
    assert!(matches!(state(&engine), JobState::Failed { image: Some(_), .. }), "{:?}", state(&engine));
    assert_eq!(
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Failed)))), at(62)),
        []
    );

    // A removal under way is completed, and then nothing is copied.
    let mut engine = retrying();
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Failed)))), at(61));
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(61));
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())))), at(62));
    engine.handle(Event::Response(Response::FindSnapshots(JobId(1), new_image(), Ok(Vec::new()))), at(62));
    while !state(&engine).ended() {
        let (now, requests) = next_requests(&mut engine);
        for call in requests {
            assert!(!matches!(call, Request::CopyImage { .. }), "{call:?}");
            if let Request::FindSnapshots { job, image, .. } = call {
                engine.handle(Event::Response(Response::FindSnapshots(job, image, Ok(Vec::new()))), now);
            }
        }
    }
    assert_eq!(state(&engine).phase().as_str(), "cancelled");
}

#[test]
fn a_copy_deregistered_by_somebody_else_is_gone_and_its_snapshots_remain() {
    let cancelling = || {
        let mut engine = copying();
        poll(&mut engine, Ok(seen(ImageState::Pending, Some(10))));
        engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(100));
        engine
    };
    // Two checks do not find it, and no request of ours was sent.
    let mut engine = cancelling();
    for _ in 0..2 {
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(CheckedImage::default()))), at(101));
        engine.handle(Event::Tick, at(110));
    }
    assert_eq!(*state(&engine), JobState::Gone { image: new_image() });

    // It was there a moment ago, and is not when we send the request.
    let mut engine = cancelling();
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(101));
    let requests =
        engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Unknown))), at(101));
    assert_eq!((requests, state(&engine).phase().as_str()), (vec![], "cancelling"), "one answer proves nothing");
    for second in [110, 120] {
        engine.handle(Event::Tick, at(second));
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(CheckedImage::default()))), at(second));
    }
    assert_eq!(*state(&engine), JobState::Gone { image: new_image() });
    // EC2 shows it again after all: the cancel still holds.
    let mut shown = image(ImageState::Pending);
    (shown.source_image_id, shown.source_region) = (ImageId::new("ami-0").ok(), Some(region("us-east-1")));
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![shown]))), at(130));
    assert_eq!(state(&engine).phase().as_str(), "cancelling");
}

#[test]
fn an_image_that_is_missing_after_our_request_was_ours_if_that_may_have_been_carried_out() {
    let failed = |kind| later("try again").kind(kind);
    for (failure, ours) in [
        (later("connection reset"), true),
        // A snapshot of an image that was deregistered all the same.
        (failed(FailureKind::InUse), true),
        (failed(FailureKind::Throttled), false),
        (failed(FailureKind::LimitReached), false),
        (failed(FailureKind::NotSigned), false),
    ] {
        let mut engine = copying();
        poll(&mut engine, Ok(seen(ImageState::Pending, Some(10))));
        engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(100));
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(101));
        engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(failure.clone()))), at(102));
        for second in [110, 120] {
            engine.handle(Event::Tick, at(second));
            engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(CheckedImage::default()))), at(second));
        }
        let cleaning = matches!(state(&engine), JobState::Removing { step: RemovalStep::DeletingSnapshots {}, .. });
        assert_eq!(cleaning, ours, "{failure:?}: {:?}", state(&engine));
        assert_eq!(*state(&engine) == JobState::Gone { image: new_image() }, !ours, "{failure:?}");
    }
}

#[test]
fn an_unavailable_image_is_checked_again() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    let requests =
        engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Unavailable))), at(1));
    assert_eq!(requests, []);
    let (_, requests) = next_requests(&mut engine);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
}

#[test]
fn a_deregistration_that_is_too_late_is_preceded_by_another_check() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let requests =
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    let [call @ Request::DeregisterImage { not_after: Some(last), .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((*last, call.expired(at(6))), (at(6), None));
    let late = call.expired(at(7)).expect("the check is too old by now");
    let requests = engine.handle(Event::Response(late), at(7));
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests =
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(7));
    assert_eq!((requests, state(&engine).phase().as_str()), (vec![], "available"));
}

#[test]
fn a_poll_that_shows_the_image_available_stops_a_cancel_before_its_request() {
    let mut engine = copying();
    let now = engine.next_deadline().unwrap();
    let requests = engine.handle(Event::Tick, now);
    assert!(matches!(requests[..], [Request::PollCopies { .. }]), "{requests:?}");
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), now);
    let seen = Response::PollCopies(region("eu-west-1"), Ok(seen(ImageState::Available, Some(100))));
    engine.handle(Event::Response(seen), now);
    assert_eq!(state(&engine).phase().as_str(), "available");
}

#[test]
fn a_dismissed_copy_that_is_retried_is_not_forgotten() {
    let mut engine = copying();
    fail(&mut engine);
    engine.take_changed();
    engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(60));
    engine.handle(Event::Command(Command::Retry(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
    engine.take_changed();
    assert_eq!(state(&engine).phase().as_str(), "removing");
}

#[test]
fn where_snapshots_may_not_be_listed_none_is_deleted_and_a_note_says_so() {
    let mut engine = copying();
    let job = JobId(1);
    engine.handle(Event::Command(Command::Cancel(vec![job])), at(1));
    engine.handle(Event::Response(Response::CheckImage(job, Ok(still(ImageState::Pending)))), at(1));
    let mut requests =
        engine.handle(Event::Response(Response::DeregisterImage(job, Ok(Deregistration::Done(Vec::new())))), at(1));
    let mut now = at(1);
    while !state(&engine).ended() {
        for call in std::mem::take(&mut requests) {
            assert!(!matches!(call, Request::DeleteSnapshot { .. }), "what is not seen is not proven: {call:?}");
            let denied = Failure::new("poll", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
            requests.extend(engine.handle(Event::Response(call.failed(denied)), now));
        }
        if requests.is_empty() && !state(&engine).ended() {
            (now, requests) = next_requests(&mut engine);
        }
    }
    assert!(now < at(60));
    assert_eq!(*state(&engine), JobState::Cancelled);
    assert_eq!(engine.job(job).unwrap().note, Some(Note::SnapshotsNotListed("you may not".into())));
}

#[test]
fn a_check_whose_answer_took_long_is_repeated() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    // The machine slept between request and answer.
    let requests =
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(600));
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests =
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(602));
    // Five seconds from the request on.
    assert!(
        matches!(requests[..], [Request::DeregisterImage { not_after: Some(last), .. }] if last == at(605)),
        "{requests:?}"
    );

    // A network that is always so slow prevents no cancel.
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let mut requests = Vec::new();
    for second in [11, 21, 31] {
        requests =
            engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(second));
    }
    assert!(matches!(requests[..], [Request::DeregisterImage { .. }]), "{requests:?}");
}

#[test]
fn an_old_request_of_ours_does_not_explain_a_later_removal() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(later("no network")))), at(2));
    // It was not carried out, and the copy became available.
    engine.handle(Event::Tick, at(3_600));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(3_600));
    assert_eq!(state(&engine).phase().as_str(), "available");
    // Weeks later somebody else has deregistered it when we are to.
    engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(900_000));
    for second in [900_000, 900_010] {
        engine.handle(Event::Tick, at(second));
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(CheckedImage::default()))), at(second));
    }
    assert_eq!(*state(&engine), JobState::Gone { image: new_image() }, "its snapshots are theirs");
}
