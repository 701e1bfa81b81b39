//! The view of the coverage screen. Only the rows and columns in the window are built.

use std::ops::Range;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::CoverageScreen;
use crate::{
    domain::{
        coverage::{Cell, CellState, Column, Family, Listed},
        text::{age, clean, count, full_stop, thousands},
    },
    labels,
    tui::{
        bindings::{Action, Context},
        layout,
        line_mode::text::PAGE,
        live,
        model::{Connection, Model},
        theme,
        widgets::{
            draw_context::{DrawContext, pane},
            elide::elide,
            fitted::Fitted,
            text_fit::{cut, fit, fit_right, width, wrap},
            title_filter,
        },
    },
};

/// Cells of a state with its mark, or of a region's name: the least, and where there is room for names such as `ap-northeast-1`.
/// Two more are for the brackets around the one with the cursor.
const STATE: [usize; 2] = [11, 14];
/// Cells of the newest version, and of its age, where there is room for them.
const NEWEST: usize = 14;
const AGE: usize = 4;
/// From this width on there is.
const ROOMY: usize = 100;
/// Lines about the cell under the cursor and its family.
const STATUS: usize = 3;

/// Rows and columns of the table at the terminal's present size.
pub(super) fn window(model: &Model) -> (usize, usize) {
    if model.start.caps.line_mode {
        return (PAGE, usize::MAX);
    }
    let body = layout::now(model).body;
    let rows = layout::rows(body, 1).saturating_sub(STATUS);
    let longest = model.overlays.iter().find_map(|overlay| match overlay {
        crate::tui::screens::Overlay::Coverage(screen) => Some(screen.longest),
        _ => None,
    });
    (rows, Widths::of(longest.unwrap_or_default(), usize::from(body.width.saturating_sub(2))).columns)
}

/// How a line is divided.
#[derive(Clone, Copy)]
struct Widths {
    family: usize,
    /// The newest version is shown as well.
    roomy: bool,
    state: usize,
    /// Number of regions.
    columns: usize,
}

impl Widths {
    fn of(longest: usize, cells: usize) -> Self {
        let roomy = cells >= ROOMY;
        let most = match cells {
            ..70 => 18,
            70..ROOMY => 26,
            _ => cells / 4,
        };
        let family = longest.clamp(6, most);
        let used = 2 + family + 1 + if roomy { NEWEST + AGE + 2 } else { 0 };
        let state = STATE[usize::from(roomy)];
        Self { family, roomy, state, columns: (cells.saturating_sub(used) / (state + 2)).max(1) }
    }
}

