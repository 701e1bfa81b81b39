//! What a word of a filter looks for: a part of a text, letters in their order, a regular expression.

use std::ops::Range;

use memchr::{memchr, memmem::Finder, memrchr};
use nucleo_matcher::{
    Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};
use regex::{Regex, RegexBuilder};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    entry::{Entry, Field, ID_PART, SEPARATOR, fields, id_letters, ids, kinds, letters},
    fold::Fold,
};
use crate::domain::ids::SnapshotId;

/// What matching needs for its work, kept from one text to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    matcher: Matcher,
    chars: Vec<char>,
    positions: Vec<u32>,
    text: String,
}

/// Scores of a fuzzy match come on top of it.
const IN_NAME: u32 = 20;

#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Substring(Box<Substring>),
    Fuzzy(Box<Fuzzy>),
    Regex(Box<Expression>),
}

impl Pattern {
    /// Returns a matcher for the literal word.
    pub(super) fn substring(word: &str) -> Self {
        Self::Substring(Box::new(Substring::new(word)))
    }

    /// Returns the score of an image, higher is better; `None` if it does not match. Only fuzzy words rank images by it.
    pub(super) fn score(&self, entry: &Entry<'_>, scratch: &mut Scratch) -> Option<u32> {
        match self {
            Self::Substring(substring) => substring.is_in(entry).then_some(0),
            Self::Fuzzy(fuzzy) => fuzzy.score(entry, scratch),
            Self::Regex(expression) => expression.is_in(entry, scratch).then_some(0),
        }
    }

    /// Returns true if a text matches.
    pub(super) fn is_in_text(&self, text: &str, scratch: &mut Scratch) -> bool {
        match self {
            Self::Substring(substring) => substring.fold.find(text, &substring.word).is_some(),
            Self::Fuzzy(fuzzy) => {
                fuzzy.original.score(Utf32Str::new(text, &mut scratch.chars), &mut scratch.matcher).is_some()
            }
            Self::Regex(expression) => expression.original.is_match(text),
        }
    }

    /// Appends the parts of a shown text that match, in bytes.
    pub(super) fn append_matches(&self, text: &str, field: Field, scratch: &mut Scratch, out: &mut Vec<Range<usize>>) {
        match (self, field) {
            (Self::Substring(substring), Field::Kind) => {
                out.extend(substring.fold.equal(text, &substring.word).then_some(0..text.len()));
            }
            (Self::Substring(substring), _) if field == Field::Text || substring.is_long => {
                let mut at = 0;
                while let Some(found) = substring.fold.find(&text[at..], &substring.word) {
                    out.push(at + found.start..at + found.end);
                    at += found.end.max(1);
                }
            }
            (Self::Fuzzy(fuzzy), Field::Text) => fuzzy.append_matches(text, scratch, out),
            (Self::Regex(expression), Field::Text | Field::Id) if field == Field::Text || expression.names_ids => {
                out.extend(expression.original.find_iter(text).map(|m| m.range()).filter(|m| !m.is_empty()));
            }
            _ => {}
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone)]
pub(super) struct Substring {
    fold: Fold,
    word: String,
    /// The word without case and accents, as texts are indexed.
    indexed: Finder<'static>,
    /// Which bytes of it were typed as capitals.
    capitals: Vec<bool>,
    /// The same word as a whole field.
    whole: Finder<'static>,
    letters: u64,
    /// Long enough to be looked for in ids.
    is_long: bool,
}

impl Substring {
    pub(super) fn new(word: &str) -> Self {
        let fold = Fold::typed(word);
        let indexed = Fold::ALL.text(word);
        let capital = |(typed, folded): (char, char)| std::iter::repeat_n(typed.is_uppercase(), folded.len_utf8());
        Self {
            fold,
            word: fold.text(word),
            letters: letters(&indexed),
            is_long: word.chars().count() >= ID_PART,
            whole: Finder::new(&format!("{SEPARATOR}{indexed}{SEPARATOR}")).into_owned(),
            capitals: word.chars().zip(indexed.chars()).flat_map(capital).collect(),
            indexed: Finder::new(&indexed).into_owned(),
        }
    }

