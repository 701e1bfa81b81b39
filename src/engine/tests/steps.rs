//! Post-copy steps: their order, retries, and when they stop.

mod edited;

use super::*;
use crate::domain::post_copy::{LaunchPermission, PostCopyStep};

fn account(n: u64) -> AccountId {
    AccountId::new(&format!("{n:012}")).unwrap()
}

fn permission(n: u64) -> LaunchPermission {
    LaunchPermission::Account(account(n))
}

fn launch(n: u64) -> PostCopyStep {
    PostCopyStep::LaunchPermissions(vec![permission(n)])
}

fn available() -> PolledCopies {
    seen(ImageState::Available, Some(100))
}

fn polled(engine: &mut Engine, now: Timestamp, answer: PolledCopies) -> Vec<Request> {
    engine.handle(Event::Response(Response::PollCopies(region("eu-west-1"), Ok(answer))), now)
}

/// Returns an engine with an available copy that has these steps, and its first requests.
fn available_with(steps: Vec<PostCopyStep>) -> (Engine, Vec<Request>) {
    let mut engine =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    submit(&mut engine, vec![CopyRequest { post_copy: steps, ..request(1, "eu-west-1") }]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    assert!(!engine.can_exit(), "the steps need this program once the copy is available");
    poll(&mut engine, Ok(available()));
    let (now, _) = next_requests(&mut engine);
    assert!(states(&engine).iter().all(|s| *s == StepState::Waiting), "one poll is not enough");
    let requests = polled(&mut engine, now, available());
    assert_eq!(*state(&engine), JobState::Available { image: new_image() });
    (engine, requests)
}

fn states(engine: &Engine) -> Vec<StepState> {
    engine.job(JobId(1)).unwrap().step_states.clone()
}

/// Answers the only request, which must be a call of a step. Returns the requests that follow.
#[track_caller]
fn answer(
    engine: &mut Engine,
    requests: &[Request],
    result: Result<PostCopyAnswer, Failure>,
    now: Timestamp,
) -> Vec<Request> {
    let [Request::PostCopy { job, step, call }] = requests else { panic!("{requests:?}") };
    engine.handle(Event::Response(Response::PostCopy(*job, *step, call.clone(), result)), now)
}

#[track_caller]
fn call(requests: &[Request]) -> PostCopyCall {
    let [Request::PostCopy { call, .. }] = requests else { panic!("{requests:?}") };
    call.clone()
}

fn refused(code: &str) -> Failure {
    Failure::new("share", "no").code(code)
}

#[test]
fn steps_are_carried_out_in_their_order_one_call_at_a_time() {
    let (here, source) = (region("eu-west-1"), region("us-east-1"));
    let (ours, theirs) = (new_image(), ImageId::new("ami-0").unwrap());
    let snapshot = SnapshotId::new("snap-new").unwrap();
    let deprecation = at(1_000_000);
    let (mut engine, mut requests) = available_with(vec![
        PostCopyStep::CopyLaunchPermissions,
        launch(2),
        PostCopyStep::SnapshotPermissions(vec![account(3)]),
        PostCopyStep::Deprecation(deprecation),
        PostCopyStep::DeregistrationProtection { cooldown: true },
        PostCopyStep::SourceTag,
    ]);
    let share =
        |permissions| PostCopyCall::AddLaunchPermissions { region: here.clone(), image: ours.clone(), permissions };
    let expected = [
        PostCopyCall::ReadLaunchPermissions { region: source.clone(), source: theirs.clone() },
        // Public is never taken over.
        share(vec![permission(9)]),
        share(vec![permission(2)]),
        PostCopyCall::ShareSnapshot { region: here.clone(), snapshot, accounts: vec![account(3)] },
        PostCopyCall::Deprecate { region: here.clone(), image: ours.clone(), at: deprecation },
        PostCopyCall::Protect { region: here.clone(), image: ours.clone(), cooldown: true },
        PostCopyCall::CheckOwner { region: source.clone(), source: theirs.clone() },
        PostCopyCall::TagSource { region: source, source: theirs, key: "copied-to:eu-west-1".into(), image: ours },
    ];
    for expected in expected {
        assert_eq!(call(&requests), expected);
        assert!(!engine.can_exit());
        engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(100));
        assert!(!engine.job(JobId(1)).unwrap().dismissed, "not while steps are left");
        let result = match expected {
            PostCopyCall::ReadLaunchPermissions { .. } => {
                PostCopyAnswer::LaunchPermissions { known: vec![LaunchPermission::Public, permission(9)], unknown: 0 }
            }
            _ => PostCopyAnswer::Done,
        };
        requests = answer(&mut engine, &requests, Ok(result), at(100));
    }
    assert_eq!(requests, []);
    assert!(states(&engine).iter().all(|s| *s == StepState::Done), "{:?}", states(&engine));
    assert!(engine.can_exit());
}

