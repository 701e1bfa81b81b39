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

/// An available copy that is about to be tagged.
fn with_open_step() -> Job {
    let mut job = super::jobs::available(1);
    job.request.post_copy = vec![crate::domain::post_copy::PostCopyStep::SourceTag];
    job.step_states = vec![crate::engine::StepState::Waiting];
    job
}

#[test]
fn only_own_copies_that_ended_without_an_image_are_edited() {
    let elsewhere = with(1, |j| {
        j.origin = Origin::Elsewhere;
        j.state = JobState::Gone { image: ami(1) };
    });
    for (job, text) in [(elsewhere, "Started elsewhere"), (with_open_step(), "under way")] {
        let mut model = with_jobs(vec![job]);
        on(&mut model, 1);
        assert_eq!(keys(&mut model, "e"), []);
        assert!(model.notice.as_ref().is_some_and(|n| n.text.contains(text)), "{:?}", model.notice);
    }
    let mut model = with_jobs(vec![failed(1, None)]);
    on(&mut model, 1);
    assert!(screen(&mut model, 120, 24).contains("e edit"), "the footer offers it");
}

/// The form of a failed copy of a listed, marked image whose tags went along.
fn editing(kind: FailureKind) -> Model {
    let mut job = failed_by(1, kind);
    let tag = |key: &str, value: &str| crate::domain::image::Tag { key: key.into(), value: value.into() };
    job.request.source = image(1).id;
    job.request.source_tags = vec![tag("Env", "old")];
    job.request.image_tags = vec![tag("Env", "old"), tag("SourceAMI", image(1).id.as_str())];
    let mut model = with_jobs(vec![job]);
    keys(&mut model, "1 2");
    on(&mut model, 1);
    keys(&mut model, "e");
    model
}

#[test]
fn a_copy_made_again_leaves_last_values_and_marks_alone() {
    let mut model = editing(FailureKind::Other);
    assert_eq!(model.images.marked.len(), 1);
    let effects = start_form(&mut model);
    let [Effect::Command(Command::Copy(copies))] = &effects[..] else { panic!("{effects:?}") };
    let values: Vec<_> = copies[0].image_tags.iter().map(|t| (&*t.key, &*t.value)).collect();
    assert_eq!(values, [("SourceAMI", image(1).id.as_str())], "{:?}", copies[0]);
    assert_eq!(model.images.marked.len(), 1, "marked for something else");
}

#[test]
fn a_preset_of_one_copy_comes_with_a_warning_and_names_no_source() {
    let mut model = editing(FailureKind::Other);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("The source's tags have changed since: Env.")));
    ctrl(&mut model, 't');
    assert!(screen(&mut model, 80, 24).contains("has the values of one copy"));
    keys(&mut model, "x");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::SavePreset { preset, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(preset.image_tags.as_deref(), Some(&["SourceAMI={source_id}".to_owned()][..]));
}

#[test]
fn a_folded_section_says_that_its_field_has_failed() {
    let mut model = editing(FailureKind::NameRefused);
    assert!(screen(&mut model, 80, 24).contains("! Failed last time: it was refused."));
    focus(&mut model, "- What");
    press(&mut model, KeyCode::Enter);
    let shown = screen(&mut model, 80, 24);
    let what = shown.lines().find(|l| l.contains("+ What")).unwrap();
    assert!(what.contains("! failed last time"), "{shown}");
}

#[test]
fn a_client_token_that_was_used_is_said_to_be_left_out() {
    let mut job = failed_by(1, FailureKind::NameRefused);
    job.request.given_token = crate::domain::ClientToken::given("mine").ok();
    let mut model = with_jobs(vec![job]);
    on(&mut model, 1);
    let id = read_id(&keys(&mut model, "e"));
    reply(&mut model, id, Reply::Image(Ok(Some(Box::new(source())))));
    super::jobs::says(&model, "The client token was used: the new copy takes a random one");
}
