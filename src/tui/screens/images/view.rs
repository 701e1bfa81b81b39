//! The view of the images pane. Only the rows in the window are built.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::columns::{Column, columns};
use crate::{
    domain::{Image, filter::TERMS, text::thousands},
    tui::{
        browse,
        model::{Connection, Model, Pane},
        theme,
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::{cut, fit, fit_right, width, wrap},
        },
    },
};

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let title = title(model, ctx);
    let inner = pane(frame, area, title, model.focus == Pane::Images && model.overlays.is_empty(), ctx);
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let columns = columns(&model.chosen, usize::from(inner.width));
    let mut lines = vec![headings(model, &columns, ctx)];
    let height = usize::from(inner.height - 1);
    let rows = &model.images.rows;
    for (at, image) in rows.iter().enumerate().skip(model.images.list.offset).take(height) {
        lines.push(row(model, image, at == model.images.list.cursor, &columns, ctx));
    }
    if rows.is_empty() {
        let width = usize::from(inner.width).saturating_sub(2);
        lines.extend(advice(model).iter().flat_map(|t| wrap(t, width)).map(|t| Line::raw(format!(" {t}"))));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    if model.images.editing && area.height > 0 {
        let before = format!("{}  /", counts(model));
        let column = before.chars().count() + model.images.filter.visual_cursor() + 2;
        let x = area.x + u16::try_from(column).unwrap_or(0).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

fn counts(model: &Model) -> String {
    let (shown, total) = (model.images.rows.len(), model.images.total());
    if shown == total {
        format!("Images {}", thousands(total))
    } else {
        format!("Images {}/{}", thousands(shown), thousands(total))
    }
}

fn title<'a>(model: &Model, ctx: DrawContext<'_>) -> Line<'a> {
    let mut spans = vec![Span::raw(format!(" {} ", counts(model)))];
    let filter = model.images.filter.value();
    if model.images.editing || !filter.is_empty() {
        spans.push(Span::styled(format!(" /{} ", crate::domain::text::clean(filter)), theme::STRONG));
    }
    if !model.images.marked.is_empty() {
        spans.push(Span::styled(format!(" {} marked ", thousands(model.images.marked.len())), theme::MARKED));
    }
    if let Some(what) = browse::loading_text(model) {
        spans.push(Span::styled(format!(" {} {what} ", ctx.spinner(model.now)), theme::BUSY));
    }
    Line::from(spans)
}

fn headings<'a>(model: &Model, columns: &[(Column, usize)], ctx: DrawContext<'_>) -> Line<'a> {
    let mut text = String::from("  ");
    for (column, cells) in columns {
        let sorted = column.sort() == Some(model.images.sort);
        let mark = if sorted { ctx.glyphs.order[usize::from(model.images.reversed)] } else { "" };
        let heading = format!("{}{mark}", cut(column.heading(), cells.saturating_sub(width(mark)), ""));
        text.push_str(&if column.right_aligned() {
            fit_right(&heading, *cells, "")
        } else {
            fit(&heading, *cells, "")
        });
        text.push(' ');
    }
    Line::styled(text, theme::FAINT)
}

fn row<'a>(model: &Model, image: &Image, current: bool, columns: &[(Column, usize)], ctx: DrawContext<'_>) -> Line<'a> {
    let marked = !model.images.marked.is_empty() && model.images.marked.contains(image);
    let base = match (current, marked) {
        (true, _) if model.focus == Pane::Images => theme::CURSOR,
        (_, true) => theme::MARKED,
        _ => Style::default(),
    };
    let current = current && model.focus == Pane::Images;
    let mut spans =
        vec![Span::styled(format!("{}{}", if current { ">" } else { " " }, if marked { "*" } else { " " }), base)];
    for (column, cells) in columns {
        let (text, style) = column.cell(image, *cells, ctx.glyphs.ellipsis, model.now);
        // Colours are hard to read on the reversed row of the cursor.
        let style = if current || marked { base } else { style };
        spans.push(Span::styled(format!("{text} "), style));
    }
    Line::from(spans)
}

/// The text of an empty table.
fn advice(model: &Model) -> Vec<String> {
    if let Connection::Failed(failure) = &model.connection {
        let mut lines = vec![String::new(), format!("Not signed in to AWS. Could not {failure}.")];
        lines.extend(failure.hint.lines().map(str::to_owned));
        if !failure.hint.contains("amigrate demo") {
            lines.push("`amigrate demo` needs no credentials.".into());
        }
        lines.extend([String::new(), "R retries, p switches the profile, ! shows the details, q quits.".into()]);
        return lines;
    }
    if let Some(what) = browse::loading_text(model) {
        return vec![String::new(), format!("{what} ...")];
    }
    if !model.images.filter.value().is_empty() && model.images.total() > 0 {
        let mut lines = vec![String::new(), "No image matches the filter. Esc clears it.".into()];
        if model.images.filter.value().contains(':') {
            lines.push("Terms:".into());
            lines.extend(TERMS.iter().map(|(term, text)| format!("  {term} {text}")));
        }
        return lines;
    }
    if model.chosen.is_empty() {
        return vec![String::new(), "No region is chosen. Press r to choose regions.".into()];
    }
    let regions: Vec<&str> = model.chosen.iter().map(crate::domain::Region::as_str).collect();
    let failed = model
        .catalogue
        .listings()
        .filter(|(_, l)| matches!(l.state, crate::tui::catalogue::ListState::Failed(_)))
        .count();
    if failed == regions.len() {
        return vec![String::new(), "None of the regions could be listed. Press ! for details, R to retry.".into()];
    }
    vec![
        String::new(),
        match regions.as_slice() {
            [_, _, _, _, ..] => format!("No images ({}) in {} regions.", model.query.whose.label(), regions.len()),
            few => format!("No images ({}) in {}.", model.query.whose.label(), few.join(", ")),
        },
        "r chooses other regions, w other owners.".into(),
    ]
}
