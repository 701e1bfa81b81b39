//! The screen with the focus, and the lines above and below it.

use super::{text::LineModeScreen, typing::is_typing};
use crate::domain::text::clean;
use crate::tui::{
    accounts, banner,
    bindings::{Action, Context},
    keymap,
    model::{Model, Pane},
    screens::{
        Overlay, confirm, coverage, form, images, input, jobs, pager, picker, review, storage, storage_held, sync_plan,
    },
    view,
};

/// Room for everything.
const ROOM: usize = 1_000;

/// The dialog on top, or the pane with the focus.
pub fn screen(model: &Model) -> LineModeScreen {
    match model.overlays.last() {
        Some(Overlay::Pager(pager)) => pager::line_mode::screen(pager, model),
        Some(Overlay::Form(form)) => form::line_mode::screen(form, model),
        Some(Overlay::Review(screen)) => review::line_mode::screen(screen, model),
        Some(Overlay::Coverage(screen)) => coverage::line_mode::screen(screen, model),
        Some(Overlay::Storage(screen)) => storage::line_mode::screen(screen, model),
        Some(Overlay::StorageHeld(screen)) => storage_held::line_mode::screen(screen, model),
        Some(Overlay::SyncPlan(screen)) => sync_plan::line_mode::screen(screen, model),
        Some(Overlay::Picker(picker)) => picker::line_mode::screen(picker, model),
        Some(Overlay::InputLine(line)) => input::line_mode::screen(line),
        Some(Overlay::Confirmation(confirmation)) => confirm::line_mode::screen(confirmation),
        // Line mode is one: it never stays open.
        Some(Overlay::Palette(_)) => LineModeScreen::new("Commands"),
        None => match model.focus {
            Pane::Images => images::line_mode::screen(model),
            Pane::Jobs => jobs::line_mode::screen(model),
        },
    }
}

/// The program, what is special about this run, the account, and whose images of which regions are listed.
pub fn header(model: &Model) -> String {
    let badges = banner::badges(model).into_iter().map(|badge| badge.trim().to_owned());
    let summary = view::account_summary(model, ROOM, "");
    let others = model.others.iter().map(|other| clean(&other.name).into_owned()).collect::<Vec<_>>();
    let others = (!others.is_empty()).then(|| format!("also {}", others.join(" and ")));
    let parts: Vec<String> = badges.chain(columns(&summary).map(str::to_owned)).chain(others).collect();
    format!("amigrate: {}", parts.join(", "))
}

/// What separates the parts of a line.
fn columns(line: &str) -> impl Iterator<Item = &str> {
    line.split("  ").map(str::trim).filter(|part| !part.is_empty())
}

/// How the other accounts on the screen are, a line each.
pub fn other_accounts(model: &Model) -> Vec<String> {
    model.others.iter().map(|other| format!("Account {}", accounts::summaries(other)[0])).collect()
}

/// What stops all work, and what to do about it.
pub fn banner(model: &Model) -> Option<String> {
    banner::banner(model)
}

/// All copies by state; `None` if there are neither copies nor problems.
pub fn copies(model: &Model) -> Option<String> {
    let summary = view::job_summary(model, ROOM);
    let parts: Vec<&str> = columns(&summary).collect();
    (!parts.is_empty()).then(|| format!("Copies: {}", parts.join(", ")))
}

/// The keys that work here, as the footer has them.
pub fn keys(model: &Model) -> String {
    let word = |binding| view::footer_word(model, binding);
    let keys = keymap::footer(&model.keymap, &model.contexts(), ROOM, word);
    let keys = keys.iter().filter(|(key, _)| *key != model.keymap.key(Context::Everywhere, Action::Help));
    let keys: Vec<String> = keys.map(|(key, word)| format!("{key} {word}")).collect();
    let more = if is_typing(model) { ":help" } else { "help" };
    format!("Keys: {}, {more} for all.", keys.join(", "))
}
