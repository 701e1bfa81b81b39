//! Deregistering images that a person named.

use super::*;
use crate::domain::post_copy::PostCopyStep;

fn wanted(image: &Image, keep_snapshots: bool) -> Event {
    Event::Command(Command::DeregisterImages(vec![ImageDeregistration::of(image, keep_snapshots)]))
}

/// An image that somebody registered, from no copy.
fn registered() -> Image {
    let mut image = image(ImageState::Available);
    (image.name, image.created) = ("hand made".into(), Some(at(-90_000)));
    image
}

fn engine() -> Engine {
    Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() })
}

fn checked(image: Image) -> Event {
    let checked = CheckedImage { image: Some(Box::new(image)), source_snapshots: None };
    Event::Response(Response::CheckImage(JobId(1), Ok(checked)))
}

fn answered(codes: Vec<(SnapshotId, SnapshotReturnCode)>) -> Event {
    Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(codes))))
}

fn snap(id: &str) -> SnapshotId {
    SnapshotId::new(id).unwrap()
}

/// Its own snapshot, made from a volume.
fn taken() -> Snapshot {
    Snapshot {
        description: "nightly".into(),
        volume_id: Some("vol-1".into()),
        tags: Vec::new(),
        ..snapshot(Some(100), SnapshotState::Completed)
    }
}

/// Answers the listings until the job ends; returns what was deleted.
fn list_until_the_end(engine: &mut Engine, mut requests: Vec<Request>, found: &[Snapshot]) -> Vec<SnapshotId> {
    let (mut deleted, mut now) = (Vec::new(), at(20));
    for _ in 0..50 {
        if engine.job(JobId(1)).unwrap().state.ended() {
            return deleted;
        }
        let mut next = Vec::new();
        for request in requests {
            let event = match request {
                Request::FindSnapshots { job, image, .. } => {
                    let left = found.iter().filter(|s| !deleted.contains(&s.id)).cloned().collect();
                    Response::FindSnapshots(job, image, Ok(left))
                }
                Request::DeleteSnapshot { job, image, snapshot, .. } => {
                    deleted.push(snapshot.clone());
                    Response::DeleteSnapshot(job, image, snapshot, Ok(()))
                }
                Request::ListPending { region } => Response::ListPending(region, Ok(Vec::new())),
                other => panic!("{other:?}"),
            };
            next.extend(engine.handle(Event::Response(event), now));
        }
        if next.is_empty() {
            now = engine.next_deadline().unwrap_or(now);
            next = engine.handle(Event::Tick, now);
        }
        requests = next;
    }
    panic!("it does not end: {:?}", engine.job(JobId(1)));
}

fn removal(engine: &mut Engine, keep_snapshots: bool) -> Vec<Request> {
    let requests = engine.handle(wanted(&registered(), keep_snapshots), at(0));
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    engine.handle(checked(registered()), at(1))
}

#[test]
fn an_image_that_is_no_jobs_becomes_a_job_and_goes_with_its_snapshots() {
    let mut engine = engine();
    let requests = removal(&mut engine, false);
    let [request @ Request::DeregisterImage { keep_snapshots: false, .. }] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(request.change().unwrap().resource, "ami-new", "it is on record");
    let requests = engine.handle(answered(vec![(snap("snap-new"), SnapshotReturnCode::Deleted)]), at(2));
    assert_eq!(list_until_the_end(&mut engine, requests, &[]), []);
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((&job.state, job.origin, job.leftovers.len()), (&JobState::Deregistered, Origin::Elsewhere, 0));
}

#[test]
fn snapshots_are_kept_if_that_is_wanted() {
    let mut engine = engine();
    let requests = removal(&mut engine, true);
    assert!(matches!(requests[..], [Request::DeregisterImage { keep_snapshots: true, .. }]), "{requests:?}");
    let requests = engine.handle(answered(Vec::new()), at(2));
    assert_eq!((requests, &engine.job(JobId(1)).unwrap().state), (Vec::new(), &JobState::Deregistered));
    assert!(engine.can_exit());
}

#[test]
fn a_snapshot_that_ec2_could_not_delete_is_deleted_and_one_that_others_use_is_kept() {
    let mut engine = engine();
    removal(&mut engine, false);
    let codes =
        vec![(snap("snap-new"), SnapshotReturnCode::InternalError), (snap("snap-other"), SnapshotReturnCode::Skipped)];
    let requests = engine.handle(answered(codes), at(2));
    let other = Snapshot { id: snap("snap-other"), ..taken() };
    assert_eq!(list_until_the_end(&mut engine, requests, &[taken(), other]), [snap("snap-new")]);
    let leftovers = &engine.job(JobId(1)).unwrap().leftovers;
    assert!(
        matches!(&leftovers[..], [Leftover { snapshot, why: LeftoverReason::InUse }] if *snapshot == snap("snap-other"))
    );
}

