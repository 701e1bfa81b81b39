//! The view of the review: the table, then what was found, then what starting means.

use std::collections::VecDeque;

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Entry, ReviewScreen, access};
use crate::{
    config::KeyMap,
    domain::{
        review::{Column, Severity, Status, table::Row},
        text::count,
    },
    labels,
    tui::{
        bindings::{Action, Context},
        theme,
        widgets::{
            draw_context::{DrawContext, pane, position},
            text_fit::{cut, fit, fit_right, width as width_of, wrap},
        },
    },
};

/// Cells of a region's name.
const REGION: usize = 14;
/// Cells of a check.
const CHECK: usize = 7;

/// Draws the review over both panes.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &ReviewScreen, now: Timestamp, ctx: DrawContext<'_>) {
    let inner = pane(frame, area, Line::raw(format!(" {} ", title(screen))), true, ctx);
    let parts = Parts::of(screen, ctx.keys, inner);
    let width = usize::from(inner.width);
    let mut lines = table_lines(screen, parts.rows, width, now, ctx);
    lines.push(Line::default());
    let (entries, all) = entry_lines(screen, parts.list, width, ctx);
    let used = entries.len();
    lines.extend(entries);
    lines.extend(std::iter::repeat_n(Line::default(), parts.list - used.min(parts.list)));
    let typing = lines.len() + parts.outlook.saturating_sub(1);
    lines.extend(outlook_lines(screen, ctx.keys, parts.outlook, width));
    frame.render_widget(Paragraph::new(lines), inner);
    let fitting = if all { screen.entries() } else { 0 };
    position(frame, area, screen.list.cursor, fitting, screen.entries());
    if let Some(line) = &screen.typing {
        let column = u16::try_from(line.visual_cursor() + 3).unwrap_or(0);
        let (x, y) = (inner.x + column, inner.y + u16::try_from(typing).unwrap_or(0));
        if x < inner.right() && y < inner.bottom() {
            frame.set_cursor_position((x, y));
        }
    }
}

pub(super) fn title(screen: &ReviewScreen) -> String {
    let (planned, started) = (screen.review.copies().len(), screen.table.copies.len());
    let regions = count(screen.table.rows.iter().filter(|row| row.copies > 0).count(), "region", "regions");
    let of = if started == planned { String::new() } else { format!("{started} of ") };
    format!("Review: {of}{} to {regions}", count(planned, "copy", "copies"))
}

/// What is known of the sources.
pub(super) fn sources(screen: &ReviewScreen, spinner: &str) -> (String, Style) {
    match screen.table.sources {
        Status::NotNeeded | Status::Waiting => (format!("{spinner} checking").trim_start().to_owned(), theme::BUSY),
        Status::Fine => ("available".into(), theme::GOOD),
        Status::Warning => ("available, see below".into(), theme::WARN),
        Status::Unknown => ("unknown, see below".into(), theme::WARN),
        Status::Refused => ("cannot be copied, see below".into(), theme::BAD),
    }
}

/// How many lines each part gets. What starting means always fits first, then the list, then the table.
struct Parts {
    rows: usize,
    list: usize,
    outlook: usize,
}

impl Parts {
    fn of(screen: &ReviewScreen, keys: &KeyMap, inner: Rect) -> Self {
        let height = usize::from(inner.height);
        let most = (height * 2 / 3).max(6).min(height);
        let outlook = outlook_lines(screen, keys, most, usize::from(inner.width)).len();
        // The headings, the line of the sources, and an empty line.
        let room = height.saturating_sub(outlook + 3);
        let rows = screen.table.rows.len().min(room.saturating_sub(screen.entries().min(room / 2)));
        Self { rows, list: room - rows, outlook }
    }
}

/// Rows of the list on a terminal of this size.
pub(super) fn list_height(screen: &ReviewScreen, keys: &KeyMap, size: (u16, u16)) -> usize {
    // Header, footer, border.
    let inner = Rect::new(0, 0, size.0.saturating_sub(2), size.1.saturating_sub(4));
    Parts::of(screen, keys, inner).list
}

