//! Presets and last values of the form.

use super::*;
use crate::domain::preset::Preset;

fn stored() -> StoredForms {
    let preset = Preset {
        destinations: vec![region("eu-west-2")],
        name: Some("{name}-dr".into()),
        encrypt: true,
        key: "alias/web".into(),
        image_tags: vec!["Team=web".into()],
        ..Preset::default()
    };
    let last = Preset { destinations: vec![region("eu-west-1")], ..Preset::default() };
    StoredForms { presets: [("dr".to_owned(), preset)].into(), last: Some(last) }
}

fn read(model: &mut Model) -> EffectId {
    match &ctrl(model, 'o')[..] {
        [Effect::ReadForms { id }] => *id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_preset_fills_the_form_in() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(stored())));
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("last values") && shown.contains("eu-west-2, encrypted, 1 tag"), "{shown}");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(
        shown.contains("{name}-dr") && shown.contains("encrypted, alias/web") && shown.contains("1 for the image"),
        "{shown}"
    );
}

#[test]
fn what_the_source_does_not_allow_is_not_taken_over() {
    let mut source = image(1);
    source.root_device_type = "instance-store".into();
    let mut model = listed(vec![source]);
    keys(&mut model, "c");
    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(stored())));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    assert!(super::jobs::screen(&mut model, 80, 24).contains("+ Encryption      same as source"));
}

#[test]
fn a_preset_is_saved_under_a_name_and_removed_after_a_yes() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    ctrl(&mut model, 't');
    assert_eq!(press(&mut model, KeyCode::Enter), [], "a name is needed");
    keys(&mut model, "two regions");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::SavePreset { id, name, preset }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((name.as_str(), preset.destinations.len()), ("two regions", 2));
    let failure = Failure::new("save the preset in /x", "no space left");
    reply(&mut model, *id, Reply::Forms(Err(failure)));
    assert!(model.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("no space left")));

    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(stored())));
    press(&mut model, KeyCode::Delete);
    assert_eq!(model.overlays.len(), 2, "the last values are no preset");
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Delete);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is no");
    press(&mut model, KeyCode::Delete);
    let effects = keys(&mut model, "y");
    let [Effect::RemovePreset { id, name }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(name, "dr");
    reply(&mut model, *id, Reply::Forms(Ok(StoredForms::default())));
    assert!(!super::jobs::screen(&mut model, 80, 24).contains("1 tag"));
}

#[test]
fn without_presets_it_says_how_to_save_one() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(StoredForms::default())));
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("Ctrl-t")));
    assert_eq!(model.overlays.len(), 1);
}

#[test]
fn last_values_say_that_sharing_is_left_out() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(stored())));
    press(&mut model, KeyCode::Enter);
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("without sharing")));
}