    fn is_in(&self, entry: &Entry<'_>) -> bool {
        (self.letters & !entry.letters.text == 0 && self.is_in_text(entry))
            || (self.is_long && self.letters & !id_letters() == 0 && self.is_in_ids(entry))
            || self.is_kind(entry)
    }

    fn is_in_text(&self, entry: &Entry<'_>) -> bool {
        if self.fold == Fold::ALL {
            return self.indexed.find(entry.text.as_bytes()).is_some();
        }
        if self.fold.accents_matter() {
            let find = |field: &str| self.fold.find(field, &self.word).is_some();
            return self.indexed.find(entry.text.as_bytes()).is_some() && fields(entry.image).any(find);
        }
        self.indexed.find_iter(entry.text.as_bytes()).any(|at| entry.capitals.are_those_of(at, &self.capitals))
    }

    /// Ids have no capitals.
    fn is_in_ids(&self, entry: &Entry<'_>) -> bool {
        let occurs =
            self.word.starts_with("snap-") && entry.image.snapshot_ids().any(|id| id.as_str().contains(&self.word));
        occurs || self.indexed.find(entry.ids.as_bytes()).is_some() && !self.capitals.contains(&true)
    }

    fn is_kind(&self, entry: &Entry<'_>) -> bool {
        let found = self.whole.find(entry.kinds.as_bytes()).is_some();
        found && (self.fold == Fold::ALL || kinds(entry.image).any(|kind| self.fold.equal(kind, &self.word)))
    }
}

/// Letters in their order, with others between, regardless of case and accents.
#[derive(Debug, Clone)]
pub(super) struct Fuzzy {
    word: String,
    letters: u64,
    original: Atom,
}

impl Fuzzy {
    pub(super) fn new(word: &str) -> Self {
        let folded = Fold::ALL.text(word);
        Self {
            letters: letters(&folded),
            original: Atom::new(&folded, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false),
            word: folded,
        }
    }

    fn score(&self, entry: &Entry<'_>, scratch: &mut Scratch) -> Option<u32> {
        if self.letters & !entry.letters.text != 0 {
            return None;
        }
        // The name, which comes first, is often excluded by its letters.
        let has_name = self.letters & !entry.letters.name == 0;
        let indexed = entry.text.split(SEPARATOR).enumerate().filter(|(at, _)| *at > 0 || has_name);
        best(indexed, |field| {
            if self.word.is_ascii() {
                score(field.as_bytes(), self.word.as_bytes())
            } else {
                let field = Utf32Str::new(field, &mut scratch.chars);
                self.original.score(field, &mut scratch.matcher).map(u32::from)
            }
        })
    }

