//! Actions in a confirmation.

use std::sync::Arc;

use super::{Confirmation, Decision, DialogAction, view};
use crate::{
    engine::{Command, Resolution},
    tui::{
        bindings::Action,
        layout,
        model::Model,
        msg::Effect,
        screens::{Overlay, form, input, jobs, review, storage},
    },
};

impl Confirmation {
    /// Selects a choice. Returns false if it is none.
    pub fn select(&mut self, choice: Option<usize>) -> bool {
        self.selected = choice.unwrap_or(self.selected);
        choice.is_some()
    }

    /// Selects a choice by its index. Returns false if there is no such choice.
    pub(in crate::tui) fn go_to(&mut self, choice: usize) -> bool {
        let is_there = choice < self.choices.len();
        self.select(Some(choice).filter(|_| is_there))
    }

    /// The footer's label of an action; `None` for one that is not named there. `y` takes the first choice of a dialog that is no
    /// yes-or-no question.
    pub fn footer_word(&self, action: Action, word: &str) -> Option<String> {
        match (action, self.choices.as_slice()) {
            (Action::Yes, [first, ..]) if self.yes.is_none() => Some(first.text.to_lowercase()),
            (Action::Yes, _) => None,
            _ => Some(word.to_owned()),
        }
    }
}

/// Runs an action. Returns false if the dialog has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let body = layout::now(model).body;
    let Some(Overlay::Confirmation(confirmation)) = model.overlays.last_mut() else { return false };
    let choices = confirmation.choices.len();
    match action {
        Action::NextField => confirmation.selected = (confirmation.selected + 1) % choices,
        Action::PreviousField => confirmation.selected = (confirmation.selected + choices - 1) % choices,
        Action::Down => confirmation.scroll = (confirmation.scroll + 1).min(view::hidden(confirmation, body)),
        Action::Up => confirmation.scroll = confirmation.scroll.saturating_sub(1),
        Action::Yes => {
            let yes = confirmation.yes.unwrap_or(0);
            take(model, yes, effects);
        }
        Action::No | Action::Back => {
            model.overlays.pop();
        }
        Action::Press | Action::Accept => {
            let selected = confirmation.selected;
            take(model, selected, effects);
        }
        _ => return false,
    }
    true
}

/// Closes the dialog with a choice, by its index.
fn take(model: &mut Model, choice: usize, effects: &mut Vec<Effect>) {
    let Some(Overlay::Confirmation(mut confirmation)) = model.overlays.pop() else { return };
    if let Some(id) = confirmation.cancels
        && choice != 0
        && let Some(now) = confirmation.outdated(model.jobs_view.job(id))
    {
        // Something else would be removed than the user has confirmed.
        model.overlays.push(Overlay::Confirmation(Confirmation { account: confirmation.account, ..now }));
        model.show_notice("The copy has changed meanwhile. Please confirm again.");
        return;
    }
    match confirmation.choices.swap_remove(choice).action {
        DialogAction::Nothing => {}
        DialogAction::Cancel(jobs) => model.send_command(Command::Cancel(jobs), effects),
        DialogAction::Retry { copies, steps } => model.retry_with_steps(&copies, steps, effects),
        DialogAction::ReopenSteps(job) => model.send_command(Command::ReopenSteps(vec![job]), effects),
        DialogAction::EditSteps(job, steps) => form::steps::start(model, job, steps, effects),
        DialogAction::Edit(id) => {
            if let Some(job) = model.jobs_view.job(id).cloned() {
                form::again::edit(model, Arc::new(job), effects);
            }
        }
        DialogAction::RemoveFailed { job, replaced_by } => {
            model.send_command(Command::RemoveFailed(job, replaced_by), effects);
        }
        DialogAction::Resolve(job, decision) => {
            let resolution = match decision {
                Decision::Mine(image) => Resolution::ThisImage(image),
                Decision::Again => Resolution::CopyAgain(model.next_client_token()),
                Decision::GiveUp => Resolution::GiveUp,
            };
            model.send_command(Command::Resolve { job, resolution }, effects);
        }
        DialogAction::RemovePreset(name) => form::presets::remove(model, name, effects),
        DialogAction::ReplacePreset(name, preset) => form::presets::save(model, name, preset, true, effects),
        DialogAction::Type(line) => input::open::open(model, *line, effects),
        DialogAction::Dismiss(jobs) => jobs::update::dismiss(model, jobs, effects),
        DialogAction::Restore(resources) => storage::update::restore(model, resources, effects),
        DialogAction::GiveAccess(request) => review::access::confirmed(model, request),
        DialogAction::LeaveForm => {
            model.overlays.pop();
        }
        DialogAction::Quit => effects.push(Effect::Quit),
        DialogAction::QuitToBackground => effects.extend([Effect::Background, Effect::Quit]),
    }
}
