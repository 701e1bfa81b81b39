//! A copy's life against scripted answers: which requests are made, in which order, and how it ends.

mod cleanup;
mod clock_step;
mod comparing;
mod credentials;
mod deregistration;
mod derived_tokens;
mod ends;
mod external;
mod polling;
mod reconciling;
mod removal;
mod replaced;
mod resending;
mod steps;

use jiff::SignedDuration;

use super::*;
use crate::domain::{
    AccountId, ClientToken, CopyRequest, Description, Encryption, FailureKind, Image, ImageDeregistration, ImageId,
    ImageName, ImageState, Retry, Snapshot, SnapshotId, SnapshotState,
    image::{BlockDevice, Ebs, Tag},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn request(n: u32, destination: &str) -> CopyRequest {
    CopyRequest {
        source_name: "web".into(),
        volumes: vec![8],
        source_snapshots: vec![SnapshotId::new("snap-0").unwrap()],
        ..CopyRequest::bare(
            (ImageId::new("ami-0").unwrap(), region("us-east-1")),
            region(destination),
            ImageName::new(&format!("web-{n}")).unwrap(),
            ClientToken::from_random(n.into()),
        )
    }
}

fn new_image() -> ImageId {
    ImageId::new("ami-new").unwrap()
}

fn image(state: ImageState) -> Image {
    let mut image = Image::bare(new_image(), region("eu-west-1"), AccountId::new("123456789012").unwrap());
    image.state = state;
    image.block_devices = vec![BlockDevice {
        device_name: "/dev/xvda".into(),
        ebs: Some(Ebs { snapshot_id: SnapshotId::new("snap-new").ok(), volume_size: Some(8), ..Ebs::default() }),
        virtual_name: None,
    }];
    image
}

fn snapshot(percent: Option<u8>, state: SnapshotState) -> Snapshot {
    Snapshot {
        id: SnapshotId::new("snap-new").unwrap(),
        state,
        progress: percent,
        volume_size: 8,
        volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
        started: Some(at(0)),
        completed: None,
        state_message: (state == SnapshotState::Error).then(|| "Given key ID is not accessible".into()),
        description:
            "Copied for DestinationAmi ami-new from SourceAmi ami-0 for SourceSnapshot snap-0. Task created on 1."
                .into(),
        encrypted: false,
        kms_key_id: None,
        tags: vec![job_tag(&ClientToken::from_random(1))],
    }
}

fn job_tag(token: &ClientToken) -> Tag {
    Tag { key: JobTags::JOB.into(), value: token.as_str().into() }
}

/// Returns the answer to a check that finds the image in this state.
fn still(state: ImageState) -> CheckedImage {
    CheckedImage { image: Some(Box::new(image(state))), source_snapshots: None }
}

/// Returns a poll that finds neither image nor snapshot.
fn nothing() -> PolledCopies {
    PolledCopies { requested: vec![new_image()], images: Vec::new(), snapshots: Ok(Vec::new()), failures: Vec::new() }
}

/// Requests copies while these images are pending in their regions. Returns the requests that follow.
fn submit_with_pending(
    engine: &mut Engine,
    requests: Vec<CopyRequest>,
    pending: &[Image],
    now: Timestamp,
) -> Vec<Request> {
    let mut requests = engine.handle(Event::Command(Command::Copy(requests)), now);
    let survey = |c: &Request| if let Request::ListPending { region } = c { Some(region.clone()) } else { None };
    let surveys: Vec<Region> = requests.iter().filter_map(survey).collect();
    requests.retain(|c| !matches!(c, Request::ListPending { .. }));
    for region in surveys {
        let here = pending.iter().filter(|i| i.region == region).cloned().collect();
        requests.extend(engine.handle(Event::Response(Response::ListPending(region, Ok(here))), now));
    }
    requests
}

fn submit(engine: &mut Engine, requests: Vec<CopyRequest>) -> Vec<Request> {
    submit_with_pending(engine, requests, &[], at(0))
}

/// Returns an engine with one copy that EC2 accepted at second 0. Lists of pending copies are too rare to matter.
fn copying() -> Engine {
    let mut engine =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    let requests = submit(&mut engine, vec![request(1, "eu-west-1")]);
    assert!(matches!(requests[..], [Request::CopyImage { job: JobId(1), .. }]), "{requests:?}");
    assert_eq!(engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0)), []);
    engine
}

