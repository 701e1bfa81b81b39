//! The view of a picker.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{Item, Picker};
use crate::tui::{
    theme,
    widgets::{
        draw_context::{DrawContext, popup, popup_place},
        text_fit::{fit, width as cells, wrap},
    },
};

/// Minimum columns of the popup; more where its rows are longer and there is room.
const COLUMNS: std::ops::RangeInclusive<u16> = 76..=118;

/// Columns of the popup in this area.
fn columns(picker: &Picker, area: Rect) -> u16 {
    let longest = |text: fn(&Item) -> &str| picker.items.iter().map(|item| cells(text(item))).max().unwrap_or(0);
    // The border, the cursor, the mark, and the gap between label and note.
    let needed = longest(|item| &item.label) + longest(|item| &item.note) + 7;
    u16::try_from(needed).unwrap_or(u16::MAX).clamp(*COLUMNS.start(), *COLUMNS.end()).min(area.width)
}

/// Cells of a line in this area.
fn inner_width(picker: &Picker, area: Rect) -> usize {
    usize::from(columns(picker, area).saturating_sub(4))
}

/// Rows of the list in this area.
fn list_height(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(5))
}

/// The row of the list at a position.
pub fn row_at(picker: &Picker, area: Rect, at: Position) -> Option<usize> {
    let message = if picker.message.is_empty() { 0 } else { wrap(&picker.message, inner_width(picker, area)).len() };
    let head = message + usize::from(picker.typing || !picker.filter.value().is_empty());
    let height = list_height(area);
    let mut list = picker.list;
    list.clamp(picker.shown.len(), height);
    let rows = picker.shown.len().saturating_sub(list.offset).min(height);
    let place = popup_place(area, head + rows, columns(picker, area));
    let row = usize::from(at.y.checked_sub(place.y + 1)?).checked_sub(head)?;
    (place.contains(at) && row < rows).then_some(list.offset + row)
}

/// Draws the picker over the middle of the screen; `selected` while what is typed replaces its filter.
pub fn draw(frame: &mut Frame<'_>, area: Rect, picker: &Picker, selected: bool, ctx: DrawContext<'_>) {
    let (width, inner, height) = (columns(picker, area), inner_width(picker, area), list_height(area));
    let mut lines = Vec::new();
    if !picker.message.is_empty() {
        lines.extend(wrap(&picker.message, inner).into_iter().map(|t| Line::styled(format!(" {t}"), theme::WARN)));
    }
    let filter = picker.filter.value();
    let filter_row = lines.len();
    if picker.typing || !filter.is_empty() {
        let text = fit(filter, inner.saturating_sub(1), ctx.glyphs.ellipsis);
        let style = if selected && picker.typing { theme::CURSOR } else { Style::default() };
        let (text, rest) = text.split_at(text.trim_end().len());
        lines.push(Line::from(vec![Span::raw(" /"), Span::styled(text.to_owned(), style), Span::raw(rest.to_owned())]));
    }
    let label = picker.items.iter().map(|i| cells(&i.label)).max().unwrap_or(0).min(inner / 2);
    let mut list = picker.list;
    list.clamp(picker.shown.len(), height);
    for (row, at) in picker.shown.iter().enumerate().skip(list.offset).take(height) {
        let item = &picker.items[*at];
        let mark = if picker.marked.contains(at) { "*" } else { " " };
        let cursor = if row == list.cursor { ">" } else { " " };
        let style = match (row == list.cursor, item.enabled) {
            (true, _) => theme::CURSOR,
            (false, false) => theme::FAINT,
            (false, true) if picker.marked.contains(at) => theme::MARKED,
            (false, true) => Style::default(),
        };
        let text = format!(
            "{cursor}{mark} {} {}",
            fit(&item.label, label, ctx.glyphs.ellipsis),
            fit(&item.note, inner.saturating_sub(label + 3), ctx.glyphs.ellipsis)
        );
        lines.push(Line::from(Span::styled(text, style)));
    }
    if picker.shown.is_empty() && !picker.items.is_empty() {
        lines.push(Line::styled(" Nothing matches the filter.", theme::FAINT));
    }
    let below = picker.shown.len().saturating_sub(list.offset + height);
    let mut title = picker.title(ctx.keys);
    if picker.multiple {
        title = format!("{title}: {} marked", picker.marks());
        let hidden = picker.hidden_marks();
        if hidden > 0 {
            title = format!("{title}, {hidden} of them hidden by the filter");
        }
    }
    if below > 0 {
        title = format!("{title}, {below} more below");
    }
    let popup = popup(frame, area, &title, lines, width, ctx);
    if picker.typing {
        let column = u16::try_from(picker.filter.visual_cursor() + 3).unwrap_or(0).min(popup.width.saturating_sub(2));
        let row = popup.y + 1 + u16::try_from(filter_row).unwrap_or(0);
        if row < popup.bottom() {
            frame.set_cursor_position((popup.x + column, row));
        }
    }
}
