//! The view of the pages of storage. Only the rows in the window are built.

use ratatui::{Frame, layout::Rect, style::Style, text::Line};

use super::{Activity, StoragePage, StorageScreen, entry::Entry};
use crate::{
    domain::text::{clean, count, full_stop, thousands},
    labels,
    tui::{
        bindings::{Action, Context},
        model::Model,
        theme,
        widgets::{
            draw_context::DrawContext,
            list_page::{self, PageFrame, Title},
            text_fit::{cut, fit, fit_right},
        },
    },
};

/// Cells of a snapshot's id.
const ID: usize = 22;
const REGION: usize = 14;
/// The fewest cells of the last column; where there are fewer it is left out.
const LAST: usize = 12;

/// A column between the region and the last one: heading, cells, text.
struct Column {
    heading: &'static str,
    cells: usize,
    text: fn(&Entry, &Model) -> String,
}

const ORPHANS: &[Column] = &[
    Column { heading: "Size", cells: 8, text: |entry, _| format!("{} GiB", entry.size()) },
    Column {
        heading: "Monthly",
        cells: 9,
        text: |entry, model| {
            entry.monthly_cost(&model.start.prices).map_or_else(|| "unknown".into(), |month| month.to_string())
        },
    },
    Column { heading: "Age", cells: 4, text: |entry, model| entry.age(model.now) },
];

const BIN: &[Column] = &[
    Column { heading: "Age", cells: 6, text: |entry, model| entry.age(model.now) },
    Column {
        heading: "Expires",
        cells: 10,
        text: |entry, _| entry.exits().map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
    },
];

fn columns(page: StoragePage) -> (&'static [Column], &'static str) {
    match page {
        StoragePage::Orphans => (ORPHANS, "Made for"),
        StoragePage::RecycleBin => (BIN, "Name or image"),
    }
}

/// Draws the page over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &StorageScreen, model: &Model, ctx: DrawContext<'_>) {
    let around =
        PageFrame { title: title(screen, model, ctx), empty: empty_text(screen, model), status: status(screen) };
    list_page::draw(frame, area, screen, around, |height, cells| rows(screen, model, height, cells, ctx), ctx);
}

/// How many there are, and what they cost.
pub(super) fn counts(screen: &StorageScreen, model: &Model) -> String {
    let shown: Vec<&Entry> = screen.shown().filter(|entry| !entry.is_kept()).collect();
    let all = screen.entries.iter().filter(|entry| !entry.is_kept()).count();
    let of = if shown.len() == all { String::new() } else { format!("{} of ", thousands(shown.len())) };
    match screen.page {
        StoragePage::RecycleBin => format!("Recycle Bin: {of}{}", count(all, "resource", "resources")),
        StoragePage::Orphans if shown.is_empty() => format!("Orphans: {of}{}", count(all, "snapshot", "snapshots")),
        StoragePage::Orphans => {
            let gib = shown.iter().map(|entry| entry.size()).sum();
            let months = shown.iter().map(|entry| entry.monthly_cost(&model.start.prices));
            format!("Orphans: {of}{}, {}", count(all, "snapshot", "snapshots"), labels::orphans::brief(gib, months))
        }
    }
}

/// What is awaited, and what is not known.
pub(super) fn activity(screen: &StorageScreen) -> Option<String> {
    Some(match screen.waiting? {
        Activity::Reading(regions) => format!("reading {}", count(regions, "region", "regions")),
        Activity::Deleting(snapshots) => format!("deleting {}", count(snapshots, "snapshot", "snapshots")),
        Activity::Restoring(resources) => format!("restoring {}", count(resources, "resource", "resources")),
    })
}

/// Notes after the counts in the title.
pub(super) fn title_notes(screen: &StorageScreen) -> Vec<String> {
    let mut title_notes = Vec::new();
    if !screen.failures.is_empty() {
        title_notes.push(format!("{} not read", count(screen.failures.len(), "region", "regions")));
    }
    if !screen.unknown.is_empty() {
        title_notes.push(format!("{} partly unknown", count(screen.unknown.len(), "region", "regions")));
    }
    if !screen.marked.is_empty() {
        title_notes.push(format!("{} marked", thousands(screen.marked.len())));
    }
    title_notes
}

fn title<'a>(screen: &StorageScreen, model: &Model, ctx: DrawContext<'_>) -> Title<'a> {
    let busy = activity(screen).map(|activity| Title::busy(&activity, model.now, ctx));
    let notes = title_notes(screen);
    let behind = busy.into_iter().chain(notes.iter().map(|text| Title::warning(text))).collect();
    let kept = screen.entries.iter().filter(|entry| entry.is_kept()).count();
    let hidden = (kept > 0 && !screen.shows_kept)
        .then(|| format!("{kept} kept ({} shows)", model.keymap.key(Context::Orphans, Action::ShowKept)));
    let more = hidden.into_iter().chain([format!("by {}", screen.order())]).collect();
    Title { counts: counts(screen, model), behind, more, selected: model.filter_selected }
}

