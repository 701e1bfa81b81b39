//! EC2's wildcards: `*` is any text, `?` one character; a backslash escapes the next character.

/// Returns true if the pattern matches the whole text. Backtracks to the last star only, so the cost is at most the product
/// of the lengths.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern, text);
    let mut resume: Option<(&str, &str)> = None;
    loop {
        let mut pattern_chars = p.chars();
        match (pattern_chars.next(), t.chars().next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                p = pattern_chars.as_str();
                resume = Some((p, t));
                continue;
            }
            (Some('?'), Some(c)) => {
                p = pattern_chars.as_str();
                t = &t[c.len_utf8()..];
                continue;
            }
            (Some(mut wanted), Some(c)) => {
                if wanted == '\\' {
                    wanted = pattern_chars.next().unwrap_or('\\');
                }
                if wanted == c {
                    p = pattern_chars.as_str();
                    t = &t[c.len_utf8()..];
                    continue;
                }
            }
            (None, Some(_)) | (Some(_), None) => {}
        }
        let Some((after_star, from)) = resume else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        t = &from[skipped.len_utf8()..];
        p = after_star;
        resume = Some((p, t));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("abc", "abc", true)]
    #[case("abc", "abcd", false)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("*", "", true)]
    #[case("a*c", "abbbc", true)]
    #[case("a*c", "abbb", false)]
    #[case("*b*b*", "abab", true)]
    #[case("a?c", "abc", true)]
    #[case("a?c", "ac", false)]
    #[case(r"a\*c", "a*c", true)]
    #[case(r"a\*c", "abc", false)]
    #[case("?", "é", true)]
    #[case("Copied for DestinationAmi ami-1 *", "Copied for DestinationAmi ami-1 from SourceAmi ami-2", true)]
    #[case("Copied for DestinationAmi ami-1 *", "Copied for DestinationAmi ami-11 from SourceAmi ami-2", false)]
    fn wildcards(#[case] pattern: &str, #[case] text: &str, #[case] matches: bool) {
        assert_eq!(glob(pattern, text), matches);
    }
}
