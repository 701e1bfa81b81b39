//! Post-copy steps that a person changes.

use super::*;

fn edit(engine: &mut Engine, steps: Vec<PostCopyStep>, now: Timestamp) -> Vec<Request> {
    let command = Command::EditSteps { job: JobId(1), steps, known: None };
    // As the store keeps it.
    let stored = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&stored).unwrap(), command);
    engine.handle(Event::Command(command), now)
}

fn shares(n: u64) -> PostCopyCall {
    PostCopyCall::AddLaunchPermissions {
        region: region("eu-west-1"),
        image: new_image(),
        permissions: vec![permission(n)],
    }
}

fn withdrawn() -> StepState {
    StepState::Withdrawn(Some(Box::new(refused("no"))))
}

/// A copy whose first step is done and whose second was refused.
fn half_done() -> Engine {
    let (mut engine, requests) = available_with(vec![launch(2), launch(3)]);
    let requests = answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(100));
    assert_eq!(answer(&mut engine, &requests, Err(refused("no")), at(100)), []);
    assert!(engine.job(JobId(1)).unwrap().has_steps_left());
    engine
}

#[test]
fn other_steps_are_carried_out_in_place_of_those_that_failed() {
    let mut engine = half_done();
    assert_eq!(engine.job(JobId(1)).unwrap().steps_left(), [launch(3)]);
    engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(150));
    let date = PostCopyStep::Deprecation(at(1_000_000));
    let requests = edit(&mut engine, vec![launch(2), launch(4), date.clone(), launch(4)], at(200));
    assert_eq!(call(&requests), shares(4), "what is done is not repeated");
    let job = engine.job(JobId(1)).unwrap();
    assert!(!job.dismissed && job.has_open_steps() && !engine.can_exit());
    let requests = answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(201));
    assert!(matches!(call(&requests), PostCopyCall::Deprecate { .. }));
    assert_eq!(answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(202)), []);
    assert_eq!(states(&engine), [StepState::Done, withdrawn(), StepState::Done, StepState::Done]);
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.request.post_copy, [launch(2), launch(3), launch(4), date.clone()]);
    assert_eq!(job.request_as_edited().post_copy, [launch(2), launch(4), date]);
    assert!(!job.has_steps_left() && !job.can_retry_steps() && engine.can_exit());
    // Sent twice, as after a crash, it changes nothing.
    let steps = job.request_as_edited().post_copy;
    assert_eq!(edit(&mut engine, steps, at(300)), []);
}

#[test]
fn the_same_step_is_tried_again_and_none_takes_it_back() {
    let mut engine = half_done();
    let before = engine.clone();
    assert_eq!(call(&edit(&mut engine, vec![launch(3)], at(200))), shares(3));
    let mut engine = before;
    assert_eq!(edit(&mut engine, Vec::new(), at(200)), []);
    assert_eq!(states(&engine), [StepState::Done, withdrawn()]);
    // It comes back if it is wanted after all, and only then.
    for command in [Command::RetrySteps(vec![JobId(1)]), Command::ReopenSteps(vec![JobId(1)])] {
        assert_eq!(engine.handle(Event::Command(command), at(201)), []);
    }
    assert_eq!(call(&edit(&mut engine, vec![launch(3)], at(202))), shares(3));
}

#[test]
fn an_answer_that_comes_late_is_no_other_steps() {
    let (mut engine, requests) = available_with(vec![launch(2), launch(3)]);
    let next = edit(&mut engine, vec![launch(3), launch(4)], at(101));
    assert_eq!(call(&next), shares(3));
    assert!(matches!(states(&engine)[..], [StepState::GivenUpSent(_), StepState::UnderWay(_), StepState::Waiting]));
    assert_eq!(answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(102)), []);
    assert!(matches!(states(&engine)[..], [StepState::Done, StepState::UnderWay(_), StepState::Waiting]));
    let next = answer(&mut engine, &next, Ok(PostCopyAnswer::Done), at(103));
    assert_eq!(call(&next), shares(4));
}

