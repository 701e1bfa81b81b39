//! Changing the post-copy steps of an available copy that failed or were given up.

use super::*;
use crate::domain::review::{CheckAnswer, CheckRequest};

fn account(digit: &str) -> LaunchPermission {
    LaunchPermission::Account(AccountId::new(&digit.repeat(12)).unwrap())
}

fn launch(digit: &str) -> PostCopyStep {
    PostCopyStep::LaunchPermissions(vec![account(digit)])
}

fn failed_so(why: &str) -> StepState {
    StepState::Failed(Box::new(Failure::new("share", why.to_owned()).hint("Take another.")))
}

/// An available copy of a listed image with these steps.
fn copy_with(steps: Vec<(PostCopyStep, StepState)>) -> Model {
    let mut job = available(1);
    job.request.source = image(1).id;
    (job.request.post_copy, job.step_states) = steps.into_iter().unzip();
    let mut model = with_jobs(vec![job]);
    on(&mut model, 1);
    model
}

/// One step is done, and the account of another was refused.
fn editing() -> Model {
    let done = (PostCopyStep::DeregistrationProtection { cooldown: false }, StepState::Done);
    let mut model = copy_with(vec![done, (launch("1"), failed_so("no such account"))]);
    assert_eq!(keys(&mut model, "e"), [], "a listed source is not read");
    model
}

#[test]
fn the_form_has_what_is_left_and_shows_the_rest_as_fixed() {
    let mut model = editing();
    let shown = screen(&mut model, 80, 40);
    for text in [
        "Edit what is done with an available copy",
        "Copy            ami-00000000000000001 \"app-web-00001\", available",
        "Where           eu-west-1",
        "Done            deregistration protection",
        ">   Share with      111111111111",
        "! Failed last time: no such account. Take another.",
        "Deprecate       (not changed: 90d",
        "Protection      not changed (Space: on",
        "To do: launch permission for 111111111111",
        "[ Carry out ]",
        "IMAGE_ID=ami-00000000000000001 &&",
    ] {
        assert!(shown.contains(text), "{text}:\n{shown}");
    }
    for text in ["+ Where", "Destinations", "Name  "] {
        assert!(!shown.contains(text), "{text}:\n{shown}");
    }
    // The focus goes round the section and the button only.
    for _ in 0..30 {
        press(&mut model, KeyCode::Tab);
        let row = screen(&mut model, 80, 40).lines().find(|l| l.starts_with("│>")).unwrap().to_owned();
        assert!(!row.contains("eu-west-1"), "{row}");
    }
}

#[test]
fn changed_steps_are_requested_after_a_yes() {
    let mut model = editing();
    ctrl(&mut model, 'u');
    keys(&mut model, "222222222222");
    let shown = screen(&mut model, 80, 40);
    assert!(!shown.contains("Failed last time"), "{shown}");
    assert!(shown.contains("No longer wanted: launch permission for 111111111111"), "{shown}");
    assert_eq!(ctrl(&mut model, 's'), [], "asks first");
    shows(&mut model, &["To do: launch permission for 222222222222", "What is done already stays as it is."]);
    assert_eq!(keys(&mut model, "n"), []);
    assert!(screen(&mut model, 80, 24).contains("Edit what is done"), "No goes back to the form");
    ctrl(&mut model, 's');
    let expected = Command::EditSteps { job: JobId(1), steps: vec![launch("2")], known: Some(2) };
    assert_eq!(keys(&mut model, "y"), [Effect::Command(expected)]);
    assert!(model.overlays.is_empty() && model.focus == Pane::Jobs);
    // A refused command brings the form back.
    screens::review::open::on_rejected(&mut model);
    assert!(screen(&mut model, 80, 24).contains("222222222222"));
}

#[test]
fn nothing_is_requested_with_a_mistake_nor_read_only() {
    let mut model = editing();
    keys(&mut model, "x");
    assert_eq!(ctrl(&mut model, 's'), []);
    says(&model, "Nothing is done.");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
    let mut model = editing();
    model.start.config.read_only = true;
    assert_eq!(ctrl(&mut model, 's'), []);
    says(&model, "Read-only");
    // The name, the sources' state and the like are no concern any more.
    let mut model = editing();
    keys(&mut model, " ");
    ctrl(&mut model, 's');
    assert!(matches!(overlay(&model), Some(screens::Overlay::Confirmation(_))));
}

#[test]
fn public_is_typed() {
    let mut model = editing();
    focus(&mut model, "Public");
    keys(&mut model, " ");
    let id = asks_for_public_access(&mut model);
    reply(&mut model, id, Reply::Check(Ok(CheckAnswer::PublicAccessBlocked(false))));
    shows(&mut model, &["launch permission for public", "Type public to confirm"]);
    keys(&mut model, "yes");
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    ctrl(&mut model, 'u');
    keys(&mut model, "public");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::Command(Command::EditSteps { steps, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(steps[1], PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public]));
    assert!(model.overlays.is_empty());
}

