//! The view of the jobs pane. Only the lines in the window are built.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line as Text, Span},
    widgets::Paragraph,
};

use super::{
    JobLines, Line,
    filter::JobFilter,
    filter_line::nothing_matches,
    history_view,
    labels::{BAR_TEXT_CELLS, ELAPSED, bar_text, route, state_text},
};
use crate::{
    domain::{
        SnapshotState,
        price::estimate,
        text::{clean, count, gib, thousands},
    },
    driver::DriverStatus,
    engine::{Job, JobState, Origin, StepState},
    labels,
    tui::{
        bindings::{Action, Context},
        model::{Connection, Model, Pane},
        theme,
        widgets::{
            bar::bar,
            draw_context::{DrawContext, pane},
            elide::elide,
            fitted::Fitted,
            text_fit::{cut, fit, fit_right, width},
        },
    },
};

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let focus = model.focus == Pane::Jobs && model.overlays.is_empty();
    let before = format!(" {}", title(model));
    let filter = model.jobs.filter.value();
    let mut spans = vec![Span::raw(before.clone())];
    if model.jobs.editing || !filter.is_empty() {
        spans.push(Span::styled(format!("  /{}", clean(filter)), theme::STRONG));
    }
    spans.push(Span::raw(" "));
    let inner = pane(frame, area, Text::from(spans), focus, ctx);
    if inner.width == 0 || inner.height == 0 {
        return;
    }
    let (cells, rows) = (usize::from(inner.width), usize::from(inner.height));
    let text = if model.jobs.history.is_some() {
        history_view::lines(model, cells, rows, ctx)
    } else {
        lines(model, cells, rows, ctx)
    };
    frame.render_widget(Paragraph::new(text), inner);
    if model.jobs.editing {
        let column = width(&before) + 4 + model.jobs.filter.visual_cursor();
        let x = area.x + u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

pub(super) fn title(model: &Model) -> String {
    let stopped = model.jobs_view.driver.is_silent();
    let waits = model.jobs_view.request_waits() && matches!(model.jobs_view.driver, DriverStatus::OtherProcess(_));
    let driver = match labels::driver::running_elsewhere(&model.jobs_view.driver) {
        // The banner names the process that holds the queue.
        _ if stopped && waits => ", your command waits".to_owned(),
        _ if stopped => ", nobody is running the queue".to_owned(),
        Some(other) if waits => format!(", command queued; {other}"),
        Some(other) => format!(", {other}"),
        None => String::new(),
    };
    let (shown, total) = match &model.jobs.history {
        Some(history) => (history.shown().len(), history.total()),
        None => (model.jobs.shown.jobs.len(), model.jobs_view.jobs().count()),
    };
    let part = if shown == total { String::new() } else { format!("{}/", thousands(shown)) };
    let copies = count(total, "copy", "copies");
    match (&model.jobs.history, total) {
        (Some(_), 0) => "History".into(),
        (Some(_), _) => format!("History {part}{copies}"),
        (None, 0) => format!("Jobs{driver}"),
        (None, _) if driver.is_empty() => format!("Jobs {part}{copies}{}", cost(model)),
        (None, _) => format!("Jobs {part}{copies}{driver}"),
    }
}

/// What the copies started here that are under way or available cost, and how many they are if they are not all. What the others have
/// cost is unknown: a copy that failed or was cancelled may have been transferred. A filter needs the room.
fn cost(model: &Model) -> String {
    let counts = |job: &Job| !job.state.ended() || matches!(job.state, JobState::Available { .. });
    let here = || model.jobs_view.jobs().filter(|job| job.origin == Origin::Here);
    let requests = here().filter(|job| counts(job)).map(|job| &job.request);
    let total = labels::total_cost(&estimate(requests, &model.start.prices));
    let counted = here().filter(|job| counts(job)).count();
    if total.is_empty() || model.jobs.editing || !model.jobs.filter.value().is_empty() {
        String::new()
    } else if counted == here().count() {
        format!(", {total}")
    } else {
        format!(", {total} for {counted} under way or available")
    }
}

pub(super) fn lines<'a>(model: &Model, cells: usize, rows: usize, ctx: DrawContext<'_>) -> Vec<Text<'a>> {
    let shown = &model.jobs.shown;
    if shown.lines.is_empty() {
        let key = |context, action| model.keymap.key(context, action);
        let text = if matches!(model.jobs_view.driver, DriverStatus::NotRunning(_))
            && model.jobs_view.jobs().next().is_none()
        {
            format!("The jobs cannot be shown. Press {} for details.", key(Context::Everywhere, Action::Problems))
        } else if model.jobs_view.account.is_none() && !matches!(model.connection, Connection::Ready(_)) {
            "Copies are shown once you are signed in.".to_owned()
        } else if model.jobs_view.jobs().next().is_none() {
            let [mark, copy] = [Action::Mark, Action::Copy].map(|action| key(Context::Images, action));
            let history = key(Context::Jobs, Action::History);
            format!("No copies here. Mark images with {mark} and press {copy}. {history} shows the history.")
        } else {
            return nothing_matches(model, "No copy matches the filter.", cells);
        };
        return vec![Text::styled(cut(&format!(" {text}"), cells, ctx.glyphs.ellipsis), theme::FAINT)];
    }
    let widths = Widths::of(shown, cells);
    let window: Vec<(&Line, &Job)> = shown
        .lines
        .iter()
        .skip(model.jobs.list.offset)
        .take(rows)
        .filter_map(|line| {
            let (Line::Job(id) | Line::Snapshot(id, _) | Line::Step(id, _) | Line::Note(id)) = line;
            Some((line, model.jobs_view.job(*id)?))
        })
        .collect();
    // Names are cut where they are alike. The type of names allows only ASCII.
    let names: Vec<&str> = window.iter().map(|(_, job)| job.request.name.as_str()).collect();
    let names = names
        .iter()
        .zip(elide(&names, widths.name))
        .map(|(name, kept)| Fitted::parts(Cow::Borrowed(*name), kept, widths.name));
    let mut filter = JobFilter::parse(model.jobs.filter.value(), model.now);
    let line = |((line, job), name): ((&Line, &Job), Fitted<'_>)| match line {
        Line::Job(_) => {
            let name = name.spans(ctx.glyphs.ellipsis, &filter.matches_in(name.text()), Style::default(), theme::MATCH);
            job_line(model, job, name, widths, cells, ctx)
        }
        Line::Snapshot(_, n) => snapshot_line(job, *n, cells, ctx),
        Line::Step(_, n) => step_line(job, *n, cells, ctx),
        Line::Note(_) => note_line(model, job, cells, ctx),
    };
    window.into_iter().zip(names).map(line).collect()
}

