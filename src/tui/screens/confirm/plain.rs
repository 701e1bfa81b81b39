//! A confirmation in line mode.

use super::Confirmation;
use crate::tui::plain::text::{PlainLine, PlainScreen};

pub fn screen(confirmation: &Confirmation) -> PlainScreen {
    let mut screen = PlainScreen::new(confirmation.title);
    confirmation.text.iter().for_each(|text| screen.say(text.trim()));
    for (at, choice) in confirmation.choices.iter().enumerate() {
        let row = PlainLine::row(at, false, [choice.text.clone()]);
        screen.lines.push(row.at_cursor(at == confirmation.selected));
    }
    screen
}
