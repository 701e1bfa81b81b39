//! The view of the palette: the whole width, the line first, below it what fits.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{
    Palette,
    entries::{Reach, Row},
};
use crate::tui::{
    theme,
    widgets::{
        draw_context::{DrawContext, pane},
        text_fit::{fit, fit_right, width as cells, wrap},
    },
};

/// Cells of an action's name, of its screen and of its keys; the text gets the rest.
struct Columns {
    name: usize,
    screen: usize,
    keys: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        if width < 100 { Self { name: 19, screen: 10, keys: 12 } } else { Self { name: 24, screen: 14, keys: 20 } }
    }
}

/// Rows below the line that is typed in this area.
fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(3)).min(17)
}

/// The lines of the mistake, at least one: it has its room also where there is none.
fn mistake_lines(palette: &Palette, area: Rect) -> Vec<String> {
    let width = usize::from(area.width.saturating_sub(4));
    let mut lines = palette.mistake.as_ref().map_or_else(Vec::new, |mistake| wrap(mistake, width));
    lines.truncate(room(area) / 2);
    if lines.is_empty() { vec![String::new()] } else { lines }
}

/// Rows of the list in this area.
pub(super) fn rows(palette: &Palette, area: Rect) -> usize {
    room(area).saturating_sub(mistake_lines(palette, area).len())
}

/// The palette's place in this area.
fn place(area: Rect) -> Rect {
    let height = u16::try_from(room(area) + 3).unwrap_or(u16::MAX).min(area.height);
    Rect { y: area.bottom() - height, height, ..area }
}

/// The row of the list at a position.
pub fn row_at(palette: &Palette, area: Rect, at: Position) -> Option<usize> {
    let place = place(area);
    // The border, the line that is typed, the mistake.
    let first = place.y + 2 + u16::try_from(mistake_lines(palette, area).len()).unwrap_or(1);
    let inside = place.contains(at) && at.y >= first && at.y + 1 < place.bottom();
    let mut list = palette.list;
    list.clamp(palette.rows.len(), rows(palette, area));
    inside.then(|| list.offset + usize::from(at.y - first)).filter(|row| *row < palette.rows.len())
}

/// Draws the palette over the lower part of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, palette: &Palette, ctx: DrawContext<'_>) {
    let shown = rows(palette, area);
    let place = place(area);
    let mut list = palette.list;
    list.clamp(palette.rows.len(), shown);
    let below = palette.rows.len().saturating_sub(list.offset + shown);
    let more = if below > 0 { format!(", {below} more below") } else { String::new() };
    let title = Line::raw(format!(" Commands{more} "));
    let inner = pane(frame, place, title, true, ctx);
    let width = usize::from(inner.width);
    let scroll = palette.line.visual_scroll(width.saturating_sub(3));
    let visible: String = palette.line.value().chars().skip(scroll).collect();
    let mut lines = vec![Line::styled(format!(":{}", fit(&visible, width.saturating_sub(1), "")), theme::STRONG)];
    lines.extend(mistake_lines(palette, area).into_iter().map(|text| Line::styled(format!(" {text}"), theme::BAD)));
    for (at, row) in palette.rows.iter().enumerate().skip(list.offset).take(shown) {
        lines.push(line(row, at == list.cursor, width, ctx));
    }
    if palette.rows.is_empty() && palette.mistake.is_none() {
        lines.push(Line::styled(format!("  {}", nothing(palette)), theme::FAINT));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    let column = u16::try_from(palette.line.visual_cursor().saturating_sub(scroll) + 1).unwrap_or(0);
    if inner.height > 0 && column < inner.width {
        frame.set_cursor_position((inner.x + column, inner.y));
    }
}

/// What is said where no row fits.
fn nothing(palette: &Palette) -> &'static str {
    match crate::domain::palette::split(palette.line.value()) {
        Some((spec, ..)) => spec.text,
        None => "No action or command of that name.",
    }
}

fn line(row: &Row, current: bool, width: usize, ctx: DrawContext<'_>) -> Line<'static> {
    let (name, text, screen, keys, style) = match row {
        Row::Action { name, text, context, keys, reach, .. } => {
            let style = if *reach == Reach::Elsewhere { theme::FAINT } else { Style::default() };
            (name.clone(), (*text).to_owned(), context.title(), keys.clone(), style)
        }
        Row::Command { word, argument, text } => {
            (format!("{word} {argument}"), (*text).to_owned(), "Command", String::new(), Style::default())
        }
        Row::Value(value) => (value.value.clone(), value.note.clone(), "", String::new(), Style::default()),
    };
    let ellipsis = ctx.glyphs.ellipsis;
    let mark = if current { ">" } else { " " };
    // A long value, such as a preset's name, takes the room of the text.
    let columns = Columns::of(width);
    let (name_cells, screen_cells, keys_cells) = match row {
        Row::Value(_) => (columns.name.max(cells(&name).min(width / 2)), 0, 0),
        // It has no keys, but an argument.
        Row::Command { .. } => (columns.name.max(22), columns.screen, 0),
        Row::Action { .. } => (columns.name, columns.screen, columns.keys),
    };
    let text_cells = width.saturating_sub(2 + name_cells + 1 + screen_cells + 1 + keys_cells + 1);
    let parts = [
        format!("{mark} "),
        fit(&name, name_cells, ellipsis),
        " ".to_owned(),
        fit(&text, text_cells, ellipsis),
        " ".to_owned(),
        fit(screen, screen_cells, ellipsis),
        " ".to_owned(),
        fit_right(&keys, keys_cells, ellipsis),
    ];
    let text = fit(&parts.concat(), width, "");
    Line::from(Span::styled(text, if current { theme::CURSOR } else { style }))
}