#[derive(Clone, Copy)]
struct Widths {
    name: usize,
    route: usize,
    bar: usize,
    /// Leaves room for how long copies have taken so far.
    roomy: bool,
}

/// From this many cells on there is room for it.
const ROOMY: usize = 100;

impl Widths {
    fn of(shown: &JobLines, cells: usize) -> Self {
        let (full, short) = (shown.route, shown.short_route);
        // Cursor mark and spaces, percent, and the text behind the bar.
        let rest = 4 + 5 + 1 + BAR_TEXT_CELLS;
        let roomy = cells >= ROOMY;
        let rest = if roomy { rest + ELAPSED + 1 } else { rest };
        let route = if cells >= full + rest + 18 + 10 { full } else { short };
        let room = cells.saturating_sub(rest + route);
        let name = shown.name.min(room * 2 / 3);
        Self { name, route, bar: room.saturating_sub(name).min(40), roomy }
    }
}

fn job_line<'a>(
    model: &Model,
    job: &Job,
    name: Vec<Span<'a>>,
    widths: Widths,
    cells: usize,
    ctx: DrawContext<'_>,
) -> Text<'a> {
    let current = model.jobs.current == Some(job.id) && model.focus == Pane::Jobs;
    let route = {
        let full = route(job, true);
        if width(&full) <= widths.route { full } else { route(job, false) }
    };
    let mark = if current { "> " } else { "  " };
    let route = format!(" {} ", fit(&route, widths.route, ctx.glyphs.ellipsis));
    let room = cells.saturating_sub(width(mark) + widths.name + width(&route));
    let (tail, style) = match &job.state {
        JobState::Copying { .. } => copying(model, job, widths, ctx),
        _ => {
            let (text, style) = state_text(&model.jobs_view, job, model.now, &model.keymap);
            (cut(&text, room, ctx.glyphs.ellipsis), style)
        }
    };
    let base = if current { theme::CURSOR } else { Style::default() };
    let style = if current { base } else { style };
    let mut spans = vec![Span::styled(mark, base)];
    spans.extend(name.into_iter().map(|span| span.patch_style(base)));
    spans.push(Span::styled(route, base));
    spans.push(Span::styled(fit(&tail, room, ctx.glyphs.ellipsis), style));
    Text::from(spans)
}

