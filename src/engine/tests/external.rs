//! Copies started elsewhere, limits, and turns between batches.

use super::*;
use crate::domain::image::Tag;

/// Returns the image of a copy that somebody else started.
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
fn a_copy_started_elsewhere_becomes_one_job_and_can_be_cancelled() {
    let mut engine = Engine::new(EngineConfig::default());
    let requests = engine.handle(Event::Command(Command::ListPendingIn(vec![region("eu-west-1")])), at(0));
    assert!(matches!(requests[..], [Request::ListPending { .. }]), "{requests:?}");
    let seen = || Response::ListPending(region("eu-west-1"), Ok(vec![elsewhere(1, "eu-west-1")]));
    engine.handle(Event::Response(seen()), at(0));
    let (now, requests) = next_requests(&mut engine);
    assert!(matches!(&requests[..], [Request::PollCopies { images, .. }] if images.len() == 1), "{requests:?}");
    engine.handle(Event::Response(seen()), now);
    let [job] = &engine.jobs().collect::<Vec<_>>()[..] else { panic!("one job") };
    assert_eq!((job.origin, job.phase().as_str(), job.batch.as_str()), (Origin::Elsewhere, "copying", "ami-else1"));
    assert_eq!((job.request.source.as_str(), job.request.name.as_str()), ("ami-7", "theirs-1"));
    let id = job.id;
    let requests = engine.handle(Event::Command(Command::Cancel(vec![id])), now);
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    engine.handle(Event::Command(Command::Retry(vec![(id, ClientToken::from_random(5))])), now);
    assert_eq!(engine.job(id).unwrap().note, Some(Note::SettingsUnknown));
}

#[test]
fn images_that_are_no_copies_or_ours_become_no_jobs() {
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
    // Sent and not answered: the new image may appear before its id is known.
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    let seen = Response::ListPending(region("eu-west-1"), Ok(vec![of_instance, whole, built, tagged]));
    engine.handle(Event::Response(seen), at(1));
    assert_eq!(engine.jobs().count(), 1);
}

/// Follows a region for so many seconds while a copy there makes progress or none; gives the times of all lists, and of all requests.
fn followed_for(seconds: i64, progress: bool, config: EngineConfig) -> (Vec<i64>, Vec<i64>) {
    let mut engine = Engine::new(config);
    let place = || region("eu-west-1");
    let mut requests = engine.handle(Event::Command(Command::ListPendingIn(vec![place()])), at(0));
    let (mut now, mut lists, mut all) = (at(0), Vec::new(), Vec::new());
    while now < at(seconds) {
        let [request] = &requests[..] else { panic!("{requests:?}") };
        let passed = now.duration_since(at(0)).as_millis();
        all.push(i64::try_from(passed).unwrap());
        let response = match request {
            Request::ListPending { .. } => {
                lists.push(*all.last().unwrap());
                Response::ListPending(place(), Ok(vec![elsewhere(1, "eu-west-1")]))
            }
            Request::PollCopies { .. } => {
                let percent = if progress { u8::try_from(all.len() * 99 / 400).unwrap().min(98) } else { 7 };
                let snapshot = Snapshot { tags: Vec::new(), ..snapshot(Some(percent), SnapshotState::Pending) };
                Response::PollCopies(
                    place(),
                    Ok(PolledCopies {
                        requested: vec![elsewhere(1, "eu-west-1").id],
                        images: vec![elsewhere(1, "eu-west-1")],
                        snapshots: Ok(vec![snapshot]),
                        failures: Vec::new(),
                    }),
                )
            }
            other => panic!("{other:?}"),
        };
        engine.handle(Event::Response(response), now);
        (now, requests) = next_requests(&mut engine);
    }
    (lists, all)
}

fn longest_gap(times: &[i64]) -> i64 {
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
}

#[test]
fn a_region_that_is_looked_at_is_listed_every_ten_seconds_however_rarely_copies_are_polled() {
    for progress in [true, false] {
        for (fastest, slowest) in [(3, 15), (5, 15), (3, 120)] {
            let config = EngineConfig {
                min_poll_interval: SignedDuration::from_secs(fastest),
                max_poll_interval: SignedDuration::from_secs(slowest),
                ..EngineConfig::default()
            };
            let (lists, all) = followed_for(600, progress, config);
            let polls: Vec<i64> = all.iter().filter(|time| !lists.contains(time)).copied().collect();
            assert!(longest_gap(&lists) <= 10_000, "{progress} {fastest} {slowest}: {lists:?}");
            // Both at once at most; and the copies do not starve.
            assert!(
                longest_gap(&polls) <= slowest * 1_100 + fastest * 2_000,
                "{progress} {fastest} {slowest}: {polls:?}"
            );
            let most = 600 / if progress { fastest } else { slowest } + 600 / 10 + 20;
            assert!(
                i64::try_from(all.len()).unwrap() <= most,
                "{progress} {fastest} {slowest}: {} requests",
                all.len()
            );
        }
    }
}