#[test]
fn without_ec2s_answer_nothing_proves_whose_a_snapshot_is() {
    let mut engine = engine();
    removal(&mut engine, false);
    // It was sent, and the program died: the image is gone when it is looked for again.
    let stored = serde_json::to_string(&engine.jobs().cloned().collect::<Vec<_>>()).unwrap();
    let mut engine = super::deregistration::engine();
    engine.restore(serde_json::from_str(&stored).unwrap(), 9, at(9));
    let mut next = Vec::new();
    for seconds in [9, 20] {
        let requests = engine.handle(Event::Tick, at(seconds));
        assert!(requests.iter().any(|r| matches!(r, Request::CheckImage { .. })), "{requests:?}");
        let gone = Response::CheckImage(JobId(1), Ok(CheckedImage::default()));
        next = engine.handle(Event::Response(gone), at(seconds));
    }
    assert_eq!(list_until_the_end(&mut engine, next, &[taken()]), []);
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.state, JobState::Deregistered);
    assert!(matches!(job.leftovers[..], [Leftover { why: LeftoverReason::NotProven(_), .. }]), "{:?}", job.leftovers);
}

#[test]
fn a_refusal_leaves_the_image_and_says_why() {
    let mut engine = engine();
    removal(&mut engine, false);
    let refused = Failure::new("deregister", "it is protected").code("OperationNotPermitted");
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(refused.clone()))), at(2));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.state.phase(), JobPhase::Available);
    assert_eq!(job.note, Some(Note::DeregisterRefused(Box::new(refused))));
    let requests = engine.handle(wanted(&registered(), false), at(3));
    assert!(matches!(requests[..], [Request::CheckImage { job: JobId(1), .. }]), "the same job tries again");
}

#[test]
fn the_source_of_a_running_copy_is_left_alone() {
    let mut engine = copying();
    let mut source =
        Image::bare(ImageId::new("ami-0").unwrap(), region("us-east-1"), AccountId::new("123456789012").unwrap());
    source.name = "web".into();
    for seconds in [20, 30] {
        let requests = engine.handle(wanted(&source, false), at(seconds));
        assert!(
            !requests.iter().any(|r| matches!(r, Request::CheckImage { .. }) || r.change().is_some()),
            "{requests:?}"
        );
        let job = engine.job(JobId(2)).unwrap();
        assert_eq!(job.note, Some(Note::SourceOfCopies(vec![JobId(1)])));
        assert_eq!((job.state.phase(), job.ended), (JobPhase::Available, Some(at(seconds))));
    }
}

/// A copy with a step left that is under way as far as is known here, and is deregistered by its image; EC2 says `state` of it.
fn deregistered_while_copying(state: ImageState, keep_snapshots: bool) -> (Engine, Vec<Request>) {
    let mut engine = engine();
    let request = CopyRequest { post_copy: vec![PostCopyStep::SourceTag], ..request(1, "eu-west-1") };
    submit(&mut engine, vec![request]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    let requests = engine.handle(wanted(&image(state), keep_snapshots), at(20));
    assert!(requests.iter().any(|r| matches!(r, Request::CheckImage { job: JobId(1), .. })), "{requests:?}");
    assert_eq!(engine.jobs().count(), 1);
    assert_eq!(engine.job(JobId(1)).unwrap().phase(), JobPhase::Deregistering);
    let requests = engine.handle(checked(image(state)), at(21));
    (engine, requests)
}

#[test]
fn a_copy_that_is_under_way_in_the_store_is_deregistered_whatever_it_is_now() {
    for state in [ImageState::Pending, ImageState::Available, ImageState::Failed] {
        for keep in [false, true] {
            let (mut engine, requests) = deregistered_while_copying(state, keep);
            let [Request::DeregisterImage { keep_snapshots, not_after: None, .. }] = &requests[..] else {
                panic!("{state:?}: {requests:?}")
            };
            assert_eq!(*keep_snapshots, keep);
            let requests = engine.handle(answered(Vec::new()), at(22));
            assert_eq!(list_until_the_end(&mut engine, requests, &[]), []);
            let job = engine.job(JobId(1)).unwrap();
            assert_eq!(job.state, JobState::Deregistered, "{state:?}");
            assert_eq!(job.step_states, [StepState::GivenUp]);
        }
    }
}

#[test]
fn a_copy_under_way_goes_on_with_its_steps_if_it_may_not_be_deregistered() {
    let (mut engine, _) = deregistered_while_copying(ImageState::Available, false);
    let refused = Failure::new("deregister", "it is protected").code("OperationNotPermitted");
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(refused.clone()))), at(22));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.state, JobState::Copying { image: new_image() });
    assert_eq!(job.note, Some(Note::DeregisterRefused(Box::new(refused))));
    assert_eq!(job.step_states, [StepState::Waiting]);
}

