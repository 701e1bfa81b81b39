//! What stays of a text that was typed: the syntax of filters, the palette's commands with arguments that are not the user's own, and
//! what confirms something.

use std::ops::Range;

use super::{
    places::{is_batch, is_syntax},
    words::Vocabulary,
};
use crate::{
    config::bindings::KEYS,
    domain::{
        ImageColumn, Region,
        palette::{self, COMMANDS, CommandName},
    },
    tui::{TypedLine, Typing},
};

/// Keys of filters that take a number.
const BOUNDED: [&str; 3] = ["age", "launched", "size"];
/// Owners that every account has.
const OWNERS: [&str; 5] = ["amazon", "marketplace", "mine", "public", "shared"];
const EXPORTS: [&str; 3] = ["csv", "json", "jsonl"];
/// The most digits of a number that names nothing.
const DIGITS: usize = 4;

/// A word of a line, part of which was typed now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Word<'a> {
    line: &'a str,
    /// The line before the word.
    before: &'a str,
    text: &'a str,
}

impl<'a> Word<'a> {
    /// The word of the line that has this part.
    pub(super) fn around(line: &'a str, part: Range<usize>) -> Self {
        let before = line[..part.start].trim_end_matches(char::is_alphanumeric);
        let after = line[part.end..].trim_start_matches(char::is_alphanumeric);
        Self { line, before, text: &line[before.len()..line.len() - after.len()] }
    }

    /// Returns true if it stays where it was typed.
    pub(super) fn stays(&self, into: Typing, vocabulary: &Vocabulary) -> bool {
        match into {
            Typing::Filter => is_of_filter(self.before, self.text),
            Typing::Regions => is_of_region(self.text),
            Typing::Command => self.is_of_command(vocabulary),
            Typing::Text => self.confirms(),
        }
    }

    /// Returns true if names were looked for by it: it is found in them.
    pub(super) fn is_sought(&self, into: Typing) -> bool {
        match into {
            Typing::Filter => !is_of_filter(self.before, self.text),
            Typing::Command => palette::split(self.before).is_some_and(|(spec, ..)| {
                matches!(spec.name, CommandName::Profile | CommandName::Filter | CommandName::Preset)
            }),
            Typing::Regions | Typing::Text => false,
        }
    }

    /// Returns true for the words of commands, as far as they were typed, and for arguments of the program's own.
    fn is_of_command(&self, vocabulary: &Vocabulary) -> bool {
        let word = self.text.to_ascii_lowercase();
        let begins = |text: &str| words_of(text).any(|of| of.starts_with(&word));
        let Some((spec, argument, _)) = palette::split(self.before) else {
            let names = KEYS.iter().map(|binding| binding.action.name());
            return names.chain(COMMANDS.map(|spec| spec.word.to_owned())).any(|name| begins(&name))
                || vocabulary.has(&word);
        };
        match spec.name {
            CommandName::Region => begins("all") || begins("auto") || Region::KNOWN.iter().any(|region| begins(region)),
            CommandName::Owner => !argument.contains(':') && OWNERS.iter().any(|owner| begins(owner)),
            CommandName::Sort if argument.trim_start().starts_with("tag:") => {
                argument.ends_with(' ') && word == "reverse"
            }
            CommandName::Sort => begins("reverse tag") || ImageColumn::all().any(|column| begins(&column.to_string())),
            CommandName::Theme => vocabulary.has(&word),
            CommandName::Export => argument.ends_with('.') && EXPORTS.contains(&&*word),
            CommandName::Profile
            | CommandName::Filter
            | CommandName::SaveFilter
            | CommandName::Preset
            | CommandName::Policy => false,
        }
    }

