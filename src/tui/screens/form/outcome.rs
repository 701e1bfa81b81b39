//! What will happen, below the fields: warnings, sizes, and the commands of one copy.

use ratatui::{style::Style, text::Line};

use super::{Form, Purpose, steps_form::StepsForm};
use crate::{
    domain::text::{count, thousands},
    tui::{theme, widgets::text_fit::wrap},
};

/// Begins a warning.
pub(super) const WARNING: &str = "Warning: ";

pub(super) fn lines(form: &Form, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |text: &str, style, indent: usize| {
        for line in wrap(text, width.saturating_sub(indent + 1)) {
            lines.push(Line::styled(format!("{}{line}", " ".repeat(indent)), style));
        }
    };
    if let Purpose::Steps(steps) = &form.purpose {
        steps_lines(form, steps, &mut say);
        return lines;
    }
    let plan = &form.plan;
    for warning in &plan.warnings {
        say(&format!("{WARNING}{}", warning.text), theme::WARN, 2);
    }
    // A plan with mistakes cannot be started.
    let Some(copy) = plan.copies.get(form.command).filter(|_| plan.mistakes.is_empty()) else { return lines };
    let copies = plan.copies.len();
    let size = format!("{} GiB", thousands(usize::try_from(plan.size_gib()).unwrap_or(usize::MAX)));
    let regions = count(form.draft.destinations.len(), "region", "regions");
    say(&format!("{} to {regions}, {size} in total.", count(copies, "copy", "copies")), Style::default(), 2);
    if let Some(cost) = form.cost.as_deref().filter(|cost| !cost.is_empty()) {
        say(cost, Style::default(), 2);
    }
    let which = if copies > 1 { format!(", {} of {copies}", form.command + 1) } else { String::new() };
    say(&format!("Equivalent AWS CLI command{which}:"), theme::FAINT, 2);
    for command in copy.aws_cli().lines() {
        say(command, Style::default(), 4);
    }
    lines
}

/// What happens to the post-copy steps of an available copy.
fn steps_lines(form: &Form, steps: &StepsForm, say: &mut impl FnMut(&str, Style, usize)) {
    for warning in &form.plan.warnings {
        say(&format!("{WARNING}{}", warning.text), theme::WARN, 2);
    }
    if !form.plan.mistakes.is_empty() {
        return;
    }
    for line in steps.outcome() {
        say(&line, Style::default(), 2);
    }
    if let Some(commands) = steps.aws_cli() {
        say("Equivalent AWS CLI commands:", theme::FAINT, 2);
        for command in commands.lines() {
            say(command, Style::default(), 4);
        }
    }
}
