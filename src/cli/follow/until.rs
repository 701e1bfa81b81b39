//! What is waited for.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::describe;
use crate::{
    cli::selection::has_ended,
    domain::Retry,
    engine::{Job, Status},
};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Until {
    /// The copies have ended, and their post-copy steps too, or a person must decide about them.
    Ended,
    /// EC2 has answered every `CopyImage`, and shows the image if it may be that of an earlier copy; or it refused the copy. What fails
    /// or becomes available meanwhile is waited for as in [`Until::Ended`].
    Answered,
    /// The copies are cancelled, or cannot be.
    Cancelled,
}

impl Until {
    /// Returns true if this copy is not waited for any more.
    pub(super) fn is_reached(self, job: &Job, status: &Status) -> bool {
        match self {
            Self::Ended => has_ended(job),
            Self::Answered => describe::is_answered(job) && !is_awaited(job, status),
            Self::Cancelled => has_ended(job) || !job.is_being_removed(),
        }
    }
}

/// Returns true if EC2 is yet to show the copy's image. Where it may not be read that is never known.
fn is_awaited(job: &Job, status: &Status) -> bool {
    let region = status.regions.get(&job.request.destination);
    let problem = region.and_then(|region| region.problem.as_ref());
    job.is_unconfirmed() && problem.is_none_or(|p| matches!(p.retry, Retry::Later | Retry::AfterLogin))
}

/// Says that an image is waited for, once that takes long.
#[derive(Debug, Default)]
pub(super) struct Confirming {
    since: Option<Instant>,
    announced: bool,
}

impl Confirming {
    /// EC2 usually shows an image sooner.
    const ANNOUNCE_AFTER: Duration = Duration::from_secs(5);

    /// Takes in whether something is waited for.
    pub(super) fn waits(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Returns when it is to be announced.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.filter(|_| !self.announced).map(|since| since + Self::ANNOUNCE_AFTER)
    }

    /// Returns what is to be announced now, once.
    pub(super) fn take_due<'a>(&mut self, jobs: impl Iterator<Item = &'a Arc<Job>>) -> Vec<String> {
        self.announced = true;
        let unconfirmed = jobs.filter(|job| job.is_unconfirmed()).filter_map(|job| Some((job, job.image()?)));
        unconfirmed
            .map(|(job, image)| {
                let region = &job.request.destination;
                format!("EC2 answered with {image}, and does not show it in {region} yet; asking again")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::follow::{describe::failure, samples},
        domain::{ClientToken, Failure, ImageId},
        engine::{JobState, Note, RegionStatus},
    };

    /// A copy that EC2 has answered with an image that may be an earlier copy's.
    fn unconfirmed() -> Job {
        let mut job = samples::copying(1, None);
        job.request.token = ClientToken::derived(1);
        job
    }

    #[test]
    fn an_answer_counts_once_the_image_is_shown_or_cannot_be_read() {
        let mut status = Status::default();
        let mut problem = |retry| {
            let problem = Some(Failure::new("poll", "no").retry(retry));
            let region = RegionStatus { problem, ..RegionStatus::default() };
            status.regions.insert(unconfirmed().request.destination, region);
            Until::Answered.is_reached(&unconfirmed(), &status)
        };
        assert!(!problem(Retry::Later) && !problem(Retry::AfterLogin));
        assert!(problem(Retry::AfterChange) && problem(Retry::Never));
        assert!(!Until::Answered.is_reached(&unconfirmed(), &Status::default()));
        assert!(Until::Answered.is_reached(&samples::copying(1, None), &Status::default()));
    }

    #[test]
    fn a_long_wait_is_told_once() {
        let (mut confirming, start) = (Confirming::default(), Instant::now());
        assert_eq!(confirming.due(), None);
        confirming.waits(start);
        confirming.waits(start + Duration::from_secs(4));
        assert_eq!(confirming.due(), Some(start + Duration::from_secs(5)));
        let jobs = [Arc::new(unconfirmed()), Arc::new(samples::copying(2, None))];
        let announced = confirming.take_due(jobs.iter());
        assert_eq!(announced, ["EC2 answered with ami-1, and does not show it in eu-west-1 yet; asking again"]);
        assert_eq!(confirming.due(), None);
    }

    #[test]
    fn an_earlier_copy_that_is_gone_is_a_failure_with_a_way_out() {
        let mut job = unconfirmed();
        (job.state, job.note) = (JobState::Gone { image: ImageId::new("ami-1").unwrap() }, Some(Note::EarlierCopyGone));
        assert!(Until::Answered.is_reached(&job, &Status::default()));
        let failure = failure(&job).unwrap();
        let why =
            "EC2 answered with ami-1, which is not there: most likely the image of an earlier copy, deregistered since";
        assert_eq!(failure.why, why);
        assert!(
            failure.hint.contains("`amigrate retry 1`") && failure.hint.contains("--if-exists copy"),
            "{}",
            failure.hint
        );
    }
}