    /// Returns true if the line has nothing but what confirms something: how many copies are meant, that they become public, a batch.
    /// Days are entered so, too.
    fn confirms(&self) -> bool {
        let line = self.line.trim();
        let is_number = |word: &&str| is_short(word.strip_suffix('d').unwrap_or(word));
        let mut others = line.split_whitespace().filter(|word| *word != "public");
        is_batch(line) || others.next().is_none_or(|word| is_number(&word)) && others.next().is_none()
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// Returns true for what begins a part of a region's name, or a word of its place.
fn is_of_region(word: &str) -> bool {
    let word = word.to_lowercase();
    let begins = |text: &str| words_of(&text.to_lowercase()).any(|of| of.starts_with(&word));
    Region::KNOWN.iter().any(|name| begins(name) || Region::new(name).is_ok_and(|region| begins(region.place())))
}

/// Returns true for the syntax of filters, and for numbers where a key takes one.
pub(super) fn is_of_filter(before: &str, word: &str) -> bool {
    is_syntax(word) || is_bound(before, word)
}

fn is_bound(before: &str, word: &str) -> bool {
    let is_quoted = !before.matches('"').count().is_multiple_of(2);
    let term = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let Some((key, signs)) = term.split_once(':').filter(|_| !is_quoted) else { return false };
    let key = key.strip_prefix('!').unwrap_or(key).to_ascii_lowercase();
    let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    BOUNDED.contains(&key.as_str())
        && signs.chars().all(|c| "<>=.".contains(c) || c.is_ascii_digit())
        && signs.chars().filter(char::is_ascii_digit).count() <= DIGITS
        && is_short(number)
        && word.len() - number.len() <= 2
}

/// Returns true for a number that is too short to name an account or anything else.
fn is_short(number: &str) -> bool {
    (1..=DIGITS).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// The words of what was typed into a line, each with its part that was typed.
pub(super) fn typed_words<'a>(line: &TypedLine, whole: &'a str, text: &str) -> Vec<(Word<'a>, &'a str)> {
    let mut found = Vec::new();
    let (mut at, end) = (line.before.len(), line.before.len() + text.len());
    while let Some(start) = whole[at..end].find(char::is_alphanumeric).map(|n| at + n) {
        at = whole[start..end].find(|c: char| !c.is_alphanumeric()).map_or(end, |n| start + n);
        found.push((Word::around(whole, start..at), &whole[start..at]));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    /// The words of a line that stay.
    fn stay(into: Typing, line: &str) -> String {
        let vocabulary = Vocabulary::new("manuals of copies", &BTreeSet::from(["manuals".to_owned()]));
        let typed = TypedLine { into, before: String::new(), after: String::new() };
        let words = typed_words(&typed, line, line);
        words
            .iter()
            .filter(|(word, _)| word.stays(into, &vocabulary))
            .map(|(_, part)| *part)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[rstest]
    #[case("export /tmp/csv/acme.csv", "export csv")]
    #[case("exp /tmp/acme.csv", "exp")]
    #[case("export! acme.jsonl", "export jsonl")]
    #[case("cancel batch", "cancel batch")]
    #[case("acme copies manuals", "copies")]
    #[case("PROFILE default", "PROFILE")]
    #[case("save_filter copies", "save filter")]
    #[case("region eu-west-1,all falcon", "region eu west 1 all")]
    #[case("owner public:amazon", "owner public")]
    #[case("sort size rev", "sort size rev")]
    #[case("sort tag:size reverse", "sort tag reverse")]
    #[case("theme nord", "theme nord")]
    #[case("export", "export")]
    #[case("exports", "")]
    fn of_a_command_the_programs_own_words_stay(#[case] line: &str, #[case] words: &str) {
        assert_eq!(stay(Typing::Command, line), words);
    }

    #[rstest]
    #[case("state:available age:<30d size:>=1.5T !launched:>90d", "state available age 30d size 1 5T launched 90d")]
    #[case("tag:Pin=4711 Age:>1y", "tag Age 1y")]
    #[case("size:>12345 size:4711x9 age:12.34567", "size size age 12")]
    #[case("tag:\"Pin size:>4711\" =42 <42", "tag size")]
    fn of_a_filter_numbers_stay_behind_the_keys_that_take_one(#[case] line: &str, #[case] words: &str) {
        assert_eq!(stay(Typing::Filter, line), words);
    }

    #[rstest]
    #[case("12", "12")]
    #[case("90d", "90d")]
    #[case("public 12", "public 12")]
    #[case("batch-0a1b2c", "batch 0a1b2c")]
    #[case("1234-5678-9012", "")]
    #[case("1234 5678", "")]
    #[case("pin 4711", "")]
    #[case("12345", "")]
    fn of_a_text_only_what_confirms_stays(#[case] line: &str, #[case] words: &str) {
        assert_eq!(stay(Typing::Text, line), words);
    }

    #[rstest]
    #[case("eu-west", "eu west")]
    #[case("frankf", "frankf")]
    #[case("falcon 4711 virginia", "virginia")]
    fn of_a_filter_of_regions_names_and_places_stay(#[case] line: &str, #[case] words: &str) {
        assert_eq!(stay(Typing::Regions, line), words);
    }

    #[test]
    fn a_word_is_judged_with_its_neighbours() {
        let line = "export re-acme.csv";
        assert_eq!(Word::around(line, 10..12), Word { line, before: "export re-", text: "acme" });
        let vocabulary = Vocabulary::new("", &BTreeSet::new());
        let stays = |line, part| Word::around(line, part).stays(Typing::Command, &vocabulary);
        assert!(stays("expo", 2..4) && !stays("expx", 0..3) && !stays("x4711", 1..3));
    }
}
