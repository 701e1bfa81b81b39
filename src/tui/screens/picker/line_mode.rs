//! A picker in line mode.

use super::Picker;
use crate::tui::{
    line_mode::text::{LineModeLine, LineModeScreen, page},
    model::Model,
};

pub fn screen(picker: &Picker, model: &Model) -> LineModeScreen {
    let marks = if picker.multiple { format!(": {} marked", picker.marks()) } else { String::new() };
    let mut screen = LineModeScreen::new(format!("{}{marks}", picker.title(&model.keymap)));
    screen.say(picker.message.clone());
    let filter = picker.filter.value();
    if picker.typing || !filter.is_empty() {
        screen.say(format!("Filter: {filter}"));
    }
    let rows = page(picker.list.cursor, picker.shown.len());
    for (row, at) in picker.shown.iter().enumerate().skip(rows.start).take(rows.len()) {
        let item = &picker.items[*at];
        let refused = if item.enabled { String::new() } else { "cannot be chosen".to_owned() };
        let cells = [item.label.clone(), refused, item.note.clone()];
        let marked = picker.marked.contains(at);
        screen.lines.push(LineModeLine::row(row, marked, cells).at_cursor(row == picker.list.cursor));
    }
    if picker.shown.is_empty() && !picker.items.is_empty() {
        screen.say("Nothing matches the filter.");
    }
    screen.say_rest(&rows, picker.shown.len());
    screen
}
