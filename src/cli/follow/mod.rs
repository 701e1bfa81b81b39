//! Follows copies until they have ended: runs the queue, or follows the process that runs it.

mod describe;
mod ending;
mod progress;
#[cfg(test)]
pub(super) mod samples;
mod signals;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

pub(super) use describe::{failure_of_cancel, title};
pub(super) use ending::{Ending, Followed};
pub(super) use progress::{Lines, Progress, Records, Silent, on_stderr, stderr_is_terminal};
pub(super) use signals::{Signal, Signals};

use super::{
    drive::{release, retry_after_logins},
    exit::CommandError,
    output::report,
    queue::OpenQueue,
    selection::{Selection, has_ended},
    setup::Setup,
};
use crate::{
    domain::Failure,
    driver::{DriverStatus, JobUpdate, RECENT, login::login_timeout},
    engine::{Command, Comparison, Job, JobId, JobState, RemovalReason, Status},
    labels,
    term::session,
};

/// Interval between checks whether commands were taken up.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long the comparison of available copies with their requests is waited for: the region may not be readable.
const COMPARISON_WAIT: Duration = Duration::from_secs(20);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The copies have ended, and their post-copy steps too, or a person must decide about them.
    Ended,
    /// EC2 has answered every `CopyImage`, or refused the copy. What fails or becomes available meanwhile is waited for as in
    /// [`Until::Ended`].
    Answered,
    /// The copies are cancelled, or cannot be.
    Cancelled,
}

/// How copies are followed.
pub(super) struct FollowOptions {
    pub(super) until: Until,
    /// How long at most; `None` for as long as it takes.
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Box<dyn Progress>,
}

/// Follows copies until they have ended or were answered, the time is over, or a signal ends it. Commands sent through the queue
/// are taken up first. Queued copies of other commands go on meanwhile.
///
/// # Errors
/// If a command is rejected, the store cannot be used, or there were no credentials for `jobs.login_timeout_hours`.
pub(super) async fn follow(
    setup: &Setup,
    mut queue: OpenQueue,
    selection: Selection,
    options: FollowOptions,
    signals: &mut Signals,
) -> Result<Followed, CommandError> {
    let (paused, paused_receiver) = watch::channel(None);
    let FollowOptions { until, timeout, progress } = options;
    let handle = queue.handle.clone();
    let mut follower = Follower {
        setup,
        selection,
        until,
        progress,
        own: std::mem::take(&mut queue.sent),
        untaken: Vec::new(),
        jobs: BTreeMap::new(),
        status: Status::default(),
        runs: false,
        paused,
        wait_for_comparison: None,
        store_problem: None,
    };
    let ending = {
        let limit = Duration::from_hours(setup.config.jobs.login_timeout_hours.into());
        tokio::select! {
            ending = follower.run(&mut queue, timeout, signals) => ending,
            failure = login_timeout(paused_receiver.clone(), limit) => Err(failure.into()),
            () = retry_after_logins(paused_receiver, handle.clone()) => Ok(Ending::Done),
        }
    };
    follower.progress.finish();
    // Requests under way are waited for. A second signal ends it at once.
    tokio::select! {
        () = release(&handle) => {}
        _ = signals.next() => {}
    }
    let Follower { jobs, status, selection, .. } = follower;
    Ok(Followed { jobs: jobs.into_values().collect(), status, selection, ending: ending?, timeout })
}

/// What is known while copies are followed.
struct Follower<'a> {
    setup: &'a Setup,
    selection: Selection,
    until: Until,
    progress: Box<dyn Progress>,
    /// Commands of this process that are perhaps not stored yet.
    own: Vec<Command>,
    /// Stored commands that are not taken up yet.
    untaken: Vec<Command>,
    /// The copies that are followed.
    jobs: BTreeMap<JobId, Arc<Job>>,
    status: Status,
    /// This process runs the queue. Another one's credentials do not matter here.
    runs: bool,
    /// Why the credentials of this process do not work.
    paused: watch::Sender<Option<Failure>>,
    /// Until when only the comparison of available copies with their requests is waited for.
    wait_for_comparison: Option<Instant>,
    /// Why the store cannot be written, as it was said.
    store_problem: Option<Failure>,
}

