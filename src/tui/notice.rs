//! Messages above the footer, for some seconds or until the next key; and what goes to the user's clipboard.

use jiff::SignedDuration;

use crate::tui::{
    line_mode::state::LineReply,
    model::{Model, Notice},
    msg::Effect,
};

impl Model {
    /// Shows a message in the footer for 6 seconds.
    pub(super) fn show_notice(&mut self, text: impl Into<String>) {
        self.set_notice(text.into(), false);
    }

    /// Shows a message until a key is pressed, or for an hour.
    pub(super) fn show_until_a_key(&mut self, text: String) {
        let until = self.now + SignedDuration::from_hours(1);
        self.notice = Some(Notice { text, is_error: false, until });
    }

    /// Shows an error in the footer for 12 seconds.
    pub(super) fn show_error(&mut self, text: impl Into<String>) {
        self.set_notice(text.into(), true);
    }

    fn set_notice(&mut self, text: String, is_error: bool) {
        let until = self.now + SignedDuration::from_secs(if is_error { 12 } else { 6 });
        self.notice = Some(Notice { text, is_error, until });
    }

    /// Sends a text to the clipboard of the user's terminal. Terminals do not answer, so it is never said to be copied.
    /// Line mode says it.
    pub(super) fn yank(&mut self, text: String, effects: &mut Vec<Effect>) {
        if self.start.caps.line_mode {
            self.line_mode.reply = LineReply::Lines(text.lines().map(str::to_owned).collect());
            return;
        }
        let (first, more) = text.split_once('\n').unwrap_or((&text, ""));
        let lines = if more.is_empty() { String::new() } else { format!(", {} lines", more.lines().count() + 1) };
        self.show_notice(format!("Sent to your clipboard (OSC 52){lines}: {first}"));
        effects.push(Effect::Clipboard(text.into()));
    }
}
