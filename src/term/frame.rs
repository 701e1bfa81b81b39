//! Frames: each is drawn in memory, and the changes are written at once, as one synchronised update. Without changes nothing
//! is written.

use std::io::{self, Write};

use ratatui::{Frame, Terminal, buffer::Buffer, layout::Size};
use unicode_width::UnicodeWidthStr;

use super::{caps::Caps, painter::Painter};

/// Maximum size in columns and rows. A larger one is a mistake of the connection and would need gigabytes.
const MAX_SIZE: (u16, u16) = (1_000, 500);

/// A screen that writes to any writer.
#[derive(Debug)]
pub struct Screen<W: Write> {
    terminal: Terminal<Painter>,
    out: W,
    sync: bool,
    /// The next frame is written in full.
    full: bool,
}

impl<W: Write> Screen<W> {
    /// Creates a screen of (columns, rows). The first frame is written in full.
    pub fn new(out: W, size: (u16, u16), caps: &Caps) -> Self {
        let Ok(terminal) = Terminal::new(Painter::new(clamp(size), caps));
        Self { terminal, out, sync: caps.sync, full: true }
    }

    /// Draws a frame and returns the number of bytes written, 0 if nothing changed.
    ///
    /// # Errors
    /// If the writer fails; the next frame is then written in full.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<usize> {
        if std::mem::take(&mut self.full) {
            // Not `Terminal::clear`, which asks for the cursor's position. Swapping clears the previous buffer.
            self.terminal.backend_mut().forget();
            let Ok(()) = ratatui::backend::Backend::clear(self.terminal.backend_mut());
            self.terminal.swap_buffers();
        }
        let Ok(_) = self.terminal.draw(|frame| {
            render(frame);
            repair_wide_cells(frame.buffer_mut());
        });
        let bytes = self.terminal.backend_mut().take();
        if bytes.is_empty() {
            return Ok(0);
        }
        let bytes = if self.sync { [b"\x1b[?2026h", bytes.as_slice(), b"\x1b[?2026l"].concat() } else { bytes };
        let written = self.out.write_all(&bytes).and_then(|()| self.out.flush());
        self.full = written.is_err();
        written.map(|()| bytes.len())
    }

    /// Makes the next frame be written in full.
    pub fn repaint(&mut self) {
        self.full = true;
    }

    /// Changes the size. The next frame is written in full, because terminals reflow differently.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().set_size(clamp((columns, rows)));
        let Ok(()) = self.terminal.autoresize();
        self.full = true;
    }

    /// Returns the size as (columns, rows).
    pub fn size(&self) -> (u16, u16) {
        let Ok(size) = self.terminal.size();
        (size.width, size.height)
    }

    /// Writes a sequence that shows nothing, see [`super::osc`].
    pub fn emit(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

/// Blanks wide characters whose second column was drawn over, for example by a border, which the terminal would hide behind
/// the character.
pub(super) fn repair_wide_cells(buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width);
    for i in 1..buffer.content.len() {
        let [first, second] = &mut buffer.content[i - 1..=i] else { continue };
        let same_row = !i.is_multiple_of(width);
        if same_row && !first.symbol().is_ascii() && second.symbol() != " " && first.symbol().width() > 1 {
            first.set_symbol(" ");
        }
    }
}

pub(super) fn clamp((columns, rows): (u16, u16)) -> Size {
    Size::new(columns.min(MAX_SIZE.0), rows.min(MAX_SIZE.1))
}

#[cfg(test)]
mod tests;
