//! Patterns of names, with `*` for any text and `?` for one character.

use regex::{Regex, RegexBuilder};

/// The most memory of a compiled pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 18;

/// Returns what stands for a character in a value of EC2's filters, such that it matches.
pub(super) fn literal(c: char) -> char {
    match c {
        '*' | '?' | '\\' => '?',
        ' '..='~' => c,
        // However EC2 counts characters.
        _ => '*',
    }
}

/// A pattern of a whole name; without a wildcard, of a part of it. Case makes no difference unless a capital is typed.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    ignores_case: bool,
    expression: Regex,
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for NamePattern {}

impl NamePattern {
    /// Returns `None` for a pattern that is too long.
    pub(super) fn new(typed: &str) -> Option<Self> {
        let text = if typed.contains(['*', '?']) { typed.to_owned() } else { format!("*{typed}*") };
        let ignores_case = !typed.chars().any(char::is_uppercase);
        let part = |c: char| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            other => regex::escape(other.encode_utf8(&mut [0; 4])),
        };
        let expression: String = text.chars().map(part).collect();
        let expression = RegexBuilder::new(&format!("^(?:{expression})$"))
            .case_insensitive(ignores_case)
            .dot_matches_new_line(true)
            .size_limit(SIZE_LIMIT)
            .build()
            .ok()?;
        Some(Self { text, ignores_case, expression })
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.expression.is_match(name)
    }

    /// Returns a pattern for EC2, to which case always makes a difference, that misses nothing which matches; `None` if it would keep
    /// out next to nothing.
    pub(super) fn for_ec2(&self) -> Option<String> {
        let of = |c: char| match c {
            '*' | '?' => c,
            c if self.ignores_case && c.is_ascii_alphabetic() => '?',
            c => literal(c),
        };
        let pattern: String = self.text.chars().map(of).collect();
        pattern.contains(|c| !matches!(c, '*' | '?')).then_some(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("web", "app-Web-1", true)]
    #[case("Web", "app-web-1", false)]
    #[case("web*", "app-web-1", false)]
    #[case("*web-?", "app-web-1", true)]
    #[case("*web-?", "app-web-", false)]
    #[case("a.b*", "a.bc", true)]
    #[case("a.b*", "axbc", false)]
    #[case("*", "", true)]
    fn a_pattern_is_of_the_whole_name(#[case] pattern: &str, #[case] name: &str, #[case] matches: bool) {
        assert_eq!(NamePattern::new(pattern).unwrap().matches(name), matches);
    }

    #[rstest::rstest]
    #[case("al2023-*", Some("??2023-*"))]
    #[case("AL2023-*", Some("AL2023-*"))]
    #[case("Z\u{fc}rich", Some("*Z*rich*"))]
    #[case("web", None)]
    #[case("2024", Some("*2024*"))]
    fn ec2_gets_what_misses_nothing(#[case] typed: &str, #[case] sent: Option<&str>) {
        assert_eq!(NamePattern::new(typed).unwrap().for_ec2().as_deref(), sent);
    }
}