#[test]
fn copies_started_elsewhere_count_against_the_limit() {
    let mut engine = Engine::new(EngineConfig { pending_limit: 3, ..EngineConfig::default() });
    let here = [elsewhere(1, "eu-west-1"), elsewhere(2, "eu-west-1")];
    let requests = (1..=4).map(|n| request(n, "eu-west-1")).collect();
    let requests = submit_with_pending(&mut engine, requests, &here, at(0));
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
    assert_eq!(
        engine.status().regions[&region("eu-west-1")].waiting,
        Some(Waiting::PendingLimit { pending: 3, limit: 3 })
    );
}

#[test]
fn nothing_is_sent_before_the_pending_copies_are_counted() {
    let mut engine = Engine::new(EngineConfig::default());
    let requests = engine.handle(Event::Command(Command::Copy(vec![request(1, "eu-west-1")])), at(0));
    assert!(matches!(requests[..], [Request::ListPending { .. }]), "{requests:?}");
    let requests =
        engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Err(later("no network")))), at(1));
    assert_eq!(requests, [], "and a failed count is not tried again at once");
    let (now, requests) = next_requests(&mut engine);
    assert!(now > at(2) && matches!(requests[..], [Request::ListPending { .. }]), "{requests:?}");
    let denied = Failure::new("count", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
    let requests = engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Err(denied))), now);
    assert!(
        matches!(requests[..], [Request::CopyImage { .. }]),
        "where nobody may count, copies are made all the same: {requests:?}"
    );
}

#[test]
fn batches_take_turns() {
    let mut engine = Engine::new(EngineConfig { start_burst: 1, ..EngineConfig::default() });
    let batch = |from: u32, n: u32| (from..from + n).map(|n| request(n, "eu-west-1")).collect::<Vec<_>>();
    let mut sent = Vec::new();
    let mut note = |requests: &[Request]| {
        sent.extend(requests.iter().filter_map(|c| match c {
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
fn a_full_destination_says_so_and_delays_no_other() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-2")]);
    let full =
        Failure::new("copy", "limit").code("ResourceLimitExceeded").kind(FailureKind::LimitReached).retry(Retry::Later);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(full))), at(1));
    let status = engine.status();
    let waiting = status.regions[&region("eu-west-2")].waiting.clone();
    assert_eq!(waiting, Some(Waiting::AwsLimit { pending: 0 }));
    let requests = submit_with_pending(&mut engine, vec![request(2, "eu-west-1")], &[], at(1));
    assert!(matches!(requests[..], [Request::CopyImage { .. }]), "{requests:?}");
}

#[test]
fn three_thousand_queued_copies_cost_no_more_than_a_turn_each() {
    let mut engine = Engine::new(EngineConfig::default());
    let places: Vec<String> = (0..30).map(|n| format!("eu-test-{n}")).collect();
    let requests = (0..3_000).map(|n| request(n, &places[n as usize % 30])).collect();
    let requests = submit(&mut engine, requests);
    assert_eq!(requests.len(), 300, "a burst of ten for each of thirty destinations");
    engine.take_changed();
    let now = engine.next_deadline().unwrap();
    let requests = engine.handle(Event::Tick, now);
    assert_eq!(requests.iter().filter(|c| matches!(c, Request::CopyImage { .. })).count(), 30);
    assert_eq!(engine.take_changed().len(), 30, "only what has changed is written");
}

#[test]
fn an_image_that_appears_after_its_job_ended_reopens_the_job() {
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
fn copies_are_polled_even_where_a_list_is_always_due() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    let mut watches = 0;
    for _ in 0..20 {
        let (now, requests) = next_requests(&mut engine);
        for call in requests {
            watches += u32::from(matches!(call, Request::PollCopies { .. }));
            let slow = Failure::new("poll", "slow down")
                .code("RequestLimitExceeded")
                .kind(FailureKind::Throttled)
                .retry(Retry::Later);
            engine.handle(Event::Response(call.failed(slow)), now);
        }
    }
    assert!(watches >= 9, "{watches} of 20 polls");
}
