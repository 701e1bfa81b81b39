//! Which snapshots of a removed image are deleted, which are named and kept, and how long that continues.

use super::*;

/// Returns an engine with one cancelled copy that was deregistered with these return codes at second 1.
fn deregistered(return_codes: Vec<(SnapshotId, SnapshotReturnCode)>) -> (Engine, Vec<Request>) {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Pending)))), at(1));
    let done = Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(return_codes)));
    let requests = engine.handle(Event::Response(done), at(1));
    assert!(matches!(requests[..], [Request::FindSnapshots { .. }]), "{requests:?}");
    (engine, requests)
}

fn snap(id: &str) -> SnapshotId {
    SnapshotId::new(id).unwrap()
}

/// Lets time pass until then; listings find `left`, and every delete is answered with `delete`.
fn play(
    engine: &mut Engine,
    mut requests: Vec<Request>,
    until: Timestamp,
    left: &[Snapshot],
    answer: &dyn Fn() -> Result<(), Failure>,
) -> Vec<SnapshotId> {
    let (mut now, mut deleted) = (at(1), Vec::new());
    loop {
        for call in std::mem::take(&mut requests) {
            let answer = match call {
                Request::FindSnapshots { job, image, .. } => Response::FindSnapshots(job, image, Ok(left.to_vec())),
                Request::DeleteSnapshot { job, image, snapshot, .. } => {
                    deleted.push(snapshot.clone());
                    Response::DeleteSnapshot(job, image, snapshot, answer())
                }
                Request::PollCopies { region, .. } => Response::PollCopies(region, Ok(nothing())),
                Request::ListPending { region } => Response::ListPending(region, Ok(Vec::new())),
                other => panic!("{other:?}"),
            };
            requests.extend(engine.handle(Event::Response(answer), now));
        }
        if requests.is_empty() {
            match engine.next_deadline() {
                Some(next) if next <= until => now = next,
                _ => return deleted,
            }
            requests = engine.handle(Event::Tick, now);
        }
    }
}

fn left(engine: &Engine) -> Vec<(&str, LeftoverReason)> {
    let job = engine.job(JobId(1)).unwrap();
    job.leftovers.iter().map(|l| (l.snapshot.as_str(), l.why.clone())).collect()
}

#[test]
fn a_look_alike_is_named_and_kept() {
    let (mut engine, requests) = deregistered(Vec::new());
    let copy = || Snapshot { id: snap("snap-theirs"), ..snapshot(Some(100), SnapshotState::Completed) };
    let same_description = Snapshot { tags: Vec::new(), ..copy() };
    let deleted = play(&mut engine, requests, at(120), &[same_description], &|| Ok(()));
    assert_eq!(deleted, [] as [SnapshotId; 0]);
    assert_eq!(*state(&engine), JobState::Cancelled);
    assert_eq!(left(&engine), [("snap-theirs", LeftoverReason::NotProven(Unproven::Tag))]);
}

/// Cancelled before the image listed its snapshot.
fn deregistered_unlisted(return_codes: Vec<(SnapshotId, SnapshotReturnCode)>) -> (Engine, Vec<Request>) {
    let mut engine = copying();
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let mut bare = image(ImageState::Pending);
    bare.block_devices.clear();
    let looked = CheckedImage { image: Some(Box::new(bare)), source_snapshots: None };
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(looked))), at(1));
    let done = Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(return_codes)));
    let requests = engine.handle(Event::Response(done), at(1));
    (engine, requests)
}

/// Returns a snapshot that a backup tool made from the copy's own, with its description and tags.
fn imitation() -> Snapshot {
    Snapshot { id: snap("snap-backup"), started: Some(at(30)), ..snapshot(Some(100), SnapshotState::Completed) }
}

#[test]
fn a_backup_with_our_description_and_tags_is_kept_because_the_image_did_not_list_it() {
    let (mut engine, requests) = deregistered(Vec::new());
    assert_eq!(play(&mut engine, requests, at(120), &[imitation()], &|| Ok(())), []);
    assert_eq!(left(&engine), [("snap-backup", LeftoverReason::NotProven(Unproven::Listing))]);
}

#[test]
fn a_backup_with_our_description_and_tags_is_kept_because_ec2_did_not_name_it() {
    let (mut engine, requests) = deregistered_unlisted(vec![(snap("snap-new"), SnapshotReturnCode::Deleted)]);
    assert_eq!(play(&mut engine, requests, at(120), &[imitation()], &|| Ok(())), []);
    assert_eq!(left(&engine).len(), 1);
}

