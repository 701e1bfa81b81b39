//! Copies whose tokens other processes and hosts derive as well.

use super::*;
use crate::domain::{derived_token, image::Tag, post_copy::PostCopyStep, sync::SYNC_TAG};

fn derived(n: u32, token: u128) -> CopyRequest {
    CopyRequest { token: ClientToken::derived(token), ..request(n, "eu-west-1") }
}

/// A pending copy of another host's job, which has sent the same token.
fn of_the_same_token() -> Image {
    let mut image = image(ImageState::Pending);
    image.name = "web-1".into();
    image.source_image_id = ImageId::new("ami-0").ok();
    image.source_region = Some(region("us-east-1"));
    image.created = Some(at(60));
    image.tags = vec![job_tag(&ClientToken::derived(1))];
    image
}

fn list(engine: &mut Engine, images: Vec<Image>, now: Timestamp) {
    engine.handle(Event::Response(Response::ListPending(region("eu-west-1"), Ok(images))), now);
}

#[test]
fn what_two_processes_ask_for_is_one_copy() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    submit(&mut engine, vec![derived(1, 1), derived(2, 2), derived(2, 2)]);
    let jobs: Vec<_> = engine.jobs().map(|j| (j.id.0, j.request.token.clone())).collect();
    assert_eq!(jobs, [(1, ClientToken::derived(1)), (2, ClientToken::derived(2))]);
    // Tokens that are not derived are never compared.
    submit(&mut engine, vec![request(3, "eu-west-1"), request(3, "eu-west-1")]);
    assert_eq!(engine.jobs().count(), 4);
}

#[test]
fn a_token_without_an_image_may_be_sent_again() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    let refusal = Failure::new("copy", "you may not").code("Refused");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(refusal))), at(1));
    let again = CopyRequest { post_copy: vec![PostCopyStep::SourceTag], ..derived(1, 1) };
    let requests = engine.handle(Event::Command(Command::Copy(vec![again])), at(2));
    assert!(matches!(&requests[..], [Request::CopyImage { job: JobId(1), .. }]), "{requests:?}");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(3));
    submit(&mut engine, vec![derived(1, 1)]);
    let jobs: Vec<_> = engine.jobs().collect();
    let [job] = jobs[..] else { panic!("one token, one job: {jobs:?}") };
    assert_eq!(job.image(), Some(&new_image()));
    assert_eq!((job.requested, job.steps().count()), (at(2), 1), "it is as it was requested last");
}

#[test]
fn a_dismissed_copy_is_brought_back_too() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(Failure::new("copy", "no").code("No")))), at(1));
    engine.handle(Event::Command(Command::Dismiss(vec![JobId(1)])), at(1));
    submit(&mut engine, vec![derived(1, 1)]);
    assert!(!engine.job(JobId(1)).unwrap().dismissed);
    assert_eq!(engine.take_changed().len(), 1);
    assert_eq!(engine.jobs().count(), 1);
}

#[test]
fn a_batch_is_named_by_all_of_its_copies() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1), derived(2, 2)]);
    let refused = || Err(Failure::new("copy", "no").code("No"));
    engine.handle(Event::Response(Response::CopyImage(JobId(1), refused())), at(1));
    submit(&mut engine, vec![derived(1, 1), derived(3, 3)]);
    let batch = |id| engine.job(JobId(id)).unwrap().batch.clone();
    assert!(batch(1) == batch(3) && batch(1) != batch(2), "the token of the first one names both batches");
    // Hosts that ask for the same send the same tag.
    let same = [derived(1, 1), derived(3, 3)];
    assert_eq!(Some(batch(1)), BatchId::of_copies(&same));
    assert_eq!(BatchId::of_copies(&same[..1]), Some(BatchId::of(&same[0].token)));
}

#[test]
fn an_ended_copy_is_not_brought_back_by_another_hosts() {
    let refusal = || Failure::new("copy", "you may not").code("Refused");
    for cancelled in [false, true] {
        let mut engine = Engine::new(EngineConfig::default());
        submit(&mut engine, vec![derived(1, 1)]);
        if cancelled {
            engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(0));
        }
        engine.handle(Event::Response(Response::CopyImage(JobId(1), Err(refusal()))), at(1));
        assert!(state(&engine).ended(), "{:?}", state(&engine));
        let before = state(&engine).clone();
        list(&mut engine, vec![of_the_same_token()], at(61));
        assert_eq!(*state(&engine), before);
        let other = engine.job(JobId(2)).expect("it is shown as started elsewhere");
        assert_eq!((other.origin, other.image()), (Origin::Elsewhere, Some(&new_image())));
    }
}

#[test]
fn another_hosts_copy_is_the_answer_of_a_copy_that_waits() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    list(&mut engine, vec![of_the_same_token()], at(61));
    assert_eq!(engine.jobs().count(), 1, "it is not shown twice");
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(62));
    assert_eq!(*state(&engine), JobState::Copying { image: new_image() });
}