/// Where the text behind it is longer than usual, a bar shrinks, but not below this width.
const SHORT_BAR: usize = 5;

fn copying(model: &Model, job: &Job, widths: Widths, ctx: DrawContext<'_>) -> (String, Style) {
    if job.is_instance_store() {
        let (text, style) = state_text(&model.jobs_view, job, model.now, &model.keymap);
        return (text, style);
    }
    let percent = job.percent().map_or("  ?".into(), |p| format!("{p:>3}%"));
    let (text, style) = bar_text(&model.jobs_view, job, widths.roomy, model.now);
    let usual = BAR_TEXT_CELLS + if widths.roomy { ELAPSED + 1 } else { 0 };
    let longer = width(&text).saturating_sub(usual);
    let cells = widths.bar.saturating_sub(longer).max(SHORT_BAR.min(widths.bar));
    (format!("{} {percent} {text}", bar(job.percent(), cells, ctx.glyphs)), style)
}

fn snapshot_line<'a>(job: &Job, n: usize, cells: usize, ctx: DrawContext<'_>) -> Text<'a> {
    let Some(snapshot) = job.snapshots.get(n) else { return Text::default() };
    let head = format!(
        "    {} {} ",
        fit(snapshot.id.as_str(), 22, ctx.glyphs.ellipsis),
        fit_right(&gib(u64::from(snapshot.size)), 6, "")
    );
    let bar_cells = cells.saturating_sub(width(&head) + 16).min(30);
    let (tail, style) = match (snapshot.state, snapshot.percent) {
        (SnapshotState::Error, _) => ("failed".to_owned(), theme::BAD),
        (_, Some(p)) => (
            format!("{} {p:>3}%", bar(Some(p), bar_cells, ctx.glyphs)),
            if p == 100 { theme::GOOD } else { theme::BUSY },
        ),
        (_, None) => (format!("{}   ? not started", bar(None, bar_cells, ctx.glyphs)), theme::FAINT),
    };
    Text::from(vec![Span::raw(head), Span::styled(tail, style)])
}

fn step_line<'a>(job: &Job, n: usize, cells: usize, ctx: DrawContext<'_>) -> Text<'a> {
    let Some((step, state)) = job.steps().nth(n) else { return Text::default() };
    let style = match state {
        StepState::Waiting | StepState::GivenUp | StepState::Withdrawn(_) => theme::FAINT,
        StepState::GivenUpSent(_) => theme::WARN,
        StepState::UnderWay(_) => theme::BUSY,
        StepState::Done => theme::GOOD,
        StepState::Failed(_) => theme::BAD,
    };
    let text = format!("    {}", labels::step_line(job, step, state));
    Text::styled(cut(&text, cells, ctx.glyphs.ellipsis), style)
}

/// Batch, image, size and state of an expanded copy.
pub(super) fn note(model: &Model, job: &Job) -> String {
    let image = match (job.image(), job.state.ended()) {
        (Some(image), _) => format!("new image {image}"),
        (None, true) => "no image".to_owned(),
        (None, false) => "no image id yet".to_owned(),
    };
    let state = match &job.state {
        JobState::Failed { failure, .. } if !failure.hint.is_empty() => failure.hint.clone(),
        _ => state_text(&model.jobs_view, job, model.now, &model.keymap).0,
    };
    format!("{}, {image}, {}, {state}", clean(job.batch.as_str()), gib(job.request.size_gib()))
}

fn note_line<'a>(model: &Model, job: &Job, cells: usize, ctx: DrawContext<'_>) -> Text<'a> {
    Text::styled(cut(&format!("    {}", note(model, job)), cells, ctx.glyphs.ellipsis), theme::FAINT)
}
