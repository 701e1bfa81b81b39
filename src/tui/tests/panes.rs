//! Heights of the panes, details beside them, and JSON wider than the screen.

use super::{jobs::*, *};
use crate::tui::layout;

fn heights(model: &Model) -> (u16, u16) {
    let areas = layout::now(model);
    (areas.images.height, areas.jobs.height)
}

#[test]
fn panes_grow_at_each_others_cost_and_keep_a_line() {
    let mut model = with_jobs((1..=9).map(copying).collect());
    screen(&mut model, 80, 24);
    keys(&mut model, "2");
    let usual = heights(&model);
    keys(&mut model, "+");
    assert_eq!(heights(&model), (usual.0 - 2, usual.1 + 2));
    keys(&mut model, "--");
    assert_eq!(heights(&model), (usual.0 + 2, usual.1 - 2));
    press(&mut model, KeyCode::Tab);
    keys(&mut model, "+");
    assert_eq!(heights(&model), (usual.0 + 4, usual.1 - 4), "the images have the focus");
    keys(&mut model, "++++++++++++++++");
    assert_eq!(heights(&model).1, 4);
    keys(&mut model, "----------------");
    assert_eq!(heights(&model).0, 4);
    screen(&mut model, 80, 15);
    assert_eq!(heights(&model).0, 4, "a smaller terminal takes from the larger pane");
    screen(&mut model, 80, 24);
    keys(&mut model, "=");
    assert_eq!(heights(&model), usual);
}

#[test]
fn details_are_beside_the_lists_where_there_is_room() {
    let mut model = listed(vec![image(1), image(2)]);
    let shown = screen(&mut model, 150, 30);
    assert!(!shown.contains("root device type"), "{shown}");
    press(&mut model, KeyCode::Enter);
    let shown = screen(&mut model, 150, 30);
    assert!(
        overlay(&model).is_none() && shown.contains("web-2") && shown.contains("ami-00000001 in us-east-1"),
        "{shown}"
    );
    assert!(!shown.contains("loading"), "nothing was requested: {shown}");
    press(&mut model, KeyCode::Down);
    let shown = screen(&mut model, 150, 30);
    assert!(shown.contains("ami-00000002 in us-east-1"), "they follow the cursor: {shown}");
    // Too narrow for a while.
    let narrow = screen(&mut model, 149, 30);
    assert!(!narrow.contains("ami-00000002 in us-east-1"), "{narrow}");
    screen(&mut model, 150, 30);
    let effects = press(&mut model, KeyCode::Enter);
    assert!(matches!(&effects[..], [Effect::ReadImageDetails { .. }]), "over the lists, and read: {effects:?}");
    press(&mut model, KeyCode::Esc);
    let shown = screen(&mut model, 150, 30);
    assert!(overlay(&model).is_none() && shown.contains("ami-00000002 in us-east-1"), "{shown}");
    press(&mut model, KeyCode::Esc);
    let shown = screen(&mut model, 150, 30);
    assert!(!shown.contains("ami-00000002 in us-east-1"), "{shown}");
    screen(&mut model, 120, 30);
    press(&mut model, KeyCode::Enter);
    assert!(overlay(&model).is_some(), "over the lists where there is no room beside them");
}

#[test]
fn details_beside_the_lists_are_of_the_pane_with_the_focus() {
    let mut model = with_jobs(vec![copying(7)]);
    screen(&mut model, 160, 40);
    keys(&mut model, "2d");
    let shown = screen(&mut model, 160, 40);
    assert!(overlay(&model).is_none() && shown.contains("Copy to ") && !shown.contains("changing calls"), "{shown}");
    press(&mut model, KeyCode::Tab);
    let shown = screen(&mut model, 160, 40);
    assert!(shown.contains("ami-00000001 in us-east-1") && !shown.contains("Copy to "), "{shown}");
}

#[test]
fn wide_json_scrolls_sideways_and_is_copied_whole() {
    let mut wide = image(1);
    wide.description = format!("{}the end", "x".repeat(100)).into();
    let mut model = listed(vec![wide.clone()]);
    screen(&mut model, 80, 24);
    press(&mut model, KeyCode::Enter);
    let id = keys(&mut model, "y");
    assert!(matches!(&id[..], [Effect::Clipboard(text)] if text.0 == "ami-00000001"), "{id:?}");
    keys(&mut model, "v");
    lacks(&mut model, "the end");
    for _ in 0..99 {
        press(&mut model, KeyCode::Right);
    }
    let shown = screen(&mut model, 80, 24);
    assert!(shown.contains("the end\""), "{shown}");
    let all = keys(&mut model, "y");
    assert!(matches!(&all[..], [Effect::Clipboard(text)] if text.0 == wide.json()), "{all:?}");
    keys(&mut model, "vv");
    lacks(&mut model, "the end");
}

#[test]
fn where_the_cursor_is_in_a_list_with_more_rows_than_room_stands_on_the_border() {
    let mut model = with_jobs((1..=40).map(copying).collect());
    let shown = screen(&mut model, 80, 24);
    assert!(shown.contains(" 1 of 40 "), "{shown}");
    keys(&mut model, "G");
    let shown = screen(&mut model, 80, 24);
    assert!(shown.contains(" 40 of 40 "), "{shown}");
    let mut model = with_jobs(vec![copying(1)]);
    lacks(&mut model, " of 1 ");
}
