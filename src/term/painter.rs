//! Cells to bytes: ratatui's backend that collects a frame's bytes in memory.
//!
//! Our own instead of `CrosstermBackend`, because that one queries the terminal for its size and cursor, moves the cursor by
//! absolute positions and resets every style (a progress step of five bars takes under 190 bytes here), writes while it draws,
//! and sends symbols whose width terminals disagree about, which misaligns the rest of the row. A cell here sends only text whose
//! width all terminals agree on.

use std::{collections::HashSet, convert::Infallible};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{
    caps::Caps,
    sgr::{self, CellStyle},
};
use crate::domain::text;

#[derive(Debug)]
pub struct Painter {
    out: Vec<u8>,
    size: Size,
    colors: bool,
    unicode: bool,
    /// Position of the terminal's cursor, if known. After the last column was written, the column equals the width.
    cursor: Option<(u16, u16)>,
    style: Option<CellStyle>,
    /// The terminal shows its cursor; `None` if unknown.
    cursor_shown: Option<bool>,
    /// Position of the frame's cursor; `None` if it is hidden.
    frame_cursor: Option<Position>,
    /// Second columns of cells that hold two characters, such as a flag. A terminal may treat these as two cells, of which the
    /// second remains when only the first is overwritten.
    split: HashSet<(u16, u16)>,
}

impl Painter {
    pub fn new(size: Size, caps: &Caps) -> Self {
        Self {
            out: Vec::new(),
            size,
            colors: caps.colors,
            unicode: caps.unicode,
            cursor: None,
            style: None,
            cursor_shown: None,
            frame_cursor: None,
            split: HashSet::new(),
        }
    }

    pub fn set_size(&mut self, size: Size) {
        self.size = size;
    }

    /// Forgets the terminal's state, because something else may have written to it.
    pub fn forget(&mut self) {
        self.cursor = None;
        self.style = None;
        self.cursor_shown = None;
    }

    /// Ends the frame and returns its bytes; none if nothing changed.
    pub fn take(&mut self) -> Vec<u8> {
        let painted = !self.out.is_empty();
        if painted && self.style != Some(CellStyle::DEFAULT) {
            self.set_style(CellStyle::DEFAULT);
        }
        match self.frame_cursor {
            None if self.cursor_shown != Some(false) => {
                self.out.extend_from_slice(b"\x1b[?25l");
                self.cursor_shown = Some(false);
            }
            None => {}
            Some(position) => {
                self.move_to(position.x, position.y);
                if self.cursor_shown != Some(true) {
                    self.out.extend_from_slice(b"\x1b[?25h");
                    self.cursor_shown = Some(true);
                }
            }
        }
        std::mem::take(&mut self.out)
    }

    fn set_style(&mut self, style: CellStyle) {
        sgr::change(&mut self.out, self.style, style);
        self.style = Some(style);
    }

    /// Moves the cursor by the shortest sequence.
    fn move_to(&mut self, x: u16, y: u16) {
        let bytes = match self.cursor {
            Some(at) if at == (x, y) => return,
            Some((_, row)) if x == 0 && row == y => b"\r".to_vec(),
            Some((_, row)) if x == 0 && row + 1 == y => b"\r\n".to_vec(),
            Some((column, row)) if row == y && column < x && column < self.size.width => match x - column {
                1 => b"\x1b[C".to_vec(),
                n => format!("\x1b[{n}C").into_bytes(),
            },
            // A column of figures that continues below. Left of the last column only: from beyond it, terminals go back to different ones.
            Some((column, row)) if row + 1 == y && (x..x + 4).contains(&column) && column < self.size.width => {
                [&b"\x08\x08\x08"[..usize::from(column - x)], b"\x1b[B"].concat()
            }
            _ if (x, y) == (0, 0) => b"\x1b[H".to_vec(),
            _ if x == 0 => format!("\x1b[{}H", y + 1).into_bytes(),
            _ => format!("\x1b[{};{}H", y + 1, x + 1).into_bytes(),
        };
        self.out.extend_from_slice(&bytes);
        self.cursor = Some((x, y));
    }

    fn write_cell(&mut self, x: u16, y: u16, cell: &Cell) {
        self.move_to(x, y);
        self.set_style(CellStyle::new(cell.fg, cell.bg, cell.modifier, self.colors));
        let symbol = cell.symbol();
        if let [byte @ 0x20..=0x7e] = symbol.as_bytes() {
            self.out.push(*byte);
            self.cursor = Some((x + 1, y));
            self.erase_split(x + 1, y);
            return;
        }
        let (shown, width, agreed) = safe_symbol(symbol, self.unicode, self.size.width.saturating_sub(x));
        self.out.extend_from_slice(shown.as_bytes());
        // If terminals may still disagree, the next cell is addressed explicitly.
        self.cursor = agreed.then_some((x + width, y));
        if width == 2 {
            self.split.remove(&(x + 1, y));
            if !agreed {
                self.split.insert((x + 1, y));
            }
        }
        self.erase_split(x + width, y);
    }

