//! Finding a text in a page, and the help that F1 opens while a filter is typed.

use super::{jobs::*, *};
use crate::tui::bindings::Context;

/// The title of the page.
fn title(model: &mut Model) -> String {
    screen(model, 80, 24).lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_text_is_found_in_a_page_again_and_before() {
    let mut model = listed(vec![image(1)]);
    // Where a text is depends on the width.
    screen(&mut model, 80, 24);
    keys(&mut model, "?/deregister");
    let typed = title(&mut model);
    assert!(typed.contains("Help  /deregister 1/"), "{typed}");
    assert_eq!(model.contexts(), [Context::Input], "keys are text");
    press(&mut model, KeyCode::Enter);
    let first = screen(&mut model, 80, 24);
    assert!(first.lines().skip(2).any(|line| line.contains("deregister")), "{first}");
    keys(&mut model, "n");
    assert!(title(&mut model).contains("/deregister 2/"), "{}", title(&mut model));
    keys(&mut model, "NN");
    let last = title(&mut model);
    let count = last.split("/deregister ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let (at, all) = count.split_once('/').unwrap();
    assert_eq!(at, all, "before the first comes the last: {last}");
    // Another text takes the place of the last one, and leaving it goes back to where it began.
    let scroll = |model: &mut Model| screen(model, 80, 24).lines().skip(2).take(5).collect::<String>();
    let before = scroll(&mut model);
    keys(&mut model, "/Everywhere");
    assert!(title(&mut model).contains("/Everywhere 1/1"), "{}", title(&mut model));
    assert_ne!(scroll(&mut model), before);
    press(&mut model, KeyCode::Esc);
    assert_eq!(scroll(&mut model), before);
    assert!(!title(&mut model).contains('/'), "{}", title(&mut model));
    keys(&mut model, "/no such text");
    press(&mut model, KeyCode::Enter);
    assert!(title(&mut model).contains("/no such text not found"), "{}", title(&mut model));
    keys(&mut model, "n");
    says(&model, "Not found: no such text");
    press(&mut model, KeyCode::Esc);
    assert!(model.overlays.is_empty(), "one key leaves the page");
    keys(&mut model, "?n");
    says(&model, "/ finds a text");
}

#[test]
fn a_line_finds_a_text_in_line_mode() {
    let mut model = listed(vec![image(1)]);
    model.start.caps.line_mode = true;
    let enter = |model: &mut Model, line: &str| {
        _ = model.update(Msg::Input(Input::Line(line.into())), now());
        frame(model);
        crate::tui::line_mode::screen(model)
            .lines
            .iter()
            .map(crate::tui::line_mode::text::LineModeLine::spoken)
            .collect::<Vec<_>>()
    };
    keys(&mut model, "!");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "d");
    let lines = enter(&mut model, "/Owner");
    assert_eq!(lines[0], "Text to find: Owner");
    enter(&mut model, "/");
    let lines = enter(&mut model, "region");
    assert_eq!(lines[0], "Text to find: region");
}

#[test]
fn help_begins_with_the_filter_that_is_typed() {
    for (open, has, lacks) in [
        ("/", "Filter terms of images", "Filter terms of jobs"),
        ("2/", "Filter terms of jobs", "Filter terms of images"),
    ] {
        let mut model = listed(vec![image(1)]);
        keys(&mut model, open);
        press(&mut model, KeyCode::F(1));
        let help = screen(&mut model, 80, 40);
        assert!(help.contains("Help with filters") && help.contains(has) && !help.contains(lacks), "{help}");
        assert!(help.contains("replaces the filter"), "{help}");
    }
}
