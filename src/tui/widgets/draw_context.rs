//! What every widget is dressed in: the marks a terminal can show, bordered panes and windows.

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

use crate::{
    domain::text::clean,
    tui::{glyphs::Glyphs, theme},
};

/// What every widget needs to know of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct DrawContext<'a> {
    /// The marks it can show.
    pub glyphs: &'a Glyphs,
}

impl DrawContext<'_> {
    /// The spinner's frame: at most four a second, by the clock alone.
    pub fn spinner(&self, now: Timestamp) -> &'static str {
        let frames = self.glyphs.spinner;
        let at = now.as_millisecond().unsigned_abs() / 250;
        frames[usize::try_from(at % frames.len() as u64).unwrap_or(0)]
    }
}

/// A bordered pane; gives what is inside.
pub fn pane(frame: &mut Frame<'_>, area: Rect, title: Line<'_>, focus: bool, dressing: DrawContext<'_>) -> Rect {
    let style = if focus { theme::FOCUS } else { theme::FAINT };
    let block = Block::bordered().border_set(dressing.glyphs.border).border_style(style).title(title);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inner
}

/// A bordered window over the middle of an area; gives its place.
pub fn popup(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Vec<Line<'_>>,
    columns: u16,
    dressing: DrawContext<'_>,
) -> Rect {
    let rows = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let columns = columns.min(area.width);
    let place = Rect {
        x: area.x + (area.width - columns) / 2,
        y: area.y + (area.height - rows) / 2,
        width: columns,
        height: rows,
    };
    let inner = pane(frame, place, Line::raw(format!(" {} ", clean(title))), true, dressing);
    frame.render_widget(Paragraph::new(lines), inner);
    place
}
