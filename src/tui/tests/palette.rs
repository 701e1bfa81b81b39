//! The command palette.

mod policy;

use super::*;
use crate::{domain::palette::ExportFormat, tui::screens::Overlay};

/// Types a line into the palette and runs it.
fn command(model: &mut Model, line: &str) -> Vec<Effect> {
    keys(model, ":");
    keys(model, line);
    press(model, KeyCode::Enter)
}

fn screen(model: &mut Model) -> String {
    jobs::screen(model, 80, 24)
}

fn is_open(model: &Model) -> bool {
    matches!(model.overlays.last(), Some(Overlay::Palette(_)))
}

#[test]
fn an_action_of_the_other_pane_takes_the_focus_there() {
    let mut model = listed(vec![image(1)]);
    start_copies(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    frame(&mut model);
    model.focus = Pane::Images;
    keys(&mut model, "?");
    command(&mut model, "cancel");
    assert_eq!((model.focus, model.overlays.len()), (Pane::Jobs, 1), "the help is closed");
    assert!(screen(&mut model).contains("Cancel the copy"), "it asks first:\n{}", screen(&mut model));
    press(&mut model, KeyCode::Esc);
    command(&mut model, "copy-id");
    assert!(matches!(model.notice, Some(ref n) if n.text.contains("ami-11")), "{:?}", model.notice);
}

#[test]
fn an_action_of_a_screen_that_is_not_open_is_not_run() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(command(&mut model, "save_preset"), []);
    assert!(is_open(&model) && screen(&mut model).contains("That works in another screen: Copy form."));
    press(&mut model, KeyCode::Esc);
    open_form(&mut model);
    press(&mut model, KeyCode::F(2));
    keys(&mut model, "save_preset");
    press(&mut model, KeyCode::Enter);
    assert!(screen(&mut model).contains("Name of the preset:"), "{}", screen(&mut model));
}

#[test]
fn regions_are_chosen_by_name() {
    let mut model = listed(vec![image(1)]);
    let effects = command(&mut model, "region eu-west-1");
    assert_eq!(lists(&effects).len(), 1);
    assert_eq!(model.chosen, [region("eu-west-1")]);
    command(&mut model, "region eu-west-2 us");
    assert_eq!(model.chosen, [region("eu-west-2"), region("us-east-1")], "the row under the cursor completes it");
    command(&mut model, "region all");
    assert_eq!(model.chosen.len(), 3);
    for (line, mistake) in [
        ("region eu-wset-1", "There is no region eu-wset-1; did you mean eu-west-1?"),
        ("region af-south-1", "af-south-1 is not enabled"),
    ] {
        command(&mut model, line);
        assert!(is_open(&model) && screen(&mut model).contains(mistake), "{}", screen(&mut model));
        press(&mut model, KeyCode::Esc);
    }
    assert_eq!(model.chosen.len(), 3);
}

