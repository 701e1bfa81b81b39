//! A line being typed, as it is drawn.

use ratatui::{Frame, layout::Rect, text::Line};

use super::Prompt;
use crate::tui::{
    theme,
    widgets::{
        cells::{fit, wrap},
        dressing::{Dressing, popup},
    },
};

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, prompt: &Prompt, dressing: Dressing<'_>) {
    let width = area.width.min(70);
    let inner = usize::from(width.saturating_sub(4));
    let (title, text) = prompt.words();
    let mut lines: Vec<Line<'_>> = wrap(text, inner).into_iter().map(|t| Line::raw(format!(" {t}"))).collect();
    let row = lines.len();
    let scroll = prompt.line.visual_scroll(inner.saturating_sub(3));
    let visible: String = prompt.line.value().chars().skip(scroll).collect();
    lines.push(Line::raw(format!(" > {}", fit(&visible, inner.saturating_sub(2), ""))));
    let mistake = prompt.mistake.clone().unwrap_or_default();
    lines.push(Line::styled(format!("   {mistake}"), theme::BAD));
    let area = popup(frame, area, title, lines, width, dressing);
    let column = prompt.line.visual_cursor().saturating_sub(scroll) + 4;
    let at = (area.x + u16::try_from(column).unwrap_or(0), area.y + 1 + u16::try_from(row).unwrap_or(0));
    if at.0 < area.right() && at.1 < area.bottom() {
        frame.set_cursor_position(at);
    }
}
