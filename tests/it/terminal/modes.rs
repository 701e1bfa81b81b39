//! What a program's output leaves switched on in a terminal: read from the bytes, so that modes count which no emulator shows.

use std::collections::BTreeSet;

/// Show the cursor: the one mode that a terminal starts with.
const CURSOR: u16 = 25;

/// State of a terminal, as far as it outlives a program's frames.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Modes {
    /// Private modes that are not as a terminal has them at first.
    pub(crate) switched: BTreeSet<u16>,
    /// Every private mode that was ever switched.
    pub(crate) used: BTreeSet<u16>,
    /// Titles saved and not restored.
    pub(crate) titles: i32,
    /// Colours or attributes are set.
    pub(crate) styled: bool,
    /// The output ends within a sequence or a string.
    pub(crate) unfinished: bool,
}

impl Modes {
    pub(crate) fn after(bytes: &[u8]) -> Self {
        let mut modes = Self::default();
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
            rest = &rest[at + 1..];
            let length = match rest.first() {
                Some(b'[') => rest.iter().skip(1).position(|byte| (0x40..=0x7e).contains(byte)).map(|n| n + 2),
                Some(b']' | b'P') => string_end(rest),
                other => other.map(|_| 1),
            };
            let Some(length) = length else {
                modes.unfinished = true;
                break;
            };
            if rest[0] == b'[' {
                modes.control(&rest[1..length]);
            }
            rest = &rest[length..];
        }
        modes
    }

    /// Takes in a control sequence, without its introducer.
    fn control(&mut self, sequence: &[u8]) {
        let sequence = str::from_utf8(sequence).expect("control sequences are ASCII");
        let (parameters, command) = sequence.split_at(sequence.len() - 1);
        match (parameters.strip_prefix('?'), command) {
            (Some(modes), "h" | "l") => {
                for mode in modes.split(';').map(|mode| mode.parse().expect("a number")) {
                    self.used.insert(mode);
                    if (command == "h") == (mode == CURSOR) {
                        self.switched.remove(&mode);
                    } else {
                        self.switched.insert(mode);
                    }
                }
            }
            (None, "m") => self.styled = !matches!(parameters, "" | "0"),
            (None, "t") if parameters.starts_with("22;") => self.titles += 1,
            (None, "t") if parameters.starts_with("23;") => self.titles -= 1,
            _ => {}
        }
    }

    /// Checks that a terminal is as it was before.
    #[track_caller]
    pub(crate) fn given_back(&self) {
        let untouched = Self { used: self.used.clone(), ..Self::default() };
        assert_eq!(*self, untouched, "what was switched on is switched off");
        assert!(self.used.is_superset(&[CURSOR, 1049, 2004].into()), "there was no screen: {:?}", self.used);
    }
}

/// The length of a string sequence, which ends with BEL or ST; tmux's pass-through has every ESC twice.
fn string_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at..] {
            [0x07, ..] if bytes[0] == b']' => return Some(at + 1),
            [0x1b, b'\\', ..] => return Some(at + 2),
            [0x1b, 0x1b, ..] => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[test]
fn what_stays_on_is_found() {
    let after = |text: &str| Modes::after(text.as_bytes());
    assert_eq!(after("plain\x1b]2;a title\x07 text \x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\").used, BTreeSet::new());
    let entered = "\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[1;31mred";
    let modes = after(entered);
    assert_eq!(modes.switched, [25, 1049, 2004].into());
    assert_eq!((modes.titles, modes.styled, modes.unfinished), (1, true, false));
    after(&format!("{entered}\x1b[0m\x1b[?2004;1049l\x1b[?25h\x1b[23;2t")).given_back();
    assert!(after("\x1b[?10").unfinished && after("\x1b]2;half").unfinished);
}