#[test]
fn what_was_sent_stays_named_and_what_was_not_is_withdrawn() {
    for (first, answered, expected) in [
        (launch(2), false, "given up after it was sent"),
        (launch(2), true, "withdrawn"),
        // Nothing but a read was sent.
        (PostCopyStep::CopyLaunchPermissions, false, "withdrawn"),
        // The new date takes the place of the old one, whatever became of that.
        (PostCopyStep::Deprecation(at(1_000_000)), false, "withdrawn"),
    ] {
        let (mut engine, requests) = available_with(vec![first.clone(), launch(3)]);
        if answered {
            answer(&mut engine, &requests, Err(refused("no")), at(100));
        }
        edit(&mut engine, vec![launch(3), PostCopyStep::Deprecation(at(2_000_000))], at(101));
        let word = match &states(&engine)[0] {
            StepState::GivenUpSent(_) => "given up after it was sent",
            StepState::Withdrawn(_) => "withdrawn",
            other => panic!("{other:?}"),
        };
        assert_eq!(word, expected, "{first:?}");
    }
}

#[test]
fn a_date_that_was_set_before_is_set_again() {
    let date = |n| PostCopyStep::Deprecation(at(n));
    let (mut engine, requests) = available_with(vec![date(1_000_000), launch(2)]);
    let requests = answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(100));
    answer(&mut engine, &requests, Err(refused("no")), at(100));
    let requests = edit(&mut engine, vec![date(2_000_000)], at(101));
    answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(101));
    let requests = edit(&mut engine, vec![date(1_000_000)], at(102));
    assert!(matches!(call(&requests), PostCopyCall::Deprecate { at: to, .. } if to == at(1_000_000)), "{requests:?}");
    answer(&mut engine, &requests, Ok(PostCopyAnswer::Done), at(103));
    assert_eq!(engine.job(JobId(1)).unwrap().request_as_edited().post_copy, [date(1_000_000)]);
}

#[test]
fn only_an_available_copys_steps_are_changed() {
    let mut engine = half_done();
    engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(200));
    let before = states(&engine);
    edit(&mut engine, vec![launch(4)], at(201));
    assert_eq!(states(&engine), before);
    let mut job = engine.job(JobId(1)).unwrap().clone();
    (job.state, job.origin) = (JobState::Available { image: new_image() }, Origin::Elsewhere);
    assert!(!job.has_steps_left(), "what others asked for is not known");
}

#[test]
fn a_copy_that_is_made_again_has_the_steps_as_they_were_changed() {
    let mut engine = half_done();
    edit(&mut engine, vec![launch(4)], at(200));
    let mut job = engine.job(JobId(1)).unwrap().clone();
    job.state = JobState::Gone { image: new_image() };
    let stored = serde_json::to_string(&job).unwrap();
    assert_eq!(serde_json::from_str::<Job>(&stored).unwrap(), job);
    let mut engine = Engine::new(EngineConfig::default());
    engine.restore(vec![job], 1, at(300));
    engine.handle(Event::Command(Command::Retry(vec![(JobId(1), ClientToken::from_random(9))])), at(301));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.request.post_copy, [launch(2), launch(4)]);
    assert_eq!(job.step_states, [StepState::Waiting, StepState::Waiting]);
}

#[test]
fn what_was_requested_meanwhile_is_not_taken_back() {
    let mut engine = half_done();
    // Another screen, which had the same two steps before it, shares the copy as well.
    edit(&mut engine, vec![launch(2), launch(5)], at(150));
    let command = Command::EditSteps { job: JobId(1), steps: vec![launch(2), launch(4)], known: Some(2) };
    engine.handle(Event::Command(command), at(151));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!(job.request.post_copy, [launch(2), launch(3), launch(5), launch(4)]);
    let taken_back: Vec<bool> = states(&engine).iter().map(|s| matches!(s, StepState::Withdrawn(_))).collect();
    assert_eq!(taken_back, [false, true, false, false]);
}
