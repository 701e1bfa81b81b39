//! Writes a recording into the log.

use std::{borrow::Cow, fmt::Write as _};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    filter::Filtered,
    format::{Beginning, Entry, Line, RunId, TARGET},
    stand_ins::StandIns,
};
use crate::{
    config::chord::Chord,
    domain::text::harmless,
    term::{
        Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, ProfileId},
};

/// Writes the messages of one run.
#[derive(Debug)]
pub struct Recorder {
    run: RunId,
    next: u64,
    tokens: StandIns,
    /// Nothing was recorded since the last frame.
    drawn: bool,
}

impl Recorder {
    /// Begins a recording; `None` if the log takes none.
    pub fn begin(model: &Model) -> Option<Self> {
        if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
            return None;
        }
        let run = RunId { pid: std::process::id(), began: model.start.now };
        let mut recorder = Self { run, next: 0, tokens: StandIns::new(model.start.seed), drawn: false };
        recorder.write(model.start.now, model.id, Entry::Began::<_, ()>(&Beginning::of(&model.start)));
        Some(recorder)
    }

    /// Records what a profile's model is about to be given, while this one is shown.
    pub fn record(&mut self, shown: &Model, profile: ProfileId, msg: &Msg, now: Timestamp) {
        let is_frame = *msg == Msg::Frame;
        if is_frame && self.drawn {
            return;
        }
        self.drawn = is_frame;
        let msg = match msg {
            Msg::Input(input) if shown.enters_client_token() => Cow::Owned(Msg::Input(masked(input))),
            other => Cow::Borrowed(other),
        };
        self.write(now, profile, Entry::Msg::<(), _>(&*msg));
    }

    fn write<B: Serialize, M: Serialize>(&mut self, at: Timestamp, profile: ProfileId, entry: Entry<B, M>) {
        let line = Line { run: self.run, n: self.next, at, profile, entry };
        self.next += 1;
        match serde_json::to_string(&Filtered::new(&line, &self.tokens)) {
            Ok(json) => tracing::debug!(target: TARGET, "{}", on_one_line(&json)),
            // Its number is missing then, which a replay says.
            Err(error) => tracing::warn!(%error, "a message could not be recorded"),
        }
    }
}

/// What is typed or pasted where a client token is entered, without its characters.
fn masked(input: &Input) -> Input {
    match input {
        // Some terminals report the modifiers of what is typed, such as Shift with digits.
        Input::Key(key @ KeyEvent { code: KeyCode::Char(c), .. })
            if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
        {
            let code = KeyCode::Char(if c.is_uppercase() { 'X' } else { 'x' });
            Input::Key(KeyEvent { code, ..*key })
        }
        Input::Paste(text) => Input::Paste("x".repeat(text.chars().count())),
        Input::Line(line) if !is_command(line) => Input::Line("x".repeat(line.chars().count())),
        other => other.clone(),
    }
}

/// Returns true if a line at the prompt is no text: a command, or a key by its name.
fn is_command(line: &str) -> bool {
    let line = line.trim();
    let is_key = Chord::parse(line).is_some_and(|chord| chord.to_string() == line && !chord.types_text());
    line.starts_with(':') || is_key
}

/// JSON without characters that a terminal would act upon: they can only stand in texts, where they are escaped.
pub(super) fn on_one_line(json: &str) -> Cow<'_, str> {
    if json.chars().all(harmless) {
        return Cow::Borrowed(json);
    }
    let mut line = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmless(c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_token_typed_at_the_prompt_is_not_recorded() {
        let shown = |line: &str| masked(&Input::Line(line.into()));
        let line = |text: &str| Input::Line(text.into());
        assert_eq!((shown("my-token"), shown("=t"), shown("q")), (line("xxxxxxxx"), line("xx"), line("x")));
        assert_eq!((shown("Tab"), shown(":quit"), shown("")), (line("Tab"), line(":quit"), line("")));
    }

    #[test]
    fn what_a_terminal_would_act_upon_is_escaped() {
        let text = "a\u{9b}b\u{202e}c\u{e0001}é";
        let json = serde_json::to_string(text).unwrap();
        let line = on_one_line(&json);
        assert_eq!(line, r#""a\u009bb\u202ec\udb40\udc01é""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