    /// Blanks the second column of a split cell whose first column was overwritten. If the frame has something there, ratatui
    /// writes it next, because it differs from the split cell.
    fn erase_split(&mut self, x: u16, y: u16) {
        if !self.split.is_empty() && self.split.remove(&(x, y)) {
            self.move_to(x, y);
            self.set_style(CellStyle::DEFAULT);
            self.out.push(b' ');
            self.cursor = Some((x + 1, y));
        }
    }

    /// Erases the screen with the default style.
    fn erase(&mut self) {
        self.style = None;
        self.set_style(CellStyle::DEFAULT);
        self.out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.cursor = Some((0, 0));
        self.split.clear();
    }
}

/// Returns what to send for a cell's symbol, how many columns it fills, and whether all terminals agree on that.
///
/// Terminals either add up the widths of the characters or measure the grapheme. Where the two differ (emoji that are joined, have
/// a skin tone, or are made from a text character by a variation selector), only the leading characters on which both agree are
/// sent, padded with blanks.
pub(super) fn safe_symbol(symbol: &str, unicode: bool, room: u16) -> (String, u16, bool) {
    let clean = text::clean(symbol);
    let measured = u16::try_from(clean.width()).unwrap_or(u16::MAX);
    let width = measured.max(1);
    if width > room || width > 2 {
        return (" ".to_owned(), 1, true);
    }
    let blanks = |columns: u16| " ".repeat(usize::from(columns));
    if !unicode && !clean.is_ascii() {
        return (format!("?{}", blanks(width - 1)), width, true);
    }
    let single = |c: char| u16::try_from(c.width().unwrap_or(0)).unwrap_or(0);
    let joined = |c: char| matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    if measured > 0 && clean.chars().map(single).sum::<u16>() == measured && !clean.chars().any(joined) {
        let simple = clean.chars().nth(1).is_none();
        return (clean.into_owned(), width, simple);
    }
    let mut sent = String::new();
    let mut filled = 0;
    for c in clean.chars() {
        if joined(c) || filled + single(c) > width || (filled == 0 && single(c) == 0) || (filled > 0 && single(c) > 0) {
            break;
        }
        filled += single(c);
        sent.push(c);
    }
    sent.push_str(&blanks(width - filled));
    (sent, width, false)
}

impl Backend for Painter {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            // Hide the cursor, so that it is not seen moving over the screen.
            if self.cursor_shown == Some(true) {
                self.out.extend_from_slice(b"\x1b[?25l");
                self.cursor_shown = Some(false);
            }
            self.write_cell(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.frame_cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    /// Returns the last known position; the terminal is never queried.
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        let (x, y) = self.cursor.unwrap_or_default();
        Ok(Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let Position { x, y } = position.into();
        self.frame_cursor = Some(Position {
            x: x.min(self.size.width.saturating_sub(1)),
            y: y.min(self.size.height.saturating_sub(1)),
        });
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.erase();
        Ok(())
    }

    /// Erases the whole screen whatever the region, since ratatui asks for nothing less in a full-screen viewport.
    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        self.erase();
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("é", "é", 1, true)]
    #[case("─", "─", 1, true)]
    #[case("日", "日", 2, true)]
    #[case("🚀", "🚀", 2, true)]
    #[case("e\u{301}", "e\u{301}", 1, false)]
    #[case("👩\u{200d}🚀", "👩", 2, false)]
    #[case("👍🏽", "👍", 2, false)]
    #[case("❤\u{fe0f}", "❤ ", 2, false)]
    #[case("1\u{fe0f}\u{20e3}", "1 ", 2, false)]
    #[case("\u{301}", " ", 1, false)]
    #[case("\u{1b}", " ", 1, true)]
    #[case("\u{202e}", " ", 1, false)]
    fn only_text_of_agreed_width_is_sent(
        #[case] symbol: &str,
        #[case] sent: &str,
        #[case] width: u16,
        #[case] agreed: bool,
    ) {
        assert_eq!(safe_symbol(symbol, true, 10), (sent.to_owned(), width, agreed));
    }

    #[rstest]
    #[case("é", "?")]
    #[case("日", "? ")]
    #[case("👩\u{200d}🚀", "? ")]
    fn without_unicode_only_ascii_is_sent(#[case] symbol: &str, #[case] sent: &str) {
        assert_eq!(safe_symbol(symbol, false, 10).0, sent);
    }

    #[test]
    fn a_wide_character_never_crosses_the_edge() {
        assert_eq!(safe_symbol("日", true, 1), (" ".to_owned(), 1, true));
    }
}
