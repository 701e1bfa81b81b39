//! The view of the images pane. Only the rows in the window are built.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Sort, image_ref};
use crate::{
    domain::{
        Image, ImageState,
        filter::TERMS,
        text::{age, gib, thousands},
    },
    tui::{
        browse,
        model::{Connection, Model, Pane},
        theme,
        widgets::{
            draw_context::{DrawContext, pane},
            text_fit::{cut, fit, fit_middle, fit_right, width, wrap},
        },
    },
};

/// A column; `sort` is the order it stands for.
#[derive(Clone, Copy)]
struct Column {
    heading: &'static str,
    cells: usize,
    sort: Option<Sort>,
}

/// Cells of the name below which other columns are dropped.
const NAME_AT_LEAST: usize = 16;

/// The columns that fit, the name first; the least important are dropped first.
fn columns(model: &Model, inner: usize) -> Vec<Column> {
    let region = model.chosen.iter().map(|r| r.as_str().len()).max().unwrap_or(9).max(6);
    let column = |heading, cells, sort| Column { heading, cells, sort };
    let mut columns = vec![
        column("REGION", region, Some(Sort::Region)),
        column("IMAGE ID", 21, None),
        column("AGE", 4, Some(Sort::Age)),
        column("SIZE", 5, Some(Sort::Size)),
        column("ENC", 3, None),
        column("STATE", 9, Some(Sort::State)),
        column("ARCH", 6, None),
    ];
    let used = |columns: &[Column]| 2 + columns.iter().map(|c| c.cells + 1).sum::<usize>();
    if inner < used(&columns) + NAME_AT_LEAST {
        columns.retain(|c| c.heading != "ARCH");
    }
    if inner < used(&columns) + NAME_AT_LEAST
        && let Some(state) = columns.iter_mut().find(|c| c.heading == "STATE")
    {
        state.cells = 5;
    }
    for drop in ["ARCH", "ENC", "SIZE", "AGE", "IMAGE ID", "STATE"] {
        if inner >= used(&columns) + NAME_AT_LEAST {
            break;
        }
        columns.retain(|c| c.heading != drop);
    }
    let name = inner.saturating_sub(used(&columns));
    columns.insert(0, column("NAME", name, Some(Sort::Name)));
    columns
}

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let title = title(model, ctx);
    let inner = pane(frame, area, title, model.focus == Pane::Images && model.overlays.is_empty(), ctx);
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let columns = columns(model, usize::from(inner.width));
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

fn headings<'a>(model: &Model, columns: &[Column], ctx: DrawContext<'_>) -> Line<'a> {
    let mut text = String::from("  ");
    for column in columns {
        let sorted = column.sort == Some(model.images.sort);
        let mark = if sorted { ctx.glyphs.order[usize::from(model.images.reversed)] } else { "" };
        let heading = format!("{}{mark}", cut(column.heading, column.cells.saturating_sub(width(mark)), ""));
        text.push_str(&if right_aligned(column.heading) {
            fit_right(&heading, column.cells, "")
        } else {
            fit(&heading, column.cells, "")
        });
        text.push(' ');
    }
    Line::styled(text, theme::FAINT)
}

fn right_aligned(heading: &str) -> bool {
    matches!(heading, "AGE" | "SIZE")
}

fn row<'a>(model: &Model, image: &Image, current: bool, columns: &[Column], ctx: DrawContext<'_>) -> Line<'a> {
    let marked = !model.images.marked.is_empty() && model.images.marked.contains(&image_ref(image));
    let base = match (current, marked) {
        (true, _) if model.focus == Pane::Images => theme::CURSOR,
        (_, true) => theme::MARKED,
        _ => Style::default(),
    };
    let current = current && model.focus == Pane::Images;
    let mut spans =
        vec![Span::styled(format!("{}{}", if current { ">" } else { " " }, if marked { "*" } else { " " }), base)];
    for column in columns {
        let (text, style) = cell(model, image, column.heading);
        let text = if right_aligned(column.heading) {
            fit_right(&text, column.cells, "")
        } else if column.heading == "STATE" && column.cells < text.len() {
            fit(image.state.short(), column.cells, "")
        } else if column.heading == "NAME" {
            fit_middle(&text, column.cells, ctx.glyphs.ellipsis)
        } else {
            fit(&text, column.cells, ctx.glyphs.ellipsis)
        };
        // Colours are hard to read on the reversed row of the cursor.
        let style = if current || marked { base } else { style };
        spans.push(Span::styled(format!("{text} "), style));
    }
    Line::from(spans)
}

fn cell(model: &Model, image: &Image, heading: &str) -> (String, Style) {
    let plain = Style::default();
    match heading {
        "NAME" if image.name.is_empty() => ("(no name)".into(), theme::FAINT),
        "NAME" => (image.name.to_string(), plain),
        "REGION" => (image.region.to_string(), plain),
        "IMAGE ID" => (image.id.to_string(), plain),
        "AGE" => (image.created.map_or_else(String::new, |c| age(model.now.duration_since(c).as_secs())), plain),
        "SIZE" => (if image.instance_store() { "-".into() } else { gib(image.size_gib()) }, plain),
        "ENC" => (if image.encrypted() { "yes" } else { "-" }.into(), plain),
        "STATE" => (image.state.as_str().into(), state_style(image.state)),
        "ARCH" => (image.architecture.to_string(), plain),
        _ => (String::new(), plain),
    }
}

fn state_style(state: ImageState) -> Style {
    match state {
        ImageState::Available => Style::default(),
        ImageState::Pending | ImageState::Transient => theme::BUSY,
        ImageState::Failed | ImageState::Error | ImageState::Invalid => theme::BAD,
        ImageState::Deregistered | ImageState::Disabled | ImageState::Unknown => theme::FAINT,
    }
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