/// Draws the screen over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &CoverageScreen, model: &Model, ctx: DrawContext<'_>) {
    let (title, cursor) = title(screen, model, usize::from(area.width).saturating_sub(2), ctx);
    let inner = pane(frame, area, title, true, ctx);
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let cells = usize::from(inner.width);
    let lines = if screen.rows.is_empty() {
        let empty_text = empty_text(screen, model);
        let lines = empty_text.iter().flat_map(|text| wrap(text, cells.saturating_sub(2)));
        lines.map(|text| Line::raw(format!(" {text}"))).collect()
    } else {
        let height = usize::from(inner.height).saturating_sub(1 + STATUS);
        let mut lines = table(screen, model, height, cells, ctx);
        lines.resize(height + 1, Line::default());
        let status = status(screen, model).into_iter().take(STATUS);
        lines.extend(status.map(|(text, style)| {
            Line::styled(format!(" {}", cut(&text, cells.saturating_sub(2), ctx.glyphs.ellipsis)), style)
        }));
        lines
    };
    frame.render_widget(Paragraph::new(lines), inner);
    if screen.editing {
        let x = area.x + u16::try_from(cursor + 1).unwrap_or(0).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

/// The families shown and how much is missing.
pub(super) fn counts(screen: &CoverageScreen) -> String {
    let (shown, total) = (screen.rows.len(), screen.coverage.families.len());
    let of = if shown == total { String::new() } else { format!("{} of ", thousands(shown)) };
    let missing = match screen.missing {
        0 => "nothing known to be missing".to_owned(),
        n => format!("{} missing", thousands(n)),
    };
    format!("Coverage: {of}{}, {missing}", count(total, "family", "families"))
}

/// How many regions have no column because they have no image.
pub(super) fn left_out(screen: &CoverageScreen) -> Option<String> {
    let empty = screen.basis.as_ref().map_or(0, |basis| basis.empty.len());
    (empty > 0).then(|| format!("{empty} empty left out"))
}

/// The title in this many cells, and the cell of the cursor in its filter.
fn title<'a>(screen: &CoverageScreen, model: &Model, cells: usize, ctx: DrawContext<'_>) -> (Line<'a>, usize) {
    let counts = format!(" {} ", counts(screen));
    let mut behind = Vec::new();
    let not_known = labels::coverage::not_known(&screen.coverage.columns);
    if !not_known.is_empty() {
        let waits = screen.coverage.columns.iter().any(|column| column.listed == Listed::Underway);
        let (spinner, style) = if waits { (ctx.spinner(model.now), theme::BUSY) } else { ("", theme::WARN) };
        behind.push(Span::styled(format!(" {spinner} {} ", not_known.join(", ")).replace("  ", " "), style));
    }
    if !screen.marked.is_empty() {
        behind.push(Span::styled(format!(" {} marked ", thousands(screen.marked.len())), theme::MARKED));
    }
    let (before, after) = (width(&counts) + 2, behind.iter().map(Span::width).sum::<usize>() + 1);
    let room = title_filter::room(cells, before, after);
    let (filter, cursor) = title_filter::window(&screen.filter, screen.editing, room, ctx.glyphs.ellipsis);
    let mut spans = vec![Span::raw(counts)];
    if screen.editing || !filter.is_empty() {
        let style = title_filter::style(model.filter_selected && screen.editing);
        spans.extend([Span::raw(" /"), Span::styled(filter, style), Span::raw(" ")]);
    }
    spans.extend(behind);
    let (columns, all) = (visible(screen, window(model).1), screen.coverage.columns.len());
    let mut more = Vec::new();
    // In one piece: how many columns there are means little without how many there are not.
    let regions = (columns.len() < all).then(|| format!("regions {}-{} of {all}", columns.start + 1, columns.end));
    let parts: Vec<String> = regions.into_iter().chain(left_out(screen)).collect();
    if !parts.is_empty() {
        more.push(format!(" {} ", parts.join(", ")));
    }
    more.push(format!(" by {} ", screen.sort.label()));
    if screen.without_source > 0 {
        more.push(format!(" {} without an available image ", thousands(screen.without_source)));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let mut left = cells.saturating_sub(used);
    for text in more {
        if let Some(rest) = left.checked_sub(width(&text)) {
            left = rest;
            spans.push(Span::styled(text, theme::FAINT));
        }
    }
    (Line::from(spans), before + cursor)
}

/// The columns in the window.
fn visible(screen: &CoverageScreen, columns: usize) -> Range<usize> {
    let (all, first) = (screen.coverage.columns.len(), screen.columns.offset);
    first.min(all)..first.saturating_add(columns).min(all)
}

fn table(
    screen: &CoverageScreen,
    model: &Model,
    height: usize,
    cells: usize,
    ctx: DrawContext<'_>,
) -> Vec<Line<'static>> {
    let widths = Widths::of(screen.longest, cells);
    let columns = visible(screen, widths.columns);
    let mut lines = vec![headings(screen, widths, columns.clone(), ctx)];
    let rows = screen.list.offset..screen.rows.len().min(screen.list.offset.saturating_add(height));
    let families: Vec<&Family> = rows.clone().filter_map(|row| screen.family(row)).collect();
    let names: Vec<_> = families.iter().map(|family| clean(family.label())).collect();
    // Names are cut where they are alike.
    let kept = elide(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>(), widths.family);
    for (((row, family), name), kept) in rows.zip(families).zip(names).zip(kept) {
        let name = Fitted::parts(name, kept, widths.family);
        let current = row == screen.list.cursor;
        let style = match (current, screen.is_marked(family)) {
            (true, _) => theme::CURSOR,
            (false, true) => theme::MARKED,
            (false, false) => Style::default(),
        };
        let marks = format!("{}{}", if current { ">" } else { " " }, if screen.is_marked(family) { "*" } else { " " });
        let mut spans = vec![Span::styled(marks, style)];
        spans.extend(name.spans(ctx.glyphs.ellipsis, &[], style, style));
        spans.push(Span::raw(" "));
        if widths.roomy {
            spans.push(newest(family, model, ctx));
        }
        let cells = columns.clone().filter_map(|at| Some((at, family.cells.get(at)?)));
        let is_current = |at: usize| current && at == screen.columns.cursor;
        spans.extend(cells.map(|(at, cell)| state(family, cell, widths.state, is_current(at), ctx)));
        lines.push(Line::from(spans));
    }
    lines
}

