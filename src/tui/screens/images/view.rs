//! The view of the images pane. Only the rows in the window are built.

use std::ops::Range;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{
    Sort,
    columns::{Placed, columns, heading, is_right_aligned, text},
    highlights::Highlights,
};
use crate::{
    domain::{
        Image, ImageColumn, Region,
        filter::TERMS,
        text::{age, clean, full_stop, thousands},
    },
    tui::{
        bindings::{Action, Context},
        catalogue::{ListState, Listing},
        live,
        model::{Connection, Model, Pane},
        narrowing,
        others::ListKey,
        theme,
        widgets::{
            draw_context::{DrawContext, pane, position},
            elide::elide,
            fitted::Fitted,
            text_fit::{cut, fit, fit_right, width, wrap},
            title_filter,
        },
    },
};

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let (title, cursor) = title(model, usize::from(area.width).saturating_sub(2), ctx);
    let inner = pane(frame, area, title, model.focus == Pane::Images && model.overlays.is_empty(), ctx);
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let columns = columns(model, usize::from(inner.width));
    let mut lines = vec![headings(model, &columns, ctx)];
    let height = usize::from(inner.height - 1);
    lines.extend(rows(model, &columns, height, ctx));
    if model.images.rows.is_empty() {
        let width = usize::from(inner.width).saturating_sub(2);
        lines.extend(empty_text(model).iter().flat_map(|t| wrap(t, width)).map(|t| Line::raw(format!(" {t}"))));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    position(frame, area, model.images.list.cursor, height, model.images.rows.len());
    if model.images.editing && area.height > 0 {
        let x = area.x + u16::try_from(cursor + 1).unwrap_or(0).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

/// Most cells for whose images they are.
const WHOSE: usize = 32;

fn counts(model: &Model) -> String {
    let (shown, total) = (model.images.rows.len(), model.images.total());
    let part = if shown == total { String::new() } else { format!("{}/", thousands(shown)) };
    let first = if model.catalogue.is_capped() { "the first " } else { "" };
    let narrowed = if model.query.narrowed.is_empty() { "" } else { " (narrowed by EC2)" };
    // The header, where it is as well, has less room.
    let whose = cut(&model.query.label(), WHOSE, "");
    format!("Images {part}{first}{}{narrowed}, {whose}{}", thousands(total), unlisted(model, ", "))
}

/// How many regions are not listed, behind a separator; nothing if all are.
fn unlisted(model: &Model, separator: &str) -> String {
    model.catalogue.unlisted().map(|text| format!("{separator}{text}")).unwrap_or_default()
}

/// The title in this many cells, and the cell of the cursor in its filter.
fn title<'a>(model: &Model, cells: usize, ctx: DrawContext<'_>) -> (Line<'a>, usize) {
    let counts = format!(" {} ", counts(model));
    let mut behind = Vec::new();
    let marks = model.images.marked.len();
    if marks > 0 {
        let hidden = match model.images.hidden_marks {
            0 => String::new(),
            n => format!(", {} hidden", thousands(n)),
        };
        behind.push(Span::styled(format!(" {} marked{hidden} ", thousands(marks)), theme::MARKED));
    }
    if let Some(what) = live::loading_text(model) {
        behind.push(Span::styled(format!(" {} {what} ", ctx.spinner(model.now)), theme::BUSY));
    } else if let Some(time) = live::age(model) {
        behind.push(Span::styled(format!(" listed {} ago ", age(time.as_secs())), theme::FAINT));
    }
    behind.extend(hidden_order(model, cells, ctx));
    let (before, after) = (width(&counts) + 2, behind.iter().map(Span::width).sum::<usize>() + 1);
    let room = title_filter::room(cells, before, after);
    let (filter, cursor) = title_filter::window(&model.images.filter, model.images.editing, room, ctx.glyphs.ellipsis);
    let mut spans = vec![Span::raw(counts)];
    if model.images.editing || !filter.is_empty() {
        let style = title_filter::style(model.filter_selected && model.images.editing);
        spans.extend([Span::raw(" /"), Span::styled(filter, style), Span::raw(" ")]);
    }
    spans.extend(behind);
    (Line::from(spans), before + cursor)
}

/// What the rows are sorted by, if no heading says so: its column is not shown.
fn hidden_order(model: &Model, cells: usize, ctx: DrawContext<'_>) -> Option<Span<'static>> {
    let sort = &model.images.sort;
    let is_shown = columns(model, cells).iter().any(|placed| placed.column == sort.column);
    let mark = ctx.glyphs.order[usize::from(sort.descending)];
    // Newest first is what everybody expects.
    (!is_shown && *sort != Sort::default())
        .then(|| Span::styled(format!(" by {}{mark} ", clean(&sort.column.to_string())), theme::FAINT))
}

fn headings(model: &Model, columns: &[Placed], ctx: DrawContext<'_>) -> Line<'static> {
    let mut text = String::from("  ");
    for Placed { column, cells } in columns {
        let sort = &model.images.sort;
        let mark = if sort.column == *column { ctx.glyphs.order[usize::from(sort.descending)] } else { "" };
        let heading = format!("{}{mark}", cut(&heading(column), cells.saturating_sub(width(mark)), ""));
        text.push_str(&if is_right_aligned(column) {
            fit_right(&heading, *cells, "")
        } else {
            fit(&heading, *cells, "")
        });
        text.push(' ');
    }
    Line::styled(text, theme::FAINT)
}

/// The rows of the window. Names are cut where they are alike.
fn rows(model: &Model, columns: &[Placed], height: usize, ctx: DrawContext<'_>) -> Vec<Line<'static>> {
    let pane = &model.images;
    let images: Vec<(&ListKey, &Image)> = pane
        .rows
        .with_lists()
        .skip(pane.list.offset)
        .take(height)
        .map(|(list, image)| (list, image.as_ref()))
        .collect();
    let names: Vec<_> = images.iter().map(|(_, image)| clean(&image.name)).collect();
    let cells = columns.iter().find(|placed| placed.column == ImageColumn::Name).map_or(0, |placed| placed.cells);
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let kept = elide(&names, cells);
    let mut highlights = Highlights::of(&pane.parsed);
    let rows = images.into_iter().zip(kept).zip(pane.list.offset..);
    rows.map(|((image, kept), line)| row(model, image, line, kept, columns, &mut highlights, ctx)).collect()
}

fn row(
    model: &Model,
    (list, image): (&ListKey, &Image),
    line: usize,
    name: Vec<Range<usize>>,
    columns: &[Placed],
    highlights: &mut Highlights<'_>,
    ctx: DrawContext<'_>,
) -> Line<'static> {
    let (at_cursor, marked) = (line == model.images.list.cursor, model.images.marked.contains(list, &image.id));
    let base = match (at_cursor, marked) {
        (true, _) if model.focus == Pane::Images => theme::CURSOR,
        (_, true) => theme::MARKED,
        _ => Style::default(),
    };
    let current = at_cursor && model.focus == Pane::Images;
    let mut spans =
        vec![Span::styled(format!("{}{}", if current { ">" } else { " " }, if marked { "*" } else { " " }), base)];
    let mut name = Some(name).filter(|_| !image.name.is_empty());
    for Placed { column, cells } in columns {
        let (text, style) = text(column, image, model.profile_name(list.profile), *cells, model.now);
        // Colours are hard to read on the reversed row of the cursor.
        let style = if current || marked { base } else { style };
        let fitted = match name.take_if(|_| *column == ImageColumn::Name) {
            Some(kept) => Fitted::parts(clean(&text), kept, *cells),
            None => Fitted::cut(&text, *cells, if is_right_aligned(column) { "" } else { ctx.glyphs.ellipsis }),
        };
        let fitted = if is_right_aligned(column) { fitted.right() } else { fitted };
        let matched = highlights.in_cell(column, fitted.text());
        spans.extend(fitted.spans(ctx.glyphs.ellipsis, &matched, style, style.patch(theme::MATCH)));
        spans.push(Span::styled(" ", style));
    }
    Line::from(spans)
}

/// Why no row passes the filter.
fn nothing_matches(model: &Model) -> String {
    let clear = model.keymap.key(Context::Everywhere, Action::Back);
    match model.images.parsed.mistake() {
        Some(why) => format!("This filter matches nothing: {}", full_stop(why)),
        None if !model.query.narrowed.is_empty() && model.images.editing => {
            let accept = model.keymap.key(Context::Filter, Action::Accept);
            let by = narrowing::names(&model.query);
            format!(
                "None of the listed images matches. EC2 lists only what fits the filter before ({by}): {accept} lists by this one, {clear} lists all."
            )
        }
        None if model.catalogue.is_capped() => format!(
            "None of the first images matches the filter; there are more than are listed (browse.public_limit){}. {clear} clears it.",
            unlisted(model, "; ")
        ),
        None => format!("No image matches the filter{}. {clear} clears it.", unlisted(model, "; ")),
    }
}

/// Says that there are no images in the regions that were listed.
fn nothing_listed(model: &Model) -> String {
    let is_unlisted = |region: &Region| model.catalogue.listing(region).is_some_and(Listing::is_unlisted);
    let regions: Vec<&str> = model.chosen.iter().filter(|region| !is_unlisted(region)).map(Region::as_str).collect();
    let place = match regions.as_slice() {
        [_, _, _, _, ..] => format!("{} regions", regions.len()),
        few => few.join(", "),
    };
    let others = match model.catalogue.unlisted() {
        Some(text) => format!("; {text} ({} shows why)", model.keymap.key(Context::Everywhere, Action::Problems)),
        None => String::new(),
    };
    format!("No images ({}) in {place}{others}.", model.query.whose.label())
}

/// The text of an empty table.
pub(super) fn empty_text(model: &Model) -> Vec<String> {
    let key = |context, action| model.keymap.key(context, action);
    if let Connection::Failed(failure) = &model.connection {
        let mut lines = vec![String::new(), format!("Not signed in to AWS. Could not {failure}.")];
        lines.extend(failure.hint.lines().map(str::to_owned));
        if !failure.hint.contains("amigrate demo") {
            lines.push("`amigrate demo` needs no credentials.".into());
        }
        let [retry, problems, quit] =
            [Action::Refresh, Action::Problems, Action::Quit].map(|action| key(Context::Everywhere, action));
        let profile = key(Context::Images, Action::Profile);
        lines.extend([
            String::new(),
            format!("{retry} retries, {profile} switches the profile, {problems} shows the details, {quit} quits."),
        ]);
        return lines;
    }
    if let Some(what) = live::loading_text(model) {
        return vec![String::new(), format!("{what} ...")];
    }
    if !model.images.filter.value().is_empty() && model.images.total() > 0 {
        let mut lines = vec![String::new(), nothing_matches(model)];
        if model.images.filter.value().contains(':') {
            lines.push("Terms:".into());
            lines.extend(TERMS.iter().map(|(term, text)| format!("  {term} {text}")));
        }
        return lines;
    }
    if model.chosen.is_empty() {
        let choose = key(Context::Images, Action::Regions);
        return vec![String::new(), format!("No region is chosen. Press {choose} to choose regions.")];
    }
    let failed =
        model.catalogue.listings().filter(|(_, listing)| matches!(listing.state, ListState::Failed(_))).count();
    if failed == model.chosen.len() {
        let [problems, retry] = [Action::Problems, Action::Refresh].map(|action| key(Context::Everywhere, action));
        let text = format!("None of the regions could be listed. Press {problems} for details, {retry} to retry.");
        return vec![String::new(), text];
    }
    vec![
        String::new(),
        nothing_listed(model),
        format!(
            "{} chooses other regions, {} other owners.",
            key(Context::Images, Action::Regions),
            key(Context::Images, Action::Whose)
        ),
    ]
}
