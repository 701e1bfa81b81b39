//! The jobs pane as it is drawn.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line as Text, Span},
    widgets::Paragraph,
};

use super::{Line, lines::lines};
use crate::{
    domain::{
        SnapshotState,
        text::{clean, count, duration, gib},
    },
    engine::{Job, JobState},
    tui::{
        board::Board,
        model::{Model, Pane},
        theme,
        widgets::{
            bar::bar,
            cells::{cut, fit, fit_right, width},
            dressing::{Dressing, pane},
        },
    },
};

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, dressing: Dressing<'_>) {
    let jobs = model.board.jobs().count();
    let title = if jobs == 0 { " Jobs ".to_owned() } else { format!(" Jobs {} ", count(jobs, "copy", "copies")) };
    let inner = pane(frame, area, Text::raw(title), model.focus == Pane::Jobs && model.overlays.is_empty(), dressing);
    if inner.width == 0 || inner.height == 0 {
        return;
    }
    let cells = usize::from(inner.width);
    let mut text: Vec<Text<'_>> = Vec::new();
    if jobs == 0 {
        text.push(Text::styled(" No copies yet: mark images with Space, then press c.", theme::FAINT));
    }
    let widths = Widths::of(model, cells);
    for line in lines(model).into_iter().skip(model.jobs.list.offset).take(usize::from(inner.height)) {
        let (Line::Job(id) | Line::Snapshot(id, _) | Line::Note(id)) = line;
        let Some(job) = model.board.job(id) else { continue };
        text.push(match line {
            Line::Job(_) => job_line(model, job, widths, cells, dressing),
            Line::Snapshot(_, n) => snapshot_line(job, n, cells, dressing),
            Line::Note(_) => note_line(model, job, cells, dressing),
        });
    }
    frame.render_widget(Paragraph::new(text), inner);
}

#[derive(Clone, Copy)]
struct Widths {
    name: usize,
    route: usize,
    bar: usize,
}

impl Widths {
    fn of(model: &Model, cells: usize) -> Self {
        let longest = |f: &dyn Fn(&Job) -> usize| model.board.jobs().map(f).max().unwrap_or(0);
        let full = longest(&|j| width(&route(j, true)));
        let short = longest(&|j| width(&route(j, false)));
        // The mark and blanks before the bar; behind it percent, snapshots, elapsed, time left.
        let rest = 4 + 5 + 6 + 7 + 12;
        let route = if cells >= full + rest + 18 + 10 { full } else { short };
        let room = cells.saturating_sub(rest + route);
        let name = longest(&|j| width(j.request.name.as_str())).min(room * 2 / 3);
        Self { name, route, bar: room.saturating_sub(name).min(40) }
    }
}

fn route(job: &Job, full: bool) -> String {
    if full {
        format!("{} > {}", job.request.source_region, job.request.destination)
    } else {
        format!("> {}", job.request.destination)
    }
}

fn job_line<'a>(model: &Model, job: &Job, widths: Widths, cells: usize, dressing: Dressing<'_>) -> Text<'a> {
    let under = model.jobs.current == Some(job.id) && model.focus == Pane::Jobs;
    let route = {
        let full = route(job, true);
        if width(&full) <= widths.route { full } else { route(job, false) }
    };
    let head = format!(
        "{} {} {} ",
        if under { ">" } else { " " },
        fit(job.request.name.as_str(), widths.name, dressing.glyphs.ellipsis),
        fit(&route, widths.route, dressing.glyphs.ellipsis)
    );
    let room = cells.saturating_sub(width(&head));
    let (tail, style) = match &job.state {
        JobState::Copying { .. } => (copying(model, job, widths.bar, dressing), theme::BUSY),
        _ => {
            let (text, style) = state_text(&model.board, job, model.now);
            (cut(&text, room, dressing.glyphs.ellipsis), style)
        }
    };
    let base = if under { theme::CURSOR } else { Style::default() };
    let style = if under { base } else { style };
    Text::from(vec![Span::styled(head, base), Span::styled(fit(&tail, room, dressing.glyphs.ellipsis), style)])
}

