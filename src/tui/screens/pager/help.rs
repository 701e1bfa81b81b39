//! The help: every key binding, and the filter's terms.

use ratatui::text::{Line, Span};

use super::entries::heading;
use crate::{
    domain::filter::TERMS,
    tui::{
        bindings::KEYS,
        theme,
        widgets::text_fit::{fit, wrap},
    },
};

pub(super) fn lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut context = None;
    for binding in KEYS {
        if context.replace(binding.context) != Some(binding.context) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(heading(binding.context.title()));
        }
        let keys = binding.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" ");
        for (n, text) in wrap(binding.text, width.saturating_sub(24).max(8)).into_iter().enumerate() {
            lines.push(row(if n == 0 { &keys } else { "" }, text));
        }
    }
    lines.extend([Line::default(), heading("Filter terms (other words match name, id, description and tags)")]);
    lines.extend(TERMS.iter().map(|(term, text)| row(term, (*text).to_owned())));
    lines
}

fn row(left: &str, text: String) -> Line<'static> {
    Line::from(vec![Span::styled(format!("   {} ", fit(left, 20, "")), theme::STRONG), Span::raw(text)])
}
