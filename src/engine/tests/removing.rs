//! Other reasons to remove an image than a cancel; and what a driver finds that another left.

use super::*;

/// The same engine as another process would have it: from what was written down.
fn restarted(engine: &mut Engine, now: Timestamp) -> Engine {
    let jobs: Vec<Job> = engine.jobs().cloned().collect();
    let written = serde_json::to_string(&jobs).unwrap();
    let mut again = Engine::new(Limits { survey: SignedDuration::from_hours(9), ..Limits::default() });
    again.restore(serde_json::from_str(&written).unwrap(), 9, now);
    again
}

fn fail(engine: &mut Engine) {
    let mut failed = image(ImageState::Failed);
    failed.state_reason = Some("Copy image failed with an internal error".into());
    look(engine, Ok(Watched { images: vec![failed], snapshots: vec![snapshot(None, SnapshotState::Error)] }));
    assert_eq!(state(engine).word(), "failed");
}

#[test]
fn another_try_removes_the_failed_image_first_and_has_a_new_token() {
    let mut engine = copying();
    fail(&mut engine);
    let now = at(60);
    let token = ClientToken::from_random(77);
    let calls = engine.handle(Event::Ask(Ask::TryAgain(vec![(JobId(1), token.clone())])), now);
    assert!(matches!(calls[..], [Call::Deregister { .. }]), "{calls:?}");
    let calls = engine.handle(Event::Answer(Answer::Deregistered(JobId(1), Ok(Deregistration::Done))), now);
    assert!(matches!(calls[..], [Call::FindLeftovers { .. }]), "{calls:?}");
    let left = vec![snapshot(None, SnapshotState::Error)];
    let calls = engine.handle(Event::Answer(Answer::Leftovers(JobId(1), Ok(left))), now);
    assert!(matches!(calls[..], [Call::DeleteSnapshot { .. }]), "{calls:?}");
    let id = SnapshotId::new("snap-new").unwrap();
    engine.handle(Event::Answer(Answer::Deleted(JobId(1), id, Ok(()))), now);
    let mut sent = Vec::new();
    while sent.is_empty() {
        let (now, calls) = next_calls(&mut engine);
        for call in calls {
            match call {
                Call::FindLeftovers { job, .. } => {
                    sent = engine.handle(Event::Answer(Answer::Leftovers(job, Ok(Vec::new()))), now);
                }
                other => sent.push(other),
            }
        }
    }
    let [Call::Copy { request, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(request.token, token);
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.percent(), job.made.as_slice()), (None, &[new_image()][..]), "its first image is remembered");
}