/// Goes to the next deadline, at which a poll of the region is due, and answers it.
fn poll(engine: &mut Engine, answer: Result<PolledCopies, Failure>) -> Timestamp {
    let now = engine.next_deadline().expect("something to wait for");
    let requests = engine.handle(Event::Tick, now);
    assert!(matches!(requests[..], [Request::PollCopies { .. }]), "{requests:?}");
    engine.handle(Event::Response(Response::PollCopies(region("eu-west-1"), answer)), now);
    now
}

/// Lets time pass until the engine makes requests.
fn next_requests(engine: &mut Engine) -> (Timestamp, Vec<Request>) {
    loop {
        let now = engine.next_deadline().expect("something to wait for");
        let requests = engine.handle(Event::Tick, now);
        if !requests.is_empty() {
            return (now, requests);
        }
    }
}

/// Returns a poll that shows the first request's copy as it was requested.
fn seen(state: ImageState, percent: Option<u8>) -> PolledCopies {
    let whole = if percent == Some(100) { SnapshotState::Completed } else { SnapshotState::Pending };
    let token = ClientToken::from_random(1);
    let tags = vec![job_tag(&token), Tag { key: JobTags::BATCH.into(), value: BatchId::of(&token).as_str().into() }];
    PolledCopies {
        requested: vec![new_image()],
        images: vec![Image { name: "web-1".into(), tags: tags.clone(), ..image(state) }],
        snapshots: Ok(vec![Snapshot { tags, ..snapshot(percent, whole) }]),
        failures: Vec::new(),
    }
}

fn state(engine: &Engine) -> &JobState {
    &engine.job(JobId(1)).unwrap().state
}

#[test]
fn a_copy_is_available_after_two_polls_agree() {
    let mut engine = copying();
    poll(&mut engine, Ok(nothing()));
    assert_eq!(state(&engine).phase().as_str(), "copying", "not found yet is not gone");
    poll(&mut engine, Ok(seen(ImageState::Pending, None)));
    assert_eq!(engine.job(JobId(1)).unwrap().percent(), None);
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(40))));
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(30))));
    assert_eq!(engine.job(JobId(1)).unwrap().percent(), Some(40));
    poll(&mut engine, Ok(seen(ImageState::Available, Some(100))));
    assert_eq!(engine.job(JobId(1)).unwrap().percent(), Some(99));
    poll(&mut engine, Ok(seen(ImageState::Available, Some(100))));
    assert_eq!(*state(&engine), JobState::Available { image: new_image() });
    assert_eq!(engine.job(JobId(1)).unwrap().percent(), Some(100));
    // The last planned poll of the region finds nothing to do.
    if let Some(now) = engine.next_deadline() {
        assert_eq!(engine.handle(Event::Tick, now), []);
    }
    assert_eq!(engine.next_deadline(), None, "idle waits for nothing");
}

#[test]
fn a_failed_copy_tells_the_snapshots_reason() {
    let mut engine = copying();
    let mut failed = image(ImageState::Failed);
    failed.state_reason = Some("Copy image failed with an internal error".into());
    let why = Failure::new("copy", "Given key ID is not accessible").kind(FailureKind::KeyNotAccessible);
    poll(
        &mut engine,
        Ok(PolledCopies {
            requested: vec![new_image()],
            images: vec![failed],
            snapshots: Ok(vec![snapshot(None, SnapshotState::Error)]),
            failures: vec![(SnapshotId::new("snap-new").unwrap(), why.clone())],
        }),
    );
    let JobState::Failed { failure, .. } = state(&engine) else { panic!("{:?}", state(&engine)) };
    assert_eq!(**failure, why);
}

#[test]
fn a_copy_that_vanishes_is_reported() {
    let mut engine = copying();
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(1))));
    poll(&mut engine, Ok(nothing()));
    assert_eq!(state(&engine).phase().as_str(), "copying", "one miss proves nothing");
    poll(&mut engine, Ok(nothing()));
    assert_eq!(*state(&engine), JobState::Gone { image: new_image() });
}

