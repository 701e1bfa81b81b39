//! What belongs to the screen, whichever account is shown.

use super::*;
use crate::{
    config::RememberedView,
    tui::{line_mode::state::RowId, model::Pane, screens::form::start, tests::jobs::job},
};

#[test]
fn copies_into_another_account_unmark_what_was_marked_for_them() {
    let mut harness = two();
    for (profile, n) in [("production", SHARED), ("build", SHARED), ("build", 3)] {
        harness.go_to(profile, n);
        harness.keys(" ");
    }
    harness.go_to("build", 1);
    harness.keys("I");
    assert_eq!((harness.shown(), harness.sources()), ("production", vec!["web-3".to_owned(), "web-99".to_owned()]));
    _ = harness.workspace.shown.run(|model, effects| start::start(model, Vec::new(), effects));
    let marked = &harness.workspace.shown().images.marked;
    assert_eq!((marked.len(), marked.profiles()), (1, vec![harness.id("production")]), "its own mark is not meant");
}

#[test]
fn a_number_that_was_printed_for_one_account_is_no_job_of_another() {
    let mut harness = two();
    for model in std::iter::once(&mut harness.workspace.shown).chain(harness.workspace.hidden.values_mut()) {
        model.start.caps.line_mode = true;
        model.focus = Pane::Jobs;
    }
    harness.open_jobs("build", vec![job(1), job(2), job(3)]);
    harness.open_jobs("production", vec![job(3)]);
    let line = |harness: &mut Harness, text: &str| {
        let effects = harness.workspace.update(ProfileId::default(), Msg::Input(Input::Line(text.into())), now());
        harness.answer(effects);
    };
    let printed = |harness: &Harness| -> Vec<RowId> {
        harness.workspace.shown().line_mode.rows.rows.values().map(|(row, _)| row.clone()).collect()
    };
    line(&mut harness, "");
    let of_build = printed(&harness);
    assert!(of_build.len() > 2, "{of_build:?}");
    line(&mut harness, "A");
    assert_eq!(harness.shown(), "production");
    let of_production = printed(&harness);
    assert!(of_production.iter().all(|row| *row == RowId::Job(job(3).id)), "{of_production:?}");
}

fn remembering() -> Harness {
    let view = |sort: &str| RememberedView { sort: sort.into(), ..RememberedView::default() };
    let views = BTreeMap::from([("build", view("name")), ("production", view("size"))]);
    let mut harness = Harness::remembering(&["build", "production"], views);
    harness.sent.clear();
    harness
}

/// The orders that were kept, each with whose.
fn kept(harness: &mut Harness) -> Vec<(ProfileId, String)> {
    let sent = std::mem::take(&mut harness.sent);
    let of = |(id, effect)| if let Effect::Remember(view) = effect { Some((id, view.sort)) } else { None };
    sent.into_iter().filter_map(of).collect()
}

fn sort(harness: &mut Harness, column: &str) {
    harness.keys(&format!(":sort {column}"));
    harness.press(KeyCode::Enter);
}

#[test]
fn the_view_is_kept_for_the_account_that_was_shown_first() {
    let mut harness = remembering();
    let (build, production) = (harness.id("build"), harness.id("production"));
    assert_eq!(harness.workspace.shown().images.sort.column.to_string(), "name");
    sort(&mut harness, "architecture");
    assert_eq!(kept(&mut harness), [(build, "architecture".to_owned())]);
    harness.keys("A");
    sort(&mut harness, "state");
    assert_eq!(kept(&mut harness), [], "it is not how production was shown");
    harness.keys("A");
    assert_eq!(kept(&mut harness), [(build, "state".to_owned())]);
    // Once it is alone, the view is its own.
    harness.keys(":profile production");
    harness.press(KeyCode::Enter);
    assert_eq!(kept(&mut harness), []);
    sort(&mut harness, "name");
    assert_eq!(kept(&mut harness), [(production, "name".to_owned())]);
}

#[test]
fn the_end_of_the_terminal_changes_no_view() {
    for input in [Input::Terminate, Input::Hangup] {
        let mut harness = remembering();
        harness.keys("A");
        let effects = harness.workspace.update(ProfileId::default(), Msg::Input(input), now());
        assert!(!effects.iter().any(|(_, effect)| matches!(effect, Effect::Remember(_))), "{effects:?}");
        let hidden = |(id, effect): &(ProfileId, Effect)| *id == harness.id("build") && is_of_the_screen(effect);
        assert!(!effects.iter().any(hidden), "{effects:?}");
    }
}
