//! What a person types to narrow a list of images: fuzzy words and exact `key:value` terms.

use nucleo_matcher::{
    Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

use crate::domain::{image::Image, region::Region};

/// A term that a field must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Narrow {
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
    narrow: Vec<Narrow>,
    words: Vec<Atom>,
    text: String,
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
                Term::Word => filter.words.push(Atom::new(
                    word,
                    CaseMatching::Ignore,
                    Normalization::Smart,
                    AtomKind::Fuzzy,
                    false,
                )),
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

    /// Whether whatever passes this filter also passed `earlier`, so that only its rows need another look.
    pub fn narrows(&self, earlier: &Self) -> bool {
        // Holds for words that grow and for words added behind; a term that completes may widen nothing, but
        // one that turns from a prefix into another exact word might, so terms must be the same.
        self.text.starts_with(&earlier.text) && self.narrow == earlier.narrow && self.words.len() >= earlier.words.len()
    }

    /// How well an image fits: `None` does not; higher is better. Each word must fit one field as a whole.
    pub fn score(&self, image: &Image, matcher: &mut Matcher, buffer: &mut Vec<char>) -> Option<u32> {
        if !self.narrow.iter().all(|n| n.fits(image)) {
            return None;
        }
        let mut total = 0;
        for word in &self.words {
            let mut best: Option<u32> = None;
            let mut look = |text: &str, bonus: u32| {
                let score = word.score(Utf32Str::new(text, buffer), matcher);
                best = best.max(score.map(|s| u32::from(s) + bonus));
            };
            // A fit in the name outranks the same fit elsewhere.
            look(&image.name, 20);
            look(image.id.as_str(), 10);
            look(&image.description, 0);
            for tag in &image.tags {
                look(&tag.key, 0);
                look(&tag.value, 0);
            }
            total += best?;
        }
        Some(total)
    }
}

enum Term {
    Narrow(Narrow),
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
        "state" => Narrow::State(lower),
        "arch" => Narrow::Architecture(lower),
        "region" => Narrow::Region(lower),
        "owner" => Narrow::Owner(lower),
        "enc" => match lower.as_str() {
            "y" | "ye" | "yes" | "true" | "key" => Narrow::Encrypted(true),
            "n" | "no" | "false" | "-" => Narrow::Encrypted(false),
            _ => return Term::Word,
        },
        "tag" => match value.split_once('=') {
            Some((key, value)) => Narrow::Tag(key.to_owned(), Some(value.to_owned())),
            None => Narrow::Tag(value.to_owned(), None),
        },
        _ => return Term::Word,
    })
}

impl Narrow {
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
    use crate::domain::{
        image::{ImageId, Tag},
        query::AccountId,
    };

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
    fn only_growth_narrows() {
        let p = Filter::parse;
        assert!(p("web").narrows(&p("we")));
        assert!(p("web 1").narrows(&p("web")));
        assert!(p("web").narrows(&p("")));
        assert!(!p("we").narrows(&p("web")));
        assert!(!p("state:available").narrows(&p("state:")), "a new term is looked at afresh");
    }
}
