//! Finds the client tokens that this program makes in texts: in tags, in AWS's messages, in lines of a log.

use std::ops::Range;

use memchr::memmem;

/// What every token begins with.
const PREFIX: &str = "amigrate-";
/// How tokens continue that were derived from what is requested.
const DERIVED: &str = "same-";
/// Hexadecimal digits.
const DIGITS: usize = 32;
/// A random or derived token never begins with so many zeros; its replacement in a log does.
const ZEROS: usize = 16;

/// Returns where the digits of the first token are. What [`ClientToken::stand_in`](super::ClientToken::stand_in) makes is none.
pub fn digits(text: &[u8]) -> Option<Range<usize>> {
    memmem::find_iter(text, PREFIX).find_map(|at| {
        let mut start = at + PREFIX.len();
        if text[start..].starts_with(DERIVED.as_bytes()) {
            start += DERIVED.len();
        }
        let found = text.get(start..start + DIGITS)?;
        let all = found.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
        (all && found[..ZEROS].iter().any(|b| *b != b'0')).then_some(start..start + DIGITS)
    })
}

/// Returns where the first token is.
pub fn find(text: &str) -> Option<Range<usize>> {
    let digits = digits(text.as_bytes())?;
    let before = &text[..digits.start];
    let start = before.strip_suffix(DERIVED).unwrap_or(before).len() - PREFIX.len();
    Some(start..digits.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClientToken;

    #[test]
    fn made_tokens_are_found_and_stand_ins_are_not() {
        let random = ClientToken::from_random(u128::MAX / 3);
        let derived = ClientToken::derived(u128::MAX / 5);
        for token in [&random, &derived] {
            let text = format!("the tag amigrate-x is {}.", token.as_str());
            assert_eq!(find(&text).map(|range| &text[range]), Some(token.as_str()));
        }
        for text in ["amigrate-", "amigrate-same-", "amigrate-0123", "amigrate-same-é"] {
            assert_eq!(find(text), None);
        }
        for token in [&random, &derived] {
            let stand_in = token.stand_in(u64::MAX);
            assert_eq!(find(stand_in.as_str()), None);
            assert_eq!(stand_in.is_derived(), token.is_derived());
        }
    }
}
