//! The line in which a filter is typed: opened with its last text, which what is typed replaces and other keys edit.

use rstest::rstest;

use super::*;

fn filter(model: &Model) -> &str {
    model.images.filter.value()
}

fn reopened() -> Model {
    let mut model = listed((1..=3).map(image).collect());
    keys(&mut model, "/web");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "/");
    assert_eq!(filter(&model), "web", "it is still there");
    model
}

#[rstest]
#[case(KeyCode::Char('d'), "d", "db")]
#[case(KeyCode::Right, "web", "webb")]
#[case(KeyCode::End, "web", "webb")]
#[case(KeyCode::Left, "web", "webb")]
#[case(KeyCode::Backspace, "we", "web")]
fn a_character_begins_anew_and_other_keys_edit(#[case] first: KeyCode, #[case] after: &str, #[case] typed: &str) {
    let mut model = reopened();
    press(&mut model, first);
    assert_eq!(filter(&model), after);
    press(&mut model, KeyCode::End);
    keys(&mut model, "b");
    assert_eq!(filter(&model), typed);
    press(&mut model, KeyCode::Enter);
    assert_eq!(filter(&model), typed);
}

#[test]
fn a_paste_replaces_what_is_selected() {
    let mut model = reopened();
    _ = model.update(Msg::Input(Input::Paste("db\n7".into())), now());
    _ = model.update(Msg::Input(Input::Paste("x".into())), now());
    assert_eq!(filter(&model), "db 7x");
    let mut model = reopened();
    press(&mut model, KeyCode::Enter);
    assert_eq!(filter(&model), "web", "nothing typed changes nothing");
}

#[test]
fn a_paste_into_a_picker_filters_it() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r");
    _ = model.update(Msg::Input(Input::Paste("eu-west\u{1b}[2J-2\n".into())), now());
    super::jobs::shows(&mut model, &["/eu-west [2J-2"]);
    press(&mut model, KeyCode::Esc);
    _ = model.update(Msg::Input(Input::Paste("eu-west-2".into())), now());
    let shown = super::jobs::screen(&mut model, 80, 24);
    assert!(shown.contains("/eu-west-2") && shown.contains("London") && !shown.contains("Ireland"), "{shown}");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "e");
    super::jobs::shows(&mut model, &["Ireland", "London"]);
}
