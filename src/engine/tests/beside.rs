//! Copies beside each other: those started elsewhere, limits, and whose turn it is.

use super::*;
use crate::domain::image::Tag;

/// A copy somebody else started to a region.
fn elsewhere(n: u32, to: &str) -> Image {
    let mut image = image(ImageState::Pending);
    image.id = ImageId::new(&format!("ami-else{n}")).unwrap();
    image.region = region(to);
    image.name = format!("theirs-{n}").into();
    image.source_image_id = ImageId::new("ami-7").ok();
    image.source_region = Some(region("us-east-1"));
    image.created = Some(at(-60));
    image
}

#[test]
fn a_copy_started_elsewhere_is_adopted_once_and_can_be_cancelled() {
    let mut engine = Engine::new(EngineConfig::default());
    let calls = engine.handle(Event::Command(Command::Follow(vec![region("eu-west-1")])), at(0));
    assert!(matches!(calls[..], [Request::ListPending { .. }]), "{calls:?}");
    let seen = || Response::ListPending(region("eu-west-1"), Ok(vec![elsewhere(1, "eu-west-1")]));
    engine.handle(Event::Response(seen()), at(0));
    let (now, calls) = next_calls(&mut engine);
    assert!(matches!(&calls[..], [Request::PollCopies { images, .. }] if images.len() == 1), "{calls:?}");
    engine.handle(Event::Response(seen()), now);
    let [job] = &engine.jobs().collect::<Vec<_>>()[..] else { panic!("one job") };
    assert_eq!((job.origin, job.phase().as_str(), job.batch.as_str()), (Origin::Elsewhere, "copying", "ami-else1"));
    assert_eq!((job.request.source.as_str(), job.request.name.as_str()), ("ami-7", "theirs-1"));
    let id = job.id;
    let calls = engine.handle(Event::Command(Command::Cancel(vec![id])), now);
    assert!(matches!(calls[..], [Request::CheckImage { .. }]), "{calls:?}");
    engine.handle(Event::Command(Command::Retry(vec![(id, ClientToken::from_random(5))])), now);
    assert_eq!(engine.job(id).unwrap().note, Some(Note::SettingsUnknown));
}

#[test]
fn what_is_not_a_copy_or_is_ours_is_not_adopted() {
    let mut of_instance = elsewhere(1, "eu-west-1");
    of_instance.source_instance = Some("i-1".into());
    let mut whole = elsewhere(2, "eu-west-1");
    whole.state = ImageState::Available;
    let mut built = elsewhere(3, "eu-west-1");
    built.source_image_id = None;
    let mut tagged = elsewhere(5, "eu-west-1");
    tagged.source_image_id = ImageId::new("ami-0").ok();
    tagged.tags = vec![Tag { key: JobTags::JOB.into(), value: request(1, "eu-west-1").token.as_str().into() }];
    let mut engine = Engine::new(EngineConfig::default());
    // Sent, and not answered: the new image may be seen before its id is known.
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    let seen = Response::ListPending(region("eu-west-1"), Ok(vec![of_instance, whole, built, tagged]));
    engine.handle(Event::Response(seen), at(1));
    assert_eq!(engine.jobs().count(), 1);
}

#[test]
fn copies_started_elsewhere_count_against_the_limit() {
    let mut engine = Engine::new(EngineConfig { pending: 3, ..EngineConfig::default() });
    let here = [elsewhere(1, "eu-west-1"), elsewhere(2, "eu-west-1")];
    let requests = (1..=4).map(|n| request(n, "eu-west-1")).collect();
    let calls = submit_beside(&mut engine, requests, &here, at(0));
    assert!(matches!(calls[..], [Request::CopyImage { .. }]), "{calls:?}");
    assert_eq!(
        engine.status().regions[&region("eu-west-1")].waiting,
        Some(Waiting::PendingLimit { pending: 3, limit: 3 })
    );
}

#[test]
fn nothing_is_sent_before_the_copies_under_way_were_counted() {
    let mut engine = Engine::new(EngineConfig::default());
    let calls = engine.handle(Event::Command(Command::Copy(vec![request(1, "eu-west-1")])), at(0));
    assert!(matches!(calls[..], [Request::ListPending { .. }]), "{calls:?}");
    let calls =
        engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Err(later("no network")))), at(1));
    assert_eq!(calls, [], "and a failed count is not tried again at once");
    let (now, calls) = next_calls(&mut engine);
    assert!(now > at(2) && matches!(calls[..], [Request::ListPending { .. }]), "{calls:?}");
    let denied = Failure::new("count", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
    let calls = engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Err(denied))), now);
    assert!(
        matches!(calls[..], [Request::CopyImage { .. }]),
        "where nobody may count, copies are made all the same: {calls:?}"
    );
}

