//! The view of the page of storage. Only the rows in the window are built.

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::StorageHeldScreen;
use crate::{
    domain::{
        storage_held::{Group, GroupBy, Row},
        text::{clean, count, thousands},
    },
    labels,
    tui::{
        bindings::{Action, Context},
        model::Model,
        theme,
        widgets::{
            draw_context::DrawContext,
            elide::elide,
            fitted::Fitted,
            list_page::{self, PageFrame, Title},
            text_fit::{cut, fit, fit_right, width},
            title_filter,
        },
    },
};

/// The fewest cells of a name, before a column is left out.
const NAME: usize = 20;
/// The most cells of a name.
const LONGEST: usize = 60;

/// A column behind the name: heading, cells, text.
struct Column {
    heading: &'static str,
    cells: usize,
    text: fn(&Row) -> String,
}

const COST: Column =
    Column { heading: "Cost/month", cells: 11, text: |row| labels::storage_held::month(row.held.cost()) };
const AT_MOST: Column = Column { heading: "At most", cells: 12, text: |row| labels::storage_held::at_most(&row.held) };
const VOLUMES: Column = Column { heading: "Volumes", cells: 12, text: |row| labels::storage_held::volumes(&row.held) };
const SNAPSHOTS: Column = Column { heading: "Snapshots", cells: 9, text: |row| thousands(row.held.snapshots) };
const IMAGES: Column = Column { heading: "Images", cells: 6, text: |row| thousands(row.held.images) };
const REGION: Column = Column {
    heading: "Region",
    cells: 14,
    text: |row| row.images.first().map(|image| image.region.to_string()).unwrap_or_default(),
};

/// The columns by their importance: where there is no room, the last is left out.
fn columns(by: GroupBy) -> &'static [Column] {
    match by {
        GroupBy::Image => &[AT_MOST, COST, REGION, VOLUMES, SNAPSHOTS],
        _ => &[AT_MOST, COST, VOLUMES, IMAGES, SNAPSHOTS],
    }
}

/// Draws the page over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &StorageHeldScreen, model: &Model, ctx: DrawContext<'_>) {
    let title = title(screen, model, usize::from(area.width).saturating_sub(2), ctx);
    let around = PageFrame { title, empty: advice(screen, model), status: status(screen) };
    list_page::draw(frame, area, screen, around, |height, cells| rows(screen, height, cells, ctx), ctx);
}

/// What is summed, when it was read, and the sum; in symbols where it must be short.
pub(super) fn counts(screen: &StorageHeldScreen, is_short: bool) -> String {
    let (shown, all) = (screen.table.rows.len(), screen.all.len());
    let of = if shown == all { String::new() } else { format!("{} of ", thousands(shown)) };
    let rows = match screen.shown.by {
        GroupBy::Family => count(all, "family", "families"),
        GroupBy::Region => count(all, "region", "regions"),
        GroupBy::Account => count(all, "account", "accounts"),
        GroupBy::Image => count(all, "image", "images"),
    };
    let what = match &screen.shown.within {
        Some(group) => format!("Storage of {}", clean(group.name())),
        None => "Storage".to_owned(),
    };
    let regions = match screen.shown.by {
        GroupBy::Region => String::new(),
        _ => format!(" in {}", count(screen.held.regions, "region", "regions")),
    };
    let sum = &screen.sum;
    let sum = if is_short {
        format!("{}, {}", labels::storage_held::at_most(sum), labels::storage_held::month(sum.cost()))
    } else {
        labels::storage_held::brief(sum)
    };
    match screen.read {
        Some(at) => format!("{what} at {}: {of}{rows}{regions}, {sum}", at.strftime("%H:%M UTC")),
        None => what,
    }
}

/// What is awaited.
pub(super) fn doing(screen: &StorageHeldScreen) -> Option<String> {
    screen.reading.map(|regions| format!("reading {}", count(regions, "region", "regions")))
}

/// How many regions could not be read completely.
pub(super) fn not_read(screen: &StorageHeldScreen) -> Option<String> {
    let failed = screen.failures.len();
    (failed > 0).then(|| format!("{} not read", count(failed, "region", "regions")))
}

/// The title in so many cells.
fn title<'a>(screen: &StorageHeldScreen, model: &Model, cells: usize, ctx: DrawContext<'_>) -> Title<'a> {
    let busy = doing(screen).map(|doing| Title::busy(&doing, model.now, ctx));
    let behind: Vec<Span<'a>> = busy.into_iter().chain(not_read(screen).map(|text| Title::warning(&text))).collect();
    let after = behind.iter().map(Span::width).sum::<usize>() + 1;
    let table = &screen.table;
    let typed = if table.editing { title_filter::LEAST } else { width(table.filter.value()).min(title_filter::LEAST) };
    let [long, short] = [false, true].map(|is_short| counts(screen, is_short));
    // A blank on each side, and two for the filter.
    let fits = width(&long) + 2 + typed + 2 + after <= cells;
    let more = vec![format!("by {}", screen.sort.label())];
    Title { counts: if fits { long } else { short }, behind, more, selected: model.filter_selected }
}

