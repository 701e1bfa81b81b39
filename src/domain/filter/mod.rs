//! Filters as people type them: words that must occur, `~fuzzy` ones, `/regular expressions/`, `!excluded` ones, and `key:value` terms.

pub mod bound;
mod clauses;
mod complete;
mod ec2_filters;
mod entry;
mod fold;
mod image_term;
mod index;
mod literal;
mod name_pattern;
mod pattern;
mod tokens;

use std::ops::Range;

use jiff::Timestamp;

use crate::domain::{failure::Failure, image::Image, text::clean};

pub use clauses::{Clauses, Parsed};
pub use complete::{Completed, Wanted, complete};
pub use entry::{Entry, Field, searches_tag};
pub use image_term::{ImageTerm, KEYS, TERMS, values_of};
pub use index::TextIndex;
pub use literal::Literal;
pub use pattern::Scratch;

/// Forms and meanings of words, for help and documentation.
pub const WORDS: [(&str, &str); 6] = [
    (
        "word",
        "occurs in the name, the description or a tag that is not amigrate's own; from four characters on also in an id; or is the region, state, arch, owner ... Every word must",
    ),
    ("Word", "the same, with its capitals as they are typed; without any, case does not matter"),
    ("\"two words\"", "occur like that"),
    ("~word", "its letters occur in this order; the best matches come first"),
    ("/re/", "a regular expression matches"),
    ("!word", "does not occur; also !~word, !/re/ and !key:value"),
];

/// The filter of an image list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    clauses: Clauses<ImageTerm>,
    /// When it was parsed, for ages.
    now: Timestamp,
}

impl Filter {
    /// Parses a filter. What is not a known term is a word.
    pub fn parse(text: &str, now: Timestamp) -> Self {
        Self { clauses: Clauses::parse(text, image_term::parse), now }
    }

    /// Parses a filter that is complete.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_checked(text: &str, now: Timestamp) -> Result<Self, Failure> {
        let filter = Self::parse(text, now);
        match filter.mistake() {
            Some(mistake) => Err(Failure::new(format!("filter by `{}`", clean(text)), clean(mistake).into_owned())),
            None => Ok(filter),
        }
    }

    /// Returns what is wrong with the filter. Then no image passes.
    pub fn mistake(&self) -> Option<&str> {
        self.clauses.mistake()
    }

    /// Returns true if what passes depends on the time, and the filter was parsed at least a second before.
    pub fn is_old(&self, now: Timestamp) -> bool {
        let depends = self.clauses.terms().any(ImageTerm::depends_on_time);
        depends && now.duration_since(self.now).as_secs() != 0
    }

    /// Returns true if every image passes.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Returns true if matches are ranked, which only fuzzy words do.
    pub fn ranks(&self) -> bool {
        self.clauses.ranks()
    }

    /// Returns true if an image passes.
    pub fn passes(&self, image: &Image, scratch: &mut Scratch) -> bool {
        let mut index = TextIndex::default();
        index.push(image);
        index.entry(0, image).is_some_and(|entry| self.score(&entry, scratch).is_some())
    }

    /// Returns an image's score, higher is better; `None` if it does not pass.
    pub fn score(&self, entry: &Entry<'_>, scratch: &mut Scratch) -> Option<u32> {
        self.clauses.score(entry, |term| term.matches(entry, self.now), scratch)
    }

    /// Returns the parts of a shown text that the words match, in order and apart from each other.
    pub fn matches_in(&self, text: &str, field: Field, scratch: &mut Scratch) -> Vec<Range<usize>> {
        self.clauses.matches_in(text, field, scratch)
    }

    /// Returns the terms that must match, without those that exclude.
    pub fn wanted_terms(&self) -> impl Iterator<Item = &ImageTerm> {
        self.clauses.wanted_terms()
    }
}

#[cfg(test)]
mod tests;
