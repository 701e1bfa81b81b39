//! What a person types to narrow a list of images: fuzzy words and exact `key:value` terms.

use nucleo_matcher::{
    Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

use crate::domain::{image::Image, region::Region};

/// A term that a field must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FilterTerm {
    State(String),
    Architecture(String),
    Region(String),
    Encrypted(bool),
    Owner(String),
    Tag(String, Option<String>),
}

/// The keys of `key:value` terms, for help and documentation.
pub const TERMS: [(&str, &str); 7] = [
    ("state:", "available, pending, failed, disabled, ..."),
    ("arch:", "x86_64, arm64, i386, ..."),
    ("region:", "eu-west-1, or a beginning: eu-"),
    ("enc:", "yes or no"),
    ("owner:", "an account id, or amazon"),
    ("tag:KEY", "has the tag"),
    ("tag:KEY=VALUE", "has the tag with that value"),
];

/// A parsed filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    narrow: Vec<FilterTerm>,
    words: Vec<Word>,
    text: String,
}

/// A fuzzy word.
#[derive(Debug, Clone)]
struct Word {
    whole: Atom,
    scattered: Atom,
    letters: u64,
}

impl Word {
    fn new(word: &str) -> Self {
        let atom = |kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
        // What is not ASCII may fit in other forms, so it rules nothing out.
        let letters =
            word.chars().filter(char::is_ascii).map(|c| letters(c.encode_utf8(&mut [0; 4]))).fold(0, |a, b| a | b);
        Self { whole: atom(AtomKind::Substring), scattered: atom(AtomKind::Fuzzy), letters }
    }

    /// A word in one piece is not looked for in pieces, which costs ten times as much and could fit hardly better.
    fn score(&self, text: &str, matcher: &mut Matcher, buffer: &mut Vec<char>) -> Option<u32> {
        let text = Utf32Str::new(text, buffer);
        self.whole.score(text, matcher).or_else(|| self.scattered.score(text, matcher)).map(u32::from)
    }
}

/// Which letters a text has, a bit for each letter whatever its case, each digit and some marks, and one for all else.
/// Of a text that is not ASCII all are set: its letters may fit others.
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

/// Stands between two fields of a [`Searched`]; XML cannot carry it, so no field has it.
const BETWEEN: char = '\0';

/// Appends what an image is found by: its name, id, description and tags, a field beside the other.
pub fn searched(image: &Image, text: &mut String) {
    text.push_str(&image.name);
    for field in [image.id.as_str(), &image.description] {
        text.push(BETWEEN);
        text.push_str(field);
    }
    for field in image.tags.iter().flat_map(|tag| [&tag.key, &tag.value]) {
        text.push(BETWEEN);
        text.push_str(field);
    }
}

/// Which letters an image's name has, and which all its fields have: most images are ruled out by them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letters {
    name: u64,
    all: u64,
}

impl Letters {
    /// Of what [`searched`] has appended for one image.
    pub fn of(searched: &str) -> Self {
        let name = searched.split(BETWEEN).next().unwrap_or_default();
        Self { name: letters(name), all: letters(searched) }
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Never fails: what is not a known term is a fuzzy word.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self { text: text.trim().to_owned(), ..Self::default() };
        for word in text.split_whitespace() {
            match narrow(word) {
                Term::Narrow(term) => filter.narrow.push(term),
                Term::Unfinished => {}
                Term::Word => filter.words.push(Word::new(word)),
            }
        }
        filter
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.narrow.is_empty() && self.words.is_empty()
    }

    /// Whether rows are ranked: only fuzzy words rank.
    pub fn ranks(&self) -> bool {
        !self.words.is_empty()
    }

    /// How well an image fits: `None` does not; higher is better. Each word must fit one field as a whole.
    pub fn score(&self, image: &Image, matcher: &mut Matcher, buffer: &mut Vec<char>) -> Option<u32> {
        let mut text = String::new();
        searched(image, &mut text);
        self.score_searched(image, &text, Letters::of(&text), matcher, buffer)
    }

    /// The same with what [`searched`] and [`Letters::of`] give for this image, prepared once for many filters.
    pub fn score_searched(
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
        if !self.narrow.iter().all(|n| n.fits(image)) {
            return None;
        }
        let mut total = 0;
        for word in &self.words {
            let mut fields = text.split(BETWEEN);
            let name = fields.next().unwrap_or_default();
            let in_name = if word.letters & !letters.name == 0 { word.score(name, matcher, buffer) } else { None };
            total += match in_name {
                // A fit in the name outranks the same fit elsewhere, and is looked for no further.
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
    Narrow(FilterTerm),
    /// `state:` with nothing behind it yet.
    Unfinished,
    Word,
}

fn narrow(word: &str) -> Term {
    let Some((key, value)) = word.split_once(':') else { return Term::Word };
    let lower = value.to_ascii_lowercase();
    let known = ["state", "arch", "region", "enc", "owner", "tag"].contains(&key);
    if known && value.is_empty() {
        return Term::Unfinished;
    }
    Term::Narrow(match key {
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
    fn fits(&self, image: &Image) -> bool {
        // A whole word fits itself alone; an unfinished one fits what it begins.
        let word = |value: &str, field: &str, whole: &[&str]| {
            field == value || (!whole.contains(&value) && field.starts_with(value))
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
    fn letters_rule_out_only_what_does_not_fit() {
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
    fn one_piece_outranks_pieces() {
        let named = |name: &str| Image { name: name.into(), ..image() };
        let filter = Filter::parse("web");
        let score = |i: &Image| filter.score(i, &mut Matcher::default(), &mut Vec::new());
        assert!(score(&named("app-web-1")) > score(&named("w-e-b")));
    }
}
