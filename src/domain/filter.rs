//! The filter of an image list: fuzzy words and exact `key:value` terms.

use nucleo_matcher::{
    Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

use crate::domain::{image::Image, region::Region};

/// A `key:value` term.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FilterTerm {
    State(String),
    Architecture(String),
    Region(String),
    Encrypted(bool),
    Owner(String),
    Tag(String, Option<String>),
}

/// Forms and meanings of `key:value` terms, for help and documentation.
pub const TERMS: [(&str, &str); 7] = [
    ("state:", "available, pending, failed, disabled, ..."),
    ("arch:", "x86_64, arm64, i386, ..."),
    ("region:", "eu-west-1, or a beginning: eu-"),
    ("enc:", "yes or no"),
    ("owner:", "an account id, or amazon"),
    ("tag:KEY", "has the tag"),
    ("tag:KEY=VALUE", "has the tag with that value"),
];

#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<FilterTerm>,
    words: Vec<Word>,
    text: String,
}

/// A fuzzy word.
#[derive(Debug, Clone)]
struct Word {
    substring: Atom,
    fuzzy: Atom,
    letters: u64,
}

impl Word {
    fn new(word: &str) -> Self {
        let atom = |kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
        // Other characters may match in normalised form, so they exclude nothing.
        let letters =
            word.chars().filter(char::is_ascii).map(|c| letters(c.encode_utf8(&mut [0; 4]))).fold(0, |a, b| a | b);
        Self { substring: atom(AtomKind::Substring), fuzzy: atom(AtomKind::Fuzzy), letters }
    }

    /// Scores a text. A substring match skips the fuzzy match, which costs ten times as much and would hardly score higher.
    fn score(&self, text: &str, matcher: &mut Matcher, buffer: &mut Vec<char>) -> Option<u32> {
        let text = Utf32Str::new(text, buffer);
        self.substring.score(text, matcher).or_else(|| self.fuzzy.score(text, matcher)).map(u32::from)
    }
}

/// Returns the set of a text's characters: a bit for each letter regardless of case, each digit and some punctuation, and one for
/// all others. All bits are set for non-ASCII text, whose characters may match others.
fn letters(text: &str) -> u64 {
    if !text.is_ascii() {
        return u64::MAX;
    }
    text.bytes().fold(0, |set, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'A'..=b'Z' => byte - b'A',
            b'0'..=b'9' => 26 + byte - b'0',
            b'-' => 36,
            b'.' => 37,
            b'_' => 38,
            b'/' => 39,
            b' ' => 40,
            _ => 41,
        };
        set | 1 << bit
    })
}

/// Separates the fields of a search text. No field contains it, because XML cannot.
const SEPARATOR: char = '\0';

/// Appends an image's search text: name, id, description and tags as separate fields.
pub fn append_search_text(image: &Image, text: &mut String) {
    text.push_str(&image.name);
    for field in [image.id.as_str(), &image.description] {
        text.push(SEPARATOR);
        text.push_str(field);
    }
    for field in image.tags.iter().flat_map(|tag| [&tag.key, &tag.value]) {
        text.push(SEPARATOR);
        text.push_str(field);
    }
}

/// Character sets of an image's name and of all its fields. They exclude most images without matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letters {
    name: u64,
    all: u64,
}

impl Letters {
    /// Returns the sets of one image's search text.
    pub fn of(search_text: &str) -> Self {
        let name = search_text.split(SEPARATOR).next().unwrap_or_default();
        Self { name: letters(name), all: letters(search_text) }
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Parses a filter. What is not a known term is a fuzzy word.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self { text: text.trim().to_owned(), ..Self::default() };
        for word in text.split_whitespace() {
            match parse_term(word) {
                Term::Exact(term) => filter.terms.push(term),
                Term::Unfinished => {}
                Term::Word => filter.words.push(Word::new(word)),
            }
        }
        filter
    }

    /// Returns true if every image passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.words.is_empty()
    }

    /// Returns true if matches are ranked, which only fuzzy words do.
    pub fn ranks(&self) -> bool {
        !self.words.is_empty()
    }

    /// Returns an image's score, higher is better; `None` if it does not match. Each word must match within one field.
    pub fn score(&self, image: &Image, matcher: &mut Matcher, buffer: &mut Vec<char>) -> Option<u32> {
        let mut text = String::new();
        append_search_text(image, &mut text);
        self.score_search_text(image, &text, Letters::of(&text), matcher, buffer)
    }

    /// Like [`Self::score`], with the image's search text and character sets, which callers compute once for many filters.
    pub fn score_search_text(
        &self,
        image: &Image,
        text: &str,
        letters: Letters,
        matcher: &mut Matcher,
        buffer: &mut Vec<char>,
    ) -> Option<u32> {
        if self.words.iter().any(|word| word.letters & !letters.all != 0) {
            return None;
        }
        if !self.terms.iter().all(|term| term.matches(image)) {
            return None;
        }
        let mut total = 0;
        for word in &self.words {
            let mut fields = text.split(SEPARATOR);
            let name = fields.next().unwrap_or_default();
            let in_name = if word.letters & !letters.name == 0 { word.score(name, matcher, buffer) } else { None };
            total += match in_name {
                // A match in the name ranks higher than in other fields, which are not searched then.
                Some(score) => score + 20,
                None => fields
                    .enumerate()
                    .filter_map(|(at, field)| Some(word.score(field, matcher, buffer)? + if at == 0 { 10 } else { 0 }))
                    .max()?,
            };
        }
        Some(total)
    }
}

