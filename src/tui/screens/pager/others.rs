//! The help page, the problems page.

use ratatui::text::{Line, Span};

use super::image::heading;
use crate::{
    domain::{filter::TERMS, text::thousands},
    tui::{
        bindings::KEYS,
        model::Model,
        theme,
        widgets::text_fit::{fit, wrap},
    },
};

pub(super) fn help_lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut last = None;
    for binding in KEYS {
        if last.replace(binding.context) != Some(binding.context) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(heading(binding.context.title()));
        }
        let keys = binding.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" ");
        for (n, text) in wrap(binding.text, width.saturating_sub(24).max(8)).into_iter().enumerate() {
            let keys = if n == 0 { keys.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("   {} ", fit(keys, 20, "")), theme::STRONG),
                Span::raw(text),
            ]));
        }
    }
    lines.extend([Line::default(), heading("Filter terms, beside words that fit name, id, description and tags")]);
    for (term, text) in TERMS {
        lines
            .push(Line::from(vec![Span::styled(format!("   {} ", fit(term, 20, "")), theme::STRONG), Span::raw(text)]));
    }
    lines
}

/// Problems that are named. Nobody reads thousands, and each key would lay them out anew.
const MOST: usize = 200;

pub(super) fn problem_lines(model: &Model, width: usize) -> Vec<Line<'static>> {
    let problems = model.problems();
    if problems.is_empty() {
        return vec![Line::raw(" No problems.")];
    }
    let mut lines = Vec::new();
    let more = problems.len().saturating_sub(MOST);
    for (place, failure) in problems.iter().take(MOST) {
        lines.push(Line::styled(format!(" {place}"), theme::BAD));
        for text in failure.lines() {
            lines.extend(wrap(&text, width.saturating_sub(4)).into_iter().map(|t| Line::raw(format!("   {t}"))));
        }
        lines.push(Line::default());
    }
    if more > 0 {
        let text = format!(" and {} more; in the jobs pane /failed finds the copies.", thousands(more));
        lines.push(Line::raw(text));
    }
    lines
}
