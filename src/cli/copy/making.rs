//! How checked copies are made, whichever command asks for them: what is there or under way is left out, the rest is given to the queue
//! and followed.

use tokio::time::Instant;

use super::{
    check::{self, Checked, Refused, Skipped},
    known::{Known, Queued},
    options::{CopyOptions, IfExists},
    start::{self, Amount},
};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        follow::{Ending, Followed, Signals},
        output::report,
        records::{CopyDocument, FailureRecord},
        setup::Setup,
    },
    domain::{ClientToken, CopyRequest, Failure, plan::Plan},
    engine::{BatchId, Job, JobState},
};

/// Copies that were checked, and are not started yet.
pub(super) struct Prepared {
    pub(super) checked: Checked,
    /// Those under way in this store.
    pub(super) queued: Vec<(CopyRequest, Queued)>,
    /// Why some are left out, which was said.
    pub(super) left_out: Vec<Failure>,
}

/// What is started, what is under way, what is there already, and why the rest is left out, which was said.
pub(super) struct Start {
    pub(super) copies: Vec<CopyRequest>,
    pub(super) queued: Vec<(CopyRequest, Queued)>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) left_out: Vec<Failure>,
}

/// What came of copies.
pub(in crate::cli) struct Made {
    /// `None` if nothing was started or under way here.
    pub(in crate::cli) followed: Option<Followed>,
    pub(in crate::cli) skipped: Vec<Skipped>,
    /// Why what is there is not what was requested.
    failures: Vec<Failure>,
    left_out: Vec<Failure>,
    /// The status if it ended before the copies did.
    early: Option<ExitStatus>,
    pub(super) batch: Option<BatchId>,
}

/// Asks AWS about copies. Nothing is changed there.
pub(super) async fn prepare(
    setup: &Setup,
    connection: &Connection,
    plan: Plan,
    known: &Known,
    options: &CopyOptions,
) -> Prepared {
    let (plan, mut queued) = without_queued(plan, known, options.if_exists);
    let mut checked = check::check(setup, connection, plan.clone(), known, options).await;
    let mut left_out = Vec::new();
    if let Some((rest, refused)) = checked.without_refused(plan).filter(|_| options.skip_refused) {
        refused.iter().for_each(report);
        left_out = refused;
        checked = check::check(setup, connection, rest, known, options).await;
    }
    queued.extend(checked.take_own(known));
    Prepared { checked, queued, left_out }
}

/// Asks AWS about copies of images that are not shared yet. Returns why they cannot be made whatever is shared, if so.
pub(super) async fn refused_before_sharing(
    setup: &Setup,
    connection: &Connection,
    plan: Plan,
    known: &Known,
    options: &CopyOptions,
) -> Option<Refused> {
    let (plan, _) = without_queued(plan, known, options.if_exists);
    let checked = check::check(setup, connection, plan.clone(), known, options).await;
    checked.refused_before_sharing(plan, options.skip_refused)
}

/// Takes the copies out of a plan that are under way in this store, if copies are not to be made twice.
fn without_queued(mut plan: Plan, known: &Known, if_exists: IfExists) -> (Plan, Vec<(CopyRequest, Queued)>) {
    let mut queued = Vec::new();
    if if_exists == IfExists::Skip {
        plan.copies.retain(|copy| match known.queued(copy) {
            Some(found) => {
                queued.push((copy.clone(), found));
                false
            }
            None => true,
        });
    }
    (plan, queued)
}

/// Checks copies, asks for a confirmation where one is needed, and makes them. Returns the status if nothing may be started.
///
/// # Errors
/// If it is not confirmed, the store cannot be used, or the request is rejected.
pub(in crate::cli) async fn make_all(
    setup: &Setup,
    connection: &Connection,
    plan: Plan,
    known: &Known,
    options: &CopyOptions,
    signals: &mut Signals,
) -> Result<Result<Made, ExitStatus>, CommandError> {
    let Prepared { checked, queued, left_out } = prepare(setup, connection, plan, known, options).await;
    if let Some(status) = checked.report(setup.output) {
        return Ok(Err(status));
    }
    let copies = checked.copies(connection, known, options.if_exists != IfExists::Copy);
    start::confirm(setup, options.yes, Amount::of_checked(&checked), &[])?;
    let start = Start { copies, queued, skipped: checked.skipped, left_out };
    make(setup, connection, known, start, options, signals).await.map(Ok)
}

