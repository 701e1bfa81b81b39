//! Decoder of terminal input: bytes to keys, pastes and mouse events. No I/O and no clock.
//!
//! Our own, because the two crates that have one fail on connections that lose or split bytes:
//!
//! - crossterm's reader blocks inside an incomplete sequence, spins if the terminal hangs up there (crossterm #793), and takes an
//!   ESC that arrives before the rest of its sequence for the Esc key.
//! - termina 0.4.0's `Parser` takes bytes, but the tests below found: an incomplete sequence stays buffered when the input pauses,
//!   so that `ESC [ 1 ; 5`, a pause and `j` lose the `j`, and an OSC string or bracketed paste without end swallows all later keys,
//!   without a limit; a sequence interrupted by another (`ESC [ 1 ; ESC [ B`) types the letter `B`; an incomplete UTF-8 character
//!   swallows the key after it; `ESC [` alone and `ESC [ 27 ; 5 ; 13 ~` are lost, and Ctrl-F3 is a cursor report.
//!   A wrapper that repairs this would have to find the ends of sequences itself, which is what this file is.
//!
//! The events are crossterm's types, with crossterm's meaning.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{
    csi,
    event::{Input, Parsed, character, key},
};

/// Maximum length of a sequence, bytes; no terminal sends longer ones.
const MAX_SEQUENCE: usize = 4_096;
/// Maximum length of a paste, bytes; the rest is dropped.
const MAX_PASTE: usize = 1 << 20;

const PASTE_END: &[u8] = b"\x1b[201~";

/// Incremental decoder.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    pasting: bool,
    pasted: Vec<u8>,
}

