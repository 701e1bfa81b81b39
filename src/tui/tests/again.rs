//! Edit and retry: the source is read if it is not listed, and a retry that would fail again asks first.

use super::{
    jobs::{ami, failed, on, screen, with, with_jobs},
    *,
};
use crate::{domain::FailureKind, engine::Origin};

fn failed_by(n: u32, kind: FailureKind) -> Job {
    with(n, |j| {
        let failure = Failure::new("copy", "it was refused").kind(kind).hint("Change it.");
        j.state = JobState::Failed { failure: Box::new(failure), image: None };
        j.ended = Some(now());
    })
}

fn source() -> Image {
    let mut source = image(1);
    source.id = ami(9_001);
    source
}

fn read_id(effects: &[Effect]) -> EffectId {
    match effects {
        [Effect::ReadImage { id, region: of, image }] if *of == region("us-east-1") && *image == ami(9_001) => *id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_source_that_is_not_listed_is_read_first() {
    let mut model = with_jobs(vec![failed_by(1, FailureKind::NameRefused)]);
    on(&mut model, 1);
    let id = read_id(&keys(&mut model, "e"));
    assert!(model.notice.as_ref().is_some_and(|n| n.text.starts_with("Reading ami-")));
    assert!(model.overlays.is_empty());
    reply(&mut model, id, Reply::Image(Ok(Some(Box::new(source())))));
    let shown = screen(&mut model, 80, 24);
    assert!(shown.contains("Failed last time: it was refused. Change it."), "{shown}");
    assert!(shown.contains(">   Name            app-web-00001"), "the field to change has the focus:\n{shown}");
    // What failed is forgotten once the field is changed.
    keys(&mut model, "x");
    assert!(!screen(&mut model, 80, 24).contains("Failed last time"));
}

#[test]
fn a_source_that_is_gone_or_cannot_be_read_opens_nothing() {
    let denied = || Failure::new("look for copies", "no").kind(FailureKind::Denied);
    for (result, text) in [(Ok(None), "cannot be copied again"), (Err(denied()), "look for copies: no")] {
        let mut model = with_jobs(vec![failed_by(1, FailureKind::Other)]);
        on(&mut model, 1);
        let id = read_id(&keys(&mut model, "e"));
        reply(&mut model, id, Reply::Image(result));
        assert!(model.overlays.is_empty());
        assert!(model.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains(text)), "{:?}", model.notice);
    }
}

#[test]
fn a_late_source_does_not_interrupt() {
    let mut model = with_jobs(vec![failed_by(1, FailureKind::Other)]);
    on(&mut model, 1);
    let id = read_id(&keys(&mut model, "e"));
    keys(&mut model, "?");
    reply(&mut model, id, Reply::Image(Ok(Some(Box::new(source())))));
    assert_eq!(model.overlays.len(), 1, "the help stays");
}

#[test]
fn a_retry_that_would_fail_in_the_same_way_asks_first_and_offers_to_edit() {
    for (kind, asks) in [
        (FailureKind::KeyNotAccessible, true),
        (FailureKind::Denied, true),
        (FailureKind::AccessDenied, true),
        (FailureKind::Other, false),
    ] {
        let mut model = with_jobs(vec![failed_by(1, kind)]);
        on(&mut model, 1);
        let effects = keys(&mut model, "t");
        assert_eq!(effects.is_empty(), asks, "{kind:?}: {effects:?}");
        assert_eq!(!model.overlays.is_empty(), asks, "{kind:?}");
        if asks {
            assert!(screen(&mut model, 80, 24).contains("It will fail in the same way"), "{kind:?}");
            let effects = keys(&mut model, "y");
            assert!(matches!(effects[..], [Effect::Command(Command::Retry(_))]), "{effects:?}");
        }
    }
    let mut model = with_jobs(vec![failed_by(1, FailureKind::Denied)]);
    on(&mut model, 1);
    keys(&mut model, "t");
    press(&mut model, KeyCode::Tab);
    press(&mut model, KeyCode::Tab);
    read_id(&press(&mut model, KeyCode::Enter));
}

#[test]
fn only_own_copies_that_ended_without_an_image_are_edited() {
    let elsewhere = with(1, |j| {
        j.origin = Origin::Elsewhere;
        j.state = JobState::Gone { image: ami(1) };
    });
    for (job, text) in [(elsewhere, "Started elsewhere"), (super::jobs::available(1), "this one is available")] {
        let mut model = with_jobs(vec![job]);
        on(&mut model, 1);
        assert_eq!(keys(&mut model, "e"), []);
        assert!(model.notice.as_ref().is_some_and(|n| n.text.contains(text)), "{:?}", model.notice);
    }
    let mut model = with_jobs(vec![failed(1, None)]);
    on(&mut model, 1);
    assert!(screen(&mut model, 120, 24).contains("e edit"), "the footer offers it");
}
