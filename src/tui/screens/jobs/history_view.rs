//! The view of the history. Only the rows in the window are built.

use ratatui::{
    style::Style,
    text::{Line as Text, Span},
};

use super::{filter_line::nothing_matches, history::HistoryLoad, labels::route};
use crate::{
    domain::text::{age, duration},
    engine::{Job, JobState},
    tui::{
        bindings::{Action, Context},
        model::{Model, Pane},
        theme,
        widgets::{
            draw_context::DrawContext,
            text_fit::{cut, fit, fit_right},
        },
    },
};

/// Widths of the columns in cells; `image` is 0 where the name needs the space.
struct Columns {
    name: usize,
    route: usize,
    full_route: bool,
    full_time: bool,
    image: usize,
}

const ENDED: usize = 12;
const TOOK: usize = 6;
const IMAGE: usize = 21;

impl Columns {
    fn of(jobs: &[&Job], cells: usize) -> Self {
        let full_time = cells >= 100;
        let longest = |full| jobs.iter().map(|j| route(j, full).len()).max().unwrap_or(0).max(5);
        let (long, short) = (longest(true), longest(false));
        let rest = |route: usize, image: usize| 2 + 1 + route + 1 + ENDED + 1 + when(full_time) + 1 + TOOK + image;
        let full_route = cells >= rest(long, IMAGE + 1) + 24;
        let route = if full_route { long } else { short };
        let image = if cells >= rest(route, IMAGE + 1) + 12 { IMAGE } else { 0 };
        let room = cells.saturating_sub(rest(route, if image > 0 { image + 1 } else { 0 }));
        // A name may have 128 characters; it gets what is left of the line.
        let name = jobs.iter().map(|j| j.request.name.as_str().len()).max().unwrap_or(0).max(4).min(room);
        Self { name, route, full_route, full_time, image }
    }
}

fn when(full: bool) -> usize {
    if full { 16 } else { 4 }
}

/// The lines of the window: headings and rows.
pub(super) fn lines(model: &Model, cells: usize, rows: usize, ctx: DrawContext<'_>) -> Vec<Text<'static>> {
    let Some(history) = &model.jobs.history else { return Vec::new() };
    if history.shown().len() == 0 {
        let back = format!("{} goes back to the jobs.", model.keymap.key(Context::Jobs, Action::History));
        let text = match &history.load {
            HistoryLoad::Loading => "Loading the history ...".to_owned(),
            HistoryLoad::Failed(_) => {
                let retry = model.keymap.key(Context::Everywhere, Action::Refresh);
                format!("Could not read the history. {retry} retries, {back}")
            }
            HistoryLoad::Loaded if model.account.is_none() => "The history is shown once you are signed in.".to_owned(),
            HistoryLoad::Loaded if history.total() > 0 => {
                return nothing_matches(model, "Nothing in the history matches the filter.", cells);
            }
            HistoryLoad::Loaded => format!("No copy has ended yet. {back}"),
        };
        return vec![Text::styled(cut(&format!(" {text}"), cells, ctx.glyphs.ellipsis), theme::FAINT)];
    }
    let window = rows.saturating_sub(1);
    let jobs: Vec<&Job> = history.shown().skip(history.list.offset).take(window).map(AsRef::as_ref).collect();
    let columns = Columns::of(&jobs, cells);
    let mut lines = vec![headings(&columns, ctx)];
    for (n, job) in jobs.iter().enumerate() {
        let current = history.list.offset + n == history.list.cursor && model.focus == Pane::Jobs;
        lines.push(row(model, job, &columns, current, ctx));
    }
    lines
}

fn cells_of(columns: &Columns, texts: [&str; 6], mark: &str, ctx: DrawContext<'_>) -> [String; 3] {
    let [name, route, ended, when_, took, image] = texts;
    let ellipsis = ctx.glyphs.ellipsis;
    let head = format!("{mark} {} {} ", fit(name, columns.name, ellipsis), fit(route, columns.route, ellipsis));
    let tail = format!(
        " {} {} {}",
        fit_right(when_, when(columns.full_time), ""),
        fit_right(took, TOOK, ""),
        fit(image, columns.image, ellipsis)
    );
    [head, fit(ended, ENDED, ellipsis), tail]
}

fn headings(columns: &Columns, ctx: DrawContext<'_>) -> Text<'static> {
    let when = if columns.full_time { "WHEN (UTC)" } else { "AGO" };
    Text::styled(cells_of(columns, ["NAME", "ROUTE", "ENDED", when, "TOOK", "IMAGE"], " ", ctx).concat(), theme::STRONG)
}

fn row(model: &Model, job: &Job, columns: &Columns, current: bool, ctx: DrawContext<'_>) -> Text<'static> {
    let ended = job.ended.unwrap_or(job.requested);
    let when = if columns.full_time {
        ended.strftime("%Y-%m-%d %H:%M").to_string()
    } else {
        age(model.now.duration_since(ended).as_secs())
    };
    let took = job.elapsed(model.now).map_or_else(|| "-".to_owned(), duration);
    let image = job.image().or(job.images.last()).map_or("-", |i| i.as_str());
    let phase = job.phase().as_str();
    let texts = [job.request.name.as_str(), &route(job, columns.full_route), phase, &when, &took, image];
    let [head, ended, tail] = cells_of(columns, texts, if current { ">" } else { " " }, ctx);
    if current {
        return Text::styled([head, ended, tail].concat(), theme::CURSOR);
    }
    let style = match &job.state {
        JobState::Available { .. } => theme::GOOD,
        JobState::Failed { .. } | JobState::Gone { .. } => theme::BAD,
        _ => Style::default(),
    };
    Text::from(vec![Span::raw(head), Span::styled(ended, style), Span::raw(tail)])
}
