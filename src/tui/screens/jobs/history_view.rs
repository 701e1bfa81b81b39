//! The view of the history. Only the rows in the window are built.

use ratatui::{
    style::Style,
    text::{Line as Text, Span},
};

use super::{
    filter_line::nothing_matches,
    history::HistoryLoad,
    job_line::{JobLine, Widths},
    longest::Longest,
};
use crate::{
    domain::text::age,
    engine::Job,
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

/// From this many cells on there is room for the time at which a copy ended, instead of how long ago that was.
const ROOMY: usize = 100;

/// Returns the heading and the cells of when a copy ended.
fn ended_column(cells: usize) -> (&'static str, usize) {
    if cells >= ROOMY { ("ENDED (UTC)", 17) } else { ("AGO", 5) }
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
    let (heading, ended_cells) = ended_column(cells);
    let cells = cells.saturating_sub(ended_cells + 1);
    let mut longest = Longest::default();
    for job in &jobs {
        longest.add(job);
    }
    let widths = Widths::of_ended(longest, cells);
    let copies = JobLine { model, widths, cells, keys: None, ctx };
    let mut lines = vec![headings(widths, cells, &fit_right(heading, ended_cells, ""))];
    for ((n, job), name) in jobs.iter().enumerate().zip(copies.names(&jobs)) {
        let current = history.list.offset + n == history.list.cursor && model.focus == Pane::Jobs;
        let mut line = copies.line(job, name, current);
        let style = if current { theme::CURSOR } else { Style::default() };
        line.push_span(Span::styled(
            format!(" {}", fit_right(&ended(job, model, ended_cells), ended_cells, "")),
            style,
        ));
        lines.push(line);
    }
    lines
}

/// The headings of what [`JobLine`] shows, and of when it ended.
fn headings(widths: Widths, cells: usize, ended: &str) -> Text<'static> {
    let before = format!("  {} {} ", fit("NAME", widths.name, ""), fit("ROUTE", widths.route, ""));
    let state = fit("STATE", cells.saturating_sub(before.len()), "");
    Text::styled(format!("{before}{state} {ended}"), theme::STRONG)
}

/// When it ended; `<` before a time that it ended before, `>` before how long ago it ended at least.
fn ended(job: &Job, model: &Model, cells: usize) -> String {
    let (ended, is_bound) = match job.end_time() {
        Some(end) => (end.latest(), end.is_upper_bound()),
        None => (job.requested, false),
    };
    let full = ended.strftime("%Y-%m-%d %H:%M").to_string();
    let (sign, text) =
        if full.len() < cells { ("<", full) } else { (">", age(model.now.duration_since(ended).as_secs())) };
    format!("{}{text}", if is_bound { sign } else { "" })
}
