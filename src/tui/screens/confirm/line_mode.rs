//! A confirmation in line mode.

use super::Confirmation;
use crate::tui::line_mode::text::{LineModeLine, LineModeScreen};

pub fn screen(confirmation: &Confirmation) -> LineModeScreen {
    let mut screen = LineModeScreen::new(confirmation.title);
    confirmation.lines().for_each(|text| screen.say(text.trim()));
    for (at, choice) in confirmation.choices.iter().enumerate() {
        let row = LineModeLine::row(at, false, [choice.text.clone()]);
        screen.lines.push(row.at_cursor(at == confirmation.selected));
    }
    screen
}
