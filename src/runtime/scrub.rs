//! What never goes into the log, wherever a line comes from: client tokens, access keys, passwords within URLs, external ids of roles. The last guard;
//! those who write the lines do not put them there.

use memchr::memmem;

use crate::domain::token_text;

/// The prefixes of access key ids, of users and of sessions. Source: IAM user guide, "Unique identifiers".
const KEYS: [&str; 2] = ["AKIA", "ASIA"];
/// Capitals and digits of an access key id after its prefix.
const KEY_DIGITS: usize = 16;

/// What stands before the external id of a role: as the SDK prints it, in its requests, and in the configuration file.
const EXTERNAL_IDS: [&str; 4] = ["external_id: Some(\"", "external_id: Some(\\\"", "ExternalId=", "external_id = "];

/// Overwrites what is secret in a line.
pub(super) fn scrub(line: &mut [u8]) {
    while let Some(digits) = token_text::digits(line) {
        line[digits].fill(b'x');
    }
    for prefix in KEYS {
        let found: Vec<usize> = memmem::find_iter(line, prefix).map(|at| at + prefix.len()).collect();
        for at in found {
            if let Some(digits) = line.get_mut(at..at + KEY_DIGITS)
                && digits.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            {
                digits.fill(b'x');
            }
        }
    }
    for before in EXTERNAL_IDS {
        let found: Vec<usize> = memmem::find_iter(line, before).map(|at| at + before.len()).collect();
        for at in found {
            // An external id may have commas.
            let ends = |b: &u8| matches!(b, b'"' | b'\\' | b'&') || b.is_ascii_whitespace();
            let end = line[at..].iter().position(ends).map_or(line.len(), |n| at + n);
            line[at..end].fill(b'x');
        }
    }
    let urls: Vec<usize> = memmem::find_iter(line, "://").map(|at| at + 3).collect();
    for at in urls {
        let host_ends = |b: &u8| matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'\\') || b.is_ascii_whitespace();
        let end = line[at..].iter().position(host_ends).map_or(line.len(), |n| at + n);
        if let Some(n) = line[at..end].iter().rposition(|b| *b == b'@') {
            line[at..at + n].fill(b'x');
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tag amigrate-0123456789abcdef0123456789abcdef.", "tag amigrate-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.")]
    #[case("amigrate-same-f123456789abcdef0123456789abcdef", "amigrate-same-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    #[case("the key AKIAIOSFODNN7EXAMPLE", "the key AKIAxxxxxxxxxxxxxxxx")]
    #[case("\"http://me:secret@proxy:3128/\"", "\"http://xxxxxxxxx@proxy:3128/\"")]
    #[case("http://proxy/a@b", "http://proxy/a@b")]
    #[case("{ external_id: Some(\"E1\"), x", "{ external_id: Some(\"xx\"), x")]
    #[case("{ external_id: Some(\"E1,+=:/E2\"), x", "{ external_id: Some(\"xxxxxxxxx\"), x")]
    #[case("ExternalId=E%201&RoleArn=a", "ExternalId=xxxxx&RoleArn=a")]
    #[case("external_id = E1 ", "external_id = xx ")]
    #[case("AKIA amigrate-1 ://", "AKIA amigrate-1 ://")]
    fn secrets_are_overwritten(#[case] line: &str, #[case] written: &str) {
        let mut bytes = line.as_bytes().to_vec();
        scrub(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), written);
    }
}
