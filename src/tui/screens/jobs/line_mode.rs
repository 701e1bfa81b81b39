//! The jobs pane and the history in line mode.

use super::{
    Line, history_view,
    labels::{route, state_text},
    view,
};
use crate::{
    domain::text::{clean, duration, gib},
    engine::{Job, JobState},
    labels::{self, LONG_STALL, progress},
    tui::{
        glyphs::Glyphs,
        line_mode::text::{LineModeLine, LineModeScreen, page},
        model::Model,
        widgets::draw_context::DrawContext,
    },
};

/// Room for a line.
const ROOM: usize = 1_000;

pub fn screen(model: &Model) -> LineModeScreen {
    let pane = &model.jobs;
    if pane.editing {
        let mut screen = LineModeScreen::new("Filter of the copies");
        let filter = Some(pane.filter.value()).filter(|filter| !filter.is_empty()).unwrap_or("none");
        screen.lines.push(LineModeLine::new(format!("Filter: {filter}")).at_cursor(true));
        return screen;
    }
    let filter = pane.filter.value();
    let filter = if filter.is_empty() { String::new() } else { format!(", filter {filter}") };
    let mut screen = LineModeScreen::new(format!("{}{filter}", view::title(model, usize::MAX)));
    let ctx = DrawContext { glyphs: Glyphs::of(&model.start.caps), keys: &model.keymap };
    if let Some(history) = &pane.history {
        let rows = page(history.list.cursor, history.shown().len());
        for (at, job) in history.shown().enumerate().skip(rows.start).take(rows.len()) {
            screen.lines.push(ended(model, at, job).at_cursor(at == history.list.cursor));
        }
        screen.say_rest(&rows, history.shown().len());
        if history.shown().len() == 0 {
            screen.say_painted(&history_view::lines(model, ROOM, 1, ctx));
        }
        return screen;
    }
    if pane.shown.jobs.is_empty() {
        screen.say_painted(&view::lines(model, ROOM, 1, ctx));
    }
    let cursor = pane.shown.jobs.iter().position(|id| Some(*id) == pane.current).unwrap_or(0);
    let rows = page(cursor, pane.shown.jobs.len());
    for at in rows.clone() {
        let Some(job) = pane.shown.jobs.get(at).and_then(|id| model.jobs_view.job(*id)) else { continue };
        screen.lines.push(row(model, at, job).at_cursor(at == cursor));
        let below = pane.shown.lines.iter().filter_map(|line| below(model, job, *line));
        screen.lines.extend(below.map(LineModeLine::new));
    }
    screen.say_rest(&rows, pane.shown.jobs.len());
    screen
}

fn name(job: &Job) -> String {
    format!("{} {}", job.request.name, route(job, true).replace('>', "to"))
}

fn row(model: &Model, at: usize, job: &Job) -> LineModeLine {
    let copying = matches!(job.state, JobState::Copying { .. }) && !job.is_instance_store();
    let state = if copying { copying_cells(model, job) } else { Vec::new() };
    let text =
        if copying { String::new() } else { state_text(&model.jobs_view, job, model.now, Some(&model.keymap)).0 };
    let key = format!("{} {} {} {text}", at + 1, job.id, job.phase().as_str());
    LineModeLine::row(at, false, [name(job), text].into_iter().chain(state)).keyed(key)
}

/// What is known of a running copy.
fn copying_cells(model: &Model, job: &Job) -> Vec<String> {
    let view = &model.jobs_view;
    let mut cells = vec![match job.percent() {
        Some(percent) => format!("copying {percent}%"),
        None => "copying".into(),
    }];
    let (done, all) = job.snapshots_done();
    cells.extend(job.is_external_copy().then(|| "started elsewhere".into()));
    cells.extend((all > 0).then(|| format!("{done} of {all} snapshots")));
    if let Some(why) = view.not_polled(job) {
        cells.push(why);
    } else if let Some(idle) = job.stalled(model.now, view.stall) {
        let advice = if idle >= LONG_STALL { ", see AWS Health" } else { "" };
        cells.push(format!("no progress for {}{advice}", progress::idle(idle)));
    } else {
        cells.extend(job.note.as_ref().map(labels::note));
        cells.extend(progress::current_rate(job, model.now));
        cells.extend(progress::time_left(job, model.now));
        cells.extend(job.elapsed(model.now).map(|elapsed| format!("elapsed {}", duration(elapsed))));
    }
    cells.extend(job.image().map(ToString::to_string));
    cells
}

/// A line of an expanded copy.
fn below(model: &Model, job: &Job, line: Line) -> Option<String> {
    match line {
        Line::Snapshot(id, n) if id == job.id => {
            let snapshot = job.snapshots.get(n)?;
            let percent = snapshot.percent.map_or_else(|| "not started".to_owned(), |percent| format!("{percent}%"));
            let failed = snapshot.state == crate::domain::SnapshotState::Error;
            let state = if failed { "failed".to_owned() } else { percent };
            Some(format!("Snapshot {}, {}, {state}", snapshot.id, gib(u64::from(snapshot.size))))
        }
        Line::Step(id, n) if id == job.id => {
            let (step, state) = job.steps().nth(n)?;
            Some(format!("Step: {}", labels::step_line(job, step, state)))
        }
        Line::Note(id) if id == job.id => Some(view::note(model, job)),
        _ => None,
    }
}

/// A copy of the history.
fn ended(model: &Model, at: usize, job: &Job) -> LineModeLine {
    let when = progress::ended(job, "%Y-%m-%d %H:%M UTC").map_or_else(String::new, |when| format!("ended {when}"));
    let took = progress::taken(job, model.now).map_or_else(String::new, |took| format!("took {took}"));
    let image = job.image().or(job.images.last()).map_or_else(String::new, ToString::to_string);
    let cells = [name(job), job.phase().as_str().to_owned(), when, took, image];
    LineModeLine::row(at, false, cells.into_iter().map(|cell| clean(&cell).into_owned()))
}
