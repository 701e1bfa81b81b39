//! What a poll of a region requests, and what happens if a part of it is refused.

use super::*;

fn denied() -> Failure {
    Failure::new("read the progress", "you may not").code("UnauthorizedOperation").kind(FailureKind::Denied)
}

#[test]
fn snapshots_that_cannot_be_read_cost_only_the_bar() {
    let mut engine = copying();
    let seen = |state| {
        Ok(PolledCopies {
            requested: vec![new_image()],
            images: vec![image(state)],
            snapshots: Err(denied()),
            failures: Vec::new(),
        })
    };
    poll(&mut engine, seen(ImageState::Pending));
    assert_eq!((state(&engine).phase().as_str(), engine.job(JobId(1)).unwrap().percent()), ("copying", None));
    let status = engine.status();
    let here = &status.regions[&region("eu-west-1")];
    assert!(here.problem.is_none() && here.progress_problem.is_some(), "{here:?}");
    poll(&mut engine, seen(ImageState::Available));
    poll(&mut engine, seen(ImageState::Available));
    assert_eq!(*state(&engine), JobState::Available { image: new_image() });

    let mut engine = copying();
    poll(&mut engine, seen(ImageState::Failed));
    assert_eq!(state(&engine).phase().as_str(), "failed");
}

#[test]
fn snapshots_are_asked_for_by_description_only_until_their_ids_are_known() {
    let mut engine = copying();
    let asked = |engine: &mut Engine| {
        let (now, requests) = next_requests(engine);
        let [Request::PollCopies { unlisted, snapshots, .. }] = &requests[..] else { panic!("{requests:?}") };
        (now, unlisted.len(), snapshots.len())
    };
    let (now, unlisted, ids) = asked(&mut engine);
    assert_eq!((unlisted, ids), (1, 0));
    let seen = Response::PollCopies(region("eu-west-1"), Ok(seen(ImageState::Pending, Some(1))));
    engine.handle(Event::Response(seen), now);
    let (_, unlisted, ids) = asked(&mut engine);
    assert_eq!((unlisted, ids), (0, 1));
}

#[test]
fn a_look_alike_does_not_move_the_bar() {
    let mut engine = copying();
    let theirs = Snapshot {
        id: SnapshotId::new("snap-theirs").unwrap(),
        tags: Vec::new(),
        ..snapshot(Some(90), SnapshotState::Pending)
    };
    let own = snapshot(Some(10), SnapshotState::Pending);
    poll(
        &mut engine,
        Ok(PolledCopies {
            requested: vec![new_image()],
            images: vec![image(ImageState::Pending)],
            snapshots: Ok(vec![theirs, own]),
            failures: Vec::new(),
        }),
    );
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.percent(), job.snapshots.len()), (Some(10), 1));
}

#[test]
fn an_image_that_ec2_shows_as_deregistered_is_gone() {
    let mut engine = copying();
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(1))));
    for _ in 0..2 {
        poll(&mut engine, Ok(seen(ImageState::Deregistered, None)));
    }
    assert_eq!(*state(&engine), JobState::Gone { image: new_image() });
}

#[test]
fn a_poll_says_nothing_about_images_it_did_not_ask_for() {
    let mut engine = copying();
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(1))));
    for _ in 0..3 {
        poll(&mut engine, Ok(PolledCopies { requested: Vec::new(), ..nothing() }));
    }
    assert_eq!(state(&engine).phase().as_str(), "copying");
}
