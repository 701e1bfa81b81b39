//! When a copy ended: watched, reported by EC2, or only seen later.

use super::*;

/// The copy after a restart at `from`, as a store gives it back.
fn back(engine: &Engine, from: i64) -> Engine {
    let stored = serde_json::to_string(engine.job(JobId(1)).unwrap()).unwrap();
    let mut again =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    again.restore(vec![serde_json::from_str(&stored).unwrap()], 1, at(from));
    again
}

/// Answers what is requested with the copy available, until it has ended. Its snapshots were completed then.
fn watch(engine: &mut Engine, from: i64, completed: Option<i64>) -> Job {
    let mut now = at(from);
    while !state(engine).ended() {
        for request in engine.handle(Event::Tick, now) {
            let answer = match request {
                Request::ListPending { region } => Response::ListPending(region, Ok(Vec::new())),
                Request::PollCopies { region, .. } => {
                    let mut polled = seen(ImageState::Available, Some(100));
                    for snapshot in polled.snapshots.iter_mut().flatten() {
                        snapshot.completed = completed.map(at);
                    }
                    Response::PollCopies(region, Ok(polled))
                }
                other => panic!("{other:?}"),
            };
            engine.handle(Event::Response(answer), now);
        }
        now = engine.next_deadline().unwrap_or(now);
    }
    engine.job(JobId(1)).unwrap().clone()
}

#[test]
fn a_copy_that_was_watched_ended_when_it_was_seen() {
    let mut engine = copying();
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(40))));
    let from = engine.next_deadline().unwrap().duration_since(at(0)).as_secs();
    let job = watch(&mut engine, from, None);
    assert_eq!(job.end_time(), job.ended.map(EndTime::At));
    assert_eq!(job.completed_copy().map(|c| c.seconds), job.elapsed(at(9_000)).and_then(|s| s.try_into().ok()));
}

#[test]
fn a_copy_that_is_polled_rarely_is_watched_all_the_same() {
    let hour = SignedDuration::from_hours(1);
    let mut engine = copying();
    engine.config = EngineConfig { max_poll_interval: hour, max_backoff: hour, ..EngineConfig::default() };
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(40))));
    let job = watch(&mut engine, 3_600, None);
    assert_eq!(job.end_time(), job.ended.map(EndTime::At));
}

#[test]
fn a_copy_that_ended_while_nobody_watched_is_dated_by_ec2_or_not_at_all() {
    // When EC2 completed its snapshots, and when it ended; `None` for when it was seen.
    for (completed, ended, is_bound) in [
        (Some(90), Some(90), false),
        // Clocks differ.
        (Some(-30), Some(0), false),
        (Some(9_999), None, false),
        (None, None, true),
    ] {
        let mut engine = copying();
        poll(&mut engine, Ok(seen(ImageState::Pending, Some(40))));
        let job = watch(&mut back(&engine, 1_000), 1_000, completed);
        let noticed = job.ended.unwrap();
        assert!(noticed > at(1_000), "what is kept for a while counts from when it was seen");
        let expected = ended.map_or(noticed, at);
        let end = job.end_time().unwrap();
        assert_eq!((end.latest(), end.is_upper_bound()), (expected, is_bound), "{completed:?}");
        let seconds = expected.duration_since(at(0)).as_secs();
        assert_eq!(job.elapsed(at(9_000)), Some(seconds));
        let judged = job.completed_copy().map(|copy| copy.seconds);
        assert_eq!(judged, seconds.try_into().ok().filter(|_| !is_bound), "{completed:?}");
        let stored: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        assert_eq!(stored.end_time(), job.end_time());
    }
}

