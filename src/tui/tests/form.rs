//! The copy form.

mod many;

use super::*;

#[test]
fn each_copy_is_requested_under_its_own_client_token() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let effects = start_form(&mut model);
    let [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(copies.len(), 2);
    assert_eq!([&copies[0].destination, &copies[1].destination], [&region("eu-west-1"), &region("eu-west-2")]);
    assert_ne!(copies[0].token, copies[1].token);
    assert_eq!(copies[0].description.as_str(), "[Copied ami-00000001 from us-east-1]");
    assert_eq!(model.focus, Pane::Jobs);
    assert!(model.overlays.is_empty());
}

#[test]
fn a_mistake_is_shown_and_nothing_is_sent() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    assert_eq!(ctrl(&mut model, 's'), []);
    assert!(model.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("Choose at least one region")));
    assert_eq!(model.jobs_view.jobs().count(), 0);
}

#[test]
fn kms_keys_are_listed_once() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    for _ in 0..2 {
        press(&mut model, KeyCode::Down);
    }
    assert_eq!(press(&mut model, KeyCode::Enter), [], "without encryption no key is needed");
    press(&mut model, KeyCode::Down);
    let effects = keys(&mut model, " ");
    let list = |e: &Effect| match e {
        Effect::ListKeys { id, region } => (*id, region.clone()),
        other => panic!("{other:?}"),
    };
    let asked: Vec<_> = effects.iter().map(list).collect();
    assert_eq!(asked.len(), 2, "a key for all destinations must exist in all of them");
    press(&mut model, KeyCode::Down);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "they are being listed");
    for (id, region) in asked {
        reply(&mut model, id, Reply::Keys { region, keys: KeyList::default() });
    }
    press(&mut model, KeyCode::Esc);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "they are known now");
    press(&mut model, KeyCode::Esc);
    // A region without a key of its own gets the one for all, and not the region's default.
    keys(&mut model, "alias/images");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    super::jobs::shows(&mut model, &["key for all", "alias/images, as in the other destinations"]);
}

#[test]
fn enter_leaves_a_switch_as_it_is() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let draft = |model: &Model| match model.overlays.last() {
        Some(screens::Overlay::Form(form)) => format!("{:?}", form.draft),
        other => panic!("{other:?}"),
    };
    let before = draft(&model);
    // A hand that leaves fields with it comes by every one of them.
    for _ in 0..40 {
        press(&mut model, KeyCode::Enter);
        if !matches!(model.overlays.last(), Some(screens::Overlay::Form(_))) {
            press(&mut model, KeyCode::Esc);
            press(&mut model, KeyCode::Down);
        }
    }
    assert_eq!(draft(&model), before);
}

#[test]
fn read_only_mode_starts_nothing() {
    let mut model = listed_with(vec![image(1)], |c| c.read_only = true);
    open_form(&mut model);
    assert_eq!(start_form(&mut model), []);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("Read-only")));
    assert_eq!(model.jobs_view.jobs().count(), 0);
}

#[test]
fn images_that_cannot_be_copied_are_counted() {
    let mut images: Vec<_> = (1..=3).map(image).collect();
    for image in &mut images[..2] {
        image.state = crate::domain::ImageState::Pending;
    }
    let mut model = listed(images);
    keys(&mut model, "ac");
    assert!(model.overlays.is_empty());
    let text = &model.notice.as_ref().unwrap().text;
    assert!(text.starts_with("2 of 3 images") && text.contains("/state:available"), "{text}");
    keys(&mut model, "n/state:available");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "ac");
    assert_eq!(model.overlays.len(), 1, "the advice works");
}

#[test]
fn the_first_esc_in_a_picker_clears_its_filter_and_keeps_the_marks() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "/eu-west-1");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    let screen = |model: &mut Model| super::jobs::screen(model, 80, 24);
    press(&mut model, KeyCode::Esc);
    let shown = screen(&mut model);
    assert!(!shown.contains("/eu-west-1") && shown.contains("1 region marked"), "{shown}");
    keys(&mut model, "?");
    assert!(screen(&mut model).contains("Help with pickers"));
    for left in [2, 1] {
        press(&mut model, KeyCode::Esc);
        assert_eq!(model.overlays.len(), left);
    }
}

#[test]
fn letters_on_the_destinations_begin_a_region() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "ceu-west-1");
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("Regions to copy to") && shown.contains("/eu-west-1"), "{shown}");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    press(&mut model, KeyCode::Enter);
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("Destinations    eu-west-1"), "{shown}");
}

#[test]
fn only_pickers_of_several_offer_marks() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "w");
    assert!(!super::jobs::screen(&mut model, 80, 24).contains("Space mark"));
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "r");
    assert!(super::jobs::screen(&mut model, 80, 24).contains("Space mark"));
}

fn line_with(model: &mut Model, label: &str) -> String {
    let shown = super::jobs::screen(model, 80, 24);
    shown.lines().find(|l| l.contains(label)).unwrap_or_default().to_owned()
}