    fn append_matches(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Range<usize>>) {
        let Scratch { matcher, chars, positions, .. } = scratch;
        positions.clear();
        if self.original.indices(Utf32Str::new(text, chars), matcher, positions).is_none() {
            return;
        }
        positions.sort_unstable();
        // The matcher counts graphemes.
        let mut positions = positions.iter().peekable();
        for (at, (place, grapheme)) in (0_u32..).zip(text.grapheme_indices(true)) {
            if positions.next_if(|position| **position == at).is_some() {
                out.push(place..place + grapheme.len());
            }
        }
    }
}

/// Returns how well the letters of an ASCII word fit into a text: the closer together and the more at the beginnings of words the
/// better. The matcher's own search for the best fit costs ten times as much, which 100,000 images do not bear.
fn score(text: &[u8], word: &[u8]) -> Option<u32> {
    let mut end = 0;
    for wanted in word {
        end += memchr(*wanted, &text[end..])? + 1;
    }
    // Back from there, which leaves out what need not be between.
    let mut score = 0;
    let mut after = None;
    let mut before = end;
    for wanted in word.iter().rev() {
        let at = memrchr(*wanted, &text[..before])?;
        score += if after == Some(at + 1) { 8 } else { 1 };
        score += match at.checked_sub(1).map(|before| text[before]) {
            None => 4,
            Some(before) if !before.is_ascii_alphanumeric() => 3,
            Some(_) => 0,
        };
        (after, before) = (Some(at), at);
    }
    Some(score)
}

/// Returns the best score of the fields, each with its number. A match in the name ranks higher than in other fields, which are not
/// searched then.
fn best<'a>(
    fields: impl Iterator<Item = (usize, &'a str)>,
    mut score: impl FnMut(&'a str) -> Option<u32>,
) -> Option<u32> {
    let mut best = None;
    for (at, field) in fields {
        let Some(found) = score(field) else { continue };
        match at {
            0 => return Some(found + IN_NAME),
            _ => best = best.max(Some(found)),
        }
    }
    best
}

/// A regular expression. Without capitals it ignores case.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    /// For whole indexed texts; what it refuses does not match.
    indexed: Option<Regex>,
    /// True if a field of an indexed text that matches need not be compared as it is written.
    decides: bool,
    /// True if it says that it is about ids, in which digits would match by chance.
    names_ids: bool,
    original: Regex,
}

/// The most memory of a compiled expression, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

impl Expression {
    /// # Errors
    /// What is wrong with the pattern, in words.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        let ignores_case = !has_capital(pattern);
        let build = |ignores_case| {
            RegexBuilder::new(pattern)
                .case_insensitive(ignores_case)
                .multi_line(true)
                // Fields are lines of the indexed text: `^` and `$` are at their ends.
                .line_terminator(b'\0')
                .size_limit(SIZE_LIMIT)
                .build()
                .map_err(|error| reason(&error))
        };
        let original = build(ignores_case)?;
        // A class that excludes letters could refuse in the index what it takes as it is written.
        let indexed =
            if ignores_case { Some(build(false)?) } else { Some(build(true)?).filter(|_| !excludes_letters(pattern)) };
        let names_ids = ["ami-", "snap-"].iter().any(|prefix| pattern.contains(prefix));
        Ok(Self {
            names_ids,
            indexed: indexed.filter(|_| pattern.is_ascii()),
            decides: ignores_case && pattern.is_ascii(),
            original,
        })
    }

    fn is_in(&self, entry: &Entry<'_>, scratch: &mut Scratch) -> bool {
        let in_fields = match &self.indexed {
            Some(indexed) if self.decides => is_in_a_field(indexed, entry.text),
            Some(indexed) if !indexed.is_match(entry.text) => false,
            // The image itself is far away in memory.
            Some(_) if entry.write_original(&mut scratch.text) => is_in_a_field(&self.original, &scratch.text),
            Some(_) => fields(entry.image).any(|field| self.original.is_match(field)),
            None => {
                let text = &mut scratch.text;
                text.clear();
                for (at, field) in fields(entry.image).enumerate() {
                    if at > 0 {
                        text.push(SEPARATOR);
                    }
                    text.push_str(field);
                }
                is_in_a_field(&self.original, text)
            }
        };
        in_fields || (self.names_ids && self.is_in_ids(entry))
    }

    fn is_in_ids(&self, entry: &Entry<'_>) -> bool {
        let mut all = ids(entry.image).chain(entry.image.snapshot_ids().map(SnapshotId::as_str));
        all.any(|id| self.original.is_match(id))
    }
}

/// Returns true if a field of a text matches. A match must not reach over the end of its field.
fn is_in_a_field(expression: &Regex, text: &str) -> bool {
    expression.find(text).is_some_and(|m| {
        !m.as_str().contains(SEPARATOR) || text.split(SEPARATOR).any(|field| expression.is_match(field))
    })
}

/// Returns true if the pattern has a capital that stands for itself.
fn has_capital(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|c| {
        let capital = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        capital
    })
}

fn excludes_letters(pattern: &str) -> bool {
    ["[^", "\\P", "\\p", "[:"].iter().any(|part| pattern.contains(part))
}

/// Returns the last line of the error without its `error: `; the lines before show the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