#[test]
fn owner_sort_and_quit_are_commands() {
    let mut model = listed(vec![image(1), image(2)]);
    command(&mut model, "sort name reverse");
    frame(&mut model);
    assert_eq!(names(&model), ["web-2", "web-1"]);
    command(&mut model, "sort");
    assert!(model.images.changed, "without a column it is the action of that name");
    command(&mut model, "sort colour");
    assert!(screen(&mut model).contains("There is no column colour"), "{}", screen(&mut model));
    press(&mut model, KeyCode::Esc);
    command(&mut model, "owner amazon");
    assert_eq!(model.query.whose, OwnerFilter::Amazon);
    command(&mut model, "owner public:al2023*");
    assert_eq!(model.query.whose, OwnerFilter::Public { name: "al2023*".into() });
    assert_eq!(command(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn a_theme_is_changed_by_name() {
    let mut model = listed(vec![image(1)]);
    let before = model.theme.clone();
    command(&mut model, "theme nord");
    assert_eq!(Ok(&model.theme), model.start.themes.get("nord"));
    assert_ne!(model.theme, before);
    command(&mut model, "theme nrod");
    assert!(screen(&mut model).contains("Did you mean nord?"), "{}", screen(&mut model));
    press(&mut model, KeyCode::Esc);
    model.start.caps.colors = false;
    command(&mut model, "theme default");
    assert_eq!(Ok(&model.theme), model.start.themes.get("mono"), "NO_COLOR wins");
}

#[test]
fn the_images_shown_are_exported() {
    let mut model = listed((1..=12).map(image).collect());
    keys(&mut model, "/web-12");
    press(&mut model, KeyCode::Enter);
    let effects = command(&mut model, "export out.csv");
    let [Effect::Export { id, request }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((request.format, request.replace), (ExportFormat::Csv, false));
    assert_eq!(request.images.iter().map(|i| &*i.image.name).collect::<Vec<_>>(), ["web-12"]);
    assert!(!format!("{request:?}").contains("web-12"), "no images in the log");
    reply(&mut model, *id, Reply::Exported(Ok(())));
    assert_eq!(model.notice.as_ref().map(|n| n.text.as_str()), Some("1 image written to out.csv."));
    let denied = Failure::new("list images in us-east-1", "you may not");
    model.catalogue.fail(&region("us-east-1"), denied.clone());
    let effects = command(&mut model, "export! out.json");
    let [Effect::Export { id, request }] = &effects[..] else { panic!("{effects:?}") };
    assert!(request.replace);
    assert_eq!(request.failures, [(region("us-east-1"), denied)]);
    reply(&mut model, *id, Reply::Exported(Ok(())));
    let said = model.notice.as_ref().map(|n| n.text.as_str());
    assert_eq!(said, Some("1 image written to out.json; not all images of us-east-1 are in it."));
}

#[test]
fn profiles_and_presets_are_asked_for_when_they_are_typed() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, ":profile");
    let effects = keys(&mut model, " ");
    let [Effect::ListProfiles { id }] = effects[..] else { panic!("{effects:?}") };
    assert_eq!(keys(&mut model, "de"), [], "once");
    reply(&mut model, id, Reply::Profiles(vec!["dev".into(), "prod".into()]));
    assert!(screen(&mut model).contains("> dev"), "{}", screen(&mut model));
    let effects = press(&mut model, KeyCode::Enter);
    assert!(effects.iter().any(|e| matches!(e, Effect::Connect { profile: Some(p), .. } if p == "dev")), "{effects:?}");
}

#[test]
fn a_preset_opens_the_form_on_the_marked_images() {
    let mut model = listed(vec![image(1)]);
    let effects = command(&mut model, "preset dr");
    let preset = crate::domain::preset::Preset { encrypt: Some(true), ..Default::default() };
    let stored = |names: &[&str]| StoredForms {
        presets: names.iter().map(|name| ((*name).to_owned(), preset.clone())).collect(),
        ..StoredForms::default()
    };
    let names = |effects: &[Effect]| {
        effects.iter().find_map(|e| if let Effect::ReadForms { id } = e { Some(*id) } else { None })
    };
    let id = names(&effects).unwrap();
    assert!(matches!(model.overlays[..], [Overlay::Form(_)]));
    reply(&mut model, id, Reply::Forms(Ok(stored(&["dr"]))));
    assert_eq!(model.notice.as_ref().map(|n| n.text.as_str()), Some("Preset dr taken over."));
    press(&mut model, KeyCode::F(2));
    keys(&mut model, "preset dx");
    let effects = press(&mut model, KeyCode::Enter);
    reply(&mut model, names(&effects).unwrap(), Reply::Forms(Ok(stored(&["dr"]))));
    assert_eq!(model.notice.as_ref().map(|n| n.text.as_str()), Some("There is no preset dx. Did you mean dr?"));
}

#[test]
fn arrows_walk_the_history_from_the_first_row() {
    let mut model = listed(vec![image(1)]);
    command(&mut model, "sort name");
    command(&mut model, "owner amazon");
    keys(&mut model, ":so");
    let line = |model: &Model| match model.overlays.last() {
        Some(Overlay::Palette(palette)) => palette.line.value().to_owned(),
        _ => panic!("closed"),
    };
    for (code, expected) in [
        (KeyCode::Down, "so"),
        (KeyCode::Up, "so"),
        (KeyCode::Up, "owner amazon"),
        (KeyCode::Up, "sort name"),
        (KeyCode::Up, "sort name"),
        (KeyCode::Down, "owner amazon"),
        (KeyCode::Down, "so"),
        (KeyCode::Tab, "sort"),
    ] {
        press(&mut model, code);
        assert_eq!(line(&model), expected, "{code:?}");
    }
}

#[test]
fn the_palette_has_the_whole_width_and_its_keys() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, ":can");
    let screen = screen(&mut model);
    assert!(screen.lines().any(|l| l.starts_with("│:can") && l.trim_end().ends_with('│')), "{screen}");
    let row = screen.lines().find(|l| l.contains("> cancel ")).unwrap();
    assert!(row.contains("Jobs") && row.trim_end().trim_end_matches('│').ends_with('x'), "{screen}");
    assert!(screen.lines().last().unwrap().contains("Enter run"), "{screen}");
}

#[test]
fn a_name_that_is_typed_is_not_replaced_by_one_like_it() {
    for (line, wanted) in [("region west", None), ("region eu-w", None), ("region eu-west-2", Some("eu-west-2"))] {
        let mut model = listed(vec![image(1)]);
        command(&mut model, line);
        assert_eq!(is_open(&model), wanted.is_none(), "{line}");
        assert_eq!(model.chosen, [region(wanted.unwrap_or("us-east-1"))], "{line}");
    }
    // The only one that it can become, and one that was chosen.
    for keys_down in [0, 1] {
        let mut model = listed(vec![image(1)]);
        keys(&mut model, if keys_down == 0 { ":region us-e" } else { ":region eu-w" });
        for _ in 0..keys_down {
            press(&mut model, KeyCode::Down);
        }
        press(&mut model, KeyCode::Enter);
        assert!(!is_open(&model));
        assert_eq!(model.chosen, [region(if keys_down == 0 { "us-east-1" } else { "eu-west-2" })]);
    }
}

#[test]
fn a_long_mistake_is_shown_in_full() {
    let mut model = listed(vec![image(1)]);
    command(&mut model, "region there_is_no_such_region");
    let shown = screen(&mut model);
    for line in ["use region `there_is_no_such_region`: that is not the name of a region.", "looks like `us-east-1`"] {
        assert!(shown.contains(line), "{shown}");
    }
}
