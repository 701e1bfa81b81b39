//! A key as people write it in `[keys]` and read it in help: `c`, `Ctrl-s`, `PgDn`, `F5`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A key without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    Insert,
    Delete,
    Backspace,
    PageUp,
    PageDown,
    F(u8),
}

/// Names of the keys that are no characters; the first of a key is the one that is shown.
const NAMES: [(KeyCode, &str); 21] = [
    (KeyCode::Char(' '), "Space"),
    (KeyCode::Enter, "Enter"),
    (KeyCode::Enter, "Return"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Esc, "Escape"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::BackTab, "Shift-Tab"),
    (KeyCode::Up, "Up"),
    (KeyCode::Down, "Down"),
    (KeyCode::Left, "Left"),
    (KeyCode::Right, "Right"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::Insert, "Insert"),
    (KeyCode::Delete, "Delete"),
    (KeyCode::Delete, "Del"),
    (KeyCode::Backspace, "Backspace"),
    (KeyCode::PageUp, "PgUp"),
    (KeyCode::PageUp, "PageUp"),
    (KeyCode::PageDown, "PgDn"),
    (KeyCode::PageDown, "PageDown"),
];

impl KeyCode {
    fn parse(name: &str) -> Option<Self> {
        if let Some((code, _)) = NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)) {
            return Some(*code);
        }
        let mut chars = name.chars();
        match (chars.next()?, chars.as_str()) {
            (c, "") if !c.is_control() && !c.is_whitespace() => Some(Self::Char(c)),
            ('F' | 'f', number) => number.parse().ok().filter(|n| (1..=12).contains(n)).map(Self::F),
            _ => None,
        }
    }
}

/// A key with or without Ctrl and Alt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Chord {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

impl Chord {
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true, alt: false }
    }

    /// Parses a key as it is shown: `c`, `G`, `Ctrl-s`, `Alt-x`, `F5`. Names are read in any case, letters are not.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut rest, mut ctrl, mut alt) = (text.trim(), false, false);
        loop {
            let strip = |prefix: &str| {
                let head = rest.get(..prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then(|| &rest[prefix.len()..]).filter(|rest| !rest.is_empty())
            };
            if let Some(after) = strip("Ctrl-").or_else(|| strip("C-")).filter(|_| !ctrl) {
                (rest, ctrl) = (after, true);
            } else if let Some(after) = strip("Alt-").or_else(|| strip("M-")).filter(|_| !alt) {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let code = match KeyCode::parse(rest)? {
            // A terminal does not distinguish Ctrl-S from Ctrl-s.
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        Some(Self { code, ctrl, alt })
    }

    /// Returns true for a plain character: where text is being typed it is part of it.
    pub fn types_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl && !self.alt
    }
}

impl TryFrom<String> for Chord {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no key"))
    }
}

impl From<Chord> for String {
    fn from(chord: Chord) -> Self {
        chord.to_string()
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ctrl { "Ctrl-" } else { "" })?;
        f.write_str(if self.alt { "Alt-" } else { "" })?;
        match (NAMES.iter().find(|(code, _)| *code == self.code), self.code) {
            (Some((_, name)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "F{n}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_shown() {
        for (code, _) in NAMES {
            let chord = Chord::plain(code);
            assert_eq!(Chord::parse(&chord.to_string()), Some(chord));
        }
        for text in ["c", "G", "?", "-", "Ctrl-s", "Ctrl--", "Ctrl-Alt-x", "Alt-Enter", "F1", "F12", "é"] {
            assert_eq!(Chord::parse(text).map(|chord| chord.to_string()).as_deref(), Some(text));
        }
        for (text, same) in
            [("ctrl-S", "Ctrl-s"), ("C-x", "Ctrl-x"), ("space", "Space"), ("pageup", "PgUp"), ("f5", "F5")]
        {
            assert_eq!(Chord::parse(text), Chord::parse(same), "{text}");
        }
        for text in ["", " ", "Ctrl-", "F0", "F13", "ab", "Hyper-x", "\u{1b}"] {
            assert_eq!(Chord::parse(text), None, "{text:?}");
        }
        assert_ne!(Chord::parse("g"), Chord::parse("G"));
    }
}
