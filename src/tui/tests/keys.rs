//! Keys: looked up, changed, and where they go.

use super::*;

#[test]
fn a_paste_goes_into_text_fields_only() {
    let mut model = listed(vec![image(1)]);
    assert_eq!(model.update(Msg::Input(Input::Paste("q\nx".into())), now()), []);
    assert!(model.notice.is_some(), "a notice says why nothing happened");
    keys(&mut model, "/");
    _ = model.update(Msg::Input(Input::Paste("we\u{1b}[2J\n".into())), now());
    assert_eq!(model.images.filter.value(), "we [2J");
}

#[test]
fn ctrl_n_and_ctrl_p_move_in_every_list() {
    let mut model = listed((1..=12).map(image).collect());
    let name = |model: &Model| model.current_image().map(|i| i.name.to_string());
    ctrl(&mut model, 'n');
    ctrl(&mut model, 'n');
    ctrl(&mut model, 'p');
    assert_eq!(name(&model).as_deref(), Some("web-2"));
    keys(&mut model, "/1");
    frame(&mut model);
    ctrl(&mut model, 'n');
    assert_eq!(name(&model).as_deref(), Some("web-10"), "also while a filter is typed");
    assert_eq!(model.images.filter.value(), "1");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.contexts()[0], Context::Images);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "w");
    ctrl(&mut model, 'n');
    ctrl(&mut model, 'n');
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.query.whose, OwnerFilter::Amazon);
}

#[test]
fn help_and_palette_have_the_table_of_actions() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "?");
    let help = jobs::screen(&mut model, 300, 400);
    press(&mut model, KeyCode::Esc);
    for binding in bindings::KEYS {
        let chords: Vec<String> = binding.chords.iter().map(ToString::to_string).collect();
        let line = |l: &str| l.contains(&chords.join(" ")) && l.contains(binding.text);
        assert!(help.lines().any(line), "the help lacks {} {}", chords.join(" "), binding.text);
        if binding.context == Context::Palette || binding.action == bindings::Action::Commands {
            continue;
        }
        keys(&mut model, ":");
        keys(&mut model, &binding.action.name());
        let palette = jobs::screen(&mut model, 300, 40);
        assert!(palette.lines().any(line), "the palette lacks {}\n{palette}", binding.action.name());
        press(&mut model, KeyCode::Esc);
    }
}

#[test]
fn keys_of_the_settings_take_the_place_of_the_tables() {
    let text = "[keys.images]\ncopy = \"Space\"\nmark = \"c\"\n[keys.everywhere]\nquit = \"Q\"\n";
    let settings = Config::assemble(Some((std::path::Path::new("config.toml"), text)), &|_| None).unwrap();
    let mut model = listed_with(vec![image(1)], |config| config.keys = settings.keys);
    assert_eq!(keys(&mut model, "q"), []);
    keys(&mut model, "c");
    assert_eq!(model.images.marked.len(), 1);
    let screen = jobs::screen(&mut model, 80, 24);
    assert!(screen.contains("Space copy") && screen.contains("Q quit"), "{screen}");
    keys(&mut model, "?");
    assert!(jobs::screen(&mut model, 120, 300).contains("Space                  copy the marked images"));
    press(&mut model, KeyCode::Esc);
    keys(&mut model, " ");
    assert_eq!(model.contexts()[0], Context::Form);
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit], "always");
}

#[test]
fn a_message_does_not_hide_the_keys() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "y");
    let screen = jobs::screen(&mut model, 80, 24);
    let last = screen.lines().last().unwrap();
    assert!(screen.contains("Sent to your clipboard (OSC 52)") && last.contains("c copy"), "{screen}");
}

#[test]
fn a_question_of_three_choices_names_its_keys() {
    let mut model = listed(vec![image(1)]);
    start_copies(&mut model, |job| job.state = JobState::Queued);
    model.jobs_view.driver = DriverStatus::ThisProcess;
    frame(&mut model);
    keys(&mut model, "q");
    let screen = jobs::screen(&mut model, 80, 24);
    let last = screen.lines().last().unwrap();
    for word in ["y continue in the background", "Tab next choice", "Enter confirm", "Esc back"] {
        assert!(last.contains(word), "{word}: {screen}");
    }
}

#[test]
fn texts_name_the_keys_in_force() {
    let text = "[keys.images]\nregions = \"Ctrl-g\"\nowner = []\ncopy = \"Ctrl-k\"\n[keys.jobs]\nhistory = \"h\"\n";
    let settings = Config::assemble(Some((std::path::Path::new("config.toml"), text)), &|_| None).unwrap();
    let mut model = listed_with(Vec::new(), |config| config.keys = settings.keys);
    jobs::shows(
        &mut model,
        &[
            "Ctrl-g chooses other regions, :owner other owners.",
            "Mark images with Space and press Ctrl-k. h shows the history.",
        ],
    );
    keys(&mut model, "2c");
    assert_eq!(model.notice, None, "c is no key any more");
    ctrl(&mut model, 'k');
    jobs::says(&model, "That key works in the images pane: copy the marked images, or this one. Tab switches.");
}

#[test]
fn a_letter_begins_the_filter_of_a_picker() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "reu-west-2");
    jobs::shows(&mut model, &["/eu-west-2", "> "]);
    jobs::lacks(&mut model, "N. Virginia");
    let Some(screens::Overlay::Picker(picker)) = model.overlays.last() else { panic!("closed") };
    assert_eq!((picker.filter.value(), picker.typing), ("eu-west-2", true));
    press(&mut model, KeyCode::Esc);
    ctrl(&mut model, 'e');
    let Some(screens::Overlay::Picker(picker)) = model.overlays.last() else { panic!("closed") };
    assert!(!picker.typing, "an editing key is no letter");
}

#[test]
fn a_letter_that_begins_a_pickers_filter_is_typed_and_a_key_of_it_is_not() {
    let mut model = listed(vec![image(1)]);
    let into = |model: &Model, c| {
        model
            .typing(&KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
            .map(|line| (line.into, line.before, line.after))
    };
    assert_eq!(into(&model, 'z'), None);
    keys(&mut model, "w");
    let filter = |text: &str| Some((Typing::Filter, text.to_owned(), String::new()));
    assert_eq!([into(&model, 'z'), into(&model, '7')], [filter(""), filter("")]);
    assert_eq!([into(&model, 'j'), into(&model, ' '), into(&model, '/')], [None, None, None]);
    let held = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::ALT);
    assert_eq!(model.typing(&held), None);
    keys(&mut model, "zj");
    assert_eq!(into(&model, 'j'), filter("zj"), "all are typed then");
    // A region's name is typed into another kind of filter.
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "r");
    assert_eq!(into(&model, 'z'), Some((Typing::Regions, String::new(), String::new())));
}

#[test]
fn a_log_has_no_text_for_the_terminal() {
    let effects =
        [Effect::Clipboard("my-token".into()), Effect::Notify("my-token".into()), Effect::Title("my-token".into())];
    assert_eq!(format!("{effects:?}"), "[Clipboard(8 characters), Notify(8 characters), Title(8 characters)]");
}