#[test]
fn a_source_that_nobody_may_launch_needs_no_call() {
    let (mut engine, requests) = available_with(vec![PostCopyStep::CopyLaunchPermissions]);
    let nobody = PostCopyAnswer::LaunchPermissions { known: vec![LaunchPermission::Public], unknown: 0 };
    assert_eq!(answer(&mut engine, &requests, Ok(nobody), at(100)), []);
    assert_eq!(states(&engine), [StepState::Done]);
}

#[test]
fn a_refused_step_fails_neither_the_copy_nor_the_next_step_and_can_be_tried_again() {
    let (mut engine, requests) = available_with(vec![launch(2), launch(3)]);
    let requests = answer(&mut engine, &requests, Err(refused("OperationNotPermitted")), at(100));
    assert!(
        matches!(call(&requests), PostCopyCall::AddLaunchPermissions { permissions, .. } if permissions == [permission(3)])
    );
    assert_eq!(answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(100)), []);
    let failed = StepState::Failed(Box::new(refused("OperationNotPermitted")));
    assert_eq!(states(&engine), [failed, StepState::Done]);
    assert_eq!(state(&engine).phase().as_str(), "available");
    assert!(engine.can_exit(), "a step that failed waits for a person");
    let requests = engine.handle(Event::Command(Command::RetrySteps(vec![JobId(1)])), at(200));
    assert!(
        matches!(call(&requests), PostCopyCall::AddLaunchPermissions { permissions, .. } if permissions == [permission(2)])
    );
    answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(200));
    assert_eq!(states(&engine), [StepState::Done, StepState::Done]);
    engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(200));
    assert!(engine.job(JobId(1)).unwrap().dismissed);
}

#[test]
fn a_step_without_an_answer_is_sent_again_later_and_later() {
    let (mut engine, mut requests) = available_with(vec![launch(2)]);
    let (first, mut now) = (call(&requests), at(100));
    for wait in [2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(answer(&mut engine, &requests, Err(later("cut off")), now), []);
        let StepState::UnderWay(progress) = &states(&engine)[0] else { panic!("{:?}", states(&engine)) };
        assert_eq!(progress.retrying.as_deref(), Some("cut off"));
        let (again, next) = next_requests(&mut engine);
        assert_eq!((again.duration_since(now).as_secs(), call(&next)), (wait, first.clone()));
        (now, requests) = (again, next);
    }
    answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), now);
    assert_eq!(states(&engine), [StepState::Done]);
}

#[test]
fn credentials_that_ran_out_pause_the_steps() {
    let (mut engine, requests) = available_with(vec![launch(2)]);
    let expired = Failure::new("share", "expired").code("ExpiredToken").retry(Retry::AfterLogin);
    let probe = answer(&mut engine, &requests, Err(expired), at(100));
    assert_eq!(probe, [Request::ProbeCredentials]);
    assert_eq!(engine.handle(Event::Tick, at(110)), []);
    let requests = engine.handle(Event::Response(Response::ProbeCredentials(Ok(Vec::new()))), at(120));
    assert!(requests.iter().any(|r| matches!(r, Request::PostCopy { .. })), "{requests:?}");
}

#[test]
fn a_step_that_was_under_way_at_a_crash_is_sent_again() {
    let (mut engine, requests) = available_with(vec![launch(2), launch(3)]);
    let stored: Vec<Job> = engine.take_changed().iter().map(|j| (**j).clone()).collect();
    let text = serde_json::to_string(&stored).unwrap();
    let mut engine = Engine::new(EngineConfig::default());
    engine.restore(serde_json::from_str(&text).unwrap(), 1, at(200));
    assert_eq!(engine.handle(Event::Tick, at(200)), requests);
}

