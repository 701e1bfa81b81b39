//! What can be typed, and what works here.

use super::typing::is_typing;
use crate::{
    domain::palette::COMMANDS,
    labels::line_mode::TYPED,
    tui::{
        bindings::{Action, Context},
        model::Model,
    },
};

/// Returns true for an action that is about what a screen looks like: there is none.
pub(super) fn is_about_the_screen(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Mouse | A::Grow | A::Shrink | A::ResetSizes | A::ImagesOnly | A::JobsOnly | A::Repaint | A::Commands
    )
}

/// The rules, then what works here: in full what only works here, by names what works in many places.
pub(super) fn lines(model: &Model) -> Vec<String> {
    let mut lines = vec!["Line mode. Type one of these, then Enter:".to_owned()];
    lines.extend(TYPED.iter().map(|(typed, text)| format!("{typed}: {text}")));
    lines.push("What a screen sends to the clipboard is printed here.".into());
    if is_typing(model) {
        lines.push("A text has the focus now.".into());
    }
    for context in model.contexts() {
        let rows = model.keymap.rows().iter().filter(|row| row.binding.context == context);
        let rows = rows.filter(|row| !is_about_the_screen(row.binding.action));
        if matches!(context, Context::Lists | Context::Everywhere) {
            let names: Vec<String> = rows.map(|row| named(&row.binding.action.name(), &row.keys())).collect();
            lines.push(format!("{}: {}.", context.title(), names.join(", ")));
        } else {
            lines.push(format!("{}:", context.title()));
            lines.extend(
                rows.map(|row| format!("{}: {}", named(&row.binding.action.name(), &row.keys()), row.binding.text)),
            );
        }
    }
    lines.push("Everywhere, with an argument:".into());
    lines.extend(COMMANDS.iter().map(|spec| format!("{} {}: {}", spec.word, spec.argument, spec.text)));
    lines
}

/// An action's name with its keys.
fn named(name: &str, keys: &str) -> String {
    if keys.is_empty() { name.to_owned() } else { format!("{name} ({keys})") }
}
