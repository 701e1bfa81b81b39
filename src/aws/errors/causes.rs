//! An error's causes, in words a person can read.

use std::{error::Error, io};

use rustls::{CertificateError, Error as TlsError};

use crate::domain::text;

/// The error, then its causes. An `io::Error` hides what it was made of from `source`.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The first of the causes that is of this type.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

/// What is found first in the texts of the causes, which are not cleaned.
pub(super) fn find_text<T>(error: &(dyn Error + 'static), read: impl Fn(&str) -> Option<T>) -> Option<T> {
    causes(error).find_map(|error| read(&error.to_string()))
}

/// The error and its causes on one line, what repeats left out.
pub(in crate::aws) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = String::new();
    for error in causes(error) {
        let next = plain(&error.to_string());
        if next.is_empty() || words.contains(&next) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&next);
    }
    words
}

/// The last part of a chain: the cause itself.
pub(super) fn last(chain: &str) -> &str {
    // An unparsable answer's cause calls itself just `Error`.
    let chain = chain.strip_suffix(": Error").unwrap_or(chain);
    chain.rsplit_once(": ").map_or(chain, |(_, cause)| cause)
}

/// The cause that has no cause.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(|error| plain(&error.to_string())).unwrap_or_default()
}

/// Why TLS failed.
pub(super) fn tls(error: &(dyn Error + 'static)) -> String {
    let words = match find::<TlsError>(error) {
        None => return innermost(error),
        Some(TlsError::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired, or this machine's clock is wrong"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet, or this machine's clock is wrong"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            CertificateError::UnknownIssuer => "its certificate is from an issuer this machine does not trust",
            CertificateError::Revoked => "its certificate has been revoked",
            _ => "its certificate is not valid",
        },
        Some(TlsError::InvalidMessage(_)) => "it does not speak TLS",
        Some(TlsError::AlertReceived(_)) => "it refused the handshake",
        Some(_) => "the handshake did not succeed",
    };
    words.to_owned()
}

/// Cleaned, and without what only programmers read: `("value")`, `Name("value")`, `Name { field: "value" }`.
fn plain(words: &str) -> String {
    let mut rest = text::clean(words).into_owned();
    let mut out = String::new();
    while let Some(at) = [rest.find("(\""), rest.find(" { ")].into_iter().flatten().min() {
        let head = rest[..at].trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':')).trim_end();
        out.push_str(head);
        rest = rest[end_of_group(&rest, at)..].to_owned();
    }
    out.push_str(&rest);
    out.trim().trim_end_matches([':', ',']).to_owned()
}

/// Where the bracket that opens at, or just after, this byte is closed; the text's end if nowhere.
fn end_of_group(text: &str, from: usize) -> usize {
    let (mut depth, mut quoted) = (0_u32, false);
    for (at, c) in text[from..].char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '{' if !quoted => depth += 1,
            ')' | '}' if !quoted && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return from + at + c.len_utf8();
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_forms_are_left_out() {
        let cases = [
            ("unhandled error (\"25f7cafe\")", "unhandled error"),
            ("only valid for DnsName(\"a.example\") or DnsName(\"b.example\")", "only valid for or"),
            ("no: Error { code: \"X\", message: \"(y\" }", "no"),
            ("a B { b: { c: 1 } } d", "a d"),
            ("broken (\"never closed", "broken"),
            ("plain (status 403), as it is", "plain (status 403), as it is"),
            ("\u{1b}[31mred", " [31mred"),
            ("", ""),
        ];
        for (words, shown) in cases {
            assert_eq!(plain(words), shown.trim(), "{words}");
        }
    }

    #[test]
    fn what_an_io_error_is_made_of_is_found() {
        let inner = io::Error::other(TlsError::InvalidCertificate(CertificateError::UnknownIssuer));
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert_eq!(tls(&outer), "its certificate is from an issuer this machine does not trust");
        assert_eq!(find::<TlsError>(&io::Error::other("x")), None);
    }
}