impl Decoder {
    /// Adds bytes and returns the events they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.buffer.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        loop {
            if self.pasting {
                match self.take_paste() {
                    Some(paste) => inputs.push(paste),
                    None => return inputs,
                }
            }
            match parse(&self.buffer) {
                Parsed::Incomplete if self.buffer.len() > MAX_SEQUENCE => self.buffer.clear(),
                Parsed::Incomplete => return inputs,
                Parsed::Done(n, input) => {
                    self.buffer.drain(..n);
                    inputs.extend(input);
                }
                Parsed::Paste(n) => {
                    self.buffer.drain(..n);
                    self.pasting = true;
                }
            }
        }
    }

    /// Returns true if input is incomplete: an ESC that may be a key, a sequence, or a paste.
    pub fn pending(&self) -> bool {
        self.pasting || !self.buffer.is_empty()
    }

    /// Returns true inside a paste, which may take longer to arrive than a sequence.
    pub fn pasting(&self) -> bool {
        self.pasting
    }

    /// Ends incomplete input after a pause: an ESC is the Esc key, a paste ends, a sequence is dropped.
    pub fn flush(&mut self) -> Vec<Input> {
        if self.pasting {
            self.pasting = false;
            self.pasted.append(&mut self.buffer);
            return vec![Input::Paste(text(&std::mem::take(&mut self.pasted)))];
        }
        let buffer = std::mem::take(&mut self.buffer);
        match buffer.as_slice() {
            [0x1b] => vec![key(KeyCode::Esc, KeyModifiers::NONE)],
            // Alt with the letter that would have started a sequence.
            [0x1b, byte] if byte.is_ascii() => vec![character(char::from(*byte), KeyModifiers::ALT)],
            _ => Vec::new(),
        }
    }

    /// Moves pasted bytes out of the buffer and returns the paste once it has ended.
    fn take_paste(&mut self) -> Option<Input> {
        let end = self.buffer.windows(PASTE_END.len()).position(|part| part == PASTE_END);
        // The last bytes may be the start of the end sequence.
        let taken = end.unwrap_or_else(|| self.buffer.len().saturating_sub(PASTE_END.len() - 1));
        let room = MAX_PASTE.saturating_sub(self.pasted.len());
        self.pasted.extend_from_slice(&self.buffer[..taken.min(room)]);
        self.buffer.drain(..taken);
        end?;
        self.buffer.drain(..PASTE_END.len());
        self.pasting = false;
        Some(Input::Paste(text(&std::mem::take(&mut self.pasted))))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Parses the start of the bytes.
fn parse(bytes: &[u8]) -> Parsed {
    match bytes {
        [] | [0x1b] | [0x1b, b'O'] => Parsed::Incomplete,
        // The first of two is the Esc key: pressed twice, or rxvt's Alt with an arrow.
        [0x1b, 0x1b, ..] => Parsed::Done(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1b, b'[', ..] => csi::parse(bytes),
        [0x1b, b'O', last, ..] => Parsed::Done(3, csi::letter(*last, KeyModifiers::NONE)),
        [0x1b, b'P' | b']' | b'X' | b'^' | b'_', rest @ ..] => string(rest),
        [0x1b, rest @ ..] => match plain(rest, KeyModifiers::ALT) {
            Parsed::Done(n, input) => Parsed::Done(n + 1, input),
            other => other,
        },
        _ => plain(bytes, KeyModifiers::NONE),
    }
}

/// Skips a string sequence, such as a terminal's response to a query.
fn string(rest: &[u8]) -> Parsed {
    let bell = rest.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
    let terminator = rest.windows(2).position(|pair| pair == b"\x1b\\").map(|at| at + 2);
    match (bell, terminator) {
        (None, None) => Parsed::Incomplete,
        (a, b) => Parsed::Done(2 + a.unwrap_or(usize::MAX).min(b.unwrap_or(usize::MAX)), None),
    }
}

/// Parses a control character or any other character.
fn plain(bytes: &[u8], modifiers: KeyModifiers) -> Parsed {
    let Some(first) = bytes.first() else { return Parsed::Incomplete };
    let control = |c: u8| Some(key(KeyCode::Char(char::from(c)), modifiers | KeyModifiers::CONTROL));
    let input = match first {
        b'\r' => Some(key(KeyCode::Enter, modifiers)),
        b'\t' => Some(key(KeyCode::Tab, modifiers)),
        0x7f => Some(key(KeyCode::Backspace, modifiers)),
        0x00 => control(b' '),
        c @ 0x01..=0x1a => control(c - 1 + b'a'),
        c @ 0x1c..=0x1f => control(c - 0x1c + b'4'),
        _ => return utf8(bytes, modifiers),
    };
    Parsed::Done(1, input)
}

fn utf8(bytes: &[u8], modifiers: KeyModifiers) -> Parsed {
    let length = match bytes.first() {
        Some(0x00..=0x7f) => 1,
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return Parsed::Done(1, None),
    };
    let there = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => {
            Parsed::Done(length, text.chars().next().filter(|c| !c.is_control()).map(|c| character(c, modifiers)))
        }
        Err(error) if error.error_len().is_none() && there.len() < length => Parsed::Incomplete,
        Err(_) => Parsed::Done(1, None),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyModifiers as M, MouseButton, MouseEvent, MouseEventKind};
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn chr(c: char) -> Input {
        key(KeyCode::Char(c), M::NONE)
    }

    fn decode(bytes: &[u8]) -> Vec<Input> {
        let mut decoder = Decoder::default();
        let mut inputs = decoder.feed(bytes);
        inputs.extend(decoder.flush());
        assert!(!decoder.pending());
        inputs
    }

    #[rstest]
    #[case(b"a", key(KeyCode::Char('a'), M::NONE))]
    #[case(b"A", key(KeyCode::Char('A'), M::SHIFT))]
    #[case("日".as_bytes(), key(KeyCode::Char('日'), M::NONE))]
    #[case(b"\r", key(KeyCode::Enter, M::NONE))]
    #[case(b"\n", key(KeyCode::Char('j'), M::CONTROL))]
    #[case(b"\t", key(KeyCode::Tab, M::NONE))]
    #[case(b"\x1b[Z", key(KeyCode::BackTab, M::SHIFT))]
    #[case(b"\x7f", key(KeyCode::Backspace, M::NONE))]
    #[case(b"\x03", key(KeyCode::Char('c'), M::CONTROL))]
    #[case(b"\x1a", key(KeyCode::Char('z'), M::CONTROL))]
    #[case(b"\x00", key(KeyCode::Char(' '), M::CONTROL))]
    #[case(b"\x1b", key(KeyCode::Esc, M::NONE))]
    #[case(b"\x1bx", key(KeyCode::Char('x'), M::ALT))]
    #[case(b"\x1b[", key(KeyCode::Char('['), M::ALT))]
    #[case(b"\x1bO", key(KeyCode::Char('O'), M::ALT.union(M::SHIFT)))]
    #[case(b"\x1b[A", key(KeyCode::Up, M::NONE))]
    #[case(b"\x1bOB", key(KeyCode::Down, M::NONE))]
    #[case(b"\x1b[1;5C", key(KeyCode::Right, M::CONTROL))]
    #[case(b"\x1b[1;2D", key(KeyCode::Left, M::SHIFT))]
    #[case(b"\x1b[H", key(KeyCode::Home, M::NONE))]
    #[case(b"\x1b[4~", key(KeyCode::End, M::NONE))]
    #[case(b"\x1b[3~", key(KeyCode::Delete, M::NONE))]
    #[case(b"\x1b[5~", key(KeyCode::PageUp, M::NONE))]
    #[case(b"\x1b[6;3~", key(KeyCode::PageDown, M::ALT))]
    #[case(b"\x1bOP", key(KeyCode::F(1), M::NONE))]
    #[case(b"\x1b[[C", key(KeyCode::F(3), M::NONE))]
    #[case(b"\x1b[15~", key(KeyCode::F(5), M::NONE))]
    #[case(b"\x1b[24~", key(KeyCode::F(12), M::NONE))]
    #[case(b"\x1b[1;5R", key(KeyCode::F(3), M::CONTROL))]
    #[case(b"\x1b[99;5u", key(KeyCode::Char('c'), M::CONTROL))]
    #[case(b"\x1b[27;5;13~", key(KeyCode::Enter, M::CONTROL))]
    #[case(b"\x1b[200~two\r\nlines\x1b[A\x1b[201~", Input::Paste("two\r\nlines\x1b[A".into()))]
    #[case(b"\x1b[200~cut off", Input::Paste("cut off".into()))]
    fn sequences_of_keys(#[case] bytes: &[u8], #[case] expected: Input) {
        assert_eq!(decode(bytes), [expected]);
    }

    #[rstest]
    #[case(b"\x1b[<0;10;5M", MouseEventKind::Down(MouseButton::Left), 9, 4)]
    #[case(b"\x1b[<0;10;5m", MouseEventKind::Up(MouseButton::Left), 9, 4)]
    #[case(b"\x1b[<32;1;1M", MouseEventKind::Drag(MouseButton::Left), 0, 0)]
    #[case(b"\x1b[<64;300;2M", MouseEventKind::ScrollUp, 299, 1)]
    #[case(b"\x1b[<65;3;2M", MouseEventKind::ScrollDown, 2, 1)]
    fn mouse_reports(#[case] bytes: &[u8], #[case] kind: MouseEventKind, #[case] column: u16, #[case] row: u16) {
        assert_eq!(decode(bytes), [Input::Mouse(MouseEvent { kind, column, row, modifiers: M::NONE })]);
    }

    /// Unsolicited responses, broken and unknown sequences; the key after them must not be lost.
    #[rstest]
    #[case(b"\x1b[24;80R")]
    #[case(b"\x1b[?62;22c")]
    #[case(b"\x1b]11;rgb:0000/0000/0000\x1b\\")]
    #[case(b"\x1b]52;c;eA==\x07")]
    #[case(b"\x1bP>|terminal 1.0\x1b\\")]
    #[case(b"\x1b[I")]
    #[case(b"\x1b[999999999999;1~")]
    #[case(b"\x1b[M !!")]
    #[case(b"\xff\xfe\xc0")]
    #[case("\u{9b}".as_bytes())]
    #[case(b"\x1b[<1;2M")]
    #[case(b"\x1b[201~")]
    fn other_sequences_are_skipped(#[case] bytes: &[u8]) {
        assert_eq!(decode(&[bytes, b"j"].concat()), [chr('j')]);
    }

    #[test]
    fn a_broken_sequence_does_not_affect_the_next() {
        // The second sequence starts before the first has ended.
        assert_eq!(decode(b"\x1b[1;\x1b[Bj"), [key(KeyCode::Down, M::NONE), chr('j')]);
        assert_eq!(decode(b"\xe6\x97j"), [chr('j')]);
        assert_eq!(decode(b"\x1b\x1b[A"), [key(KeyCode::Esc, M::NONE), key(KeyCode::Up, M::NONE)]);
        assert_eq!(decode(b"\x1b[1;5"), []);
    }

    #[test]
    fn a_paste_without_end_is_limited_in_time_and_memory() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(b"\x1b[200~"), []);
        for _ in 0..400 {
            assert_eq!(decoder.feed(&[b'x'; 10_000]), []);
        }
        assert!(decoder.pasting());
        assert!(decoder.buffer.len() + decoder.pasted.len() <= MAX_PASTE + PASTE_END.len());
        assert!(matches!(decoder.flush().as_slice(), [Input::Paste(_)]));
        assert_eq!(decoder.feed(b"q"), [chr('q')]);
        // So is a string sequence without end.
        decoder.feed(b"\x1b]0;");
        decoder.feed(&[b'x'; 2 * MAX_SEQUENCE]);
        assert!(decoder.buffer.len() <= MAX_SEQUENCE);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn splitting_the_bytes_makes_no_difference(bytes in proptest::collection::vec(
            prop_oneof![4 => Just(0x1b_u8), 4 => proptest::sample::select(b"[O<;~M0123ABZPu] \\".to_vec()), 2 => any::<u8>()], 0..60),
            cut in 0_usize..60)
        {
            let mut whole = Decoder::default();
            let mut parts = Decoder::default();
            let cut = cut.min(bytes.len());
            let mut expected = whole.feed(&bytes);
            let mut got = parts.feed(&bytes[..cut]);
            got.extend(parts.feed(&bytes[cut..]));
            expected.extend(whole.flush());
            got.extend(parts.flush());
            prop_assert_eq!(got, expected);
            prop_assert!(!whole.pending() && !parts.pending());
        }
    }
}
