//! The line of a copy, the same in the jobs and in the history: name, route, state.

use std::borrow::Cow;

use ratatui::{
    style::Style,
    text::{Line as Text, Span},
};

use super::{
    filter::JobFilter,
    labels::{BAR_TEXT_CELLS, ELAPSED, bar_text, route, state_text, state_text_within},
    longest::Longest,
};
use crate::{
    config::KeyMap,
    engine::{Job, JobState},
    tui::{
        model::Model,
        theme,
        widgets::{
            bar::bar,
            draw_context::DrawContext,
            elide::elide,
            fitted::Fitted,
            text_fit::{cut, fit, width},
        },
    },
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    pub(super) name: usize,
    pub(super) route: usize,
    bar: usize,
    /// Leaves room for how long copies have taken so far.
    roomy: bool,
}

/// From this many cells on there is room for it.
const ROOMY: usize = 100;
/// Cells of `available ami-0123456789abcdef0 after 1h00m`.
const ENDED: usize = 43;

impl Widths {
    pub(super) fn of(longest: Longest, cells: usize) -> Self {
        let (full, short) = (longest.route, longest.short_route);
        // Cursor mark and spaces, percent, and the text behind the bar.
        let rest = 4 + 5 + 1 + BAR_TEXT_CELLS;
        let roomy = cells >= ROOMY;
        let rest = if roomy { rest + ELAPSED + 1 } else { rest };
        let route = if cells >= full + rest + 18 + 10 { full } else { short };
        let room = cells.saturating_sub(rest + route);
        let name = longest.name.min(room * 2 / 3);
        Self { name, route, bar: room.saturating_sub(name).min(40), roomy }
    }

    /// Where all copies have ended, so that none has a bar.
    pub(super) fn of_ended(longest: Longest, cells: usize) -> Self {
        let route = if cells >= 4 + longest.route + ENDED + 24 { longest.route } else { longest.short_route };
        let room = cells.saturating_sub(4 + route);
        let name = longest.name.min(room.saturating_sub(ENDED).max(room * 2 / 5));
        Self { name, route, bar: 0, roomy: false }
    }
}

/// Where a bar's text is longer than usual, the bar shrinks, but not below this width.
const SHORT_BAR: usize = 5;

/// What the lines of the copies have in common.
pub(super) struct JobLine<'a> {
    pub(super) model: &'a Model,
    pub(super) widths: Widths,
    /// Of the whole line.
    pub(super) cells: usize,
    /// The keys that do something to the copies; `None` where none does.
    pub(super) keys: Option<&'a KeyMap>,
    pub(super) ctx: DrawContext<'a>,
}

impl JobLine<'_> {
    /// Returns the names as the lines show them, cut where they are alike, with what the filter has matched.
    pub(super) fn names(&self, jobs: &[&Job]) -> Vec<Vec<Span<'static>>> {
        let mut filter = JobFilter::parse(self.model.jobs.filter.value(), self.model.now);
        // The type of names allows only ASCII.
        let names: Vec<&str> = jobs.iter().map(|job| job.request.name.as_str()).collect();
        let kept = elide(&names, self.widths.name);
        let fitted = names.iter().zip(kept).map(|(name, kept)| {
            let name = Fitted::parts(Cow::Borrowed(*name), kept, self.widths.name);
            let matched = filter.matches_in(name.text());
            name.spans(self.ctx.glyphs.ellipsis, &matched, Style::default(), theme::MATCH)
        });
        fitted.collect()
    }

    /// Returns the line of a copy.
    pub(super) fn line(&self, job: &Job, name: Vec<Span<'static>>, current: bool) -> Text<'static> {
        let ellipsis = self.ctx.glyphs.ellipsis;
        let route = {
            let full = route(job, true);
            if width(&full) <= self.widths.route { full } else { route(job, false) }
        };
        let mark = if current { "> " } else { "  " };
        let route = format!(" {} ", fit(&route, self.widths.route, ellipsis));
        let room = self.cells.saturating_sub(width(mark) + self.widths.name + width(&route));
        let (tail, style) = match &job.state {
            JobState::Copying { .. } => self.copying(job),
            _ => {
                let (text, style) = state_text_within(room, &self.model.jobs_view, job, self.model.now, self.keys);
                (cut(&text, room, ellipsis), style)
            }
        };
        let base = if current { theme::CURSOR } else { Style::default() };
        let style = if current { base } else { style };
        let mut spans = vec![Span::styled(mark, base)];
        spans.extend(name.into_iter().map(|span| span.patch_style(base)));
        spans.push(Span::styled(route, base));
        spans.push(Span::styled(fit(&tail, room, ellipsis), style));
        Text::from(spans)
    }

    fn copying(&self, job: &Job) -> (String, Style) {
        let (jobs_view, now) = (&self.model.jobs_view, self.model.now);
        if job.is_instance_store() {
            return state_text(jobs_view, job, now, self.keys);
        }
        let percent = job.percent().map_or("  ?".into(), |p| format!("{p:>3}%"));
        let (text, style) = bar_text(jobs_view, job, self.widths.roomy, now);
        let usual = BAR_TEXT_CELLS + if self.widths.roomy { ELAPSED + 1 } else { 0 };
        let longer = width(&text).saturating_sub(usual);
        let cells = self.widths.bar.saturating_sub(longer).max(SHORT_BAR.min(self.widths.bar));
        (format!("{} {percent} {text}", bar(job.percent(), cells, self.ctx.glyphs)), style)
    }
}