fn mismatch() -> Event {
    let failure = Failure::new("copy", "the token was used").code("IdempotentParameterMismatch");
    Event::Response(Response::CopyImage(JobId(1), Err(failure.kind(FailureKind::TokenMismatch))))
}

fn found(engine: &mut Engine, images: Vec<Image>, now: Timestamp) {
    engine.handle(Event::Response(Response::Reconcile(JobId(1), Ok(images))), now);
}

#[test]
fn a_token_that_was_accepted_in_another_batch_is_its_image() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    let requests = engine.handle(mismatch(), at(1));
    assert!(matches!(&requests[..], [Request::Reconcile { job: JobId(1), .. }]), "{requests:?}");
    // EC2 does not show it yet.
    found(&mut engine, Vec::new(), at(1));
    let (now, requests) = next_requests(&mut engine);
    assert!(matches!(&requests[..], [Request::Reconcile { .. }, ..]), "{requests:?}");
    found(&mut engine, vec![of_the_same_token()], now);
    assert_eq!(*state(&engine), JobState::Copying { image: new_image() });
}

#[test]
fn a_token_that_was_accepted_for_no_image_has_failed() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    engine.handle(mismatch(), at(1));
    let mut now = at(1);
    while !state(&engine).ended() {
        // An image without the tag proves nothing.
        found(&mut engine, vec![Image { tags: Vec::new(), ..of_the_same_token() }], now);
        now = engine.next_deadline().unwrap_or(now);
        engine.handle(Event::Tick, now);
    }
    let JobState::Failed { failure, image: None } = state(&engine) else { panic!("{:?}", state(&engine)) };
    assert_eq!(failure.kind, FailureKind::TokenMismatch);
}

#[test]
fn a_cancelled_copy_whose_token_was_accepted_in_another_batch_leaves_that_one_alone() {
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![derived(1, 1)]);
    engine.handle(Event::Command(Command::Cancel(vec![JobId(1)])), at(0));
    assert_eq!(engine.handle(mismatch(), at(1)), []);
    assert_eq!(*state(&engine), JobState::Cancelled);
}

/// A copy that EC2 has answered with an image at second 0.
fn answered(token: ClientToken) -> Engine {
    let mut engine =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    submit(&mut engine, vec![CopyRequest { token, ..request(1, "eu-west-1") }]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    engine
}

#[test]
fn an_answer_is_confirmed_by_the_image_and_that_of_an_earlier_copy_is_none() {
    let unconfirmed = |engine: &Engine| engine.job(JobId(1)).unwrap().is_unconfirmed();
    let note = |engine: &Engine| engine.job(JobId(1)).unwrap().note.clone();
    let gone = JobState::Gone { image: new_image() };

    let mut engine = answered(ClientToken::derived(1));
    assert!(unconfirmed(&engine));
    let first = poll(&mut engine, Ok(nothing()));
    assert!(first.duration_since(at(0)) < SignedDuration::from_secs(1), "it is looked for at once");
    let mut now = first;
    while !state(&engine).ended() {
        assert!(unconfirmed(&engine) && note(&engine).is_none(), "EC2 may not show it yet at {now}");
        now = poll(&mut engine, Ok(nothing()));
    }
    assert!(now.duration_since(at(0)) > EngineConfig::default().visibility_delay, "{now}");
    assert_eq!((state(&engine), note(&engine)), (&gone, Some(Note::EarlierCopyGone)));
    assert!(!unconfirmed(&engine));

    let mut engine = answered(ClientToken::derived(1));
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(1))));
    assert!(!unconfirmed(&engine));
    poll(&mut engine, Ok(nothing()));
    poll(&mut engine, Ok(nothing()));
    assert_eq!((state(&engine), note(&engine)), (&gone, Some(Note::DeregisteredElsewhere)));
    // Nobody else sends a random token: what EC2 answers is this copy.
    assert!(!unconfirmed(&answered(ClientToken::from_random(1))));
}

