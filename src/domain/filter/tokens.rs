//! Splits the text of a filter into words.

use std::ops::Range;

/// What a word of a filter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// Must occur literally.
    Word(String),
    /// `~word`.
    Fuzzy(&'a str),
    /// `/re/`; the second slash may be missing.
    Regex(&'a str),
    /// `key:value`, whatever the key.
    Term { key: &'a str, value: String },
}

/// A word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Its position, with its `!`.
    pub(super) place: Range<usize>,
    /// `!word`.
    pub(super) excludes: bool,
    pub(super) written: Written<'a>,
}

/// Splits a filter at blanks, but for those in double quotes and between slashes.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(blanks) = text[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + blanks;
        let excludes = text[start..].starts_with('!');
        let rest = &text[start + usize::from(excludes)..];
        let (written, length) = written(rest);
        at = start + usize::from(excludes) + length;
        found.push(Token { place: start..at, excludes, written });
    }
    found
}

/// Reads the word at the beginning of a text; returns it with its length.
fn written(text: &str) -> (Written<'_>, usize) {
    let to_blank = text.find(char::is_whitespace).unwrap_or(text.len());
    if let Some(pattern) = text.strip_prefix('/') {
        return match closing_slash(pattern) {
            Some(end) => (Written::Regex(&pattern[..end]), end + 2),
            None => (Written::Regex(&text[1..to_blank]), to_blank),
        };
    }
    if text.starts_with('~') {
        return (Written::Fuzzy(&text[1..to_blank]), to_blank);
    }
    if text.starts_with('"') {
        let (word, length) = unquoted(text);
        return (Written::Word(word), length);
    }
    match text[..to_blank].split_once(':') {
        Some((key, _)) if !key.is_empty() => {
            let (value, length) = unquoted(&text[key.len() + 1..]);
            (Written::Term { key, value }, key.len() + 1 + length)
        }
        _ => (Written::Word(text[..to_blank].to_owned()), to_blank),
    }
}

/// Returns the place of the slash that ends a regular expression: one before a blank or at the end, and not behind a backslash.
fn closing_slash(pattern: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in pattern.char_indices() {
        let ends = c == '/' && !escaped;
        escaped = c == '\\' && !escaped;
        if ends && pattern[at + 1..].chars().next().is_none_or(char::is_whitespace) {
            return Some(at);
        }
    }
    None
}

/// Reads up to a blank that is not in quotes. Quotes count at the beginning and behind an equals sign.
fn unquoted(text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut quoted = false;
    let mut before = '=';
    for (at, c) in text.char_indices() {
        match c {
            '"' if quoted => quoted = false,
            '"' if before == '=' => quoted = true,
            c if c.is_whitespace() && !quoted => return (out, at),
            c => out.push(c),
        }
        before = c;
    }
    (out, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, bool, Written<'_>)> {
        tokens(text).into_iter().map(|t| (text[t.place].to_owned(), t.excludes, t.written)).collect()
    }

    #[test]
    fn words_end_at_blanks() {
        let word = |text: &str| Written::Word(text.to_owned());
        assert_eq!(parts("  web  !db "), [("web".into(), false, word("web")), ("!db".into(), true, word("db"))]);
        assert_eq!(parts("a/b"), [("a/b".into(), false, word("a/b"))]);
        assert_eq!(parts("\"two words\" x")[0], ("\"two words\"".into(), false, word("two words")));
        assert_eq!(parts("\"open end")[0].2, word("open end"));
        assert_eq!(parts("22\" x")[0].2, word("22\""), "a quote within a word is part of it");
        assert_eq!(parts(":x")[0].2, word(":x"));
        assert!(parts(" ").is_empty());
    }

    #[test]
    fn a_regular_expression_ends_at_its_slash_or_else_at_a_blank() {
        for (text, pattern, rest) in [
            ("/web/", "web", 0),
            ("/web", "web", 0),
            ("/a b/ c", "a b", 1),
            ("/a b c", "a", 2),
            ("/a\\/ b/", "a\\/ b", 0),
            ("/a/b/ c", "a/b", 1),
            ("/", "", 0),
            ("//", "", 0),
        ] {
            let found = parts(text);
            assert_eq!((&found[0].2, found.len() - 1), (&Written::Regex(pattern), rest), "{text}");
        }
        assert_eq!(parts("!/x/")[0], ("!/x/".into(), true, Written::Regex("x")));
        assert_eq!(parts("~wb x")[0].2, Written::Fuzzy("wb"));
    }

    #[test]
    fn values_may_have_blanks_in_quotes() {
        let term = |key, value: &str| Written::Term { key, value: value.into() };
        assert_eq!(parts("tag:Team=\"web ops\" x")[0].2, term("tag", "Team=web ops"));
        assert_eq!(parts("tag:\"Cost Center\"=7")[0].2, term("tag", "Cost Center=7"));
        assert_eq!(parts("state:")[0].2, term("state", ""));
    }
}
