//! The mouse: what a click does where.

use super::*;
use crate::term::input::{MouseButton, MouseEvent, MouseEventKind};

fn event(model: &mut Model, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    let effects =
        model.update(Msg::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })), now());
    frame(model);
    effects
}

/// Clicks where this text stands, some cells to the right of its beginning.
fn click(model: &mut Model, button: MouseButton, text: &str, right: u16) -> Vec<Effect> {
    let screen = jobs::screen(model, 100, 30);
    let (row, line) = screen.lines().enumerate().find(|(_, l)| l.contains(text)).unwrap_or_else(|| panic!("{screen}"));
    let column = line[..line.find(text).unwrap()].chars().count();
    let at = |n: usize| u16::try_from(n).unwrap();
    event(model, MouseEventKind::Down(button), at(column) + right, at(row))
}

fn left(model: &mut Model, text: &str) -> Vec<Effect> {
    click(model, MouseButton::Left, text, 0)
}

#[test]
fn a_click_selects_and_another_opens() {
    let mut model = listed((1..=5).map(image).collect());
    left(&mut model, "web-3");
    assert_eq!(model.current_image().map(|i| &*i.name), Some("web-3"));
    assert!(model.overlays.is_empty() && model.images.marked.is_empty());
    left(&mut model, "web-3");
    assert_eq!(model.contexts()[0], Context::ImageDetails);
    left(&mut model, "web-3");
    assert_eq!(model.overlays.len(), 1, "what is under the details is not clicked");
}

#[test]
fn a_click_on_the_marks_or_with_the_right_button_marks() {
    let mut model = listed((1..=5).map(image).collect());
    click(&mut model, MouseButton::Right, "web-4", 0);
    assert_eq!(model.images.marked.len(), 1);
    let screen = jobs::screen(&mut model, 100, 30);
    let row = screen.lines().position(|l| l.contains("web-2")).unwrap();
    event(&mut model, MouseEventKind::Down(MouseButton::Left), 2, u16::try_from(row).unwrap());
    assert_eq!(model.images.marked.len(), 2);
    let screen = jobs::screen(&mut model, 100, 30);
    assert!(
        ["web-2", "web-4"]
            .iter()
            .all(|name| screen.contains(&format!("* {name}")) || screen.contains(&format!("*{name}"))),
        "{screen}"
    );
    event(&mut model, MouseEventKind::Down(MouseButton::Left), 10, 1);
    event(&mut model, MouseEventKind::Down(MouseButton::Left), 10, 18);
    assert_eq!((model.images.marked.len(), model.overlays.len()), (2, 0), "headings and empty lines do nothing");
}

#[test]
fn a_click_gives_the_focus_and_the_wheel_moves_there() {
    let mut model = listed((1..=5).map(image).collect());
    start_copies(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    frame(&mut model);
    model.focus = Pane::Images;
    left(&mut model, "> eu-west-1");
    assert_eq!((model.focus, model.overlays.len()), (Pane::Jobs, 0));
    let job = model.jobs.current;
    left(&mut model, "> eu-west-1");
    assert!(model.jobs.lines > 2, "it shows its snapshots");
    event(&mut model, MouseEventKind::ScrollDown, 20, 4);
    assert_eq!(model.focus, Pane::Images);
    assert_eq!((model.images.list.cursor, model.jobs.current), (1, job));
}

#[test]
fn choices_are_clicked() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "w");
    left(&mut model, "Marketplace");
    assert_eq!(model.overlays.len(), 1);
    left(&mut model, "Marketplace");
    assert_eq!((model.overlays.len(), &model.query.whose), (0, &OwnerFilter::Marketplace));
    keys(&mut model, ":owner ");
    left(&mut model, "shared");
    left(&mut model, "shared");
    assert_eq!(model.query.whose, OwnerFilter::Shared);
    let mut model = listed(vec![image(1)]);
    start_copies(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    frame(&mut model);
    keys(&mut model, "x");
    assert_eq!(left(&mut model, "Cancel the copy"), [], "a text is no choice");
    assert_eq!(left(&mut model, "No, "), []);
    assert!(model.overlays.is_empty());
    keys(&mut model, "x");
    assert_eq!(left(&mut model, "Yes, "), [Effect::Command(Command::Cancel(vec![JobId(2)]))]);
}