#[test]
fn removing_the_image_stops_the_steps() {
    let (mut engine, requests) = available_with(vec![launch(2), launch(3)]);
    let deregister = engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(100));
    assert!(matches!(deregister[..], [Request::CheckImage { .. }]), "{deregister:?}");
    assert!(matches!(states(&engine)[..], [StepState::GivenUpSent(_), StepState::GivenUp]), "{:?}", states(&engine));
    // The answer to the call that was under way shows what became of it.
    let (unanswered, stored) = (engine.clone(), serde_json::to_string(&states(&engine)).unwrap());
    assert_eq!(serde_json::from_str::<Vec<StepState>>(&stored).unwrap(), states(&engine));
    for (result, first) in [
        (Ok(PostCopyAnswer::Done), Some(StepState::Done)),
        (Err(refused("OperationNotPermitted")), Some(StepState::GivenUp)),
        (Err(later("cut off")), None),
    ] {
        engine = unanswered.clone();
        assert_eq!(answer(&mut engine, &requests, result, at(101)), []);
        assert_eq!(states(&engine), [first.unwrap_or_else(|| states(&unanswered)[0].clone()), StepState::GivenUp]);
    }
    let protected = Failure::new("deregister", "protected").code("OperationNotPermitted");
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(102));
    engine.handle(Event::Response(Response::DeregisterImage(JobId(1), Err(protected))), at(103));
    assert_eq!(state(&engine).phase().as_str(), "available");
    let again = |command: fn(Vec<JobId>) -> Command| Event::Command(command(vec![JobId(1)]));
    assert!(!engine.job(JobId(1)).unwrap().can_retry_steps());
    assert_eq!(engine.handle(again(Command::RetrySteps), at(104)), [], "only a person who was asked reopens them");
    assert!(engine.job(JobId(1)).unwrap().has_given_up_steps());
    assert_eq!(call(&engine.handle(again(Command::ReopenSteps), at(105))), call(&requests));
}

#[test]
fn a_cancelled_copy_that_became_available_is_not_shared() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![CopyRequest { post_copy: vec![launch(2)], ..request(1, "eu-west-1") }]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(1));
    let checked = Response::CheckImage(JobId(1), Ok(still(ImageState::Available)));
    assert_eq!(engine.handle(Event::Response(checked), at(1)), []);
    assert_eq!((state(&engine).phase().as_str(), states(&engine)), ("available", vec![StepState::GivenUp]));
}

#[test]
fn a_cancel_of_an_available_copy_gives_up_its_steps() {
    let (mut engine, requests) = available_with(vec![PostCopyStep::CopyLaunchPermissions, launch(3)]);
    assert!(engine.job(JobId(1)).unwrap().can_give_up_steps());
    assert_eq!(engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(100)), []);
    // Nothing but a read was sent.
    assert_eq!(states(&engine), [StepState::GivenUp, StepState::GivenUp]);
    let known = PostCopyAnswer::LaunchPermissions { known: vec![permission(9)], unknown: 0 };
    assert_eq!(answer(&mut engine, &requests, Ok(known), at(101)), []);
    assert_eq!((state(&engine).phase().as_str(), engine.can_exit()), ("available", true));
}

#[test]
fn a_step_that_fails_for_a_day_waits_for_a_person() {
    let (mut engine, mut requests) = available_with(vec![launch(2)]);
    let (begun, mut now) = (at(100), at(100));
    while let [Request::PostCopy { .. }] = requests[..] {
        assert_eq!(answer(&mut engine, &requests, Err(later("no route")), now), []);
        let Some(next) = engine.next_deadline() else { break };
        now = next;
        requests = engine.handle(Event::Tick, now);
    }
    let [StepState::Failed(failure)] = &states(&engine)[..] else { panic!("{:?}", states(&engine)) };
    assert!(failure.why.contains("24 hours") && failure.why.contains("no route"), "{failure:?}");
    assert_eq!(now.duration_since(begun).as_secs() / 3600, 24);
    assert!(engine.job(JobId(1)).unwrap().can_retry_steps());
}

