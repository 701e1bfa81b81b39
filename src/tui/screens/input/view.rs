//! The view of an input line.

use ratatui::{Frame, layout::Rect, text::Line};

use super::InputLine;
use crate::{
    domain::text::count,
    tui::{
        theme,
        widgets::{
            draw_context::{DrawContext, popup},
            text_fit::{fit, wrap},
        },
    },
};

fn columns(area: Rect) -> u16 {
    area.width.min(70)
}

/// The lines of the text, and how many of them there is room for above the input and its message.
fn text(input: &InputLine, area: Rect) -> (Vec<String>, usize) {
    let inner = usize::from(columns(area).saturating_sub(4));
    let text = input.lines().flat_map(|t| wrap(t, inner)).collect();
    (text, usize::from(area.height).saturating_sub(4))
}

/// Number of lines that do not fit.
pub(super) fn hidden(input: &InputLine, area: Rect) -> usize {
    let (text, room) = text(input, area);
    text.len().saturating_sub(room)
}

/// Draws the dialog over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, input: &InputLine, ctx: DrawContext<'_>) {
    let width = columns(area);
    let inner = usize::from(width.saturating_sub(4));
    let (text, room) = text(input, area);
    let hidden = text.len().saturating_sub(room);
    let from = input.scroll.min(hidden);
    let title = match hidden - from {
        0 => input.title.to_owned(),
        more => format!("{}: {} below", input.title, count(more, "more line", "more lines")),
    };
    let mut lines: Vec<Line<'_>> = text.into_iter().skip(from).take(room).map(|t| Line::raw(format!(" {t}"))).collect();
    let row = lines.len();
    let scroll = input.line.visual_scroll(inner.saturating_sub(3));
    let visible: String = input.line.value().chars().skip(scroll).collect();
    lines.push(Line::raw(format!(" > {}", fit(&visible, inner.saturating_sub(2), ""))));
    lines.push(Line::styled(format!("   {}", input.mistake.unwrap_or_default()), theme::BAD));
    let area = popup(frame, area, &title, lines, width, ctx);
    let column = input.line.visual_cursor().saturating_sub(scroll) + 4;
    let at = (area.x + u16::try_from(column).unwrap_or(0), area.y + 1 + u16::try_from(row).unwrap_or(0));
    if at.0 < area.right() && at.1 < area.bottom() {
        frame.set_cursor_position(at);
    }
}
