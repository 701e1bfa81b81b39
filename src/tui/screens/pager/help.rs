//! The help: key bindings, the filter's terms, and the form's fields.

use ratatui::text::{Line, Span};

use super::entries::heading;
use crate::{
    domain::filter::TERMS,
    tui::{
        bindings::{Context, KEYS},
        screens::form::fields::{FIELDS, Section},
        theme,
        widgets::text_fit::{fit, wrap},
    },
};

/// Every binding.
pub(super) fn lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(|_| true, width);
    lines.extend([Line::default(), heading("Filter terms (other words match name, id, description and tags)")]);
    lines.extend(TERMS.iter().map(|(term, text)| row(term, (*text).to_owned())));
    lines
}

/// The review's bindings, then all others.
pub(super) fn review_lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(|context| context == Context::Review, width);
    lines.push(Line::default());
    lines.extend(bindings(|context| context != Context::Review, width));
    lines
}

/// The form's bindings and its fields.
pub(super) fn form_lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = bindings(|context| matches!(context, Context::Form | Context::Picker), width);
    for section in Section::ALL {
        lines.extend([Line::default(), heading(section.title())]);
        for field in FIELDS.iter().filter(|f| f.section == section) {
            let label = if field.label.is_empty() { "a region" } else { field.label };
            lines.extend(rows(label, field.help, width));
        }
    }
    lines
}

/// The bindings of pickers.
pub(super) fn picker_lines(width: usize) -> Vec<Line<'static>> {
    bindings(|context| matches!(context, Context::Picker | Context::Lists), width)
}

fn bindings(which: impl Fn(Context) -> bool, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut context = None;
    for binding in KEYS.iter().filter(|b| which(b.context)) {
        if context.replace(binding.context) != Some(binding.context) {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(heading(binding.context.title()));
        }
        let keys = binding.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" ");
        lines.extend(rows(&keys, binding.text, width));
    }
    lines
}

/// A text wrapped beside its key or label.
fn rows(left: &str, text: &str, width: usize) -> Vec<Line<'static>> {
    let texts = wrap(text, width.saturating_sub(24).max(8)).into_iter().enumerate();
    texts.map(|(n, text)| row(if n == 0 { left } else { "" }, text)).collect()
}

fn row(left: &str, text: String) -> Line<'static> {
    Line::from(vec![Span::styled(format!("   {} ", fit(left, 20, "")), theme::STRONG), Span::raw(text)])
}
