//! The post-copy steps of an available copy while they are changed, and what the change means.

use std::sync::Arc;

use crate::{
    domain::post_copy::PostCopyStep,
    engine::{Job, StepState},
    labels,
};

/// The copy whose steps the form changes.
#[derive(Debug, Clone)]
pub(super) struct StepsForm {
    /// As it was when the form was opened.
    pub(super) job: Arc<Job>,
    /// The steps as they would be requested.
    pub(super) steps: Vec<PostCopyStep>,
}

impl StepsForm {
    /// Returns what the form would do: the steps that are carried out, and those that are no longer wanted.
    pub(super) fn changes(&self) -> StepChanges {
        let after = self.job.with_edited_steps(&self.steps);
        let withdrawn = |n: usize| {
            let before = self.job.step_states.get(n);
            matches!(after.step_states[n], StepState::Withdrawn(_)) && !matches!(before, Some(StepState::Withdrawn(_)))
        };
        let mut changes = StepChanges::default();
        for (n, (step, state)) in after.steps().enumerate() {
            if state.is_open() {
                changes.carried_out.push(step.clone());
            } else if withdrawn(n) {
                changes.withdrawn.push(step.clone());
            }
        }
        changes
    }

    /// Returns what would happen, a line each.
    pub(super) fn outcome(&self) -> Vec<String> {
        let StepChanges { carried_out, withdrawn } = self.changes();
        let line =
            |what: &str, step: &PostCopyStep| format!("{what}: {}", labels::step(step, &self.job.request.destination));
        let mut lines: Vec<String> = carried_out.iter().map(|step| line("To do", step)).collect();
        lines.extend(withdrawn.iter().map(|step| line("No longer wanted", step)));
        if carried_out.is_empty() {
            lines.insert(0, "Nothing more is done.".into());
        }
        lines
    }

    /// Returns the AWS CLI commands of what is carried out.
    pub(super) fn aws_cli(&self) -> Option<String> {
        let StepChanges { carried_out, .. } = self.changes();
        let image = self.job.image().filter(|_| !carried_out.is_empty())?;
        Some(self.job.request.steps_aws_cli(image, &carried_out))
    }
}

/// What changed steps mean.
#[derive(Debug, Default)]
pub(super) struct StepChanges {
    pub(super) carried_out: Vec<PostCopyStep>,
    pub(super) withdrawn: Vec<PostCopyStep>,
}