#[test]
fn batches_take_turns() {
    let mut engine = Engine::new(EngineConfig { start_burst: 1, ..EngineConfig::default() });
    let batch = |from: u32, n: u32| (from..from + n).map(|n| request(n, "eu-west-1")).collect::<Vec<_>>();
    let mut sent = Vec::new();
    let mut note = |calls: &[Request]| {
        sent.extend(calls.iter().filter_map(|c| match c {
            Request::CopyImage { request, .. } => Some(request.name.as_str().to_owned()),
            _ => None,
        }));
    };
    note(&submit(&mut engine, batch(1, 50)));
    note(&engine.handle(Event::Command(Command::Copy(batch(101, 2))), at(0)));
    while engine.jobs().filter(|j| j.state != JobState::Queued).count() < 5 {
        let now = engine.next_deadline().unwrap();
        note(&engine.handle(Event::Tick, now));
    }
    assert_eq!(sent, ["web-1", "web-101", "web-2", "web-102", "web-3"]);
}

#[test]
fn a_destination_that_is_full_says_so_and_holds_up_nobody() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-2")]);
    let full =
        Failure::new("copy", "limit").code("ResourceLimitExceeded").kind(FailureKind::LimitReached).retry(Retry::Later);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(full))), at(1));
    let status = engine.status();
    let waiting = status.regions[&region("eu-west-2")].waiting.clone();
    assert_eq!(waiting, Some(Waiting::AwsLimit { pending: 0 }));
    let calls = submit_beside(&mut engine, vec![request(2, "eu-west-1")], &[], at(1));
    assert!(matches!(calls[..], [Request::CopyImage { .. }]), "{calls:?}");
}

#[test]
fn three_thousand_queued_copies_cost_no_more_than_a_turn_each() {
    let mut engine = Engine::new(EngineConfig::default());
    let places: Vec<String> = (0..30).map(|n| format!("eu-test-{n}")).collect();
    let requests = (0..3_000).map(|n| request(n, &places[n as usize % 30])).collect();
    let calls = submit(&mut engine, requests);
    assert_eq!(calls.len(), 300, "a burst of ten for each of thirty destinations");
    engine.take_changed();
    let now = engine.next_deadline().unwrap();
    let calls = engine.handle(Event::Tick, now);
    assert_eq!(calls.iter().filter(|c| matches!(c, Request::CopyImage { .. })).count(), 30);
    assert_eq!(engine.take_changed().len(), 30, "only what has changed is written");
}

#[test]
fn an_image_that_turns_up_after_its_jobs_end_is_taken_back() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1"), request(2, "eu-west-1")]);
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let throttled = || {
        Failure::new("copy", "slow down").code("RequestLimitExceeded").kind(FailureKind::Throttled).retry(Retry::Later)
    };
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(throttled()))), at(1));
    assert_eq!(state(&engine).phase().as_str(), "cancelled", "a throttle is a refusal");
    let mut late = elsewhere(9, "eu-west-1");
    late.source_image_id = ImageId::new("ami-0").ok();
    late.tags = vec![Tag { key: JobTags::JOB.into(), value: request(1, "eu-west-1").token.as_str().into() }];
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![late]))), at(2));
    assert_eq!(state(&engine).phase().as_str(), "cancelling");
    assert_eq!(engine.jobs().count(), 2);
}

#[test]
fn a_region_that_is_looked_at_seldom_is_watched_all_the_same() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    let mut watches = 0;
    for _ in 0..20 {
        let (now, calls) = next_calls(&mut engine);
        for call in calls {
            watches += u32::from(matches!(call, Request::PollCopies { .. }));
            let slow = Failure::new("look", "slow down")
                .code("RequestLimitExceeded")
                .kind(FailureKind::Throttled)
                .retry(Retry::Later);
            engine.handle(Event::Response(call.failed(slow)), now);
        }
    }
    assert!(watches >= 9, "{watches} of 20 looks");
}