fn headings(screen: &CoverageScreen, widths: Widths, columns: Range<usize>, ctx: DrawContext<'_>) -> Line<'static> {
    let mut text = format!("  {} ", fit("Family", widths.family, ""));
    if widths.roomy {
        text.extend([&fit("Newest", NEWEST, ""), " ", &fit_right("Age", AGE, ""), " "]);
    }
    let names: Vec<&str> = screen.coverage.columns.iter().map(|column| column.region.as_str()).collect();
    let kept = elide(&names, widths.state);
    let mut spans = vec![Span::styled(text, theme::FAINT)];
    for at in columns.clone() {
        let (Some(name), Some(kept)) = (names.get(at), kept.get(at)) else { continue };
        let style = if at == screen.columns.cursor { theme::STRONG } else { theme::FAINT };
        let before = if at == columns.start && at > 0 { "<" } else { " " };
        let after = if at + 1 == columns.end && columns.end < names.len() { ">" } else { " " };
        spans.push(Span::styled(before, theme::FAINT));
        let name = Fitted::parts((*name).into(), kept.clone(), widths.state);
        spans.extend(name.spans(ctx.glyphs.ellipsis, &[], style, style));
        spans.push(Span::styled(after, theme::FAINT));
    }
    Line::from(spans)
}

/// The newest version and its age.
fn newest(family: &Family, model: &Model, ctx: DrawContext<'_>) -> Span<'static> {
    let image = family.newest();
    let version = version(family);
    let age = image.created.map(|created| age(model.now.duration_since(created).as_secs())).unwrap_or_default();
    let version = fit(&clean(version), NEWEST, ctx.glyphs.ellipsis);
    Span::styled(format!("{version} {} ", fit_right(&age, AGE, "")), theme::FAINT)
}

/// The version in the newest image's name, if there is one; all of the name if that does not begin as the family's.
fn version(family: &Family) -> &str {
    let name = &*family.newest().name;
    match name.strip_prefix(&*family.name) {
        None => name,
        Some(version) => version.trim_start_matches(['-', '.', '_', ' ']),
    }
}

/// A cell: a mark that is its own for each state, and a word.
fn state(family: &Family, cell: &Cell, cells: usize, current: bool, ctx: DrawContext<'_>) -> Span<'static> {
    let (mark, style) = match &cell.state {
        CellState::Available => ("+", Style::default()),
        CellState::Differs(_) => ("!", theme::WARN),
        CellState::Pending(_) => (".", theme::BUSY),
        CellState::Disabled => ("o", theme::WARN),
        CellState::Stale => ("<", theme::WARN),
        CellState::Failed => ("x", theme::BAD),
        CellState::Missing => ("-", theme::BAD),
        CellState::Unknown => ("?", theme::FAINT),
    };
    let text = fit(&format!("{mark} {}", labels::coverage::word(family, &cell.state)), cells, ctx.glyphs.ellipsis);
    if current { Span::styled(format!("[{text}]"), theme::CURSOR) } else { Span::styled(format!(" {text} "), style) }
}

/// What there is to say of the cell under the cursor, and of its family.
pub(super) fn status(screen: &CoverageScreen, model: &Model) -> Vec<(String, Style)> {
    let Some((family, column, cell)) = screen.under_cursor() else { return Vec::new() };
    let image = cell.image.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let unlisted = column_problem(column);
    let about = format!(
        "{} in {}: {}{unlisted}{image}",
        clean(family.label()),
        column.region,
        labels::coverage::meaning(family, &cell.state)
    );
    let newest = family.newest();
    let age = newest.created.map(|created| age(model.now.duration_since(created).as_secs()));
    let age = age.map(|age| format!(", {age} old")).unwrap_or_default();
    let state = if family.can_be_copied() { String::new() } else { format!(", {}", newest.state.as_str()) };
    let versions = count(family.versions.len(), "version", "versions");
    let newest =
        format!("newest of {versions}: {} ({}) in {}{age}{state}", clean(&newest.name), newest.id, newest.region);
    let lacks = screen.lacking(family);
    let lacks = match lacks.len() {
        0 => "No region is known to lack it.".to_owned(),
        n => format!("{} without the newest version: {}", count(n, "region", "regions"), lacks.join(", ")),
    };
    vec![(about, Style::default()), (newest, theme::FAINT), (lacks, theme::FAINT)]
}

/// The row of the table at a position, and the column of a region if there is one.
pub(in crate::tui) fn cell_at(screen: &CoverageScreen, area: Rect, at: Position) -> Option<(usize, Option<usize>)> {
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 2,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(3 + u16::try_from(STATUS).unwrap_or(0)),
    };
    let row = inner.contains(at).then(|| screen.list.offset + usize::from(at.y - inner.y))?;
    let widths = Widths::of(screen.longest, usize::from(inner.width));
    let first = 2 + widths.family + 1 + if widths.roomy { NEWEST + AGE + 2 } else { 0 };
    let column = usize::from(at.x - inner.x).checked_sub(first).map(|cells| cells / (widths.state + 2));
    let column = column.map(|column| column + screen.columns.offset);
    Some((row, column.filter(|column| visible(screen, widths.columns).contains(column))))
        .filter(|_| row < screen.rows.len())
}

fn column_problem(column: &Column) -> &'static str {
    match column.listed {
        Listed::Complete => "",
        Listed::Underway => ", being listed",
        Listed::Failed => ", not listed",
    }
}

/// The text of an empty table.
pub(super) fn empty_text(screen: &CoverageScreen, model: &Model) -> Vec<String> {
    let key = |context, action| model.keymap.key(context, action);
    let back = key(Context::Coverage, Action::Back);
    if screen.basis.as_ref().is_some_and(|basis| !basis.own) {
        let whose = key(Context::Images, Action::Whose);
        let label = clean(&model.query.whose.label()).into_owned();
        return vec![format!(
            "Coverage is about your own images, and those listed now are others ({label}). {back} goes back to the images, where {whose} lists yours."
        )];
    }
    if let Some(what) = live::loading_text(model).filter(|_| screen.coverage.families.is_empty()) {
        return vec![format!("{what} ...")];
    }
    if let Connection::Failed(failure) = &model.connection {
        return vec![format!("Not signed in, so nothing is known: {}", full_stop(&clean(&failure.why)))];
    }
    if let Some(why) = screen.parsed.mistake() {
        return vec![format!("This filter matches nothing: {}", full_stop(&clean(why)))];
    }
    if !screen.coverage.families.is_empty() {
        return vec![format!("No family's newest image matches the filter. {back} clears it.")];
    }
    let regions = key(Context::Images, Action::Regions);
    vec![format!(
        "There are no images of yours in the listed regions. {back} goes back to the images, where {regions} chooses other regions."
    )]
}