fn rows(
    screen: &StorageScreen,
    model: &Model,
    height: usize,
    cells: usize,
    ctx: DrawContext<'_>,
) -> Vec<Line<'static>> {
    let (all, last) = columns(screen.page);
    // What does not fit is left out from the right; the last column is about what the row is.
    let fixed = 2 + ID + 1 + REGION;
    let mut used = fixed;
    let columns: Vec<&Column> = all
        .iter()
        .take_while(|column| {
            used += column.cells + 1;
            used <= cells
        })
        .collect();
    let used = fixed + columns.iter().map(|column| column.cells + 1).sum::<usize>();
    let rest = cells.saturating_sub(used + 1);
    let mut heading = format!("  {} {}", fit("Id", ID, ""), fit("Region", REGION, ""));
    for column in &columns {
        heading.extend([" ", &fit_right(column.heading, column.cells, "")]);
    }
    if rest >= LAST {
        heading.extend([" ", last]);
    }
    let mut lines = vec![Line::styled(cut(&heading, cells, ""), theme::FAINT)];
    for row in screen.table.visible(height) {
        let Some(entry) = screen.entry(row) else { continue };
        let current = row == screen.table.list.cursor;
        let style = match (current, screen.is_marked(entry), entry.is_kept()) {
            (true, ..) => theme::CURSOR,
            (_, true, _) => theme::MARKED,
            (_, _, true) => theme::FAINT,
            _ => Style::default(),
        };
        let marks = format!("{}{}", if current { ">" } else { " " }, if screen.is_marked(entry) { "*" } else { " " });
        let ellipsis = ctx.glyphs.ellipsis;
        let mut text =
            format!("{marks}{} {}", fit(&entry.id, ID, ellipsis), fit(entry.region.as_str(), REGION, ellipsis));
        for column in &columns {
            text.extend([" ", &fit_right(&(column.text)(entry, model), column.cells, ellipsis)]);
        }
        if rest >= LAST {
            text.extend([" ", &fit(&entry.about(), rest, ellipsis)]);
        }
        lines.push(Line::styled(cut(&text, cells, ""), style));
    }
    lines
}

/// What there is to say of the row under the cursor, or else of regions that were not read.
pub(super) fn status(screen: &StorageScreen) -> Vec<(String, Style)> {
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let Some(entry) = screen.entry(screen.table.list.cursor) {
        if let Some(outcome) = screen.outcomes.get(&entry.reference()) {
            lines.push((clean(outcome).into_owned(), theme::BAD));
        }
        lines.extend(entry.details().into_iter().zip([Style::default(), theme::FAINT]));
    }
    if let Some((region, failure)) = screen.failures.first() {
        let line = (clean(&format!("{region} could not be read: {failure}")).into_owned(), theme::WARN);
        lines.insert(lines.len().min(1), line);
    } else if let Some((region, failure)) = screen.unknown.first() {
        let line = format!("Not all of {region} is known, so that snapshots are kept: {failure}");
        lines.insert(lines.len().min(1), (clean(&line).into_owned(), theme::WARN));
    }
    lines
}

/// The text of an empty table.
pub(super) fn empty_text(screen: &StorageScreen, model: &Model) -> Vec<String> {
    let key = |action| model.keymap.key(screen.contexts()[0], action);
    if let Some(activity) = activity(screen) {
        let first = activity.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        return vec![format!("{first}{} ...", activity.get(first.len()..).unwrap_or_default())];
    }
    if let Some(why) = &screen.table.mistake {
        return vec![format!("This filter matches nothing: {}", full_stop(&clean(why)))];
    }
    let back = key(Action::Back);
    let kept = screen.entries.iter().filter(|entry| entry.is_kept()).count();
    if screen.entries.len() > kept && screen.table.is_filtered() {
        return vec![format!("Nothing matches the filter. {back} clears it.")];
    }
    let refresh = model.keymap.key(Context::Everywhere, Action::Refresh);
    if screen.read.is_none() {
        return vec![format!("Nothing has been read yet; {refresh} reads it.")];
    }
    if screen.regions == 0 {
        return vec![format!("No region could be read; {refresh} tries again.")];
    }
    match screen.page {
        StoragePage::RecycleBin => vec!["The Recycle Bin is empty in the regions that were read.".into()],
        StoragePage::Orphans if kept > 0 => {
            let show = key(Action::ShowKept);
            let snapshots = count(kept, "snapshot without its image is", "snapshots without their images are");
            vec![format!(
                "No orphaned snapshots in the regions that were read. {snapshots} kept by a rule; {show} shows them."
            )]
        }
        StoragePage::Orphans => vec!["No orphaned snapshots in the regions that were read.".into()],
    }
}