/// Gives copies to the queue, and follows them until EC2 has accepted them or they have ended.
///
/// # Errors
/// If the store cannot be used, or the request is rejected.
pub(super) async fn make(
    setup: &Setup,
    connection: &Connection,
    known: &Known,
    start: Start,
    options: &CopyOptions,
    signals: &mut Signals,
) -> Result<Made, CommandError> {
    let begun = Instant::now();
    let Start { copies, queued, mut skipped, left_out } = start;
    let mut failures = note_queued(setup, &queued);
    let before: Vec<ClientToken> = queued.into_iter().map(|(_, queued)| queued.token).collect();
    let batch = start::batch(&copies);
    let mut followed = None;
    if !copies.is_empty() || !before.is_empty() {
        let (mut ended, store) = start::run(setup, connection, copies, before, options, signals).await?;
        let made_elsewhere = start::skip_mismatches(connection, &mut ended, &store, known, signals).await;
        for skipped in &made_elsewhere {
            setup.output.note(&format!("skip: {}", skipped.record.reason));
        }
        skipped.extend(made_elsewhere);
        followed = Some(ended);
    }
    let mut early =
        followed.as_ref().is_some_and(|followed| followed.ending != Ending::Done).then_some(ExitStatus::Failed);
    if options.wait && early.is_none() {
        let left = options.timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        match start::wait_for_skipped(setup, connection, &mut skipped, left, signals).await {
            Ok(status) => early = status,
            Err(failure) => failures.push(failure),
        }
    }
    failures.extend(skipped.iter().filter_map(|skipped| skipped.failure.clone()));
    Ok(Made { followed, skipped, failures, left_out, early, batch })
}

/// Says which copies are under way already. Returns why some of them are not what was requested.
pub(super) fn note_queued(setup: &Setup, queued: &[(CopyRequest, Queued)]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (copy, queued) in queued {
        match queued.verdict(copy) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => setup.output.note(&text),
            Err(failure) => failures.push(failure),
        }
    }
    failures
}

impl Made {
    /// Returns the copies as `amigrate copy` prints them.
    pub(super) fn document(&self, connection: &Connection) -> CopyDocument {
        let jobs = self.followed.as_ref().map(|followed| followed.records(&connection.account)).unwrap_or_default();
        let skipped = self.skipped.iter().map(|skipped| skipped.record.clone()).collect();
        CopyDocument { jobs, skipped, failures: self.failures().iter().map(FailureRecord::from).collect() }
    }

    /// Returns true if none of the copies was accepted by EC2, or may still be.
    pub(super) fn has_started_nothing(&self) -> bool {
        let is_refused = |job: &Job| matches!(job.state, JobState::Failed { .. }) && job.image().is_none();
        self.followed.as_ref().is_none_or(|followed| followed.jobs.iter().all(|job| is_refused(job)))
    }

    /// Returns everything that has failed.
    pub(in crate::cli) fn failures(&self) -> Vec<Failure> {
        let of_jobs = self.followed.as_ref().map(Followed::failures).unwrap_or_default();
        of_jobs.into_iter().chain(self.failures.iter().chain(&self.left_out).cloned()).collect()
    }

    /// Returns true if a signal or the time has ended it before the copies did.
    pub(in crate::cli) fn ended_early(&self) -> bool {
        self.early.is_some()
    }

    /// Says what has failed, and how to continue where it did not end by itself. Returns the exit status.
    pub(in crate::cli) fn report(&self, setup: &Setup) -> ExitStatus {
        let of_copies = self.followed.as_ref().map_or(ExitStatus::Done, |followed| followed.report(setup.output));
        self.failures.iter().for_each(report);
        match self.early {
            Some(_) if self.followed.as_ref().is_some_and(|followed| followed.ending != Ending::Done) => of_copies,
            Some(early) => early,
            None => ExitStatus::of_all(&self.failures()),
        }
    }
}
