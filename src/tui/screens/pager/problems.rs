//! The list of current problems.

use ratatui::text::Line;

use crate::{
    domain::text::thousands,
    tui::{model::Model, theme, widgets::text_fit::wrap},
};

/// Problems listed in full. Nobody reads thousands, and every key would lay them out again.
const LISTED: usize = 200;

pub(super) fn lines(model: &Model, width: usize) -> Vec<Line<'static>> {
    let problems = model.problems();
    if problems.is_empty() {
        return vec![Line::raw(" No problems.")];
    }
    let mut lines = Vec::new();
    for (location, failure) in problems.iter().take(LISTED) {
        lines.push(Line::styled(format!(" {location}"), theme::BAD));
        for text in failure.lines() {
            lines.extend(wrap(&text, width.saturating_sub(4)).into_iter().map(|t| Line::raw(format!("   {t}"))));
        }
        lines.push(Line::default());
    }
    let more = problems.len().saturating_sub(LISTED);
    if more > 0 {
        let text = format!(" and {} more; in the jobs pane, filter by /failed to see the copies.", thousands(more));
        lines.push(Line::raw(text));
    }
    lines
}