#[test]
fn a_younger_backup_with_our_description_and_tags_is_kept_even_once_ours_is_deleted() {
    let (mut engine, mut requests) = deregistered_unlisted(Vec::new());
    let (mut deleted, mut there) = (Vec::new(), vec![imitation(), snapshot(Some(100), SnapshotState::Completed)]);
    // Ours is deleted after the first listing; the second finds only the other.
    while let Some(call) = requests.pop() {
        let answer = match call {
            Request::FindSnapshots { job, image, .. } => Response::FindSnapshots(job, image, Ok(there.clone())),
            Request::DeleteSnapshot { job, image, snapshot, .. } => {
                there.retain(|s| s.id != snapshot);
                deleted.push(snapshot.clone());
                Response::DeleteSnapshot(job, image, snapshot, Ok(()))
            }
            other => panic!("{other:?}"),
        };
        requests.extend(engine.handle(Event::Response(answer), at(2)));
    }
    let requests = engine.handle(Event::Tick, at(10));
    deleted.extend(play(&mut engine, requests, at(120), &there, &|| Ok(())));
    assert_eq!(deleted, [snap("snap-new")]);
    assert_eq!(left(&engine), [("snap-backup", LeftoverReason::NotProven(Unproven::NotFirst))]);
}

#[test]
fn a_listed_snapshot_without_our_tag_is_kept_too() {
    let (mut engine, requests) = deregistered(Vec::new());
    // A backup tool may have replaced the tags; the id is the one that the image listed.
    let untagged = Snapshot { tags: Vec::new(), ..snapshot(Some(100), SnapshotState::Completed) };
    assert_eq!(play(&mut engine, requests, at(120), &[untagged], &|| Ok(())), []);
    assert_eq!(left(&engine).len(), 1);
}

#[test]
fn what_is_proven_is_deleted() {
    let (mut engine, requests) = deregistered(Vec::new());
    let deleted = play(&mut engine, requests, at(30), &[snapshot(Some(40), SnapshotState::Pending)], &|| Ok(()));
    assert!(deleted.iter().all(|s| *s == snap("snap-new")) && !deleted.is_empty(), "{deleted:?}");
}

#[test]
fn return_codes_are_acted_on() {
    let cases = [
        (SnapshotReturnCode::Skipped, false, Some(LeftoverReason::InUse)),
        (SnapshotReturnCode::MissingPermissions, false, Some(LeftoverReason::MissingPermissions)),
        (SnapshotReturnCode::InternalError, true, None),
        (SnapshotReturnCode::ClientError, true, None),
    ];
    for (code, tried_again, named) in cases {
        let (mut engine, requests) = deregistered(vec![(snap("snap-new"), code)]);
        let mut shown = vec![snapshot(Some(100), SnapshotState::Completed)];
        let deleted = play(&mut engine, requests, at(3), &shown, &|| Ok(()));
        assert_eq!(!deleted.is_empty(), tried_again, "{code:?}");
        if tried_again {
            shown.clear();
        }
        let (now, requests) = next_requests(&mut engine);
        assert!(now < at(60));
        play(&mut engine, requests, at(120), &shown, &|| Ok(()));
        assert_eq!(*state(&engine), JobState::Cancelled, "{code:?}");
        assert_eq!(left(&engine), named.map(|why| ("snap-new", why)).into_iter().collect::<Vec<_>>(), "{code:?}");
    }
}

#[test]
fn a_cleanup_lets_its_job_end_after_ten_minutes_and_goes_on_for_a_week() {
    let (mut engine, requests) = deregistered(Vec::new());
    let shown = [snapshot(Some(1), SnapshotState::Pending)];
    let busy = || Err(later("it is pending"));
    play(&mut engine, requests, at(590), &shown, &busy);
    assert_eq!(state(&engine).phase().as_str(), "cancelling");
    assert!(!engine.can_exit());
    let (_, requests) = next_requests(&mut engine);
    play(&mut engine, requests, at(700), &shown, &busy);
    assert_eq!(*state(&engine), JobState::Cancelled);
    let job = engine.job(JobId(1)).unwrap();
    assert!(job.needs_cleanup() && engine.can_exit(), "no process is kept alive for it");
    assert_eq!(job.undeleted_snapshots().collect::<Vec<_>>(), [(&snap("snap-new"), Some("it is pending"))]);

    // It cannot be dismissed in the meantime, and another process continues with it.
    engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(700));
    assert!(!engine.job(JobId(1)).unwrap().dismissed);
    let written = serde_json::to_string(&engine.jobs().cloned().collect::<Vec<_>>()).unwrap();
    let mut again = Engine::new(EngineConfig::default());
    again.restore(serde_json::from_str(&written).unwrap(), 9, at(800));
    let first = again.next_deadline().unwrap();
    let (second, requests) = next_requests(&mut again);
    assert!(first <= at(1_100) && second <= at(1_100), "within five minutes");
    let tries = play(&mut again, requests, at(86_400), &shown, &busy).len();
    assert!((280..=290).contains(&tries), "every five minutes: {tries}");
    let (_, requests) = next_requests(&mut again);
    play(&mut again, requests, at(8 * 86_400), &shown, &busy);
    assert_eq!(left(&again), [("snap-new", LeftoverReason::GaveUp(Some("it is pending".into())))]);
    assert!(!again.job(JobId(1)).unwrap().needs_cleanup());
}