#[test]
fn no_marks_are_no_destinations_once_one_was_removed() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    focus(&mut model, "Destinations");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "-");
    press(&mut model, KeyCode::Enter);
    assert!(line_with(&mut model, "Destinations").contains("(none"), "the row under the cursor was not chosen");
    // Without any marks before, the row under the cursor is what is meant.
    focus(&mut model, "Destinations");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Enter);
    assert!(line_with(&mut model, "Destinations").contains("eu-west-1"));
    // One mark removed by Space, which moves the cursor on.
    focus(&mut model, "Destinations");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    press(&mut model, KeyCode::Enter);
    assert!(line_with(&mut model, "Destinations").contains("(none"));
}

fn tagged(keys: &[&str]) -> Image {
    let mut image = image(1);
    image.tags = keys.iter().map(|key| crate::domain::image::Tag { key: (*key).into(), value: "x".into() }).collect();
    image
}

#[test]
fn no_marked_tags_are_no_tags() {
    for tags in [&["Env"][..], &["Env", "Team"]] {
        let mut model = listed(vec![tagged(tags)]);
        open_form(&mut model);
        focus(&mut model, "+ Tags");
        press(&mut model, KeyCode::Enter);
        focus(&mut model, "Source's tags");
        press(&mut model, KeyCode::Enter);
        keys(&mut model, "-");
        press(&mut model, KeyCode::Enter);
        assert!(line_with(&mut model, "Source's tags").contains("none (Space: all"));
        // Again, with nothing marked from the beginning.
        press(&mut model, KeyCode::Enter);
        press(&mut model, KeyCode::Enter);
        assert!(line_with(&mut model, "Source's tags").contains("none (Space: all"));
    }
}

#[test]
fn picked_tags_come_back_when_the_choice_is_turned() {
    let mut model = listed(vec![tagged(&["Env", "Team"])]);
    open_form(&mut model);
    focus(&mut model, "+ Tags");
    press(&mut model, KeyCode::Enter);
    focus(&mut model, "Source's tags");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    press(&mut model, KeyCode::Enter);
    for expected in ["1 of 2: Team", "none", "all: 2 keys", "1 of 2: Team"] {
        assert!(line_with(&mut model, "Source's tags").contains(expected), "{expected}");
        keys(&mut model, " ");
    }
}

#[test]
fn picked_tags_that_the_source_lacks_are_not_counted() {
    let mut model = listed(vec![tagged(&["Env"])]);
    open_form(&mut model);
    let picked = ["Cost", "Env", "Team"].map(std::sync::Arc::from).into();
    let source_tags = Some(crate::domain::draft::SourceTags::Picked(picked));
    let preset = crate::domain::preset::Preset { source_tags, ..Default::default() };
    screens::form::presets::apply(&mut model, "tagged", preset);
    assert!(line_with(&mut model, "+ Tags").contains("1 of the source"));
    focus(&mut model, "+ Tags");
    press(&mut model, KeyCode::Enter);
    assert!(line_with(&mut model, "Source's tags").contains("1 of 1: Env (not there: Cost, Team)"));
}

#[test]
fn a_form_that_was_left_open_is_checked_as_of_now() {
    let mut model = listed_with(vec![image(1)], |c| c.copy.name = "{name}-{date}".into());
    open_form(&mut model);
    let start = Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)));
    let tomorrow = now() + SignedDuration::from_hours(24);
    _ = model.update(start.clone(), tomorrow);
    let after_checks = tomorrow + crate::domain::review::Review::CHECK_TIMEOUT;
    _ = model.update(Msg::Tick, after_checks);
    _ = model.update(Msg::Frame, after_checks);
    let effects = model.update(start, after_checks);
    let [Effect::Command(Command::Copy(copies)), _] = &effects[..] else { panic!("{effects:?}") };
    let day = tomorrow.strftime("%Y-%m-%d").to_string();
    assert!(copies.iter().all(|copy| copy.name.as_str().ends_with(&day)), "{copies:?}");
}

#[test]
fn a_description_with_braces_is_copied_as_it_is() {
    let mut source = image(1);
    source.description = r#"{"git":"abc"} {name}"#.into();
    let mut model = listed_with(vec![source], |c| c.copy.description = "{source_description}".into());
    open_form(&mut model);
    let effects = start_form(&mut model);
    let [Effect::Command(Command::Copy(copies)), _] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(copies[0].description.as_str(), r#"{"git":"abc"} {name}"#);
}

#[test]
fn warnings_below_the_window_are_counted() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    focus(&mut model, "Name");
    ctrl(&mut model, 'u');
    keys(&mut model, "x");
    let seen = super::jobs::screen(&mut model, 100, 60);
    assert!(seen.contains("! ") && !seen.contains(" below"), "{seen}");
    let Some(screens::Overlay::Form(form)) = model.overlays.last_mut() else { panic!() };
    form.focus_on(&crate::domain::draft::Field::Destinations);
    let hidden = super::jobs::screen(&mut model, 60, 15);
    let warned = hidden.contains("warning below,") || hidden.contains("! ");
    assert!(warned && hidden.contains("more lines below"), "{hidden}");
}
