//! The images that failed copies of sync have left: they go once another copy was accepted in their place, or nobody wants one any more.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use super::{
    Sync,
    retire::{CHECK_VALID, RetireRun},
};
use crate::{
    cli::{
        copy::{Known, Made},
        exit::{CommandError, ExitStatus},
        follow::{Ending, FollowOptions, Signals, Silent, Until, follow},
        queue::OpenQueue,
        selection::Selection,
    },
    domain::{
        Failure, Image, ImageId, ImageState,
        sync::{KeepReason, SyncPlan, SyncTag, is_requested_by_sync, made_by_sync},
    },
    engine::{BatchId, Command, Job, JobId, JobState},
};

/// Limit of the wait for a removal.
const REMOVAL_TIMEOUT: Duration = Duration::from_mins(1);

impl Sync<'_> {
    /// Removes what earlier copies of this host have left that failed, and in whose place these were made. Returns why some of it could
    /// not be, and the status if a signal ended it. `left` is how much time there is.
    pub(super) async fn remove_failed(
        &self,
        known: &Known,
        made: &Made,
        plan: &SyncPlan,
        left: Option<Duration>,
        signals: &mut Signals,
    ) -> (Vec<Failure>, Option<ExitStatus>) {
        let planned: BTreeSet<&ImageId> = plan.failed().map(|image| &image.id).collect();
        let replaced = replaced(known, made, &planned);
        // What there is no time for is the next run's.
        if replaced.is_empty() || left == Some(Duration::ZERO) {
            return (Vec::new(), None);
        }
        let patience = left.map_or(REMOVAL_TIMEOUT, |left| left.min(REMOVAL_TIMEOUT));
        match self.remove(replaced, patience, signals).await {
            Ok(done) => done,
            Err(CommandError::Failure(failure, _)) => (vec![*failure], None),
            Err(CommandError::BrokenPipe) => (Vec::new(), None),
        }
    }

    async fn remove(
        &self,
        replaced: Vec<(JobId, BatchId)>,
        patience: Duration,
        signals: &mut Signals,
    ) -> Result<(Vec<Failure>, Option<ExitStatus>), CommandError> {
        if let Err(signal) = signals.unless(tokio::task::yield_now()).await {
            return Ok((Vec::new(), Some(signal.status())));
        }
        let ids: BTreeSet<JobId> = replaced.iter().map(|(id, _)| *id).collect();
        let mut queue = OpenQueue::open(self.setup, &self.connection, self.setup.driver_settings())?;
        for (id, by) in replaced {
            queue.send(Command::RemoveFailed(id, by));
        }
        let (until, progress) = (Until::Ended, Box::new(Silent));
        // After the timeout the queue finishes the removal.
        let options = FollowOptions { until, timeout: Some(patience), progress, to_background: false };
        let followed = follow(self.setup, queue, Selection::Jobs(ids), options, signals).await?;
        let refused = |job: &Job| {
            let (failure, image) = job.removal_refusal().zip(job.image())?;
            let what = format!("remove the failed copy {image} in {}", job.request.destination);
            Some(Failure { what, ..failure.clone() })
        };
        let failures = followed.jobs.iter().filter_map(|job| refused(job)).collect();
        let status = match followed.ending {
            Ending::Signalled(signal) => Some(signal.status()),
            Ending::Done | Ending::TimedOut => None,
        };
        Ok((failures, status))
    }
}

impl RetireRun<'_> {
    /// Removes what the plan has found of failed copies, whichever host made them. One stays while its copy is wanted and no other was
    /// accepted: the token of the next request depends on it.
    ///
    /// # Errors
    /// The status if a signal ends it, or the time is over.
    pub(super) async fn remove_planned(&mut self, plan: &SyncPlan, made: Option<&Made>) -> Result<(), ExitStatus> {
        for image in plan.failed() {
            let Ok(route) = made_by_sync(image, &self.account) else { continue };
            if plan.misses(&route) && !made.is_some_and(|made| is_accepted(made, &route, &image.id)) {
                continue;
            }
            let begun = Timestamp::now();
            let session = self.sync.connection.session.clone();
            let ids = [image.id.clone()];
            let read = self.unless_over(Box::pin(session.describe_images(&image.region, &ids))).await?;
            let still = |image: &Image| image.state == ImageState::Failed && made_by_sync(image, &self.account).is_ok();
            match read {
                Ok(images) => match images.into_iter().find(still) {
                    Some(image) => {
                        self.unless_over(tokio::task::yield_now()).await?;
                        Box::pin(self.deregister(image, begun + CHECK_VALID)).await?;
                    }
                    None => self.defer(&image.id, &KeepReason::Gone),
                },
                Err(failure) => self.fail(failure),
            }
        }
        Ok(())
    }
}

/// Returns the failed copies of sync that have left an image, each with the batch of the copy that EC2 has accepted in its place. That one
/// may have failed in turn. What the plan names is left out.
fn replaced(known: &Known, made: &Made, planned: &BTreeSet<&ImageId>) -> Vec<(JobId, BatchId)> {
    let is_planned = |job: &Job| job.image().is_some_and(|image| planned.contains(image));
    let failed = known.failed().filter(|job| is_requested_by_sync(&job.request));
    let by = |failed: &Job| {
        let route = SyncTag::of(&failed.request);
        let other = |job: &&Job| job.id != failed.id && has_image(job, &route);
        jobs(made).find(other).map(|job| job.batch.clone())
    };
    failed.filter(|job| !is_planned(job)).filter_map(|job| Some((job.id, by(job)?))).collect()
}

/// Returns true if EC2 has accepted another copy on the route of a failed one, or somebody has made one there.
fn is_accepted(made: &Made, route: &SyncTag, failed: &ImageId) -> bool {
    let skipped = made.skipped.iter().any(|skipped| SyncTag::of(&skipped.copy) == *route);
    skipped || jobs(made).any(|job| has_image(job, route) && job.image() != Some(failed))
}

fn jobs(made: &Made) -> impl Iterator<Item = &Job> {
    made.followed.iter().flat_map(|followed| &followed.jobs).map(AsRef::as_ref)
}

/// Returns true if EC2 has accepted the copy, whatever has become of it since.
fn has_image(job: &Job, route: &SyncTag) -> bool {
    let states = matches!(
        job.state,
        JobState::Copying { .. } | JobState::Available { .. } | JobState::Failed { image: Some(_), .. }
    );
    states && SyncTag::of(&job.request) == *route
}
