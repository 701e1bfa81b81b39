//! What all widgets draw with: glyphs, bordered panes and popups.

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

use crate::{
    config::KeyMap,
    domain::text::{clean, thousands},
    tui::{glyphs::Glyphs, theme},
};

/// What every widget needs to know about the terminal.
#[derive(Debug, Clone, Copy)]
pub struct DrawContext<'a> {
    pub glyphs: &'a Glyphs,
    /// The keys in force, for texts that name one.
    pub keys: &'a KeyMap,
}

impl DrawContext<'_> {
    /// The spinner's frame at a time: four a second.
    pub fn spinner(&self, now: Timestamp) -> &'static str {
        let frames = self.glyphs.spinner;
        let at = now.as_millisecond().unsigned_abs() / 250;
        frames[usize::try_from(at % frames.len() as u64).unwrap_or(0)]
    }
}

/// Draws a bordered pane; returns the area inside.
pub fn pane(frame: &mut Frame<'_>, area: Rect, title: Line<'_>, focus: bool, ctx: DrawContext<'_>) -> Rect {
    let style = if focus { theme::FOCUS } else { theme::FAINT };
    let block = Block::bordered().border_set(ctx.glyphs.border).border_style(style).title(title);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inner
}

/// Writes where the cursor is in a list of which not all rows are shown, on the lower border: ` 17 of 250 `. A list that is shown whole
/// needs none.
pub fn position(frame: &mut Frame<'_>, area: Rect, cursor: usize, rows: usize, total: usize) {
    if total <= rows || area.height < 2 {
        return;
    }
    let text = format!(" {} of {} ", thousands(cursor.min(total - 1) + 1), thousands(total));
    let cells = u16::try_from(text.len()).unwrap_or(u16::MAX);
    if area.width < cells + 4 {
        return;
    }
    let place = Rect { x: area.right() - cells - 2, y: area.bottom() - 1, width: cells, height: 1 };
    frame.render_widget(Paragraph::new(Line::styled(text, theme::FAINT)), place);
}

/// The place of a popup of this many lines over the middle of an area.
pub fn popup_place(area: Rect, lines: usize, columns: u16) -> Rect {
    let rows = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(area.height);
    let columns = columns.min(area.width);
    Rect { x: area.x + (area.width - columns) / 2, y: area.y + (area.height - rows) / 2, width: columns, height: rows }
}

/// Draws a bordered popup over the middle of an area; returns its area.
pub fn popup(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Vec<Line<'_>>,
    columns: u16,
    ctx: DrawContext<'_>,
) -> Rect {
    let place = popup_place(area, lines.len(), columns);
    let inner = pane(frame, place, Line::raw(format!(" {} ", clean(title))), true, ctx);
    frame.render_widget(Paragraph::new(lines), inner);
    place
}