#[test]
fn a_copy_whose_snapshots_are_not_all_there_or_that_failed_has_no_known_end() {
    let mut engine = copying();
    let JobState::Copying { .. } = state(&engine) else { panic!() };
    let mut failing = back(&engine, 1_000);
    failing.handle(Event::Tick, at(1_000));
    let failed = Response::PollCopies(region("eu-west-1"), Ok(seen(ImageState::Failed, None)));
    failing.handle(Event::Response(failed), at(1_000));
    assert_eq!(failing.job(JobId(1)).unwrap().end_time(), Some(EndTime::Before(at(1_000))));
    if let Some(job) = engine.jobs.get_mut(JobId(1)) {
        job.request.volumes = vec![8, 8];
    }
    let job = watch(&mut back(&engine, 1_000), 1_000, Some(90));
    assert!(job.end_time().unwrap().is_upper_bound());
}

#[test]
fn a_copy_that_could_not_be_deregistered_keeps_its_end() {
    let mut engine = copying();
    let job = watch(&mut engine, 3, None);
    engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(9_000));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(9_000));
    let refusal = Failure::new("deregister", "it is protected").retry(Retry::Never);
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(refusal))), at(9_000));
    let after = engine.job(JobId(1)).unwrap();
    assert_eq!((after.state.phase(), after.ended), (JobPhase::Available, Some(at(9_000))));
    assert_eq!((after.end_time(), after.elapsed(at(9_999))), (job.end_time(), job.elapsed(at(9_999))));
}

#[test]
fn a_store_that_says_nothing_of_it_is_read() {
    let mut engine = copying();
    let job = watch(&mut engine, 3, None);
    let mut stored = serde_json::to_value(&job).unwrap();
    stored.as_object_mut().unwrap().remove("copy_end").unwrap();
    let mut old: Job = serde_json::from_value(stored).unwrap();
    assert_eq!(old.end_time(), job.ended.map(EndTime::At));
    let days = at(3 * 86_400);
    (old.ended, old.last_progress) = (Some(days), Some(at(60)));
    assert_eq!((old.end_time(), old.completed_copy()), (Some(EndTime::Before(days)), None));
}

#[test]
fn a_copy_whose_answer_was_lost_began_when_it_was_sent() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    let mut engine = back(&engine, 1_000);
    let requests = engine.handle(Event::Tick, at(1_000));
    assert!(requests.iter().any(|r| matches!(r, Request::Reconcile { .. })), "{requests:?}");
    let mut found = seen(ImageState::Available, Some(100)).images;
    found[0].source_image_id = ImageId::new("ami-0").ok();
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(found))), at(1_000));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.state.phase(), job.started), (JobPhase::Copying, Some(at(0))));
}

#[test]
fn a_copy_found_later_began_when_ec2_created_its_image_and_one_that_was_there_before_tells_nothing_of_others() {
    // When the image was created, when the copy began by that, and how long it took for estimates.
    for (created, started, took) in [
        (None, 0, Some(1_003)),
        // The request was sent again and again, and a later one was carried out.
        (Some(400), 400, Some(603)),
        // Clocks differ.
        (Some(-3), 0, Some(1_003)),
        (Some(5_000), 1_000, Some(3)),
        // It was there before.
        (Some(-3_600), 0, None),
    ] {
        let mut engine = Engine::new(EngineConfig::default());
        submit(&mut engine, vec![request(1, "eu-west-1")]);
        let mut engine = back(&engine, 1_000);
        engine.handle(Event::Tick, at(1_000));
        let mut found = seen(ImageState::Available, Some(100)).images;
        (found[0].source_image_id, found[0].created) = (ImageId::new("ami-0").ok(), created.map(at));
        found[0].tags = vec![job_tag(&ClientToken::from_random(1))];
        engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(found))), at(1_000));
        assert_eq!(engine.job(JobId(1)).unwrap().started, Some(at(started)), "{created:?}");
        let mut job = watch(&mut back(&engine, 1_000), 1_000, None);
        job.copy_end = Some(EndTime::At(at(1_003)));
        assert_eq!(job.completed_copy().map(|copy| copy.seconds), took, "{created:?}");
    }
}
