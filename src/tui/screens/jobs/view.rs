//! The view of the jobs pane. Only the lines in the window are built.

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line as Text, Span},
    widgets::Paragraph,
};

use super::{
    Line,
    filter_line::nothing_matches,
    history_view,
    job_line::{JobLine, Widths},
    labels::state_text,
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
            draw_context::{DrawContext, pane, position},
            text_fit::{cut, fit, fit_right, width},
            title_filter,
        },
    },
};

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, ctx: DrawContext<'_>) {
    let focus = model.focus == Pane::Jobs && model.overlays.is_empty();
    let before = format!(" {}", title(model, usize::from(area.width).saturating_sub(4)));
    let room = title_filter::room(usize::from(area.width).saturating_sub(2), width(&before) + 3, 1);
    let (filter, cursor) = title_filter::window(&model.jobs.filter, model.jobs.editing, room, ctx.glyphs.ellipsis);
    let mut spans = vec![Span::raw(before.clone())];
    if model.jobs.editing || !filter.is_empty() {
        let style = title_filter::style(model.filter_selected && model.jobs.editing);
        spans.extend([Span::raw("  /"), Span::styled(filter, style)]);
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
    let (at, fitting, total) = match &model.jobs.history {
        Some(history) => (history.list.cursor, rows - 1, history.shown().len()),
        // Expanded copies take several lines each.
        None if model.jobs.lines > rows => (model.jobs.cursor(), 0, model.jobs.shown.jobs.len()),
        None => (0, 0, 0),
    };
    position(frame, area, at, fitting, total);
    if model.jobs.editing {
        let column = width(&before) + 4 + cursor;
        let x = area.x + u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

/// The title in at most this many cells, if it has room without the costs.
pub(super) fn title(model: &Model, cells: usize) -> String {
    let stopped = model.jobs_view.driver.is_silent();
    let waits = model.jobs_view.request_waits() && matches!(model.jobs_view.driver, DriverStatus::OtherProcess(_));
    let phrases: Vec<String> = match labels::driver::running_elsewhere(&model.jobs_view.driver) {
        // The banner names the process that holds the queue.
        _ if stopped && waits => vec![", your command waits".into()],
        _ if stopped => vec![", nobody is running the queue".into()],
        Some(other) if waits => vec![format!(", command queued; {other}"), ", command queued".into()],
        Some(other) => {
            let short = other.split(" (").next().unwrap_or_default().to_owned();
            vec![format!(", {other}"), format!(", {short} is running the queue")]
        }
        None => Vec::new(),
    };
    let (shown, total) = match &model.jobs.history {
        Some(history) => (history.shown().len(), history.total()),
        None => (model.jobs.shown.jobs.len(), model.jobs_view.jobs().count()),
    };
    let part = if shown == total { String::new() } else { format!("{}/", thousands(shown)) };
    let deregistrations = match &model.jobs.history {
        Some(history) => history.deregistrations(),
        None => model.jobs_view.jobs().filter(|job| job.is_deregistration()).count(),
    };
    let copies = match deregistrations {
        // A part of both.
        1.. if !part.is_empty() => count(total, "job", "jobs"),
        n => labels::copies_and_deregistrations(total - n, n),
    };
    // A phrase without room is left out as a whole.
    let fits = |text: &String| width("Jobs ") + width(&part) + width(&copies) + width(text) <= cells;
    let driver = phrases.iter().find(|text| fits(text)).cloned().unwrap_or_default();
    match (&model.jobs.history, total) {
        (Some(_), 0) => "History".into(),
        (Some(_), _) => format!("History {part}{copies}"),
        (None, 0) => format!("Jobs{driver}"),
        (None, _) if phrases.is_empty() => {
            format!("Jobs {part}{copies}{}", costs(model).into_iter().find(fits).unwrap_or_default())
        }
        (None, _) => format!("Jobs {part}{copies}{driver}"),
    }
}

/// What the copies started here that are under way or available cost, and which are left out; the longest text first. What those have
/// cost is unknown: what a copy that failed or was cancelled had transferred is billed all the same. A filter needs the room.
fn costs(model: &Model) -> Vec<String> {
    let counts = |job: &Job| !job.state.ended() || matches!(job.state, JobState::Available { .. });
    let here = || model.jobs_view.jobs().filter(|job| job.origin == Origin::Here);
    let requests = here().filter(|job| counts(job)).map(|job| &job.request);
    let total = labels::total_cost(&estimate(requests, &model.start.prices));
    // EC2 had begun these.
    let left_out: Vec<&Job> = here().filter(|job| !counts(job) && !job.images.is_empty()).collect();
    if total.is_empty() || model.jobs.editing || !model.jobs.filter.value().is_empty() {
        Vec::new()
    } else if left_out.is_empty() {
        vec![format!(", {total}")]
    } else {
        let phases: BTreeSet<&str> = left_out.iter().map(|job| job.phase().as_str()).collect();
        let phases: Vec<&str> = phases.into_iter().collect();
        let count = left_out.len();
        vec![format!(", {total}, without {count} {}", phases.join(" or ")), format!(", {total}, without {count}")]
    }
}

pub(super) fn lines(model: &Model, cells: usize, rows: usize, ctx: DrawContext<'_>) -> Vec<Text<'static>> {
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
    let keys = Some(&model.keymap);
    let copies = JobLine { model, widths: Widths::of(shown.longest, cells), cells, keys, ctx };
    let jobs: Vec<&Job> = window.iter().map(|(_, job)| *job).collect();
    let names = copies.names(&jobs);
    let line = |((line, job), name): ((&Line, &Job), Vec<Span<'static>>)| match line {
        Line::Job(_) => copies.line(job, name, model.jobs.current == Some(job.id) && model.focus == Pane::Jobs),
        Line::Snapshot(_, n) => snapshot_line(job, *n, cells, ctx),
        Line::Step(_, n) => step_line(job, *n, cells, ctx),
        Line::Note(_) => note_line(model, job, cells, ctx),
    };
    window.into_iter().zip(names).map(line).collect()
}

fn snapshot_line(job: &Job, n: usize, cells: usize, ctx: DrawContext<'_>) -> Text<'static> {
    let Some(snapshot) = job.snapshots.get(n) else { return Text::default() };
    let head = format!(
        "    {} {} ",
        fit(snapshot.id.as_str(), 22, ctx.glyphs.ellipsis),
        fit_right(&gib(u64::from(snapshot.size)), 6, "")
    );
    let bar_cells = cells.saturating_sub(width(&head) + 16).min(30);
    if let Some(text) = labels::removed_snapshot(job, &snapshot.id) {
        return Text::from(vec![Span::raw(head), Span::styled(text, theme::FAINT)]);
    }
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

fn step_line(job: &Job, n: usize, cells: usize, ctx: DrawContext<'_>) -> Text<'static> {
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

/// Number, batch, image, size and state of an expanded copy.
pub(super) fn note(model: &Model, job: &Job) -> String {
    let image = match (job.image(), job.state.ended()) {
        _ if job.is_deregistration() => {
            format!("image {}", job.images.last().map_or("unknown", |image| image.as_str()))
        }
        (Some(image), _) => format!("new image {image}"),
        (None, true) => "no image".to_owned(),
        (None, false) => "no image id yet".to_owned(),
    };
    let state = match &job.state {
        JobState::Failed { failure, .. } if !failure.hint.is_empty() => failure.hint.clone(),
        _ => state_text(&model.jobs_view, job, model.now, Some(&model.keymap)).0,
    };
    let batch = clean(job.batch.as_str());
    format!("job {} of {batch}, {image}, {}, {state}", job.id, gib(job.request.size_gib()))
}

fn note_line(model: &Model, job: &Job, cells: usize, ctx: DrawContext<'_>) -> Text<'static> {
    Text::styled(cut(&format!("    {}", note(model, job)), cells, ctx.glyphs.ellipsis), theme::FAINT)
}
