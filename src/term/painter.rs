//! Cells to bytes: ratatui's backend over a plain byte vector. Fixed size, asks nothing, writes nothing itself.
//!
//! Owns what is known of the terminal's cursor and looks, and the one rule of what a cell may send: text on which
//! every terminal agrees how wide it is, so that columns stay aligned whatever stands in a name.

use std::{collections::HashSet, convert::Infallible};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{
    caps::{Caps, Palette},
    sgr::{self, CellStyle},
};
use crate::domain::text;

/// Collects one frame's bytes.
#[derive(Debug)]
pub struct Painter {
    out: Vec<u8>,
    size: Size,
    palette: Palette,
    unicode: bool,
    /// Where the terminal's cursor is; the column equals the width after the last column was written.
    at: Option<(u16, u16)>,
    look: Option<CellStyle>,
    /// Whether the terminal shows its cursor.
    shown: Option<bool>,
    /// Where the frame wants the cursor, if at all.
    wanted: Option<Position>,
    /// Second columns of cells that hold two characters side by side, such as a flag: to the terminal these may be two
    /// cells, and the second stays when only the first is written over.
    split: HashSet<(u16, u16)>,
}

impl Painter {
    /// For a terminal of this size, of which nothing is known yet.
    pub fn new(size: Size, caps: &Caps) -> Self {
        Self {
            out: Vec::new(),
            size,
            palette: caps.palette,
            unicode: caps.unicode,
            at: None,
            look: None,
            shown: None,
            wanted: None,
            split: HashSet::new(),
        }
    }

    /// The size to draw for from now on.
    pub fn set_size(&mut self, size: Size) {
        self.size = size;
    }

    /// What to reduce to from now on.
    pub fn set_caps(&mut self, caps: &Caps) {
        self.palette = caps.palette;
        self.unicode = caps.unicode;
    }

    /// Forgets what the terminal has: someone else has written to it.
    pub fn forget(&mut self) {
        self.at = None;
        self.look = None;
        self.shown = None;
    }

    /// Ends the frame and hands over its bytes; none if nothing has changed.
    pub fn take(&mut self) -> Vec<u8> {
        let painted = !self.out.is_empty();
        if painted && self.look != Some(CellStyle::DEFAULT) {
            self.restyle(CellStyle::DEFAULT);
        }
        match self.wanted {
            None if self.shown != Some(false) => {
                self.out.extend_from_slice(b"\x1b[?25l");
                self.shown = Some(false);
            }
            None => {}
            Some(wanted) => {
                self.go(wanted.x, wanted.y);
                if self.shown != Some(true) {
                    self.out.extend_from_slice(b"\x1b[?25h");
                    self.shown = Some(true);
                }
            }
        }
        std::mem::take(&mut self.out)
    }

    fn restyle(&mut self, look: CellStyle) {
        sgr::change(&mut self.out, self.look, look);
        self.look = Some(look);
    }

    /// Moves the cursor by the shortest sequence.
    fn go(&mut self, x: u16, y: u16) {
        let bytes = match self.at {
            Some(at) if at == (x, y) => return,
            Some((_, row)) if x == 0 && row == y => b"\r".to_vec(),
            Some((_, row)) if x == 0 && row + 1 == y => b"\r\n".to_vec(),
            Some((column, row)) if row == y && column < x && column < self.size.width => match x - column {
                1 => b"\x1b[C".to_vec(),
                n => format!("\x1b[{n}C").into_bytes(),
            },
            _ if (x, y) == (0, 0) => b"\x1b[H".to_vec(),
            _ if x == 0 => format!("\x1b[{}H", y + 1).into_bytes(),
            _ => format!("\x1b[{};{}H", y + 1, x + 1).into_bytes(),
        };
        self.out.extend_from_slice(&bytes);
        self.at = Some((x, y));
    }

    fn put(&mut self, x: u16, y: u16, cell: &Cell) {
        self.go(x, y);
        self.restyle(CellStyle::reduced(cell.fg, cell.bg, cell.modifier, self.palette));
        let symbol = cell.symbol();
        if let [byte @ 0x20..=0x7e] = symbol.as_bytes() {
            self.out.push(*byte);
            self.at = Some((x + 1, y));
            self.mend(x + 1, y);
            return;
        }
        let (shown, width, agreed) = safe_symbol(symbol, self.unicode, self.size.width.saturating_sub(x));
        self.out.extend_from_slice(shown.as_bytes());
        // Where terminals may disagree all the same, the next cell is addressed rather than trusted to follow.
        self.at = agreed.then_some((x + width, y));
        if width == 2 {
            self.split.remove(&(x + 1, y));
            if !agreed {
                self.split.insert((x + 1, y));
            }
        }
        self.mend(x + width, y);
    }

    /// Blanks what is left of a split cell whose first column has just been written over. If a frame has something
    /// there, it differs from what ratatui remembers, and follows.
    fn mend(&mut self, x: u16, y: u16) {
        if !self.split.is_empty() && self.split.remove(&(x, y)) {
            self.go(x, y);
            self.restyle(CellStyle::DEFAULT);
            self.out.push(b' ');
            self.at = Some((x + 1, y));
        }
    }

    /// Erases everything, in the terminal's own colours.
    fn erase(&mut self) {
        self.look = None;
        self.restyle(CellStyle::DEFAULT);
        self.out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.at = Some((0, 0));
        self.split.clear();
    }
}

/// What to send for a cell's symbol, how many columns it fills, and whether terminals agree on that.
///
/// Terminals add up the widths of the characters or measure the whole grapheme. Where the two differ (emoji joined, with a
/// skin tone, or made of a text character by a selector) only the leading characters on which both agree are sent, and
/// blanks fill the cell.
fn safe_symbol(symbol: &str, unicode: bool, room: u16) -> (String, u16, bool) {
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
            // A cursor seen running over the screen is worse than one that is away for a frame.
            if self.shown == Some(true) {
                self.out.extend_from_slice(b"\x1b[?25l");
                self.shown = Some(false);
            }
            self.put(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    /// From memory: the terminal is never asked.
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        let (x, y) = self.at.unwrap_or_default();
        Ok(Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let Position { x, y } = position.into();
        self.wanted = Some(Position {
            x: x.min(self.size.width.saturating_sub(1)),
            y: y.min(self.size.height.saturating_sub(1)),
        });
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.erase();
        Ok(())
    }

    /// Whatever the region, the whole screen: ratatui asks for nothing less on a full screen.
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
    fn only_what_every_terminal_measures_alike(
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
    fn ascii_only_for_a_poor_terminal(#[case] symbol: &str, #[case] sent: &str) {
        assert_eq!(safe_symbol(symbol, false, 10).0, sent);
    }

    #[test]
    fn a_wide_character_never_hangs_over_the_edge() {
        assert_eq!(safe_symbol("日", true, 1), (" ".to_owned(), 1, true));
    }
}