#[test]
fn a_failed_image_that_cannot_be_removed_stays_and_says_why() {
    let mut engine = copying();
    fail(&mut engine);
    engine.handle(Event::Ask(Ask::TryAgain(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
    let denied = Failure::new("deregister", "you may not").code("UnauthorizedOperation");
    engine.handle(Event::Answer(Answer::Deregistered(JobId(1), Err(denied))), at(61));
    assert!(matches!(state(&engine), JobState::Failed { failure, .. } if failure.why.contains("key")));
    assert!(engine.job(JobId(1)).unwrap().note.as_ref().unwrap().contains("you may not"));
}

#[test]
fn an_available_copy_is_deregistered_only_when_that_is_asked() {
    let mut engine = copying();
    for _ in 0..2 {
        look(&mut engine, Ok(seen(ImageState::Available, Some(100))));
    }
    assert_eq!(engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(60)), []);
    assert_eq!(state(&engine).word(), "available");
    let calls = engine.handle(Event::Ask(Ask::Deregister(vec![JobId(1)])), at(61));
    assert!(matches!(calls[..], [Call::Deregister { .. }]), "{calls:?}");
    assert_eq!((state(&engine).word(), engine.job(JobId(1)).unwrap().percent()), ("deregistering", Some(100)));
}

#[test]
fn a_cancel_waits_for_an_image_that_ec2_does_not_show_yet() {
    let mut engine = copying();
    engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(1));
    let calls = engine.handle(Event::Answer(Answer::Looked(JobId(1), Ok(None))), at(1));
    assert_eq!(calls, [], "what EC2 does not know it would not deregister");
    let (now, calls) = next_calls(&mut engine);
    assert!(matches!(calls[..], [Call::Look { .. }]), "{calls:?}");
    let calls =
        engine.handle(Event::Answer(Answer::Looked(JobId(1), Ok(Some(Box::new(image(ImageState::Pending)))))), now);
    assert!(matches!(calls[..], [Call::Deregister { .. }]), "{calls:?}");
}

#[test]
fn a_sending_that_nobody_saw_answered_is_settled_first() {
    let mut engine = Engine::new(Limits::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    assert_eq!(state(&engine).word(), "starting");
    let mut again = restarted(&mut engine, at(100));
    let calls = again.handle(Event::Tick, at(100));
    assert!(calls.iter().any(|c| matches!(c, Call::Settle { .. })), "{calls:?}");
    assert!(!calls.iter().any(|c| matches!(c, Call::Copy { .. })), "{calls:?}");
}

#[test]
fn a_removal_goes_on_where_it_was() {
    let mut engine = copying();
    engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(1));
    let looked = Answer::Looked(JobId(1), Ok(Some(Box::new(image(ImageState::Pending)))));
    engine.handle(Event::Answer(looked), at(1));
    let mut again = restarted(&mut engine, at(100));
    let calls = again.handle(Event::Tick, at(100));
    assert!(calls.iter().any(|c| matches!(c, Call::Look { .. })), "it may have become available: {calls:?}");
    let looked = Answer::Looked(JobId(1), Ok(Some(Box::new(image(ImageState::Pending)))));
    again.handle(Event::Answer(looked), at(101));
    again.handle(Event::Answer(Answer::Deregistered(JobId(1), Ok(Deregistration::Done))), at(101));
    let mut third = restarted(&mut again, at(200));
    let calls = third.handle(Event::Tick, at(200));
    assert!(calls.iter().any(|c| matches!(c, Call::FindLeftovers { .. })), "{calls:?}");
}

#[test]
fn a_snapshot_that_stays_in_use_is_waited_for_and_named() {
    let mut engine = copying();
    let job = JobId(1);
    engine.handle(Event::Ask(Ask::Cancel(vec![job])), at(1));
    engine.handle(Event::Answer(Answer::Looked(job, Ok(Some(Box::new(image(ImageState::Pending)))))), at(1));
    let mut now = at(1);
    let mut calls = engine.handle(Event::Answer(Answer::Deregistered(job, Ok(Deregistration::Done))), now);
    while now < at(90_000) && !state(&engine).ended() {
        for call in std::mem::take(&mut calls) {
            let answer = match call {
                Call::FindLeftovers { .. } => {
                    Answer::Leftovers(job, Ok(vec![snapshot(Some(1), SnapshotState::Pending)]))
                }
                Call::DeleteSnapshot { snapshot, .. } => {
                    let in_use = Failure::new("delete", "it is in use").code("InvalidSnapshot.InUse");
                    Answer::Deleted(job, snapshot, Err(in_use))
                }
                _ => continue,
            };
            calls.extend(engine.handle(Event::Answer(answer), now));
        }
        if calls.is_empty() && !state(&engine).ended() {
            let note = engine.job(job).unwrap().note.clone();
            assert!(now == at(1) || note.is_some_and(|n| n.contains("snap-new")), "it says what it waits for");
            (now, calls) = next_calls(&mut engine);
        }
    }
    let note = engine.job(job).unwrap().note.clone().unwrap();
    assert_eq!(note, "left behind: snap-new (it is in use)");
    assert!(now > at(80_000), "a day later");
}

#[test]
fn what_was_lost_is_looked_at_before_it_is_deregistered() {
    let mut engine = copying();
    engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(1));
    let looked = |state| Answer::Looked(JobId(1), Ok(Some(Box::new(image(state)))));
    engine.handle(Event::Answer(looked(ImageState::Pending)), at(1));
    engine.handle(Event::Answer(Answer::Deregistered(JobId(1), Err(later("no network")))), at(2));
    let (now, calls) = next_calls(&mut engine);
    assert!(matches!(calls[..], [Call::Look { .. }]), "{calls:?}");
    engine.handle(Event::Answer(looked(ImageState::Available)), now);
    assert_eq!(state(&engine).word(), "cancelling", "it may have been deregistered, and be shown a while longer");
    engine.handle(Event::Tick, at(3_600));
    engine.handle(Event::Answer(looked(ImageState::Available)), at(3_600));
    assert_eq!(state(&engine).word(), "available", "an hour has passed");
}

