//! Redaction of a recording: every text that is not known to be harmless is replaced by a stand-in of the same length and kind,
//! equal texts by equal ones. What is harmless is listed in [`places`]; numbers, times, regions and AWS's own words stay.
//!
//! Stand-ins are chosen at random and kept nowhere, so that they reveal only the length of a word.

mod kept;
mod places;
mod stand_in_words;
mod typed;
mod words;

use std::{borrow::Cow, cell::RefCell, collections::BTreeSet, io};

use jiff::Timestamp;

use super::{
    filter::{Filtered, Place, Texts},
    format::{Entry, Line, Recorded, TARGET},
    log_files::Recording,
};
use crate::{
    domain::Failure,
    term::{Input, input::KeyCode},
    tui::{Msg, TypedLine},
};
use kept::Word;
use places::Treatment;
use stand_in_words::StandInWords;
use typed::{Replaced, TypedTexts};
use words::Vocabulary;

/// Returns the lines of a log with this recording redacted, up to the message of this number. `harmless` are texts in the words
/// of the program itself: of these, what names nothing of the user's stays in messages.
///
/// # Errors
/// If a line cannot be redacted so that it can be read again.
pub fn redact(recording: &Recording, last: u64, harmless: &str) -> Result<Vec<String>, Failure> {
    let typed = TypedTexts::of(recording)?;
    let secrets = secret_words(recording, &typed);
    let redaction = Redaction {
        words: RefCell::new(StandInWords::new(typed.pieces())),
        vocabulary: Vocabulary::new(harmless, &secrets),
    };
    let replaced = typed.replaced(|line, text| redaction.typed(line, text));
    let lines = recording.lines.iter().take_while(|line| line.n <= last);
    lines.map(|line| redaction.line(line, &replaced)).collect()
}

/// Every word of the names and other texts that are replaced as a whole.
fn secret_words(recording: &Recording, typed: &TypedTexts) -> BTreeSet<String> {
    let collector = Collector::default();
    for line in &recording.lines {
        // Into nothing: it cannot fail.
        let _ = serde_json::to_writer(io::sink(), &Filtered::new(line, &collector));
    }
    let mut found = collector.found.into_inner();
    found.extend(typed.pieces());
    found.retain(|word| !words::is_frame(word));
    found
}

/// Collects the words of the texts that are replaced as a whole.
#[derive(Default)]
struct Collector {
    found: RefCell<BTreeSet<String>>,
}

impl Texts for Collector {
    fn text<'t>(&self, place: Place, text: &'t str) -> Cow<'t, str> {
        if places::treatment(place, text) == Treatment::Replace && !places::is_prose_of_users(place) {
            self.found.borrow_mut().extend(words::words(text).map(str::to_lowercase));
        }
        Cow::Borrowed(text)
    }
}

/// What replaces texts.
struct Redaction {
    words: RefCell<StandInWords>,
    vocabulary: Vocabulary,
}

impl Redaction {
    fn line(&self, line: &Line<Recorded>, typed: &Replaced) -> Result<String, Failure> {
        let mut line = line.clone();
        match &mut line.entry {
            Entry::Msg(Msg::Input(Input::Key(key))) => {
                key.code = typed.keys.get(&line.n).map_or(key.code, |to| KeyCode::Char(*to));
            }
            Entry::Msg(Msg::Input(Input::Line(text))) => {
                *text = typed.lines.get(&line.n).cloned().unwrap_or_default();
            }
            _ => {}
        }
        let failed = |why: String| Failure::new(format!("redact message {}", line.n), why);
        let mut json = serde_json::to_string(&Filtered::new(&line, self)).map_err(|e| failed(e.to_string()))?;
        if let Cow::Owned(escaped) = super::recorder::on_one_line(&json) {
            json = escaped;
        }
        if let Err(error) = serde_json::from_str::<Line<Recorded>>(&json) {
            return Err(failed(error.to_string()).hint(
                "Nothing was written. Cut the recording before it with --message, or describe the screen in words.",
            ));
        }
        Ok(format!("{} DEBUG {TARGET}: {json}", line.at))
    }

    /// Replaces what was typed into a line.
    fn typed(&self, line: &TypedLine, text: &str) -> String {
        let whole = line.with(text);
        self.replace(text, &|before, word| {
            let start = line.before.len() + before.len();
            Word::around(&whole, start..start + word.len()).stays(line.into, &self.vocabulary)
        })
    }

    fn replace(&self, text: &str, keep: words::Keep<'_>) -> String {
        words::replace(text, &mut self.words.borrow_mut(), keep)
    }
}

impl Texts for Redaction {
    fn text<'t>(&self, place: Place, text: &'t str) -> Cow<'t, str> {
        match places::treatment(place, text) {
            _ if text.is_empty() || text.parse::<Timestamp>().is_ok() => Cow::Borrowed(text),
            Treatment::Keep => Cow::Borrowed(text),
            Treatment::Prose => Cow::Owned(self.replace(text, &|_, word| self.vocabulary.has(word))),
            Treatment::Filter => Cow::Owned(self.replace(text, &kept::is_of_filter)),
            Treatment::Replace => Cow::Owned(self.replace(text, &|_, _| false)),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod typed_tests;
