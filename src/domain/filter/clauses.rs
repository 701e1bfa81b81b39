//! The words of a filter and its `key:value` terms, whatever they are terms of.

use std::ops::Range;

use super::{
    entry::{Entry, Field},
    pattern::{Expression, Fuzzy, Pattern, Scratch},
    tokens::{Written, tokens},
};

/// What a `key:value` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed<T> {
    Term(T),
    /// A known key without a value yet, such as `state:`: everything passes.
    Unfinished,
    /// No key of a term: a word with a colon in it.
    Unknown,
    /// No key of a term, but much like this one.
    Similar(&'static str),
    /// Not a value of this key, and what is.
    Wrong(String),
}

impl<T> Parsed<T> {
    /// Returns what a word is whose key is none of these.
    pub fn without_key(key: &str, known: &[&'static str]) -> Self {
        let near =
            |known: &&&'static str| strsim::damerau_levenshtein(&key.to_lowercase(), known) <= 1 + known.len() / 6;
        known.iter().find(near).map_or(Self::Unknown, |known| Self::Similar(known))
    }

    /// Returns the term of a value that is one of these words or begins one; else says which it may have been meant to be.
    pub fn one_of(value: &str, known: &[&str], term: impl FnOnce(String) -> T) -> Self {
        if known.iter().any(|known| known.starts_with(value)) {
            return Self::Term(term(value.to_owned()));
        }
        let distance = |known: &&&str| strsim::damerau_levenshtein(value, known);
        let near = known.iter().min_by_key(distance).filter(|known| distance(known) <= 1 + known.len() / 4);
        Self::Wrong(match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it is one of {}", known.join(", ")),
        })
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Parsed<U> {
        match self {
            Self::Term(term) => Parsed::Term(change(term)),
            Self::Unfinished => Parsed::Unfinished,
            Self::Unknown => Parsed::Unknown,
            Self::Similar(key) => Parsed::Similar(key),
            Self::Wrong(expected) => Parsed::Wrong(expected),
        }
    }
}

/// A word, or its opposite.
#[derive(Debug, Clone)]
struct Word {
    excludes: bool,
    pattern: Pattern,
}

/// A parsed filter.
#[derive(Debug, Clone)]
pub struct Clauses<T> {
    words: Vec<Word>,
    /// Each with whether it excludes what it matches.
    terms: Vec<(bool, T)>,
    mistake: Option<String>,
}

impl<T> Default for Clauses<T> {
    fn default() -> Self {
        Self { words: Vec::new(), terms: Vec::new(), mistake: None }
    }
}

impl<T> Clauses<T> {
    /// Parses a filter; `term` knows the keys.
    pub fn parse(text: &str, term: impl Fn(&str, &str) -> Parsed<T>) -> Self {
        let mut clauses = Self::default();
        for token in tokens(text) {
            let excludes = token.excludes;
            let pattern = match token.written {
                Written::Word(word) if word.is_empty() => continue,
                Written::Fuzzy("") | Written::Regex("") => continue,
                Written::Word(word) => Pattern::substring(&word),
                Written::Fuzzy(word) => Pattern::Fuzzy(Box::new(Fuzzy::new(word))),
                Written::Regex(pattern) => match Expression::new(pattern) {
                    Ok(expression) => Pattern::Regex(Box::new(expression)),
                    Err(why) => {
                        clauses.refuse(format!("/{pattern}/: {why}"));
                        continue;
                    }
                },
                Written::Term { key, value } => match term(key, &value) {
                    Parsed::Term(term) => {
                        clauses.terms.push((excludes, term));
                        continue;
                    }
                    Parsed::Unfinished => continue,
                    // As a word it would be in no image: nothing fits, or nothing is kept out that was to be.
                    Parsed::Similar(known) => {
                        clauses.refuse(format!(
                            "there is no term {key}:; did you mean {known}:? Quote it to search for it as a word"
                        ));
                        continue;
                    }
                    Parsed::Unknown => Pattern::substring(&format!("{key}:{value}")),
                    Parsed::Wrong(expected) => {
                        clauses.refuse(format!("{key}:{value}: {expected}"));
                        continue;
                    }
                },
            };
            clauses.words.push(Word { excludes, pattern });
        }
        clauses
    }

    fn refuse(&mut self, mistake: String) {
        self.mistake.get_or_insert(mistake);
    }

    /// Returns what is wrong with the filter. Then nothing passes.
    pub fn mistake(&self) -> Option<&str> {
        self.mistake.as_deref()
    }

    /// Returns true if everything passes.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.terms.is_empty() && self.mistake.is_none()
    }

    /// Returns true if matches are ranked, which only fuzzy words do.
    pub fn ranks(&self) -> bool {
        self.words.iter().any(|word| !word.excludes && matches!(word.pattern, Pattern::Fuzzy(_)))
    }

    /// Returns all terms.
    pub fn terms(&self) -> impl Iterator<Item = &T> {
        self.terms.iter().map(|(_, term)| term)
    }

    /// Returns the terms that must match, without those that exclude.
    pub fn wanted_terms(&self) -> impl Iterator<Item = &T> {
        self.terms.iter().filter(|(excludes, _)| !excludes).map(|(_, term)| term)
    }

    /// Returns true if what has these fields passes. Each word must match within one of them, and none that excludes in any.
    pub fn pass<'a, F: Iterator<Item = &'a str>>(
        &self,
        fields: impl Fn() -> F,
        term: impl Fn(&T) -> bool,
        scratch: &mut Scratch,
    ) -> bool {
        self.mistake.is_none()
            && self.terms.iter().all(|(excludes, one)| term(one) != *excludes)
            && self.words.iter().all(|word| fields().any(|f| word.pattern.is_in_text(f, scratch)) != word.excludes)
    }

    /// Returns an image's score, higher is better; `None` if it does not pass.
    pub(super) fn score(&self, entry: &Entry<'_>, term: impl Fn(&T) -> bool, scratch: &mut Scratch) -> Option<u32> {
        if self.mistake.is_some() {
            return None;
        }
        let mut total = 0;
        for word in &self.words {
            match (word.pattern.score(entry, scratch), word.excludes) {
                (Some(score), false) => total += score,
                (None, true) => {}
                _ => return None,
            }
        }
        // Terms look at the image itself, which is far away in memory.
        self.terms.iter().all(|(excludes, one)| term(one) != *excludes).then_some(total)
    }

    /// Returns the parts of a text that the words match, in order and apart from each other.
    pub fn matches_in(&self, text: &str, field: Field, scratch: &mut Scratch) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for word in self.words.iter().filter(|word| !word.excludes) {
            word.pattern.append_matches(text, field, scratch, &mut found);
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }
}