#[test]
fn an_image_too_young_to_be_known_is_not_gone() {
    let mut engine = copying();
    engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Answer(Answer::Looked(JobId(1), Ok(Some(Box::new(image(ImageState::Pending)))))), at(1));
    engine.handle(Event::Answer(Answer::Deregistered(JobId(1), Ok(Deregistration::Unknown))), at(2));
    let (_, calls) = next_calls(&mut engine);
    assert!(matches!(calls[..], [Call::Look { .. }]), "{calls:?}");
}

#[test]
fn a_copy_being_cleared_for_another_try_can_be_cancelled() {
    let mut engine = copying();
    fail(&mut engine);
    engine.handle(Event::Ask(Ask::TryAgain(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
    engine.handle(Event::Ask(Ask::Cancel(vec![JobId(1)])), at(61));
    engine.handle(Event::Answer(Answer::Deregistered(JobId(1), Ok(Deregistration::Done))), at(62));
    engine.handle(Event::Answer(Answer::Leftovers(JobId(1), Ok(Vec::new()))), at(62));
    while !state(&engine).ended() {
        let (now, calls) = next_calls(&mut engine);
        for call in calls {
            assert!(!matches!(call, Call::Copy { .. }), "{call:?}");
            if let Call::FindLeftovers { job, .. } = call {
                engine.handle(Event::Answer(Answer::Leftovers(job, Ok(Vec::new()))), now);
            }
        }
    }
    assert_eq!(state(&engine).word(), "cancelled");
}

#[test]
fn a_dismissed_copy_that_is_tried_again_is_not_forgotten() {
    let mut engine = copying();
    fail(&mut engine);
    engine.take_changed();
    engine.handle(Event::Ask(Ask::Dismiss(vec![JobId(1)])), at(60));
    engine.handle(Event::Ask(Ask::TryAgain(vec![(JobId(1), ClientToken::from_random(77))])), at(60));
    engine.take_changed();
    assert_eq!(state(&engine).word(), "clearing");
}

#[test]
fn where_nobody_may_look_what_is_known_is_deleted_and_the_rest_is_said() {
    let mut engine = copying();
    let job = JobId(1);
    engine.handle(Event::Ask(Ask::Cancel(vec![job])), at(1));
    engine.handle(Event::Answer(Answer::Looked(job, Ok(Some(Box::new(image(ImageState::Pending)))))), at(1));
    let mut calls = engine.handle(Event::Answer(Answer::Deregistered(job, Ok(Deregistration::Done))), at(1));
    let (mut now, mut deletes) = (at(1), 0);
    while !state(&engine).ended() {
        for call in std::mem::take(&mut calls) {
            let denied = Failure::new("look", "you may not").code("UnauthorizedOperation");
            let answer = match call {
                Call::DeleteSnapshot { snapshot, .. } => {
                    deletes += 1;
                    Answer::Deleted(job, snapshot, Ok(()))
                }
                call => call.failed(denied),
            };
            calls.extend(engine.handle(Event::Answer(answer), now));
        }
        if calls.is_empty() && !state(&engine).ended() {
            (now, calls) = next_calls(&mut engine);
        }
    }
    assert!(deletes > 0 && now < at(60));
    let note = engine.job(job).unwrap().note.clone().unwrap();
    assert_eq!((state(&engine).word(), note.contains("you may not")), ("cancelled", true), "{note}");
}