/// Submits the form, which asks first whether the copy may become public.
#[track_caller]
fn asks_for_public_access(model: &mut Model) -> EffectId {
    let effects = ctrl(model, 's');
    let [Effect::Check { id, request: CheckRequest::BlockPublicAccess { region } }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(region.as_str(), "eu-west-1");
    assert!(matches!(overlay(model), Some(screens::Overlay::Form(_))), "nothing is confirmed yet");
    *id
}

#[test]
fn public_is_refused_where_it_is_blocked() {
    let mut model = editing();
    focus(&mut model, "Public");
    keys(&mut model, " ");
    let id = asks_for_public_access(&mut model);
    focus(&mut model, "Deprecate");
    reply(&mut model, id, Reply::Check(Ok(CheckAnswer::PublicAccessBlocked(true))));
    says(&model, "Nothing is done. Block public access for AMIs is on in eu-west-1");
    assert!(screen(&mut model, 80, 40).contains(">   Public"), "at the field that can be changed");
    // What is not known is said where it is confirmed.
    let id = asks_for_public_access(&mut model);
    reply(&mut model, id, Reply::Check(Err(Failure::new("read", "you may not"))));
    shows(&mut model, &["Not known: whether images may be public in eu-west-1: you may", "Type public to confirm"]);
    press(&mut model, KeyCode::Esc);
    // It is not asked for any more.
    let id = asks_for_public_access(&mut model);
    keys(&mut model, " ");
    reply(&mut model, id, Reply::Check(Ok(CheckAnswer::PublicAccessBlocked(false))));
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
}

#[test]
fn steps_that_are_no_longer_wanted_are_taken_back() {
    let mut model = copy_with(vec![(launch("1"), failed_so("no")), (PostCopyStep::SourceTag, StepState::GivenUp)]);
    keys(&mut model, "e");
    shows(&mut model, &["Failed last time: no.", "It was given up."]);
    ctrl(&mut model, 'u');
    focus(&mut model, "Tag the source");
    keys(&mut model, " ");
    let shown = screen(&mut model, 80, 40);
    assert!(shown.contains("Nothing more is done."), "{shown}");
    ctrl(&mut model, 's');
    let expected = Command::EditSteps { job: JobId(1), steps: Vec::new(), known: Some(2) };
    assert_eq!(keys(&mut model, "y"), [Effect::Command(expected)]);
    // Where they stand then, they are said to be withdrawn, and nothing is to be decided about them.
    let failed = Some(Box::new(Failure::new("share", "no such account")));
    let mut model = copy_with(vec![(launch("1"), StepState::Withdrawn(failed))]);
    lacks(&mut model, "press t");
    keys(&mut model, "d");
    shows(&mut model, &["launch permission for 111111111111: withdrawn: it had", "failed: no such account"]);
}

#[test]
fn without_its_source_the_steps_of_a_copy_are_changed_all_the_same() {
    let mut job = available(1);
    (job.request.post_copy, job.step_states) = (vec![launch("1")], vec![failed_so("no")]);
    for result in [Ok(None), Err(Failure::new("read", "no"))] {
        let mut model = with_jobs(vec![job.clone()]);
        on(&mut model, 1);
        let effects = keys(&mut model, "e");
        let [Effect::ReadImage { id, .. }] = effects[..] else { panic!("{effects:?}") };
        reply(&mut model, id, Reply::Image(result));
        shows(&mut model, &["Edit what is done", "111111111111"]);
    }
    // If they are under way meanwhile, nothing is opened.
    let mut model = with_jobs(vec![job.clone()]);
    on(&mut model, 1);
    let effects = keys(&mut model, "e");
    let [Effect::ReadImage { id, .. }] = effects[..] else { panic!("{effects:?}") };
    job.step_states = vec![StepState::Waiting];
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![job.into()], status: None });
    reply(&mut model, id, Reply::Image(Ok(None)));
    assert!(model.overlays.is_empty());
}

#[test]
fn presets_and_the_command_fit_a_copy_that_is_made() {
    let mut model = editing();
    for key in ['o', 't'] {
        assert_eq!(ctrl(&mut model, key), []);
        says(&model, "Presets are for new copies");
    }
    let effects = ctrl(&mut model, 'y');
    let [Effect::Clipboard(text)] = &effects[..] else { panic!("{effects:?}") };
    let command = "aws ec2 modify-image-attribute --region eu-west-1 --image-id \"$IMAGE_ID\"";
    assert!(text.0.starts_with(&format!("IMAGE_ID=ami-00000000000000001 &&\n{command}")), "{}", text.0);
}
