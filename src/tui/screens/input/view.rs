//! A line being typed, as it is drawn.

use ratatui::{Frame, layout::Rect, text::Line};

use super::InputLine;
use crate::tui::{
    theme,
    widgets::{
        draw_context::{DrawContext, popup},
        text_fit::{fit, wrap},
    },
};

fn columns(area: Rect) -> u16 {
    area.width.min(70)
}

/// The text in lines, and how many of them there is room for above the line to type and what is wrong with it.
fn text(prompt: &InputLine, area: Rect) -> (Vec<String>, usize) {
    let inner = usize::from(columns(area).saturating_sub(4));
    let text = prompt.text.iter().flat_map(|t| wrap(t, inner)).collect();
    (text, usize::from(area.height).saturating_sub(4))
}

/// Lines of the text that do not fit.
pub(super) fn hidden(prompt: &InputLine, area: Rect) -> usize {
    let (text, room) = text(prompt, area);
    text.len().saturating_sub(room)
}

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, prompt: &InputLine, dressing: DrawContext<'_>) {
    let width = columns(area);
    let inner = usize::from(width.saturating_sub(4));
    let (text, room) = text(prompt, area);
    let hidden = text.len().saturating_sub(room);
    let from = prompt.scroll.min(hidden);
    let title = match hidden - from {
        0 => prompt.title.to_owned(),
        more => format!("{}: {more} more lines below", prompt.title),
    };
    let mut lines: Vec<Line<'_>> = text.into_iter().skip(from).take(room).map(|t| Line::raw(format!(" {t}"))).collect();
    let row = lines.len();
    let scroll = prompt.line.visual_scroll(inner.saturating_sub(3));
    let visible: String = prompt.line.value().chars().skip(scroll).collect();
    lines.push(Line::raw(format!(" > {}", fit(&visible, inner.saturating_sub(2), ""))));
    lines.push(Line::styled(format!("   {}", prompt.mistake.unwrap_or_default()), theme::BAD));
    let area = popup(frame, area, &title, lines, width, dressing);
    let column = prompt.line.visual_cursor().saturating_sub(scroll) + 4;
    let at = (area.x + u16::try_from(column).unwrap_or(0), area.y + 1 + u16::try_from(row).unwrap_or(0));
    if at.0 < area.right() && at.1 < area.bottom() {
        frame.set_cursor_position(at);
    }
}
