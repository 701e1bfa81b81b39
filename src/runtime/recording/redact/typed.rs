//! What was typed, character by character: each becomes the character of the stand-in that it is a part of.

use std::collections::{BTreeMap, BTreeSet};

use super::{places::is_syntax, words::words};
use crate::{
    domain::Failure,
    runtime::recording::{format::Entry, log_files::Recording},
    term::{
        Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, Typing},
};

/// A shorter word is found in too many others.
const SHORTEST: usize = 2;

/// Characters that were typed one after the other into the same line.
#[derive(Debug)]
struct Run {
    into: Typing,
    /// With the numbers of their messages.
    typed: Vec<(u64, char)>,
}

impl Run {
    fn text(&self) -> String {
        self.typed.iter().map(|(_, c)| *c).collect()
    }
}

/// All that was typed.
#[derive(Debug, Default)]
pub(super) struct TypedRuns {
    runs: Vec<Run>,
    /// The messages of characters that were deleted again.
    deleted: Vec<u64>,
}

impl TypedRuns {
    /// Replays a recording to see which keys were text.
    ///
    /// # Errors
    /// If it has no beginning.
    pub(super) fn of(recording: &Recording) -> Result<Self, Failure> {
        let mut lines = recording.lines.iter();
        let Some(Entry::Began(beginning)) = lines.next().map(|line| &line.entry) else {
            return Err(Failure::new("redact the recording", "it has no beginning"));
        };
        let mut model = beginning.clone().model(recording.run.began)?;
        let (mut typed, mut open) = (Self::default(), false);
        for line in lines {
            let Entry::Msg(msg) = &line.entry else { continue };
            if let Msg::Input(input) = msg {
                open = typed.add(&model, line.n, input, open);
            }
            _ = model.update(msg.clone(), line.at);
        }
        Ok(typed)
    }

    /// Adds an input; `open` while the last run goes on. Returns whether it does then.
    fn add(&mut self, model: &Model, n: u64, input: &Input, open: bool) -> bool {
        let (Some(into), Input::Key(KeyEvent { code, modifiers, .. })) = (model.typing(), input) else { return false };
        let last = self.runs.last_mut().filter(|run| open && run.into == into);
        match (code, last) {
            (KeyCode::Char(_), _) if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => false,
            (KeyCode::Char(c), Some(run)) => {
                run.typed.push((n, *c));
                true
            }
            (KeyCode::Char(c), None) => {
                self.runs.push(Run { into, typed: vec![(n, *c)] });
                true
            }
            (KeyCode::Backspace, Some(run)) => {
                self.deleted.extend(run.typed.pop().map(|(n, _)| n));
                true
            }
            _ => false,
        }
    }

    /// The words that were looked for, in small letters: within other words they have the same stand-in.
    pub(super) fn pieces(&self) -> BTreeSet<String> {
        let filters = self.runs.iter().filter(|run| run.into == Typing::Filter);
        let texts: Vec<String> = filters.map(|run| run.text().to_ascii_lowercase()).collect();
        let sought = texts.iter().flat_map(|text| words(text)).filter(|word| word.chars().count() >= SHORTEST);
        sought.filter(|word| !is_syntax(word)).map(str::to_owned).collect()
    }

    /// The characters that stand in a message of a key, by the message's number.
    pub(super) fn replaced(&self, replace: impl Fn(Typing, &str) -> String) -> BTreeMap<u64, char> {
        let mut replaced: BTreeMap<u64, char> = self.deleted.iter().map(|n| (*n, 'x')).collect();
        for run in &self.runs {
            let written = replace(run.into, &run.text());
            replaced.extend(run.typed.iter().zip(written.chars()).map(|((n, _), c)| (*n, c)));
        }
        replaced
    }
}