impl Follower<'_> {
    async fn run(
        &mut self,
        queue: &mut OpenQueue,
        timeout: Option<Duration>,
        signals: &mut Signals,
    ) -> Result<Ending, CommandError> {
        let timeout = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let handle = queue.handle.clone();
        let mut stored = std::pin::pin!(handle.flush());
        let mut are_stored = false;
        self.load(queue).await?;
        loop {
            if are_stored && self.untaken.is_empty() && self.is_done() {
                return Ok(Ending::Done);
            }
            let checks = are_stored && !self.untaken.is_empty();
            tokio::select! {
                biased;
                signal = signals.next() => {
                    if let Some(ending) = self.signalled(signal, queue).await {
                        return Ok(ending);
                    }
                }
                () = at(timeout) => return Ok(Ending::TimedOut),
                // A rejection is published before the command counts as handled.
                update = queue.updates.recv() => match update {
                    Some(update) => self.update(update)?,
                    None => return Err(ended(queue).await.into()),
                },
                () = &mut stored, if !are_stored => {
                    are_stored = true;
                    self.untaken.append(&mut self.own);
                }
                () = tokio::time::sleep(STORE_POLL_INTERVAL), if checks => self.check_commands(queue).await?,
                () = at(self.wait_for_comparison) => {}
            }
        }
    }

    /// Reads the copies from the store, and which commands are stored that belong to them.
    async fn load(&mut self, queue: &OpenQueue) -> Result<(), CommandError> {
        let (account, recent) = (queue.account.clone(), queue.clock.now() - RECENT);
        let wanted = self.selection.clone();
        let (loaded, older) = queue
            .store
            .with(move |store| {
                let loaded = store.load(&account, recent)?;
                let mut older = Vec::new();
                if let Selection::Jobs(ids) = wanted {
                    for id in ids.into_iter().filter(|id| loaded.jobs.iter().all(|job| job.id != *id)) {
                        older.extend(store.job(&account, id)?);
                    }
                }
                Ok((loaded, older))
            })
            .await?;
        // A read-only session takes none up, and another process may not be there.
        if !self.setup.config.read_only {
            let awaited = loaded.commands.into_iter().map(|(_, command)| command);
            self.untaken = awaited.filter(|command| self.selection.awaits(command)).collect();
        }
        self.status = loaded.status;
        self.observe(loaded.jobs.into_iter().chain(older).map(Arc::new))
    }

    /// Forgets the commands that were taken up, and reads the copies again once that is so of all.
    async fn check_commands(&mut self, queue: &OpenQueue) -> Result<(), CommandError> {
        let account = queue.account.clone();
        // A store that cannot be read now is perhaps readable next time.
        let Ok(stored) = queue.store.with(move |store| store.commands(&account)).await else { return Ok(()) };
        self.untaken.retain(|command| stored.iter().any(|(_, stored)| stored == command));
        if self.untaken.is_empty() { self.load(queue).await } else { Ok(()) }
    }

    fn observe(&mut self, jobs: impl Iterator<Item = Arc<Job>>) -> Result<(), CommandError> {
        for job in jobs {
            if self.jobs.contains_key(&job.id) || self.selection.includes(&job) {
                self.progress.show(&job, &self.status)?;
                self.jobs.insert(job.id, job);
            }
        }
        Ok(())
    }

    /// Returns true if nothing is waited for any more. Compared with their requests are only copies that have just ended.
    fn is_done(&mut self) -> bool {
        let done = self.jobs.values().all(|job| match self.until {
            Until::Ended => has_ended(job),
            Until::Answered => is_answered(job),
            Until::Cancelled => has_ended(job) || !job.is_being_removed(),
        });
        if !done {
            self.wait_for_comparison = None;
            return false;
        }
        let due = |job: &Arc<Job>| matches!(job.comparison, Comparison::Due { .. });
        if self.until != Until::Ended || !self.jobs.values().any(due) {
            return true;
        }
        let end = *self.wait_for_comparison.get_or_insert_with(|| Instant::now() + COMPARISON_WAIT);
        end <= Instant::now()
    }

    fn update(&mut self, update: JobUpdate) -> Result<(), CommandError> {
        match update {
            JobUpdate::Opened { jobs, status, .. } => {
                self.note_status(status)?;
                self.observe(jobs.into_iter())?;
            }
            JobUpdate::Changed { jobs, status } => {
                self.observe(jobs.into_iter())?;
                if let Some(status) = status {
                    self.note_status(status)?;
                }
            }
            JobUpdate::Driver(driver) => self.note_driver(&driver)?,
            // Nothing that this command was to do will happen.
            JobUpdate::Rejected(failure) if !self.own.is_empty() => return Err(failure.into()),
            JobUpdate::Rejected(failure) => self.report(&failure),
            // What is stored is carried out once the store can be written: that is tried again and again.
            JobUpdate::StoreProblem(Some(failure)) => {
                if self.store_problem.replace(failure.clone()).as_ref() != Some(&failure) {
                    self.report(&failure);
                }
            }
            JobUpdate::StoreProblem(None) => {
                self.store_problem = None;
                self.note("the store of jobs can be written again");
            }
            JobUpdate::Warning(warning) => self.note(&labels::driver::warning(&warning)),
        }
        Ok(())
    }

    fn note_driver(&mut self, driver: &DriverStatus) -> Result<(), CommandError> {
        self.runs = *driver == DriverStatus::ThisProcess;
        self.note_credentials();
        match driver {
            DriverStatus::NotRunning(failure) if failure.retry != crate::domain::Retry::Later => {
                Err(failure.clone().into())
            }
            DriverStatus::NotRunning(failure) => {
                self.report(failure);
                Ok(())
            }
            other => {
                let text = labels::driver::unresponsive(other).or_else(|| labels::driver::running_elsewhere(other));
                if let Some(text) = text {
                    self.note(&text);
                }
                Ok(())
            }
        }
    }

    /// What queued copies wait for may have changed.
    fn note_status(&mut self, status: Status) -> Result<(), CommandError> {
        self.status = status;
        self.note_credentials();
        let queued = self.jobs.values().filter(|job| job.state == JobState::Queued);
        queued.into_iter().try_for_each(|job| self.progress.show(job, &self.status))
    }

    /// Says when credentials stop working, or work again.
    fn note_credentials(&mut self) {
        let now = self.status.paused.clone().filter(|_| self.runs);
        let before = self.paused.send_replace(now.clone());
        match (before, now) {
            (before, Some(failure)) if before.as_ref() != Some(&failure) => self.report(&failure),
            (Some(_), None) => self.note("the credentials work again"),
            _ => {}
        }
    }

    /// Returns how it ends, if it does.
    async fn signalled(&mut self, signal: Signal, queue: &OpenQueue) -> Option<Ending> {
        match signal {
            Signal::Interrupt => Some(Ending::Interrupted),
            // It goes on where nobody sees it, as the queue of a screen does.
            Signal::HangUp if self.setup.config.jobs.background_on_hangup => {
                self.progress = Box::new(Silent);
                None
            }
            Signal::Terminate | Signal::HangUp => Some(Ending::Terminated),
            Signal::Stop => {
                release(&queue.handle).await;
                session::stop();
                queue.handle.resume();
                None
            }
        }
    }

    fn note(&mut self, text: &str) {
        let output = self.setup.output;
        self.progress.interrupt(&mut || output.note(text));
    }

    fn report(&mut self, failure: &Failure) {
        self.progress.interrupt(&mut || report(failure));
    }
}

/// Returns true if EC2 has answered its `CopyImage`, or nothing is to be sent any more.
fn is_answered(job: &Job) -> bool {
    let removing = |reason: &RemovalReason| !matches!(reason, RemovalReason::Retry { .. });
    match &job.state {
        JobState::Copying { .. } => true,
        JobState::Removing { reason, .. } => removing(reason),
        _ => has_ended(job),
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Why the driver has ended by itself.
async fn ended(queue: &mut OpenQueue) -> Failure {
    match (&mut queue.run).await {
        Ok(Err(failure)) => failure,
        Ok(Ok(())) => Failure::new("run the queue", "it ended early; please report this"),
        Err(error) => Failure::new("run the queue", error.to_string()),
    }
}
