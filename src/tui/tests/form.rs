//! The copy form.

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
fn only_pickers_of_several_offer_marks() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "w");
    assert!(!super::jobs::screen(&mut model, 80, 24).contains("Space mark"));
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "r");
    assert!(super::jobs::screen(&mut model, 80, 24).contains("Space mark"));
}