#[test]
fn polls_slow_down_without_progress_and_after_throttling() {
    let mut engine = copying();
    let mut last = poll(&mut engine, Ok(seen(ImageState::Pending, Some(5))));
    let mut gaps = Vec::new();
    for _ in 0..6 {
        let now = poll(&mut engine, Ok(seen(ImageState::Pending, Some(5))));
        gaps.push(now.duration_since(last).as_secs());
        last = now;
    }
    assert!(gaps[0] <= 3 && gaps[5] >= 15 && gaps[5] <= 17, "{gaps:?}");
    let throttle = || {
        Err(Failure::new("poll", "slow down")
            .code("RequestLimitExceeded")
            .kind(FailureKind::Throttled)
            .retry(Retry::Later))
    };
    for _ in 0..4 {
        last = poll(&mut engine, throttle());
    }
    let gap = engine.next_deadline().unwrap().duration_since(last).as_secs();
    assert!((60..=66).contains(&gap), "{gap}");
    assert!(engine.status().regions[&region("eu-west-1")].problem.is_some());
}

#[test]
fn one_poll_serves_all_copies_to_a_region() {
    let mut engine = Engine::new(EngineConfig::default());
    let requests = (1..=5).map(|n| request(n, "eu-west-1")).collect();
    for call in submit(&mut engine, requests) {
        let Request::CopyImage { job, .. } = call else { panic!() };
        let id = ImageId::new(&format!("ami-{}", job.0)).unwrap();
        engine.handle(Event::Response(Response::CopyImage(job, Ok(id))), at(0));
    }
    let requests = engine.handle(Event::Tick, engine.next_deadline().unwrap());
    let [Request::PollCopies { images, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(images.len(), 5);
}

#[test]
fn starts_are_paced_and_limited() {
    let limits = EngineConfig { pending_limit: 12, ..EngineConfig::default() };
    let mut engine = Engine::new(limits);
    let requests: Vec<_> = (1..=20).map(|n| request(n, "eu-west-1")).chain([request(21, "eu-west-2")]).collect();
    let mut sent = submit(&mut engine, requests).len();
    assert_eq!(sent, 11, "a burst of ten, and the other region is not held up");
    for _ in 0..2 {
        let now = engine.next_deadline().unwrap();
        sent += engine.handle(Event::Tick, now).len();
    }
    assert_eq!(sent, 13);
    engine.handle(Event::Tick, at(100));
    let status = engine.status();
    assert_eq!(status.regions[&region("eu-west-1")].waiting, Some(Waiting::PendingLimit { pending: 12, limit: 12 }));
    assert_eq!(status.regions.get(&region("eu-west-2")), None);
}

fn later(why: &str) -> Failure {
    Failure::new("copy", why).retry(Retry::Later)
}

#[test]
fn a_refusal_after_an_unknown_outcome_is_believed_only_after_checks() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![request(1, "eu-west-1")]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(later("cut off")))), at(1));
    let (mut now, _) = next_requests(&mut engine);
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
    let gone = Failure::new("copy", "no such image").code("InvalidAMIID.NotFound");
    let mut requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(gone))), now);
    let refused = now;
    let mut polls = 0;
    while !state(&engine).ended() {
        if let [Request::Reconcile { .. }] = requests[..] {
            polls += 1;
            requests = engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(Vec::new()))), now);
        } else {
            (now, requests) = next_requests(&mut engine);
        }
    }
    assert!(polls > 2 && now.duration_since(refused) >= EngineConfig::default().visibility_delay, "{polls} polls");
    assert_eq!(state(&engine).phase().as_str(), "failed");
}

#[test]
fn a_copy_whose_tags_are_denied_is_made_without_them() {
    let mut engine = Engine::new(EngineConfig::default());
    let requests = submit(&mut engine, vec![request(1, "eu-west-1")]);
    assert!(matches!(&requests[..], [Request::CopyImage { tags: Some(_), .. }]), "{requests:?}");
    let denied = || Failure::new("copy", "no ec2:CreateTags").code("UnauthorizedOperation").kind(FailureKind::Denied);
    let requests = engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(denied()))), at(1));
    assert!(matches!(&requests[..], [Request::CopyImage { tags: None, .. }]), "{requests:?}");
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.note, Some(Note::Untagged("no ec2:CreateTags".into())));
    assert_eq!(job.phase().as_str(), "starting");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(denied()))), at(3));
    assert_eq!(state(&engine).phase().as_str(), "failed", "it was not the tags");
}