/// The columns that are shown: whether images may be public matters only if they are to be.
pub(super) fn columns(screen: &ReviewScreen) -> impl Iterator<Item = Column> {
    let public = screen.table.rows.iter().any(|row| row.cell(Column::Public).status != Status::NotNeeded);
    Column::ALL.into_iter().filter(move |column| public || *column != Column::Public)
}

fn table_lines(
    screen: &ReviewScreen,
    rows: usize,
    width: usize,
    now: Timestamp,
    ctx: DrawContext<'_>,
) -> Vec<Line<'static>> {
    let (sources, style) = sources(screen, ctx.spinner(now));
    let mut lines = vec![Line::from(vec![Span::raw(" Images to copy: "), Span::styled(sources, style)])];
    let heads: Vec<String> = columns(screen).map(|c| fit(labels::review::column(c), CHECK, "")).collect();
    let head = format!(" {} {} {}", fit("Region", REGION, ""), fit_right("Copies", 6, ""), heads.join(" "));
    lines.push(Line::styled(cut(&head, width, ""), theme::FAINT));
    let mut shown: Vec<&Row> = screen.table.rows.iter().collect();
    if shown.len() > rows {
        // Where not all fit, the worst come first.
        shown.sort_by_key(|row| std::cmp::Reverse(Column::ALL.map(|column| row.cell(column).status).into_iter().max()));
    }
    lines.extend(shown.into_iter().take(rows).map(|row| row_line(screen, row, now, ctx)));
    if let Some(hidden) = screen.table.rows.len().checked_sub(rows).filter(|n| *n > 0)
        && let Some(last) = lines.last_mut().filter(|_| rows > 0)
    {
        *last = Line::raw(format!(" and {} more", count(hidden + 1, "region", "regions")));
    }
    lines
}

fn row_line(screen: &ReviewScreen, row: &Row, now: Timestamp, ctx: DrawContext<'_>) -> Line<'static> {
    let ellipsis = ctx.glyphs.ellipsis;
    let region = fit(row.region.as_str(), REGION, ellipsis);
    let copies = fit_right(&row.copies.to_string(), 6, ellipsis);
    let mut spans = vec![Span::raw(format!(" {region} {copies} "))];
    for column in columns(screen) {
        let cell = row.cell(column);
        let text = match cell.status {
            Status::Waiting => ctx.spinner(now).to_owned(),
            _ => labels::review::cell(column, cell),
        };
        let style = match cell.status {
            Status::NotNeeded => theme::FAINT,
            Status::Fine => Style::default(),
            Status::Warning | Status::Unknown => theme::WARN,
            Status::Waiting => theme::BUSY,
            Status::Refused => theme::BAD,
        };
        spans.extend([Span::styled(fit(&text, CHECK, ellipsis), style), Span::raw(" ")]);
    }
    spans.pop();
    Line::from(spans)
}

/// The findings and what is there already, and whether each has its lines. Where not all fit, only the entry under the cursor is shown
/// in full, the others on one line each.
fn entry_lines(screen: &ReviewScreen, height: usize, width: usize, ctx: DrawContext<'_>) -> (Vec<Line<'static>>, bool) {
    let mut list = screen.list;
    list.clamp(screen.entries(), height);
    let whole = screen.entries() <= height
        && (0..screen.entries())
            .map(|n| entry_text(screen, n, n == list.cursor, true, width, ctx).len())
            .sum::<usize>()
            <= height;
    let lines_of = |n: usize| entry_text(screen, n, n == list.cursor, whole, width, ctx);
    // The cursor's entry may take several lines, which must fit.
    let mut first = list.offset;
    while first < list.cursor && (first..=list.cursor).map(|n| lines_of(n).len()).sum::<usize>() > height {
        first += 1;
    }
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut next = first;
    while next < screen.entries() && lines.len() < height {
        lines.extend(lines_of(next));
        next += 1;
    }
    let all = first == 0 && next == screen.entries() && lines.len() <= height;
    lines.truncate(height);
    (lines, all)
}

fn entry_text(
    screen: &ReviewScreen,
    n: usize,
    current: bool,
    whole: bool,
    width: usize,
    ctx: DrawContext<'_>,
) -> Vec<Line<'static>> {
    let (text, choice, style) = match screen.entry(n) {
        Some(Entry::Finding(finding)) => {
            let (word, style) = match finding.severity {
                Severity::Refusal => ("Refused: ", theme::BAD),
                Severity::Warning => ("Warning: ", theme::WARN),
                Severity::Unknown => ("", theme::WARN),
            };
            (format!("{word}{}", access::text(finding, screen, ctx.keys)), None, style)
        }
        Some(Entry::Existing(existing)) => {
            let copy = screen.review.copies().get(existing.copy);
            let text = copy.map(|copy| labels::review::existing(existing, &copy.destination, copy.name.as_str()));
            (text.unwrap_or_default(), Some(labels::review::choice(existing)), Style::default())
        }
        None => return Vec::new(),
    };
    let mark = if current { ">" } else { " " };
    let room = width.saturating_sub(3);
    let choice = choice.map(|choice| format!("[{choice}]"));
    let own = choice.as_ref().map_or(0, |choice| choice.chars().count() + 1);
    if !current && (!whole || width_of(&text) + own <= room) {
        let text = cut(&text, room.saturating_sub(own), ctx.glyphs.ellipsis);
        let mut spans = vec![Span::styled(format!("{mark} {text}"), style)];
        spans.extend(choice.map(|choice| Span::styled(format!(" {choice}"), theme::STRONG)));
        return vec![Line::from(spans)];
    }
    let text = choice.map_or_else(|| text.clone(), |choice| format!("{text} {choice}"));
    let style = if current && style == Style::default() { theme::STRONG } else { style };
    let lines = wrap(&text, room).into_iter().enumerate();
    lines.map(|(n, line)| Line::styled(format!("{} {line}", if n == 0 { mark } else { " " }), style)).collect()
}

