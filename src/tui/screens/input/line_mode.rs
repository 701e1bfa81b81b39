//! An input line in line mode.

use super::InputLine;
use crate::tui::line_mode::text::LineModeScreen;

pub fn screen(input: &InputLine) -> LineModeScreen {
    let mut screen = LineModeScreen::new(input.title);
    input.lines().for_each(|text| screen.say(text.trim()));
    if !input.line.value().is_empty() {
        screen.say(format!("Text: {}", input.line.value()));
    }
    screen.say(input.mistake.unwrap_or_default());
    screen
}
