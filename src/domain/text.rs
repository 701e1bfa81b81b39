//! Sanitising of untrusted text, and formatting of numbers.

use std::borrow::Cow;

/// Returns true if a character may be written to a terminal: no C0, C1, bidi, zero-width or other invisible controls.
pub fn harmless(c: char) -> bool {
    // Nearly every character is one of these.
    if matches!(c, ' '..='~') {
        return true;
    }
    !(c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'))
}

/// Returns the text on one line, with control characters replaced by blanks and invisible characters removed.
///
/// The zero-width joiner stays, because emoji are built with it.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(|c| if harmless(c) { Some(c) } else { c.is_control().then_some(' ') }).collect())
}

/// Returns a URL without the user and the password in it.
pub fn without_user_info(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

/// Returns the text with a full stop, unless it ends like a sentence already.
pub fn full_stop(text: &str) -> String {
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

/// Formats a count with its noun: `1 copy`, `2 copies`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// Formats a number with thousands separators: `1,204`.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Formats a duration in at most two units: `12s`, `4m10s`, `2h05m`, `3d04h`.
pub fn duration(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        0..=59 => format!("{s}s"),
        60..=3_599 => format!("{}m{:02}s", s / 60, s % 60),
        3_600..=86_399 => format!("{}h{:02}m", s / 3_600, s % 3_600 / 60),
        _ => format!("{}d{:02}h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// Formats an age in one unit: `5m`, `3h`, `9d`, `14mo`, `3y`.
pub fn age(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        0..=3_599 => format!("{}m", s / 60),
        3_600..=86_399 => format!("{}h", s / 3_600),
        86_400..=7_775_999 => format!("{}d", s / 86_400),
        7_776_000..=63_071_999 => format!("{}mo", s / 2_592_000),
        _ => format!("{}y", s / 31_536_000),
    }
}

/// A volume size in GiB: `8G`, `1.5T`.
pub fn gib(size: u64) -> String {
    if size < 1024 {
        format!("{size}G")
    } else {
        let tenths = size * 10 / 1024;
        if tenths.is_multiple_of(10) {
            format!("{}T", tenths / 10)
        } else {
            format!("{}.{}T", tenths / 10, tenths % 10)
        }
    }
}

/// The words that name a profile in a command of this program: one word, if the name could be taken for a flag.
pub fn profile_flag(name: &str) -> Vec<String> {
    if name.starts_with('-') { vec![format!("--profile={name}")] } else { vec!["--profile".into(), name.into()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(clean("plain name"), "plain name");
        assert_eq!(clean("a\u{1b}[2Jb\u{9b}c\u{7}"), "a [2Jb c ");
        assert_eq!(clean("evil\u{202e}gpj.exe\u{2066}x\u{feff}"), "evilgpj.exex");
        assert_eq!(clean("two\nlines\ttab"), "two lines tab");
        assert_eq!(clean("日本 👩\u{200d}🚀"), "日本 👩\u{200d}🚀");
    }

    #[test]
    fn a_url_is_shown_without_its_user() {
        for (url, shown) in [
            ("http://me:se@cret@host:1/a@b", "http://host:1/a@b"),
            ("http://host/a@b", "http://host/a@b"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(without_user_info(url), shown);
        }
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(thousands(1_204), "1,204");
        assert_eq!(thousands(100), "100");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(duration(250), "4m10s");
        assert_eq!(duration(7_500), "2h05m");
        assert_eq!(gib(1_536), "1.5T");
        assert_eq!(gib(2_048), "2T");
        assert_eq!(age(9 * 86_400), "9d");
        assert_eq!(count(1, "copy", "copies"), "1 copy");
    }
}
