//! Copies whose tokens other processes and hosts derive as well.

use super::*;

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
    let jobs: Vec<_> = engine.jobs().map(|j| (j.id.0, j.request.token.clone(), j.batch.clone())).collect();
    let (one, two) = (ClientToken::derived(1), ClientToken::derived(2));
    let expected = [(1, one.clone(), BatchId::of(&one)), (2, two.clone(), BatchId::of(&two))];
    assert_eq!(jobs, expected);
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
    let requests = engine.handle(Event::Command(Command::Copy(vec![derived(1, 1)])), at(2));
    assert!(matches!(&requests[..], [Request::CopyImage { job: JobId(2), .. }]), "{requests:?}");
    engine.handle(Event::Response(Response::CopyImage(JobId(2), Ok(new_image()))), at(3));
    submit(&mut engine, vec![derived(1, 1)]);
    assert_eq!(engine.jobs().count(), 2, "now it has an image");
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
