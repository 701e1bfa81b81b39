//! Post-copy steps that a person changes: others in place of those of an available copy that failed or were given up, and new ones, such
//! as sharing it with another account. A step keeps its index for as long as the job lives, because the response to its call names it
//! by that: new steps come last, and those that are no longer wanted stay as withdrawn.

use super::{
    job::{Job, Origin},
    post_copy::StepState,
    state::JobState,
};
use crate::domain::{CopyRequest, post_copy::PostCopyStep};

impl Job {
    /// Returns true if post-copy steps of it failed or were given up.
    pub fn has_steps_left(&self) -> bool {
        self.origin == Origin::Here && (self.can_retry_steps() || self.has_given_up_steps())
    }

    /// Returns true if its post-copy steps can be changed, or some be added: it is available, and none is under way.
    pub fn can_edit_steps(&self) -> bool {
        let settled = matches!(self.state, JobState::Available { .. }) && !self.has_open_steps();
        self.has_steps_left() || (self.origin == Origin::Here && settled)
    }

    /// Returns the steps that a person may change: neither done nor withdrawn.
    pub fn steps_left(&self) -> Vec<PostCopyStep> {
        let left = |state: &StepState| !matches!(state, StepState::Done | StepState::Withdrawn(_));
        self.steps().filter(|(_, state)| left(state)).map(|(step, _)| step.clone()).collect()
    }

    /// Returns the request with the steps as a person has changed them, which another copy like this one needs.
    pub fn request_as_edited(&self) -> CopyRequest {
        let wanted = |n: &usize| !self.is_withdrawn(*n) && !self.is_superseded(*n);
        let steps = (0..self.request.post_copy.len()).filter(wanted).map(|n| self.request.post_copy[n].clone());
        CopyRequest { post_copy: steps.collect(), ..self.request.clone() }
    }

    /// Returns the job as it is once these steps were requested.
    #[must_use]
    pub fn with_edited_steps(&self, wanted: &[PostCopyStep]) -> Self {
        let mut job = self.clone();
        job.edit_steps(wanted, None);
        job
    }

    /// Carries out these steps in place of those that are not done. What is done stays done, and what has come after the first `known`
    /// steps was requested by somebody else meanwhile.
    pub(super) fn edit_steps(&mut self, wanted: &[PostCopyStep], known: Option<usize>) {
        if !matches!(self.state, JobState::Available { .. }) {
            return;
        }
        self.dismissed = false;
        let in_effect: Vec<bool> = (0..self.step_states.len()).map(|n| !self.is_superseded(n)).collect();
        let steps = &self.request.post_copy;
        let new: Vec<PostCopyStep> = wanted
            .iter()
            .enumerate()
            .filter(|(n, step)| !wanted[..*n].contains(step))
            .filter(|(_, step)| {
                !steps.iter().zip(&in_effect).any(|(known, is_in_effect)| *is_in_effect && known == *step)
            })
            .map(|(_, step)| step.clone())
            .collect();
        let known = known.unwrap_or(steps.len());
        for ((step, state), is_in_effect) in steps.iter().zip(&mut self.step_states).zip(in_effect).take(known) {
            let overridden = wanted.iter().any(|w| w != step && sets_the_same(w, step));
            if is_in_effect && wanted.contains(step) {
                reopen(state);
            } else {
                withdraw(state, overridden);
            }
        }
        self.step_states.extend(new.iter().map(|_| StepState::Waiting));
        self.request.post_copy.extend(new);
    }

    fn is_withdrawn(&self, n: usize) -> bool {
        matches!(self.step_states.get(n), Some(StepState::Withdrawn(_)))
    }

    /// Returns true if a later step sets the same property to another value.
    pub fn is_superseded(&self, n: usize) -> bool {
        let steps = &self.request.post_copy;
        let later = steps.iter().enumerate().skip(n + 1);
        later.filter(|(m, _)| !self.is_withdrawn(*m)).any(|(_, step)| sets_the_same(step, &steps[n]))
    }
}

/// Returns true if the later of two steps takes the place of the earlier: an image has one deprecation date and one protection.
fn sets_the_same(one: &PostCopyStep, other: &PostCopyStep) -> bool {
    use PostCopyStep::{Deprecation, DeregistrationProtection};
    matches!(
        (one, other),
        (Deprecation(_), Deprecation(_)) | (DeregistrationProtection { .. }, DeregistrationProtection { .. })
    )
}

/// Makes a step wait again, unless it is done or under way.
fn reopen(state: &mut StepState) {
    match state {
        StepState::Waiting | StepState::UnderWay(_) | StepState::Done => {}
        StepState::Failed(_) | StepState::GivenUp | StepState::GivenUpSent(_) | StepState::Withdrawn(_) => {
            *state = StepState::Waiting;
        }
    }
}

/// Withdraws a step that is not done. If a call was sent, it stays `GivenUpSent`, because it may have been carried out, unless another
/// step overrides it.
fn withdraw(state: &mut StepState, overridden: bool) {
    *state = match std::mem::replace(state, StepState::GivenUp) {
        StepState::UnderWay(progress) | StepState::GivenUpSent(progress)
            if progress.changes_sent > 0 && !overridden =>
        {
            StepState::GivenUpSent(progress)
        }
        StepState::Failed(failure) => StepState::Withdrawn(Some(failure)),
        StepState::Waiting | StepState::GivenUp | StepState::UnderWay(_) | StepState::GivenUpSent(_) => {
            StepState::Withdrawn(None)
        }
        settled @ (StepState::Done | StepState::Withdrawn(_)) => settled,
    };
}
