//! Confirmations about what is done with an available copy.

use super::{Confirmation, DialogAction, choice};
use crate::{
    domain::PostCopyStep,
    engine::{Job, StepState},
    labels,
};

impl Confirmation {
    /// Gives up the post-copy steps of an available copy that are not done.
    pub fn give_up_steps(job: &Job) -> Self {
        let request = &job.request;
        let mut text = vec![format!("Give up what is left to do for \"{}\" in {}?", request.name, request.destination)];
        let open = job.steps().filter(|(_, state)| state.is_open());
        text.extend(open.map(|(step, state)| {
            format!("  {}: {}", labels::step(step, &request.destination), labels::step_state(job, state))
        }));
        text.push("The image is kept. What was sent already may be carried out.".into());
        let (no, yes) = ("No, keep the steps", "Yes, give it up");
        Self::yes_or_no("Post-copy steps", text, no, yes, DialogAction::Cancel(vec![job.id]))
    }

    /// Carries out post-copy steps of an available copy that were given up.
    pub fn given_up_steps(job: &Job) -> Self {
        let request = &job.request;
        let step = |step| format!("  {}", labels::step(step, &request.destination));
        let mut text =
            vec![format!("Carry out what was given up for \"{}\" in {}?", request.name, request.destination)];
        text.extend(job.steps().filter(|(_, state)| state.is_given_up()).map(|(given_up, _)| step(given_up)));
        let failed: Vec<String> =
            job.steps().filter(|(_, s)| matches!(s, StepState::Failed(_))).map(|(failed, _)| step(failed)).collect();
        if !failed.is_empty() {
            text.push("Failed, and tried again:".into());
            text.extend(failed);
        }
        let (no, yes) = ("No, change nothing", "Yes, carry them out");
        let mut dialog = Self::yes_or_no("Post-copy steps", text, no, yes, DialogAction::ReopenSteps(job.id));
        if job.can_retry_steps() {
            let only_failed = DialogAction::Retry { copies: Vec::new(), steps: vec![job.id] };
            dialog.choices.push(choice("Only what failed", only_failed));
        }
        dialog
    }

    /// Carries out changed post-copy steps of an available copy; `outcome` says what that means, a line each.
    pub fn edit_steps(job: &Job, outcome: Vec<String>, steps: Vec<PostCopyStep>) -> Self {
        let request = &job.request;
        let mut text = vec![format!("Change what is done with \"{}\" in {}?", request.name, request.destination)];
        text.extend(outcome.into_iter().map(|line| format!("  {line}")));
        text.push("What is done already stays as it is.".into());
        let action = DialogAction::EditSteps(job.id, steps);
        Self::yes_or_no("Post-copy steps", text, "No, back to the form", "Yes, change it", action)
    }
}
