//! Words and their replacements: of the same length, with letters for letters and digits for digits, and different ones for
//! different words.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::RangeInclusive,
};

use fastrand::Rng;
use unicode_width::UnicodeWidthChar as _;

/// How often another stand-in is tried before a word gets one that another has: there are only ten digits.
const TRIES: usize = 200;

/// Which letters a word has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Letters {
    Any,
    Hexadecimal,
}

/// The stand-ins of a redaction.
#[derive(Debug)]
pub(super) struct StandInWords {
    known: HashMap<(String, Letters), Vec<char>>,
    used: HashSet<Vec<char>>,
    /// What was typed to find words: it has the same stand-in wherever it is within them. The longest first.
    pieces: Vec<String>,
    random: Rng,
}

impl StandInWords {
    pub(super) fn new(pieces: BTreeSet<String>) -> Self {
        let mut pieces: Vec<String> = pieces.into_iter().collect();
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        Self { known: HashMap::new(), used: HashSet::new(), pieces, random: Rng::new() }
    }

    /// Returns the stand-in of a word, with capitals where it has some.
    pub(super) fn of(&mut self, word: &str, letters: Letters) -> String {
        let lower = word.to_ascii_lowercase();
        let stand_in = match self.known.get(&(lower.clone(), letters)) {
            Some(known) => known.clone(),
            None => self.choose(&lower, letters),
        };
        let as_written = |(c, to): (char, char)| if c.is_ascii_uppercase() { to.to_ascii_uppercase() } else { to };
        word.chars().zip(stand_in).map(as_written).collect()
    }

    fn choose(&mut self, word: &str, letters: Letters) -> Vec<char> {
        let chars: Vec<char> = word.chars().collect();
        let mut chosen = Vec::new();
        for _ in 0..TRIES {
            chosen = self.random_word(word, &chars, letters);
            if self.used.insert(chosen.clone()) {
                break;
            }
        }
        self.known.insert((word.to_owned(), letters), chosen.clone());
        chosen
    }

    /// Random letters, but for what was typed.
    fn random_word(&mut self, word: &str, chars: &[char], letters: Letters) -> Vec<char> {
        let mut chosen = Vec::with_capacity(chars.len());
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            let piece = self.pieces.iter().find(|piece| rest.starts_with(piece.as_str()) && piece.len() < word.len());
            if let Some(piece) = piece.cloned() {
                chosen.extend(self.of(&piece, letters).chars());
                rest = &rest[piece.len()..];
            } else {
                chosen.push(self.random_char(c, letters));
                rest = &rest[c.len_utf8()..];
            }
        }
        chosen
    }

    fn random_char(&mut self, c: char, letters: Letters) -> char {
        let mut one_of = |range: RangeInclusive<char>| self.random.char(range);
        match (c, c.width()) {
            ('0'..='9', _) => one_of('0'..='9'),
            ('a'..='f', _) if letters == Letters::Hexadecimal => one_of('a'..='f'),
            ('a'..='z', _) => one_of('a'..='z'),
            (_, Some(1)) => one_of('à'..='ö'),
            (_, Some(2)) => one_of('一'..='龥'),
            // Parts of letters, such as the vowels of decomposed Hangul.
            (c, Some(0)) if c.is_alphanumeric() => one_of('\u{1161}'..='\u{1175}'),
            _ => c,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pieces: &[&str]) -> StandInWords {
        StandInWords::new(pieces.iter().map(|piece| (*piece).to_owned()).collect())
    }

    #[test]
    fn equal_words_are_equal_and_of_the_same_kind() {
        let mut words = with(&[]);
        let web = words.of("Web2024日é", Letters::Any);
        assert_eq!(web, words.of("Web2024日é", Letters::Any));
        assert_eq!(web.to_ascii_lowercase(), words.of("web2024日é", Letters::Any));
        assert!(web.starts_with(|c: char| c.is_ascii_uppercase()));
        assert_eq!(
            web.chars().map(char::width).collect::<Vec<_>>(),
            "Web2024日é".chars().map(char::width).collect::<Vec<_>>()
        );
        assert!(words.of("deadbeef00", Letters::Hexadecimal).bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn different_words_are_different_as_long_as_there_are_others() {
        let mut words = with(&[]);
        let digits: BTreeSet<String> = (0..10).map(|n| words.of(&n.to_string(), Letters::Any)).collect();
        assert!(digits.len() >= 9, "{digits:?}");
        let many: BTreeSet<String> = (0..500).map(|n| words.of(&format!("w{n:03}"), Letters::Any)).collect();
        assert_eq!(many.len(), 500);
    }

    #[test]
    fn what_was_typed_is_found_in_the_same_words() {
        let mut words = with(&["2024"]);
        let piece = words.of("2024", Letters::Any);
        for word in ["20240226", "x2024", "20242024"] {
            assert!(words.of(word, Letters::Any).contains(&piece), "{word}");
        }
    }
}
