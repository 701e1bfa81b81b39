//! Bytes to lines, for a terminal that edits them itself; pure.

use super::event::{Input, KeyCode, KeyModifiers, key};

/// Longer lines are cut. Terminals send at most 4,096 bytes.
const LONGEST: usize = 65_536;

/// Collects the bytes of a line.
#[derive(Debug, Default)]
pub(super) struct LineDecoder {
    line: Vec<u8>,
}

impl LineDecoder {
    /// The lines that end in these bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n");
            let room = LONGEST.saturating_sub(self.line.len());
            self.line.extend(text.unwrap_or(part).iter().take(room));
            if text.is_some() {
                let line = std::mem::take(&mut self.line);
                lines
                    .push(Input::Line(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line)).into_owned()));
            }
        }
        lines
    }

    /// `Ctrl-D` where nothing was typed: asks to quit, as `Ctrl-C` does.
    pub(super) fn end() -> Input {
        key(KeyCode::Char('c'), KeyModifiers::CONTROL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_whatever_the_reads() {
        let line = |text: &str| Input::Line(text.into());
        let mut decoder = LineDecoder::default();
        assert_eq!(decoder.feed(b"mark\ncop"), [line("mark")]);
        assert_eq!(decoder.feed(b"y\r\n\n\xff\n"), [line("copy"), line(""), line("\u{fffd}")]);
        let mut long = vec![b'x'; 2 * LONGEST];
        long.push(b'\n');
        assert_eq!(decoder.feed(&long), [line(&"x".repeat(LONGEST))]);
    }
}
