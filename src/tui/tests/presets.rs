//! Presets and last values of the form.

use super::*;
use crate::domain::preset::Preset;

fn stored() -> StoredForms {
    let preset = Preset {
        destinations: Some(vec![region("eu-west-2")]),
        name: Some("{name}-dr".into()),
        encrypt: Some(true),
        key: Some("alias/web".into()),
        image_tags: Some(vec!["Team=web".into()]),
        ..Preset::default()
    };
    let last = Preset { destinations: Some(vec![region("eu-west-1")]), ..Preset::default() };
    StoredForms { presets: [("dr".to_owned(), preset)].into(), last: Some(Box::new(last)), ..StoredForms::default() }
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
fn a_preset_with_roles_is_not_taken_over_and_the_command_for_it_is_named() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    let mut stored = stored();
    let role = crate::domain::RoleArn::new("arn:aws:iam::555566667777:role/copier").unwrap();
    stored.presets.get_mut("dr").unwrap().role_arn = Some(role);
    reply(&mut model, id, Reply::Forms(Ok(stored)));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    super::jobs::says(&model, "Not taken over: dr copies with roles of other accounts.");
    super::jobs::says(&model, "amigrate copy ami-00000001 --from us-east-1 --preset dr");
    assert!(!super::jobs::screen(&mut model, 80, 24).contains("{name}-dr"));
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
    let [Effect::SavePreset { id, name, preset, replace: false }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((name.as_str(), preset.destinations.as_ref().map(Vec::len)), ("two regions", Some(2)));
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
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("who may use the copies stays")));
}

#[test]
fn last_values_leave_the_sharing_as_the_form_has_it() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let afterwards = |model: &mut Model| {
        let shown = super::jobs::screen(model, 80, 24);
        shown.lines().find(|l| l.contains("Afterwards")).unwrap_or_default().to_owned()
    };
    focus(&mut model, "+ Afterwards");
    press(&mut model, KeyCode::Enter);
    focus(&mut model, "Share with");
    keys(&mut model, "111122223333");
    focus(&mut model, "Public");
    keys(&mut model, " ");
    focus(&mut model, "- Afterwards");
    press(&mut model, KeyCode::Enter);
    let before = afterwards(&mut model);
    assert!(before.contains("PUBLIC, shared with 1"), "{before}");
    let id = read(&mut model);
    reply(&mut model, id, Reply::Forms(Ok(stored())));
    press(&mut model, KeyCode::Enter);
    assert_eq!(afterwards(&mut model), before);
}

#[test]
fn a_preset_leaves_the_defaults_that_it_does_not_name() {
    let mut model = listed_with(vec![image(1)], |c| {
        (c.copy.encrypt, c.copy.kms_key, c.copy.tags) = (true, "alias/safe".into(), vec!["Team=web".into()]);
    });
    keys(&mut model, "c");
    let id = read(&mut model);
    let preset = Preset { destinations: Some(vec![region("eu-west-2")]), ..Preset::default() };
    let presets = [("dr".to_owned(), preset)].into();
    reply(&mut model, id, Reply::Forms(Ok(StoredForms { presets, ..StoredForms::default() })));
    press(&mut model, KeyCode::Enter);
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("alias/safe") && shown.contains("1 for the image") && shown.contains("[x]"), "{shown}");
}

#[test]
fn a_preset_with_an_outpost_keeps_encryption_for_the_region() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    let arn = "arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0";
    let placement = Some(crate::domain::draft::PlacementDraft::Outpost(arn.into()));
    let preset =
        Preset { destinations: Some(vec![region("us-east-1")]), encrypt: Some(true), placement, ..Preset::default() };
    let presets = [("dr".to_owned(), preset)].into();
    reply(&mut model, id, Reply::Forms(Ok(StoredForms { presets, ..StoredForms::default() })));
    press(&mut model, KeyCode::Enter);
    focus(&mut model, "Stored in");
    keys(&mut model, "  ");
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("the region (Space") && shown.contains("encrypted, default key"), "{shown}");
    // The place is there again when the choice is turned back.
    keys(&mut model, " ");
    assert!(super::jobs::screen(&mut model, 80, 24).contains(&arn[..40]));
}

#[test]
fn a_preset_of_the_same_name_is_replaced_after_a_yes() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    ctrl(&mut model, 't');
    keys(&mut model, "dr");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::SavePreset { id, replace: false, .. }] = &effects[..] else { panic!("{effects:?}") };
    reply(&mut model, *id, Reply::PresetExists);
    assert!(super::jobs::screen(&mut model, 80, 24).contains("There is a preset dr already. Replace it?"));
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is no");
    assert_eq!(model.overlays.len(), 1);

    ctrl(&mut model, 't');
    keys(&mut model, "dr");
    let effects = press(&mut model, KeyCode::Enter);
    let [Effect::SavePreset { id, .. }] = &effects[..] else { panic!("{effects:?}") };
    reply(&mut model, *id, Reply::PresetExists);
    let effects = keys(&mut model, "y");
    let [Effect::SavePreset { id, name, replace: true, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(name, "dr");
    reply(&mut model, *id, Reply::Forms(Ok(StoredForms { in_memory: true, ..stored() })));
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("Saved as preset dr, until amigrate ends")));
}

#[test]
fn a_mistake_in_the_presets_leaves_the_last_values() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "c");
    let id = read(&mut model);
    let problem = Some(Failure::new("presets.toml:3:1", "unknown field"));
    reply(&mut model, id, Reply::Forms(Ok(StoredForms { presets: [].into(), problem, ..stored() })));
    assert!(model.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("presets.toml:3:1")));
    assert!(super::jobs::screen(&mut model, 80, 24).contains("last values"));
    press(&mut model, KeyCode::Esc);
    let id = read(&mut model);
    let problem = Some(Failure::new("presets.toml:3:1", "unknown field"));
    reply(&mut model, id, Reply::Forms(Ok(StoredForms { problem, ..StoredForms::default() })));
    assert!(model.notice.as_ref().is_some_and(|n| n.is_error), "it does not say that there are none");
}
