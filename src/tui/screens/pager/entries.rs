//! Labelled values and headings, which details consist of.

use ratatui::text::{Line, Span};

use crate::tui::{
    theme,
    widgets::text_fit::{fit, wrap},
};

/// Cells of a label.
const LABEL: usize = 18;

/// A label with its value, wrapped beside it.
pub(super) fn entry(label: &str, value: &str, width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(LABEL + 2).max(8);
    wrap(value, room)
        .into_iter()
        .enumerate()
        .map(|(n, text)| {
            let label = if n == 0 { label } else { "" };
            Line::from(vec![Span::styled(format!(" {} ", fit(label, LABEL, "")), theme::FAINT), Span::raw(text)])
        })
        .collect()
}

pub(super) fn heading(text: &str) -> Line<'static> {
    Line::styled(format!(" {text}"), theme::STRONG)
}