#[test]
fn a_queued_copy_is_cancelled_without_a_call() {
    let mut engine = Engine::new(EngineConfig { pending_limit: 0, ..EngineConfig::default() });
    assert_eq!(submit(&mut engine, vec![request(1, "eu-west-1")]), []);
    assert_eq!(engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1)), []);
    assert_eq!(*state(&engine), JobState::Cancelled);
}

#[test]
fn a_pending_copy_is_deregistered_and_its_snapshots_are_deleted() {
    let mut engine = copying();
    let job = JobId(1);
    let answer = |engine: &mut Engine, a: Response, s: i64| engine.handle(Event::Response(a), at(s));
    let requests = engine.handle(Event::Command(Command::Cancel(vec![job])), at(1));
    assert!(matches!(requests[..], [Request::CheckImage { .. }]), "{requests:?}");
    let requests = answer(&mut engine, Response::CheckImage(job, Ok(still(ImageState::Pending))), 1);
    assert!(matches!(requests[..], [Request::DeregisterImage { .. }]), "{requests:?}");
    let requests = answer(&mut engine, Response::DeregisterImage(job, Ok(Deregistration::Done(Vec::new()))), 1);
    assert!(
        matches!(&requests[..], [Request::FindSnapshots { snapshots, .. }] if snapshots.len() == 1),
        "{requests:?}"
    );
    let left = vec![
        snapshot(Some(40), SnapshotState::Pending),
        Snapshot {
            id: SnapshotId::new("snap-other").unwrap(),
            description: "somebody's nightly".into(),
            ..snapshot(None, SnapshotState::Completed)
        },
    ];
    let requests = answer(&mut engine, Response::FindSnapshots(job, new_image(), Ok(left)), 1);
    let [Request::DeleteSnapshot { snapshot: id, .. }] = &requests[..] else {
        panic!("only this copy's own: {requests:?}")
    };
    let in_use = Failure::new("delete", "in use").code("InvalidSnapshot.InUse").kind(FailureKind::InUse);
    answer(&mut engine, Response::DeleteSnapshot(job, new_image(), id.clone(), Err(in_use)), 2);
    for round in 0..2 {
        let (now, requests) = next_requests(&mut engine);
        assert!(matches!(requests[..], [Request::FindSnapshots { .. }]), "{requests:?}");
        assert_eq!(state(&engine).phase().as_str(), "cancelling", "round {round}");
        engine.handle(Event::Response(Response::FindSnapshots(job, new_image(), Ok(Vec::new()))), now);
    }
    assert_eq!(*state(&engine), JobState::Cancelled);
    assert_eq!(engine.job(job).unwrap().note, None);
}

#[test]
fn a_copy_that_became_available_is_not_deleted() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let looked = Response::CheckImage(JobId(1), Ok(still(ImageState::Available)));
    assert_eq!(engine.handle(Event::Response(looked), at(1)), []);
    assert_eq!(*state(&engine), JobState::Available { image: new_image() });
    assert_eq!(engine.job(JobId(1)).unwrap().note, Some(Note::AvailableBeforeCancel));
}

#[test]
fn a_refused_cancel_leaves_the_copy_running_and_notes_why() {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    let denied = Failure::new("deregister", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(denied.clone()))), at(2));
    assert_eq!(state(&engine).phase().as_str(), "copying");
    assert_eq!(engine.job(JobId(1)).unwrap().note, Some(Note::CancelRefused(Box::new(denied))));
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(50))));
}

#[test]
fn answers_that_are_not_awaited_change_nothing() {
    let mut engine = copying();
    let before = engine.clone();
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())))), at(0));
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(ImageId::new("ami-x").unwrap()))), at(0));
    engine.handle(Event::Response(Response::FindSnapshots(JobId(9), new_image(), Ok(Vec::new()))), at(0));
    assert_eq!(engine, before);
}