fn copying(model: &Model, job: &Job, bar_cells: usize, dressing: Dressing<'_>) -> String {
    let (done, all) = job.snapshots_done();
    let percent = job.percent().map_or("  ?".into(), |p| format!("{p:>3}%"));
    let left = match job.eta(model.now) {
        _ if job.percent() == Some(99) => "finishing".to_owned(),
        Some(seconds) => format!("{} left", duration(seconds)),
        None => String::new(),
    };
    if let Some(failure) = model.board.region_problem(&job.request.destination) {
        return format!("{percent} no news: {}", clean(&failure.why));
    }
    if let Some(note) = &job.note {
        return format!("{percent} {}", clean(note));
    }
    format!(
        "{} {percent} {} {} {}",
        bar(job.percent(), bar_cells, dressing.glyphs),
        fit_right(&format!("{done}/{all}"), 5, ""),
        fit_right(&duration(job.elapsed(model.now)), 6, ""),
        fit_right(&left, 11, ""),
    )
}

/// What a copy that shows no bar says instead.
pub fn state_text(board: &Board, job: &Job, now: jiff::Timestamp) -> (String, Style) {
    let note = job.note.as_ref().map_or_else(String::new, |n| format!(": {}", clean(n)));
    match &job.state {
        JobState::Queued => {
            let why = board.waiting(job).map_or_else(|| note.clone(), |w| format!(": {}", clean(w)));
            (format!("{}{why}", job.word()), theme::WARN)
        }
        JobState::Settling { .. } => {
            let why = job.waiting.as_ref().map_or_else(String::new, |w| format!(": {}", clean(w)));
            (format!("{}{why}", job.word()), theme::WARN)
        }
        JobState::Starting if job.leaving() => ("cancelling: waiting for the new image's id".into(), theme::WARN),
        JobState::Starting => ("starting: CopyImage is under way".into(), theme::BUSY),
        JobState::Copying { .. } => (format!("copying{note}"), theme::BUSY),
        JobState::Available { image } => {
            (format!("available {image} after {}{note}", duration(job.elapsed(now))), theme::GOOD)
        }
        JobState::Failed { failure, .. } => (format!("failed: {}", clean(&failure.why)), theme::BAD),
        JobState::Removing { .. } => (format!("{}{note}", job.word()), theme::WARN),
        JobState::Gone { image } => (format!("gone: {image}{note}"), theme::BAD),
        JobState::Deregistered => (format!("deregistered{note}"), theme::FAINT),
        JobState::Cancelled => (format!("cancelled{note}"), theme::FAINT),
    }
}

fn snapshot_line<'a>(job: &Job, n: usize, cells: usize, dressing: Dressing<'_>) -> Text<'a> {
    let Some(snapshot) = job.snapshots.get(n) else { return Text::default() };
    let head = format!(
        "    {} {} ",
        fit(snapshot.id.as_str(), 22, dressing.glyphs.ellipsis),
        fit_right(&gib(u64::from(snapshot.size)), 6, "")
    );
    let bar_cells = cells.saturating_sub(width(&head) + 16).min(30);
    let (tail, style) = match (snapshot.state, snapshot.percent) {
        (SnapshotState::Error, _) => ("failed".to_owned(), theme::BAD),
        (_, Some(p)) => (
            format!("{} {p:>3}%", bar(Some(p), bar_cells, dressing.glyphs)),
            if p == 100 { theme::GOOD } else { theme::BUSY },
        ),
        (_, None) => (format!("{}   ? not begun", bar(None, bar_cells, dressing.glyphs)), theme::FAINT),
    };
    Text::from(vec![Span::raw(head), Span::styled(tail, style)])
}

fn note_line<'a>(model: &Model, job: &Job, cells: usize, dressing: Dressing<'_>) -> Text<'a> {
    let image = match (job.image(), job.state.ended()) {
        (Some(image), _) => format!("new image {image}"),
        (None, true) => "no image".to_owned(),
        (None, false) => "no image id yet".to_owned(),
    };
    let state = match &job.state {
        JobState::Failed { failure, .. } if !failure.hint.is_empty() => failure.hint.clone(),
        _ => state_text(&model.board, job, model.now).0,
    };
    let text = format!("    {image}, {}, {state}", gib(job.request.size_gib()));
    Text::styled(cut(&text, cells, dressing.glyphs.ellipsis), theme::FAINT)
}
