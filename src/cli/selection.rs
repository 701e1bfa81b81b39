//! Which copies a command is about.

use std::collections::BTreeSet;

use crate::{
    domain::{ClientToken, ImageId, Region},
    engine::{BatchId, Command, Job, JobId},
};

/// Which copies a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// All that have not ended, and those that are requested meanwhile.
    All,
    Batch(BatchId),
    Jobs(BTreeSet<JobId>),
    /// Copies that were just requested, by the tokens of their requests.
    Tokens(BTreeSet<ClientToken>),
    /// The copies that made these images, and the removals of images made elsewhere.
    Images(BTreeSet<(Region, ImageId)>),
}

impl Selection {
    /// Returns true if it is about this copy.
    pub(super) fn includes(&self, job: &Job) -> bool {
        match self {
            Self::All => !has_ended(job),
            Self::Batch(batch) => job.batch == *batch,
            Self::Jobs(ids) => ids.contains(&job.id),
            // The token of a copy may have moved on since it was requested.
            Self::Tokens(tokens) => {
                tokens.contains(&job.request.token) || job.earlier_derived_tokens().any(|token| tokens.contains(token))
            }
            Self::Images(images) => {
                let image = job.images.last();
                image.is_some_and(|image| images.contains(&(job.request.destination.clone(), image.clone())))
            }
        }
    }

    /// Returns true if a command that is stored, and not carried out yet, makes copies that belong to it, or removes its images.
    pub(super) fn awaits(&self, command: &Command) -> bool {
        if let (Self::Images(wanted), Command::DeregisterImages(images)) = (self, command) {
            return images.iter().any(|image| wanted.contains(&(image.region.clone(), image.image.clone())));
        }
        let Command::Copy(requests) = command else { return false };
        match self {
            Self::All => true,
            Self::Batch(batch) => BatchId::of_copies(requests).as_ref() == Some(batch),
            Self::Jobs(_) | Self::Images(_) => false,
            Self::Tokens(tokens) => requests.iter().any(|request| tokens.contains(&request.token)),
        }
    }

    /// Returns the arguments that select the same copies in another command.
    pub(super) fn arguments(&self, jobs: impl Iterator<Item = JobId>) -> String {
        match self {
            Self::All => "--all".into(),
            Self::Batch(batch) => format!("--batch {batch}"),
            Self::Jobs(_) | Self::Tokens(_) | Self::Images(_) => {
                jobs.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// Returns true if nothing more happens to a copy unless a person decides it: it has ended, its post-copy steps too, or it is in
/// doubt.
pub(super) fn has_ended(job: &Job) -> bool {
    use crate::engine::JobState;
    job.state.ended() && !job.has_open_steps() || matches!(job.state, JobState::InDoubt { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::follow::samples;

    #[test]
    fn a_copy_is_selected_by_the_token_that_it_was_requested_with() {
        let (requested, given) = (ClientToken::derived(1), ClientToken::given("mine").unwrap());
        let selects = |token: &ClientToken, job: &Job| Selection::Tokens([token.clone()].into()).includes(job);
        let mut job = samples::copying(1, None);
        job.request.token = ClientToken::derived(2);
        assert!(!selects(&requested, &job));
        job.sent_tokens = vec![given.clone(), requested.clone()];
        assert!(selects(&requested, &job) && selects(&ClientToken::derived(2), &job));
        // One that a person gave may have been sent for other copies as well.
        assert!(!selects(&given, &job));
    }
}