#[test]
fn snapshots_that_the_image_does_not_list_yet_are_waited_for() {
    let [old, new] = ["snap-new", "snap-late"].map(|id| SnapshotId::new(id).unwrap());
    for appears in [true, false] {
        let (mut engine, mut requests) = available_with(vec![PostCopyStep::SnapshotPermissions(vec![account(3)])]);
        engine.jobs.get_mut(JobId(1)).unwrap().request.volumes.push(8);
        let (mut shared, mut lists, mut now) = (Vec::new(), 0, at(100));
        while let [Request::PostCopy { call, .. }] = &requests[..] {
            let result = match call {
                PostCopyCall::ShareSnapshot { snapshot, .. } => {
                    shared.push(snapshot.clone());
                    PostCopyAnswer::Done
                }
                PostCopyCall::ListSnapshots { image, .. } => {
                    assert_eq!(*image, new_image());
                    lists += 1;
                    let late = (appears && lists == 3).then(|| new.clone());
                    PostCopyAnswer::Snapshots([old.clone()].into_iter().chain(late).collect())
                }
                other => panic!("{other:?}"),
            };
            requests = answer(&mut engine, &requests, Ok(result), now);
            while let (true, Some(next)) = (requests.is_empty(), engine.next_deadline()) {
                now = next;
                requests = engine.handle(Event::Tick, now);
            }
        }
        if appears {
            assert_eq!((shared, lists, states(&engine)), (vec![old.clone(), new.clone()], 3, vec![StepState::Done]));
        } else {
            assert_eq!((shared, lists), (vec![old.clone()], 5));
            let [StepState::Failed(failure)] = &states(&engine)[..] else { panic!("{:?}", states(&engine)) };
            assert!(failure.why.contains("1 of its 2 snapshots: only snap-new"), "{failure:?}");
        }
    }
}

#[test]
fn permissions_that_are_not_understood_are_counted() {
    let (mut engine, requests) = available_with(vec![PostCopyStep::CopyLaunchPermissions]);
    let read = PostCopyAnswer::LaunchPermissions { known: vec![permission(9)], unknown: 2 };
    let requests = answer(&mut engine, &requests, Ok(read), at(100));
    assert!(matches!(call(&requests), PostCopyCall::AddLaunchPermissions { .. }), "the others are given");
    answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(100));
    let [StepState::Failed(failure)] = &states(&engine)[..] else { panic!("{:?}", states(&engine)) };
    assert!(failure.why.starts_with("2 entries of the source's"), "{failure:?}");
}

#[test]
fn steps_begin_at_once_though_the_clock_was_set_back() {
    let (mut engine, _) = available_with(vec![launch(2)]);
    let mut job = (*engine.take_changed().pop().unwrap()).clone();
    job.step_states = vec![StepState::Waiting];
    let mut engine = Engine::new(EngineConfig::default());
    engine.restore(vec![job], 1, at(-7200));
    assert_eq!(engine.job(JobId(1)).unwrap().ended, Some(at(-7200)));
    let requests = engine.handle(Event::Tick, at(-7200));
    assert!(requests.iter().any(|r| matches!(r, Request::PostCopy { .. })), "{requests:?}");
}

#[test]
fn steps_are_paced() {
    let mut engine = Engine::new(EngineConfig { start_burst: 40, ..EngineConfig::default() });
    let copies = (1..=30).map(|n| CopyRequest { post_copy: vec![launch(2)], ..request(n, "eu-west-1") }).collect();
    submit(&mut engine, copies);
    let ids: Vec<ImageId> = (1..=30).map(|n| ImageId::new(&format!("ami-{n}")).unwrap()).collect();
    for (n, id) in (1..).zip(&ids) {
        engine.handle(Event::Response(Response::CopyImage(JobId(n), Ok(id.clone()))), at(0));
    }
    let images = ids.iter().map(|id| Image { id: id.clone(), ..image(ImageState::Available) }).collect();
    let all = PolledCopies { requested: ids, images, ..nothing() };
    polled(&mut engine, at(10), all.clone());
    let steps = |requests: Vec<Request>| requests.iter().filter(|r| matches!(r, Request::PostCopy { .. })).count();
    let mut sent = steps(polled(&mut engine, at(11), all));
    assert_eq!(sent, 10, "a burst");
    let mut now = at(11);
    while sent < 30 {
        now = engine.next_deadline().unwrap();
        sent += steps(engine.handle(Event::Tick, now));
    }
    assert_eq!(now.duration_since(at(11)).as_secs(), 4, "then five a second");
}
