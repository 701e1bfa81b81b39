//! Comparing letters regardless of case and accents.

use std::ops::Range;

use nucleo_matcher::chars::{normalize, to_lower_case};

/// What makes no difference between two letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fold {
    case: bool,
    accents: bool,
}

impl Fold {
    /// The fold of indexed texts.
    pub(super) const ALL: Self = Self { case: true, accents: true };

    /// Returns how a typed word is compared: a capital in it means that case matters, an accent that accents do.
    pub(super) fn typed(word: &str) -> Self {
        Self { case: !word.chars().any(char::is_uppercase), accents: word.chars().all(|c| normalize(c) == c) }
    }

    pub(super) fn accents_matter(self) -> bool {
        !self.accents
    }

    fn char(self, c: char) -> char {
        let c = if self.case { to_lower_case(c) } else { c };
        if self.accents { normalize(c) } else { c }
    }

    pub(super) fn text(self, text: &str) -> String {
        text.chars().map(|c| self.char(c)).collect()
    }

    /// Appends a text in which neither case nor accents make a difference.
    pub(super) fn append_all(text: &str, out: &mut String) {
        if text.is_ascii() {
            let start = out.len();
            out.push_str(text);
            out[start..].make_ascii_lowercase();
        } else {
            out.extend(text.chars().map(|c| Self::ALL.char(c)));
        }
    }

    /// Returns where a word, which is folded already, occurs first.
    pub(super) fn find(self, text: &str, word: &str) -> Option<Range<usize>> {
        if !text.is_ascii() {
            return self.find_slowly(text, word);
        }
        let at = if self.case {
            // Thousands of jobs are searched at every key: nothing is copied.
            let mut parts = text.as_bytes().windows(word.len().max(1));
            parts.position(|part| part.eq_ignore_ascii_case(word.as_bytes()))?
        } else {
            text.find(word)?
        };
        Some(at..at + word.len())
    }

    fn find_slowly(self, text: &str, word: &str) -> Option<Range<usize>> {
        let ends = |rest: &str| {
            let mut chars = rest.char_indices();
            for wanted in word.chars() {
                chars.next().filter(|(_, c)| self.char(*c) == wanted)?;
            }
            Some(chars.next().map_or(rest.len(), |(at, _)| at))
        };
        text.char_indices().find_map(|(at, _)| ends(&text[at..]).map(|length| at..at + length))
    }

    /// Returns true if the texts are equal but for what is folded.
    pub(super) fn equal(self, text: &str, word: &str) -> bool {
        text.chars().map(|c| self.char(c)).eq(word.chars())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_or_an_accent_that_is_typed_counts() {
        for (word, text, found) in [
            ("web", "App-WEB-1", Some(4..7)),
            ("Web", "app-Web-1", Some(4..7)),
            ("Web", "app-web-1", None),
            ("zurich", "in Z\u{fc}rich", Some(3..10)),
            ("z\u{fc}rich", "in Z\u{fc}rich", Some(3..10)),
            ("z\u{fc}rich", "in zurich", None),
            ("x", "", None),
            ("\u{e9}", "cafe", None),
        ] {
            let fold = Fold::typed(word);
            assert_eq!(fold.find(text, &fold.text(word)), found, "{word} in {text}");
        }
    }

    #[test]
    fn texts_are_folded_alike_in_one_piece_and_in_parts() {
        let mut out = "A".to_owned();
        Fold::append_all("B\u{c9}", &mut out);
        Fold::append_all("CD", &mut out);
        assert_eq!(out, "Abecd");
        assert_eq!(Fold::ALL.text("B\u{c9}CD"), "becd");
    }
}
