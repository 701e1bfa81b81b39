//! Completes the word before the cursor in a filter.

use std::collections::BTreeSet;

use super::tokens::tokens;

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The value of this key.
    Value(&'a str),
    TagKey,
    /// The value of this tag.
    TagValue(&'a str),
}

/// A filter with more of its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    pub text: String,
    /// In characters.
    pub cursor: usize,
    /// What the word may become, if that is more than one.
    pub candidates: Vec<String>,
}

/// Completes the word before the cursor, given in characters, as far as all that it may become agree. Returns `None` if there is
/// nothing that it may become.
pub fn complete(
    text: &str,
    cursor: usize,
    keys: &[&str],
    values: impl Fn(Wanted<'_>) -> BTreeSet<String>,
) -> Option<Completed> {
    let cursor = text.char_indices().nth(cursor).map_or(text.len(), |(at, _)| at);
    let (before, after) = text.split_at(cursor);
    let start =
        tokens(before).last().filter(|token| token.place.end == cursor).map_or(cursor, |token| token.place.start);
    let word = before[start..].trim_start_matches('!');
    let start = cursor - word.len();
    let (fixed, typed, possible, is_key) = match word.split_once(':') {
        None => (String::new(), word, keys.iter().map(|key| format!("{key}:")).collect(), true),
        Some(("tag", tag)) => match tag.split_once('=') {
            None => ("tag:".to_owned(), tag, values(Wanted::TagKey), true),
            Some((key, value)) => {
                (format!("tag:{key}="), value, values(Wanted::TagValue(key.trim_matches('"'))), false)
            }
        },
        Some((key, value)) if keys.contains(&key) => (format!("{key}:"), value, values(Wanted::Value(key)), false),
        Some(_) => return None,
    };
    let typed = typed.trim_start_matches('"');
    let fits = |value: &&String| {
        value.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed)) && !value.contains('"')
    };
    let candidates: Vec<&String> = possible.iter().filter(fits).collect();
    let (first, others) = candidates.split_first()?;
    let common = others.iter().fold(first.as_str(), |common, other| &common[..shared(common, other)]);
    let ends = others.is_empty();
    let quote = if common.contains(char::is_whitespace) { "\"" } else { "" };
    let (close, blank) = (if ends { quote } else { "" }, if ends && !is_key && after.is_empty() { " " } else { "" });
    let head = format!("{}{fixed}{quote}{common}{close}{blank}", &text[..start]);
    Some(Completed {
        cursor: head.chars().count(),
        text: format!("{head}{after}"),
        candidates: if ends { Vec::new() } else { candidates.into_iter().cloned().collect() },
    })
}

/// Returns how many bytes two texts begin with in common.
fn shared(a: &str, b: &str) -> usize {
    a.char_indices().zip(b.chars()).find(|((_, a), b)| a != b).map_or(a.len().min(b.len()), |((at, _), _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(text: &str, cursor: usize) -> Option<(String, usize, usize)> {
        let set = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
        let found = complete(text, cursor, &["state", "size", "arch", "tag"], |wanted| match wanted {
            Wanted::Value("state") => set(&["available", "pending", "failed"]),
            Wanted::Value(_) => set(&["x86_64", "x86_64_mac", "arm64"]),
            Wanted::TagKey => set(&["Team", "Cost Center", "Terraform"]),
            Wanted::TagValue("Cost Center") => set(&["42"]),
            Wanted::TagValue(_) => set(&["web ops", "web dev", "we\"ird"]),
        })?;
        Some((found.text, found.cursor, found.candidates.len()))
    }

    #[test]
    fn words_become_keys_and_values() {
        for (text, expected, candidates) in [
            ("st", "state:", 0),
            ("web ar", "web arch:", 0),
            ("s", "s", 2),
            ("", "", 4),
            ("state:", "state:", 3),
            ("state:AV", "state:available ", 0),
            ("!state:p", "!state:pending ", 0),
            ("arch:x", "arch:x86_64", 2),
            ("tag:Te", "tag:Te", 2),
            ("tag:tea", "tag:Team", 0),
            ("tag:C", "tag:\"Cost Center\"", 0),
            ("tag:Team=web", "tag:Team=\"web ", 2),
            ("tag:Team=\"web o", "tag:Team=\"web ops\" ", 0),
            ("tag:\"Cost Center\"=4", "tag:\"Cost Center\"=42 ", 0),
        ] {
            let cursor = text.chars().count();
            let (found, at, several) = completed(text, cursor).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.as_str(), several), (expected, candidates), "{text}");
            assert_eq!(at, expected.chars().count(), "{text}");
        }
        for text in ["zz", "foo:b", "state:z", "~st"] {
            assert_eq!(completed(text, text.len()), None, "{text}");
        }
    }

    #[test]
    fn only_the_word_before_the_cursor_changes() {
        assert_eq!(completed("\u{e9} st web", 4), Some(("\u{e9} state: web".into(), 8, 0)));
        assert_eq!(completed("state:p web", 7), Some(("state:pending web".into(), 13, 0)));
    }
}
