//! The images that failed copies of sync have left: they go once another copy was accepted in their place.

use std::collections::BTreeSet;

use super::Sync;
use crate::{
    cli::{
        copy::{Known, Made},
        exit::{CommandError, ExitStatus},
        follow::{Ending, FollowOptions, Signals, Silent, Until, follow},
        queue::OpenQueue,
        selection::Selection,
    },
    domain::{
        Failure,
        sync::{SYNC_TAG, SyncTag},
    },
    engine::{BatchId, Command, Job, JobId, JobState},
};

impl Sync<'_> {
    /// Removes what earlier copies have left that failed, and in whose place these were made. Returns why some of it could not be, and the
    /// status if a signal ended it.
    pub(super) async fn remove_failed(
        &self,
        known: &Known,
        made: &Made,
        signals: &mut Signals,
    ) -> (Vec<Failure>, Option<ExitStatus>) {
        let replaced = replaced(known, made);
        if replaced.is_empty() {
            return (Vec::new(), None);
        }
        match self.remove(replaced, signals).await {
            Ok(done) => done,
            Err(CommandError::Failure(failure, _)) => (vec![*failure], None),
            Err(CommandError::ReaderGone) => (Vec::new(), None),
        }
    }

    async fn remove(
        &self,
        replaced: Vec<(JobId, BatchId)>,
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
        // What is left of it at the end is the queue's.
        let options = FollowOptions { until, timeout: Some(PATIENCE), progress, to_background: false };
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

/// How long removing is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

/// Returns the failed copies of sync that have left an image, each with the batch of the copy that EC2 has accepted in its place.
fn replaced(known: &Known, made: &Made) -> Vec<(JobId, BatchId)> {
    let jobs = || made.followed.iter().flat_map(|followed| &followed.jobs);
    let failed = known.failed().filter(|job| job.request.image_tags.iter().any(|tag| &*tag.key == SYNC_TAG));
    let by = |failed: &Job| {
        let route = SyncTag::of(&failed.request);
        let same = |job: &Job| job.id != failed.id && SyncTag::of(&job.request) == route;
        let accepted = |job: &Job| matches!(job.state, JobState::Copying { .. } | JobState::Available { .. });
        jobs().find(|job| same(job) && accepted(job)).map(|job| job.batch.clone())
    };
    failed.filter_map(|job| Some((job.id, by(job)?))).collect()
}
