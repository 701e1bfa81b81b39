//! An input line in line mode.

use super::InputLine;
use crate::tui::plain::text::PlainScreen;

pub fn screen(input: &InputLine) -> PlainScreen {
    let mut screen = PlainScreen::new(input.title);
    input.text.iter().for_each(|text| screen.say(text.trim()));
    if !input.line.value().is_empty() {
        screen.say(format!("Text: {}", input.line.value()));
    }
    screen.say(input.mistake.unwrap_or_default());
    screen
}