/// What starting means: each statement's lines, with their style.
pub(super) fn outlook_text(
    screen: &ReviewScreen,
    summary: &[String],
    keys: &KeyMap,
    width: usize,
) -> Vec<(Vec<String>, Style)> {
    let table = &screen.table;
    let mut statements: Vec<(Vec<String>, Style)> = Vec::new();
    let mut say = |text: String, style| statements.push((wrap(&text, width.saturating_sub(2)), style));
    for line in summary {
        say(line.clone(), theme::FAINT);
    }
    say(labels::review::outlook(&table.outlook), Style::default());
    if !screen.cost.is_empty() {
        say(screen.cost.clone(), Style::default());
    }
    if let Some(line) = &screen.typing {
        let words = table.outlook.confirmation.words().join(" ");
        let again = if screen.mistake { "The text does not match. " } else { "" };
        let public =
            if table.outlook.confirmation.public { "Everyone will be able to launch these images. " } else { "" };
        say(format!("{again}{public}Type {words} and press Enter to start:"), theme::WARN);
        statements.push((vec![format!("> {}", line.value())], theme::STRONG));
        return statements;
    }
    let (checks, open) = screen.review.progress();
    let [correct, start] = [Action::Press, Action::Start].map(|action| keys.key(Context::Review, action));
    let step = labels::review::next_step(table, checks, open, &correct, &start);
    let style = match (table.refusal(), table.settled) {
        (Some(_), _) => theme::BAD,
        (None, false) => theme::BUSY,
        (None, true) => theme::STRONG,
    };
    say(step, style);
    statements
}

/// What starting means. Where there is no room for all, a line says so in place of the first statements: the last are the weightiest.
fn outlook_lines(screen: &ReviewScreen, keys: &KeyMap, height: usize, width: usize) -> Vec<Line<'static>> {
    let statements = outlook_text(screen, &screen.summary, keys, width);
    let all: usize = statements.iter().map(|(statement, _)| statement.len()).sum();
    let room = if all > height { height.saturating_sub(1) } else { height };
    let mut lines = VecDeque::new();
    for (statement, style) in statements.into_iter().rev() {
        if lines.len() + statement.len() > room {
            break;
        }
        for text in statement.into_iter().rev() {
            lines.push_front(Line::styled(format!(" {text}"), style));
        }
    }
    if lines.len() < all && height > 0 {
        let hidden = count(all - lines.len(), "line has", "lines have");
        let text = format!(" ({hidden} no room: a taller terminal shows what was requested in full)");
        lines.push_front(Line::styled(cut(&text, width, ""), theme::FAINT));
    }
    lines.into()
}
