//! What an action does, chosen by key, by mouse or from the command list. The screen on top comes first.

use crate::tui::{
    bindings::{Action, Context},
    browse, discovery, layout,
    model::{Model, Pane},
    msg::Effect,
    others::WorkspaceRequest,
    pages, quit,
    screens::{
        Overlay, confirm, coverage, form, images, input, jobs,
        pager::{self, Pager},
        palette::{self, update::PaletteOutcome},
        picker, review, storage, storage_held, sync_plan,
    },
    text_input,
};

/// Runs an action, chosen by key or from the command list.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if act_on_screen(model, action, effects) {
        if matches!(action, Action::Filter | Action::Find) {
            text_input::select_filter(model);
        }
        return;
    }
    match action {
        Action::Help => pager::update::open_help(model),
        Action::Problems => model.overlays.push(Overlay::Pager(Pager::problems())),
        Action::Commands => palette::update::open(model),
        Action::Coverage | Action::Orphans | Action::RecycleBin | Action::Storage | Action::SyncPlan => {
            pages::open(model, action, effects);
        }
        Action::NextAccount => next_account(model),
        Action::OtherPane => {
            model.focus = if model.focus == Pane::Images { Pane::Jobs } else { Pane::Images };
            if model.full.is_some() {
                model.full = Some(model.focus);
            }
        }
        Action::ImagesOnly => toggle_full_height(model, Pane::Images),
        Action::JobsOnly => toggle_full_height(model, Pane::Jobs),
        Action::Grow => resize(model, 2),
        Action::Shrink => resize(model, -2),
        Action::ResetSizes => model.jobs_height = None,
        Action::Back => model.details_beside = false,
        Action::Refresh => {
            discovery::ask_again(model);
            browse::refresh(model, effects);
        }
        Action::Repaint => effects.push(Effect::Repaint),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Mouse => {
            model.mouse = !model.mouse;
            model.show_notice(if model.mouse {
                "Mouse on: click selects, again opens, right marks; the wheel scrolls. Shift selects text."
            } else {
                "Mouse off: your terminal selects text."
            });
            effects.push(Effect::Mouse(model.mouse));
        }
        Action::Quit => quit::quit(model, effects),
        _ => {}
    }
}

fn toggle_full_height(model: &mut Model, pane: Pane) {
    model.full = if model.full == Some(pane) { None } else { Some(pane) };
    model.focus = pane;
}

/// Makes the pane with the focus higher by this many lines, or lower.
fn resize(model: &mut Model, lines: i16) {
    model.full = None;
    let by = if model.focus == Pane::Jobs { lines } else { -lines };
    let areas = layout::now(model);
    model.jobs_height = Some(layout::within(areas.jobs.height.saturating_add_signed(by), areas.body.height));
}

/// Gives an action to the overlay on top, or else the focused pane. Returns true if it was used.
fn act_on_screen(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last() {
        Some(Overlay::Pager(_)) => pager::update::act(model, action, effects),
        Some(Overlay::Form(_)) => form::update::act(model, action, effects),
        Some(Overlay::Review(_)) => review::update::act(model, action, effects),
        Some(Overlay::Coverage(_)) => coverage::update::act(model, action, effects),
        Some(Overlay::Storage(_)) => storage::update::act(model, action, effects),
        Some(Overlay::StorageHeld(_)) => storage_held::update::act(model, action, effects),
        Some(Overlay::SyncPlan(_)) => sync_plan::update::act(model, action, effects),
        Some(Overlay::Picker(_)) => picker::update::act(model, action, effects),
        Some(Overlay::Palette(_)) => match palette::update::act(model, action, effects) {
            PaletteOutcome::Ignored => false,
            PaletteOutcome::Handled => true,
            PaletteOutcome::Run(action) => {
                act(model, action, effects);
                true
            }
        },
        Some(Overlay::InputLine(_)) => input::update::act(model, action, effects),
        Some(Overlay::Confirmation(_)) => confirm::update::act(model, action, effects),
        None => match model.focus {
            Pane::Images => images::update::act(model, action, effects),
            Pane::Jobs => jobs::update::act(model, action, effects),
        },
    }
}

/// Shows the next account, where several are on the screen.
fn next_account(model: &mut Model) {
    if model.others.is_empty() {
        let choose = model.keymap.key(Context::Images, Action::Profile);
        model.show_notice(format!("Only one account is on the screen. {choose} marks the profiles of several."));
    } else if !model.overlays.is_empty() {
        model.show_notice("Close what is open first: it belongs to this account.");
    } else {
        model.requests.push(WorkspaceRequest::ShowNext);
    }
}
