//! What was typed. Character by character: each becomes the character of the stand-in that it is a part of. Or as a whole line.

use std::collections::{BTreeMap, BTreeSet};

use super::kept::typed_words;
use crate::{
    domain::Failure,
    runtime::recording::{format::Entry, log_files::Recording},
    term::{
        Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, TypedLine, Typing},
};

/// A shorter word is found in too many others.
const SHORTEST: usize = 2;

/// Characters that were typed one after the other into the same line.
#[derive(Debug)]
struct Run {
    /// The line before.
    line: TypedLine,
    /// With the numbers of their messages.
    typed: Vec<(u64, char)>,
    /// What it was before some of it was deleted again, each time.
    undone: Vec<Vec<(u64, char)>>,
    /// True after a character, false after one was deleted.
    grows: bool,
}

impl Run {
    fn push(&mut self, n: u64, c: char) {
        self.typed.push((n, c));
        self.grows = true;
    }

    /// Deletes the last character. Returns false if that was none of the run's.
    fn pop(&mut self) -> bool {
        if std::mem::take(&mut self.grows) {
            self.undone.push(self.typed.clone());
        }
        self.typed.pop().is_some()
    }
}

fn text(typed: &[(u64, char)]) -> String {
    typed.iter().map(|(_, c)| *c).collect()
}

/// A line that was entered as a whole, in line mode.
#[derive(Debug)]
struct Entered {
    /// The number of its message.
    n: u64,
    /// What is before its text.
    head: String,
    /// Its text, and where it goes, if it has one.
    text: Option<(Typing, String)>,
}

/// All that was typed.
#[derive(Debug, Default)]
pub(super) struct TypedTexts {
    runs: Vec<Run>,
    entered: Vec<Entered>,
}

/// Replacements of what was typed, by the number of the message.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    pub(super) keys: BTreeMap<u64, char>,
    pub(super) lines: BTreeMap<u64, String>,
}

impl TypedTexts {
    /// Replays a recording to see which keys were text.
    ///
    /// # Errors
    /// If it has no beginning.
    pub(super) fn of(recording: &Recording) -> Result<Self, Failure> {
        let mut lines = recording.lines.iter();
        let Some(Entry::Began(beginning)) = lines.next().map(|line| &line.entry) else {
            return Err(Failure::new("redact the recording", "it has no beginning"));
        };
        let mut workspace = beginning.clone().workspace(recording.run.began)?;
        let (mut typed, mut open) = (Self::default(), false);
        for line in lines {
            let Entry::Msg(msg) = &line.entry else { continue };
            if let Msg::Input(input) = msg {
                open = typed.add(workspace.shown(), line.n, input, open);
            }
            _ = workspace.update(line.profile, msg.clone(), line.at);
        }
        Ok(typed)
    }

    /// Adds an input; `open` while the last run continues. Returns whether it does then.
    fn add(&mut self, model: &Model, n: u64, input: &Input, open: bool) -> bool {
        match input {
            Input::Key(key) => self.add_key(model, n, key, open),
            Input::Line(line) => {
                let (into, at) = model.typed_line(line).map_or((None, line.len()), |(into, at)| (Some(into), at));
                let (head, text) = line.split_at(at);
                self.entered.push(Entered { n, head: head.to_owned(), text: into.map(|into| (into, text.to_owned())) });
                false
            }
            _ => false,
        }
    }

    fn add_key(&mut self, model: &Model, n: u64, key: &KeyEvent, open: bool) -> bool {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let Some(line) = model.typing(key).filter(|_| !held) else { return false };
        let last = self.runs.last_mut().filter(|run| open && run.line.into == line.into);
        match (key.code, last) {
            (KeyCode::Char(c), Some(run)) => run.push(n, c),
            (KeyCode::Char(c), None) => {
                self.runs.push(Run { line, typed: vec![(n, c)], undone: Vec::new(), grows: true });
            }
            (KeyCode::Backspace, Some(run)) => return run.pop(),
            _ => return false,
        }
        true
    }

    /// The texts with the lines that they went into.
    fn texts(&self) -> impl Iterator<Item = (TypedLine, String)> {
        let runs = self.runs.iter().map(|run| (run.line.clone(), text(&run.typed)));
        let entered = self.entered.iter().filter_map(|entered| entered.text.clone());
        runs.chain(entered.map(|(into, text)| (whole(into), text)))
    }

    /// The words that were looked for, in small letters: within other words they have the same stand-in.
    pub(super) fn pieces(&self) -> BTreeSet<String> {
        let mut pieces = BTreeSet::new();
        for (line, text) in self.texts() {
            let whole = line.with(&text);
            let sought = typed_words(&line, &whole, &text).into_iter().filter(|(word, _)| word.is_sought(line.into));
            let long = sought.map(|(_, part)| part).filter(|part| part.chars().count() >= SHORTEST);
            pieces.extend(long.map(str::to_ascii_lowercase));
        }
        pieces
    }

    /// The texts in the messages.
    pub(super) fn replaced(&self, replace: impl Fn(&TypedLine, &str) -> String) -> Replaced {
        let mut keys = BTreeMap::new();
        for run in &self.runs {
            // What was deleted is what it was then, what is left what it is at last.
            for typed in run.undone.iter().chain([&run.typed]) {
                let written = replace(&run.line, &text(typed));
                keys.extend(typed.iter().zip(written.chars()).map(|((n, _), c)| (*n, c)));
            }
        }
        let entered = self.entered.iter().map(|Entered { n, head, text }| {
            let text = text.as_ref().map(|(into, text)| replace(&whole(*into), text)).unwrap_or_default();
            (*n, format!("{head}{text}"))
        });
        Replaced { keys, lines: entered.collect() }
    }
}

/// A line that was empty before.
fn whole(into: Typing) -> TypedLine {
    TypedLine { into, before: String::new(), after: String::new() }
}