#[test]
fn a_snapshot_that_stays_in_use_belongs_to_another_image() {
    let (mut engine, requests) = deregistered(Vec::new());
    let shown = [snapshot(Some(100), SnapshotState::Completed)];
    // As `aws` classifies it: it may pass.
    let in_use = || Err(later("it is in use").code("InvalidSnapshot.InUse").kind(FailureKind::InUse));
    play(&mut engine, requests, at(900), &shown, &in_use);
    assert_eq!(*state(&engine), JobState::Cancelled);
    assert_eq!(left(&engine), [("snap-new", LeftoverReason::InUse)]);
    assert!(!engine.job(JobId(1)).unwrap().needs_cleanup(), "it is never deleted later");
}

#[test]
fn the_snapshots_of_a_copy_started_elsewhere_are_proven_by_its_source() {
    let mut engine = Engine::new(EngineConfig {
        list_interval: SignedDuration::from_hours(9),
        followed_list_interval: SignedDuration::from_hours(9),
        ..EngineConfig::default()
    });
    engine.handle(Event::Command(Command::ListPendingIn(vec![region("eu-west-1")])), at(0));
    let mut theirs = image(ImageState::Pending);
    (theirs.name, theirs.created) = ("theirs".into(), Some(at(0)));
    (theirs.source_image_id, theirs.source_region) = (ImageId::new("ami-0").ok(), Some(region("us-east-1")));
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(vec![theirs]))), at(0));
    let requests = engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let [Request::CheckImage { source: Some((from, source)), .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((from, source.as_str()), (&region("us-east-1"), "ami-0"));
    for known in [true, false] {
        let mut engine = engine.clone();
        let source_snapshots = known.then(|| vec![snap("snap-0")]);
        let looked = CheckedImage { source_snapshots, ..still(ImageState::Pending) };
        engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(looked))), at(1));
        let done = Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())));
        let requests = engine.handle(Event::Response(done), at(1));
        let listed = Snapshot { tags: Vec::new(), ..snapshot(Some(40), SnapshotState::Pending) };
        let deleted = play(&mut engine, requests, at(60), &[listed], &|| Ok(()));
        assert_eq!(!deleted.is_empty(), known, "{deleted:?}");
    }
}

#[test]
fn a_refused_delete_of_a_pending_snapshot_is_tried_again() {
    let (mut engine, requests) = deregistered(Vec::new());
    let pending = [snapshot(Some(1), SnapshotState::Pending)];
    let failure = Failure::new("delete", "it is pending").code("IncorrectState");
    let refused = || Err(failure.clone());
    play(&mut engine, requests, at(700), &pending, &refused);
    assert!(engine.job(JobId(1)).unwrap().needs_cleanup());
    assert!(left(&engine).is_empty());
    // Once it is complete, a refusal is final.
    let (_, requests) = next_requests(&mut engine);
    let ended = [snapshot(Some(100), SnapshotState::Completed)];
    play(&mut engine, requests, at(2_000), &ended, &refused);
    assert_eq!(left(&engine), [("snap-new", LeftoverReason::Refused(Box::new(failure)))]);
}

#[test]
fn a_cleanup_of_an_ended_job_outlives_a_time_without_permission() {
    let (mut engine, requests) = deregistered(Vec::new());
    let shown = [snapshot(Some(1), SnapshotState::Pending)];
    play(&mut engine, requests, at(700), &shown, &|| Err(later("it is pending")));
    assert!(engine.job(JobId(1)).unwrap().needs_cleanup());
    for _ in 0..5 {
        let (now, requests) = next_requests(&mut engine);
        for call in requests {
            let denied = Failure::new("poll", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied);
            engine.handle(Event::Response(call.failed(denied)), now);
        }
    }
    let job = engine.job(JobId(1)).unwrap();
    assert!(job.needs_cleanup() && job.leftovers.is_empty(), "permission may come back");
}

#[test]
fn a_clock_that_was_ahead_delays_no_cleanup() {
    let (engine, _) = deregistered(Vec::new());
    let mut jobs: Vec<Job> = engine.jobs().cloned().collect();
    for job in &mut jobs {
        job.cleanups[0].at = Some(at(6 * 3_600));
    }
    let mut again = Engine::new(EngineConfig::default());
    again.restore(jobs, 9, at(10));
    let next = again.job(JobId(1)).unwrap().cleanup_due();
    assert!(next.is_some_and(|next| next <= at(310)), "{next:?}");
}