#[test]
fn copies_that_start_one_after_the_other_are_confirmed_together() {
    let mut engine = Engine::new(EngineConfig { start_burst: 2, ..EngineConfig::default() });
    submit(&mut engine, vec![derived(1, 1), derived(2, 2)]);
    let answer =
        |job| Event::Response(Response::CopyImage(JobId(job), Ok(ImageId::new(&format!("ami-{job}")).unwrap())));
    engine.handle(answer(1), at(0));
    assert!(engine.next_deadline().unwrap() >= at(3), "the second one is on its way");
    engine.handle(answer(2), at(0));
    let requests = engine.handle(Event::Tick, engine.next_deadline().filter(|next| *next < at(1)).unwrap());
    let [Request::PollCopies { images, .. }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(images.len(), 2);
}

/// A copy that sync requests.
fn of_sync(n: u32, token: u128) -> CopyRequest {
    let tag = Tag { key: SYNC_TAG.into(), value: "us-east-1/ami-0/eu-west-1".into() };
    CopyRequest { image_tags: vec![tag], ..derived(n, token) }
}

fn token(engine: &Engine) -> ClientToken {
    engine.job(JobId(1)).unwrap().request.token.clone()
}

/// Answers what is asked about a copy whose token EC2 refuses with these images of its name, until that is decided.
fn refused_with(engine: &mut Engine, images: &[Image]) -> Timestamp {
    engine.handle(mismatch(), at(1));
    let mut now = at(1);
    while matches!(state(engine), JobState::Reconciling { .. }) {
        found(engine, images.to_vec(), now);
        now = engine.next_deadline().filter(|next| *next > now).unwrap_or(now + SignedDuration::from_secs(1));
        engine.handle(Event::Tick, now);
    }
    now
}

#[test]
fn sync_makes_a_copy_anew_whose_token_was_accepted_for_an_image_that_is_gone() {
    let first = ClientToken::derived(1);
    let mut engine = Engine::new(EngineConfig::default());
    submit(&mut engine, vec![of_sync(1, 1)]);
    let failed = Image { state: ImageState::Failed, tags: Vec::new(), ..of_the_same_token() };
    let now = refused_with(&mut engine, &[failed]);
    assert!(
        now.duration_since(at(1)) >= EngineConfig::default().visibility_delay,
        "EC2 may not have shown it at {now}"
    );
    // It is sent at once, with the token that every other host derives too.
    assert_eq!((state(&engine), token(&engine)), (&JobState::Starting, derived_token::after(&first)));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.note.as_ref(), job.requested), (Some(&Note::EarlierCopyReplaced), at(0)));
    assert_eq!(job.earlier_derived_tokens().collect::<Vec<_>>(), [&first], "a selection by the first one finds it");
    // A process that received the same request at the same time does not make it once more.
    submit(&mut engine, vec![of_sync(1, 1)]);
    assert_eq!(engine.jobs().count(), 1);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), now);
    assert_eq!(*state(&engine), JobState::Copying { image: new_image() });
}

#[test]
fn a_token_moves_on_only_where_nothing_shows_a_copy_and_sync_wants_one() {
    let fails = |request: CopyRequest, images: &[Image]| {
        let mut engine = Engine::new(EngineConfig::default());
        submit(&mut engine, vec![request]);
        refused_with(&mut engine, images);
        matches!(state(&engine), JobState::Failed { failure, .. } if failure.kind == FailureKind::TokenMismatch)
    };
    // Somebody has made one by another token, which the other host may have moved on to.
    let other = Image { tags: vec![job_tag(&derived_token::after(&ClientToken::derived(1)))], ..of_the_same_token() };
    assert!(fails(of_sync(1, 1), &[other]));
    // What a person has deregistered is not made again unless a policy says so.
    assert!(fails(derived(1, 1), &[]));
    assert!(!fails(of_sync(1, 1), &[]));
}

#[test]
fn sync_makes_a_copy_anew_that_ec2_answers_with_an_image_that_is_gone() {
    let mut engine =
        Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
    submit(&mut engine, vec![of_sync(1, 1)]);
    engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
    let mut now = at(0);
    while matches!(state(&engine), JobState::Copying { .. }) {
        now = poll(&mut engine, Ok(nothing()));
    }
    assert!(now.duration_since(at(0)) >= EngineConfig::default().visibility_delay, "{now}");
    assert_eq!(token(&engine), derived_token::after(&ClientToken::derived(1)));
    assert!(engine.job(JobId(1)).unwrap().images.is_empty(), "it was never this copy's");
    assert!(!state(&engine).ended(), "{:?}", state(&engine));
}

#[test]
fn an_image_that_was_seen_or_answered_long_ago_is_this_copys_and_its_loss_is_told() {
    let answered = || {
        let mut engine =
            Engine::new(EngineConfig { list_interval: SignedDuration::from_hours(9), ..EngineConfig::default() });
        submit(&mut engine, vec![of_sync(1, 1)]);
        engine.handle(Event::Response(Response::CopyImage(JobId(1), Ok(new_image()))), at(0));
        engine
    };
    let gone = JobState::Gone { image: new_image() };
    let mut engine = answered();
    poll(&mut engine, Ok(seen(ImageState::Pending, Some(1))));
    poll(&mut engine, Ok(nothing()));
    poll(&mut engine, Ok(nothing()));
    assert_eq!(*state(&engine), gone);
    // Nobody has polled for hours: it may have been made, and deregistered.
    let mut engine = answered();
    engine.handle(Event::Tick, at(9 * 3600));
    let polled = |engine: &mut Engine, now| {
        let response = Response::PollCopies(region("eu-west-1"), Ok(nothing()));
        engine.handle(Event::Response(response), now);
    };
    polled(&mut engine, at(9 * 3600));
    polled(&mut engine, at(9 * 3600 + 5));
    assert_eq!(*state(&engine), gone);
}