#[test]
fn only_what_ec2_called_deleted_counts_as_deleted_where_snapshots_may_not_be_listed() {
    let mut engine = engine();
    removal(&mut engine, false);
    let codes =
        vec![(snap("snap-new"), SnapshotReturnCode::Deleted), (snap("snap-other"), SnapshotReturnCode::ClientError)];
    let (mut requests, mut now) = (engine.handle(answered(codes), at(2)), at(2));
    while !engine.job(JobId(1)).unwrap().state.ended() {
        for request in std::mem::take(&mut requests) {
            let Request::FindSnapshots { job, image, .. } = request else { panic!("{request:?}") };
            let refused =
                Err(Failure::new("list", "you may not").kind(FailureKind::Denied).code("UnauthorizedOperation"));
            requests.extend(engine.handle(Event::Response(Response::FindSnapshots(job, image, refused)), now));
        }
        now = engine.next_deadline().unwrap_or(now);
        requests.extend(engine.handle(Event::Tick, now));
    }
    let job = engine.job(JobId(1)).unwrap();
    let expected = [Leftover { snapshot: snap("snap-other"), why: LeftoverReason::NotListed }];
    assert_eq!((job.leftovers.as_slice(), job.state.clone()), (&expected[..], JobState::Deregistered));
}

/// A request that holds for a minute.
fn wanted_for_a_minute() -> Event {
    let wanted = ImageDeregistration { not_after: Some(at(60)), ..ImageDeregistration::of(&registered(), false) };
    Event::Command(Command::DeregisterImages(vec![wanted]))
}

/// Answers each request at each deadline until the job ends; returns how often `DeregisterImage` was sent after the minute.
fn answer_until_the_end(engine: &mut Engine, mut requests: Vec<Request>, answer: impl Fn(&Request) -> Event) -> usize {
    let (mut late, mut now) = (0, at(0));
    for _ in 0..1_000 {
        if engine.job(JobId(1)).unwrap().state.ended() {
            return late;
        }
        let sent = std::mem::take(&mut requests);
        late += sent.iter().filter(|r| matches!(r, Request::DeregisterImage { .. }) && now > at(60)).count();
        for request in &sent {
            requests.extend(engine.handle(answer(request), now));
        }
        if requests.is_empty() {
            now = engine.next_deadline().unwrap_or(now).max(now);
            requests = engine.handle(Event::Tick, now);
        }
    }
    panic!("it does not end: {:?}", engine.job(JobId(1)));
}

#[test]
fn what_is_to_go_within_a_minute_stays_if_it_does_not() {
    let down = || Failure::new("ask", "HTTP 503").code("Unavailable").retry(Retry::Later);
    let throttled = || Failure::new("ask", "slow").kind(FailureKind::Throttled).retry(Retry::Later);
    let refusals: [&dyn Fn() -> Failure; 2] = [&down, &throttled];
    for (checks_answer, refusal) in [(false, refusals[0]), (true, refusals[0]), (true, refusals[1])] {
        let mut engine = engine();
        let requests = engine.handle(wanted_for_a_minute(), at(0));
        let late = answer_until_the_end(&mut engine, requests, |request| match request {
            Request::CheckImage { .. } if checks_answer => checked(registered()),
            Request::CheckImage { .. } => Event::Response(Response::CheckImage(JobId(1), Err(refusal()))),
            Request::DeregisterImage { .. } => Event::Response(Response::DeregisterImage(JobId(1), Err(refusal()))),
            Request::ListPending { region } => Event::Response(Response::ListPending(region.clone(), Ok(Vec::new()))),
            other => panic!("{other:?}"),
        });
        let job = engine.job(JobId(1)).unwrap();
        assert_eq!((late, job.note.clone()), (0, Some(Note::DeregisterTooLate)), "{checks_answer}");
        assert!(matches!(job.state, JobState::Available { .. }), "{:?}", job.state);
        // A person who wants it gone has no such limit.
        let requests = engine.handle(wanted(&registered(), false), at(7_000));
        assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    }
}

#[test]
fn a_command_that_is_taken_up_too_late_changes_nothing() {
    let mut engine = engine();
    let requests = engine.handle(wanted_for_a_minute(), at(61));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((requests.len(), job.note.clone()), (0, Some(Note::DeregisterTooLate)));
    assert!(matches!(job.state, JobState::Available { .. }) && engine.can_exit());
}

#[test]
fn one_that_was_sent_in_time_is_completed_after_it() {
    let mut engine = engine();
    let requests = engine.handle(wanted_for_a_minute(), at(0));
    assert_eq!(requests.len(), 1);
    let requests = engine.handle(checked(registered()), at(1));
    let [Request::DeregisterImage { not_after, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(*not_after, Some(at(60)));
    let lost = Failure::new("deregister", "no answer").retry(Retry::Later);
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(lost))), at(59));
    let gone = CheckedImage { image: None, source_snapshots: None };
    let mut now = at(100);
    let mut requests = engine.handle(Event::Tick, now);
    for _ in 0..10 {
        if let Some(Request::CheckImage { .. }) = requests.first() {
            requests = engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(gone.clone()))), now);
        } else {
            now += SignedDuration::from_secs(6);
            requests = engine.handle(Event::Tick, now);
        }
        if requests.iter().any(|request| matches!(request, Request::FindSnapshots { .. })) {
            return;
        }
    }
    panic!("its snapshots are not deleted: {:?}", engine.job(JobId(1)));
}