fn rows(screen: &StorageHeldScreen, height: usize, cells: usize, ctx: DrawContext<'_>) -> Vec<Line<'static>> {
    let mut used = 2 + NAME;
    let columns: Vec<&Column> = columns(screen.shown.by)
        .iter()
        .take_while(|column| {
            used += column.cells + 1;
            used <= cells
        })
        .collect();
    let behind: usize = columns.iter().map(|column| column.cells + 1).sum();
    let rows = screen.table.visible(height);
    let shown: Vec<&Row> = rows.clone().filter_map(|at| screen.row(at)).collect();
    let names: Vec<String> = shown.iter().map(|row| super::name(row)).collect();
    let name_cells = cells.saturating_sub(2 + behind).min(screen.longest.clamp(NAME, LONGEST));
    let heading = match screen.shown.by {
        GroupBy::Family => "Family",
        GroupBy::Region => "Region",
        GroupBy::Account => "Account",
        GroupBy::Image => "Image",
    };
    let mut text = format!("  {}", fit(heading, name_cells, ""));
    for column in &columns {
        text.extend([" ", &fit_right(column.heading, column.cells, "")]);
    }
    let mut lines = vec![Line::styled(cut(&text, cells, ""), theme::FAINT)];
    // Names are cut where they are alike.
    let kept = elide(&names.iter().map(String::as_str).collect::<Vec<_>>(), name_cells);
    for (((at, row), name), kept) in rows.zip(shown).zip(names).zip(kept) {
        let current = at == screen.table.list.cursor;
        let style = if current { theme::CURSOR } else { Style::default() };
        let name = Fitted::parts(name.into(), kept, name_cells);
        let mut spans = vec![Span::styled(if current { "> " } else { "  " }, style)];
        spans.extend(name.spans(ctx.glyphs.ellipsis, &[], style, style));
        for column in &columns {
            let text = fit_right(&(column.text)(row), column.cells, ctx.glyphs.ellipsis);
            spans.push(Span::styled(format!(" {text}"), style));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// What a row is, in a line: its id or images, regions, and what is special about its snapshots.
pub(super) fn about(row: &Row) -> String {
    let held = &row.held;
    let mut parts = match (&row.group, row.images.first()) {
        (Group::Image(region, id), Some(image)) => {
            let family = row.family.as_ref().map(|family| format!("family {}", clean(family)));
            let named = [id.to_string(), region.to_string(), image.state.as_str().to_owned()];
            named.into_iter().chain(family).collect()
        }
        (group, _) => {
            let regions: BTreeSet<&str> = row.images.iter().map(|image| image.region.as_str()).collect();
            let regions: Vec<&str> = regions.into_iter().collect();
            let place = match (group, regions.len()) {
                (Group::Region(_), _) | (_, 0) => String::new(),
                (_, 1..4) => format!(" in {}", regions.join(", ")),
                (_, n) => format!(" in {n} regions"),
            };
            vec![format!("{}{place}", count(held.images, "image", "images"))]
        }
    };
    parts.push(count(held.snapshots, "snapshot", "snapshots"));
    let more =
        [(held.shared, "in other rows as well"), (held.archived, "archived"), (held.unpriced, "without a known price")];
    parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands(n))));
    parts.join(", ")
}

/// What there is to say of the row under the cursor, of regions that were not read, and of the sums.
pub(super) fn status(screen: &StorageHeldScreen) -> Vec<(String, Style)> {
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(row) = screen.row(screen.table.list.cursor) {
        let line = format!("{}: {}", super::name(row), about(row));
        lines.push((clean(&line).into_owned(), Style::default()));
    }
    if let Some((region, failure)) = screen.failures.first() {
        let line = format!("Not all of {region} could be read, and the sums are of the rest: {failure}");
        lines.push((clean(&line).into_owned(), theme::WARN));
    }
    if screen.read.is_some() {
        // The first is about the same regions.
        let notes = screen.notes.iter().skip(usize::from(!screen.failures.is_empty()));
        lines.extend(notes.map(|note| (note.clone(), theme::FAINT)));
    }
    lines
}

/// All that is known of a row, and how the sums are made.
pub(super) fn details(screen: &StorageHeldScreen, row: &Row) -> Vec<(String, String)> {
    let held = &row.held;
    let mut regions: Vec<&str> = row.images.iter().map(|image| image.region.as_str()).collect();
    regions.dedup();
    let mut entries = vec![
        (row.group.by().as_str(), clean(row.group.name()).into_owned()),
        ("images", thousands(held.images)),
        ("regions", regions.join(", ")),
        ("snapshots", thousands(held.snapshots)),
        ("in other rows", thousands(held.shared)),
        ("archived", thousands(held.archived)),
        ("volumes", labels::storage_held::volumes(held)),
        ("at most", labels::storage_held::at_most(held)),
        ("cost", labels::storage_held::cost(held)),
    ];
    entries.extend(labels::storage_held::shared(held.shared).map(|note| ("note", note)));
    entries.extend(screen.notes.iter().map(|note| ("note", note.clone())));
    entries.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

/// The text of an empty table.
pub(super) fn advice(screen: &StorageHeldScreen, model: &Model) -> Vec<String> {
    let key = |action| model.keymap.key(Context::Storage, action);
    if let Some(doing) = doing(screen).filter(|_| screen.read.is_none()) {
        let first = doing.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        return vec![format!("{first}{} ...", doing.get(first.len()..).unwrap_or_default())];
    }
    if let Some(why) = &screen.table.mistake {
        return vec![format!("This filter matches nothing: {}.", clean(why))];
    }
    if !screen.all.is_empty() {
        return vec![format!("Nothing matches the filter. {} clears it.", key(Action::Back))];
    }
    let refresh = model.keymap.key(Context::Everywhere, Action::Refresh);
    if screen.read.is_none() {
        return vec![format!("Nothing has been read yet; {refresh} reads it.")];
    }
    if screen.failures.is_empty() {
        return vec!["There are no images of yours in the listed regions.".into()];
    }
    vec![format!("Not all regions could be read; {refresh} tries again.")]
}