enum Term {
    Exact(FilterTerm),
    /// A known key without a value yet, such as `state:`.
    Unfinished,
    Word,
}

fn parse_term(word: &str) -> Term {
    let Some((key, value)) = word.split_once(':') else { return Term::Word };
    let lower = value.to_ascii_lowercase();
    let known = ["state", "arch", "region", "enc", "owner", "tag"].contains(&key);
    if known && value.is_empty() {
        return Term::Unfinished;
    }
    Term::Exact(match key {
        "state" => FilterTerm::State(lower),
        "arch" => FilterTerm::Architecture(lower),
        "region" => FilterTerm::Region(lower),
        "owner" => FilterTerm::Owner(lower),
        "enc" => match lower.as_str() {
            "y" | "ye" | "yes" | "true" | "key" => FilterTerm::Encrypted(true),
            "n" | "no" | "false" | "-" => FilterTerm::Encrypted(false),
            _ => return Term::Word,
        },
        "tag" => match value.split_once('=') {
            Some((key, value)) => FilterTerm::Tag(key.to_owned(), Some(value.to_owned())),
            None => FilterTerm::Tag(value.to_owned(), None),
        },
        _ => return Term::Word,
    })
}

impl FilterTerm {
    fn matches(&self, image: &Image) -> bool {
        // A complete value matches only itself; an incomplete one matches as a prefix.
        let word = |value: &str, field: &str, complete: &[&str]| {
            field == value || (!complete.contains(&value) && field.starts_with(value))
        };
        match self {
            Self::State(s) => word(s, image.state.as_str(), &[]),
            Self::Architecture(a) => word(a, &image.architecture, &["x86_64", "arm64", "i386"]),
            Self::Region(r) if Region::new(r).is_ok() => r == image.region.as_str(),
            Self::Region(r) => image.region.as_str().starts_with(r.as_str()),
            Self::Encrypted(yes) => image.encrypted() == *yes,
            Self::Owner(o) => {
                image.owner_id.as_str().starts_with(o.as_str())
                    || image.image_owner_alias.as_deref().is_some_and(|a| word(o, a, &[]))
            }
            Self::Tag(key, None) => image.tag(key).is_some(),
            Self::Tag(key, Some(value)) => image.tag(key) == Some(value.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{account::AccountId, ids::ImageId, image::Tag};

    fn image() -> Image {
        let mut image = Image::bare(
            ImageId::new("ami-0c63f0cd").unwrap(),
            Region::new("eu-west-1").unwrap(),
            AccountId::new("123456789012").unwrap(),
        );
        image.name = "app-web-2026.00012".into();
        image.architecture = "arm64_mac".into();
        image.tags = vec![Tag { key: "DR".into(), value: "true".into() }];
        image
    }

    fn passes(text: &str) -> bool {
        Filter::parse(text).score(&image(), &mut Matcher::default(), &mut Vec::new()).is_some()
    }

    #[test]
    fn words_are_fuzzy_and_terms_are_exact() {
        for yes in [
            "",
            "web",
            "WEB",
            "apw26",
            "0c63",
            "web 12",
            "state:available",
            "state:av",
            "state:",
            "region:eu-",
            "region:eu-west-1",
            "enc:no",
            "tag:DR",
            "tag:DR=true",
            "owner:1234",
            "arch:arm64_mac",
            "web state:available enc:no",
            "true",
        ] {
            assert!(passes(yes), "{yes}");
        }
        for no in [
            "zzz",
            "state:pending",
            "region:us-east-1",
            "enc:yes",
            "tag:dr",
            "tag:DR=tru",
            "owner:amazon",
            "arch:arm64",
            "web zzz",
            "foo:bar",
        ] {
            assert!(!passes(no), "{no}");
        }
    }

    #[test]
    fn a_name_outranks_a_tag() {
        let mut tagged = image();
        tagged.name = "other".into();
        tagged.tags = vec![Tag { key: "app".into(), value: "web".into() }];
        let filter = Filter::parse("web");
        let score = |i: &Image| filter.score(i, &mut Matcher::default(), &mut Vec::new());
        assert!(score(&image()) > score(&tagged));
    }

    #[test]
    fn character_sets_exclude_only_what_does_not_match() {
        let mut odd = image();
        odd.name = "\u{c9}dition Z\u{fc}rich".into();
        odd.description = "the caf\u{e9}/bar_1.2 @home".into();
        for (text, fits) in [
            ("edition", true),
            ("zurich", true),
            ("cafe", true),
            ("caf\u{e9}", true),
            ("@HOME", true),
            ("bar_1.2", true),
            ("(home", false),
            ("xyz", false),
        ] {
            let score = Filter::parse(text).score(&odd, &mut Matcher::default(), &mut Vec::new());
            assert_eq!(score.is_some(), fits, "{text}");
        }
    }

    #[test]
    fn a_substring_outranks_a_fuzzy_match() {
        let named = |name: &str| Image { name: name.into(), ..image() };
        let filter = Filter::parse("web");
        let score = |i: &Image| filter.score(i, &mut Matcher::default(), &mut Vec::new());
        assert!(score(&named("app-web-1")) > score(&named("w-e-b")));
    }
}
