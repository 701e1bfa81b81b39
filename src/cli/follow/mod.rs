//! Follows copies until they have ended: runs the queue, or follows the process that runs it.

mod bar_terminal;
mod describe;
mod ending;
mod hooks;
mod outages;
mod progress;
#[cfg(test)]
pub(super) mod samples;
mod signals;
mod until;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

pub(super) use describe::{failure_of_cancel, reason, title};
pub(super) use ending::{CarriedOn, Ending, Followed};
pub(super) use outages::Outages;
pub(super) use progress::{Progress, Records, Silent, on_stderr};
pub(super) use signals::{EndSignal, Signal, Signals, run_to_completion};
pub(super) use until::Until;

use until::Confirming;

use progress::{Situation, TICK};

use super::{
    account_flags::AccountFlags,
    drive::{release, retry_after_logins},
    exit::CommandError,
    output::report,
    queue::OpenQueue,
    selection::{Selection, has_ended},
    setup::Setup,
    timeout,
};
use crate::{
    domain::{Failure, Region},
    driver::{Clock, DriverStatus, JobUpdate, OtherProcess, RECENT, login::login_timeout},
    engine::{Command, Job, JobId, JobState, RequestCheck, Status},
    labels,
    term::session,
};

/// Interval between checks whether commands were taken up.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long the comparison of available copies with their requests is waited for: the region may not be readable.
const COMPARISON_WAIT: Duration = Duration::from_secs(20);

/// How copies are followed.
pub(super) struct FollowOptions {
    pub(super) until: Until,
    /// How long at most; `None` for as long as it takes.
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Box<dyn Progress>,
    /// A process in the background carries on what is left to do, as the settings allow. After a hang-up one does in any case.
    pub(super) to_background: bool,
}

/// Follows copies until they have ended or were answered, the time is over, or a signal ends it. Commands sent through the queue
/// are taken up first. Queued copies of other commands continue meanwhile.
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
    let FollowOptions { until, timeout, progress, to_background } = options;
    let handle = queue.handle.clone();
    let mut follower = Follower {
        setup,
        flags: setup.account_flags(),
        selection,
        until,
        progress,
        own: queue.sent.clone(),
        untaken: Vec::new(),
        jobs: BTreeMap::new(),
        status: Status::default(),
        driver: DriverStatus::Unknown,
        paused,
        clock: queue.clock,
        recent: queue.clock.now() - RECENT,
        wait_for_comparison: None,
        outages: Outages::default(),
        confirming: Confirming::default(),
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
    let left_by = match ending {
        Ok(Ending::Done) => follower.finish_hooks(&mut queue, signals).await,
        _ => None,
    };
    // Requests under way are waited for.
    release(&handle).await;
    let (ending, hooks_due) = (ending?, handle.hooks_due());
    if ending != Ending::Done {
        follower.read_again(&queue).await;
    }
    let carried_on =
        follower.driver.other().map_or(CarriedOn::Nowhere, |other| CarriedOn::ByProcess(other.process.pid));
    let Follower { jobs, status, selection, untaken, flags, .. } = follower;
    let jobs = jobs.into_values().collect();
    let mut shown = Followed { jobs, untaken, status, ending, selection, timeout, carried_on, hooks_due, flags };
    if to_background || left_by.unwrap_or(ending) == Ending::Signalled(EndSignal::HangUp) {
        shown.leave_to_background(setup, &queue.account).await;
    }
    Ok(shown)
}

/// What is known while copies are followed.
struct Follower<'a> {
    setup: &'a Setup,
    flags: AccountFlags,
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
    /// Who runs the queue. Another process's credentials do not matter here.
    driver: DriverStatus,
    /// Why the credentials of this process do not work.
    paused: watch::Sender<Option<Failure>>,
    clock: Clock,
    /// The queue has no copies any more that ended before: they are not compared with their requests.
    recent: Timestamp,
    /// Until when only the comparison of available copies with their requests is waited for.
    wait_for_comparison: Option<Instant>,
    outages: Outages,
    confirming: Confirming,
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
        let (mut are_stored, mut ticks) = (false, tokio::time::interval(TICK));
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
                () = timeout::at(timeout) => return Ok(Ending::TimedOut),
                // A rejection is published before the command counts as handled.
                update = queue.updates.recv() => match update {
                    Some(update) => self.update(update)?,
                    None => return Err(ending::of_driver(queue).await.into()),
                },
                () = &mut stored, if !are_stored => {
                    are_stored = true;
                    self.untaken.append(&mut self.own);
                }
                () = tokio::time::sleep(STORE_POLL_INTERVAL), if checks => self.check_commands(queue).await?,
                () = timeout::at(self.wait_for_comparison) => {}
                _ = ticks.tick() => self.progress.tick(Situation::new(&self.status, self.setup, self.clock, &self.flags)),
                () = timeout::at(self.outages.due()) => self.outages.take_due(Instant::now()).iter().for_each(|text| self.note(text)),
                () = timeout::at(self.confirming.due()) => {
                    self.confirming.take_due(self.jobs.values()).iter().for_each(|text| self.note(text));
                }
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
                let mut older = match wanted {
                    Selection::Jobs(ids) => {
                        let older = ids.into_iter().filter(|id| loaded.jobs.iter().all(|job| job.id != *id));
                        let read = older.map(|id| store.job(&account, id));
                        read.filter_map(Result::transpose).collect::<Result<_, _>>()?
                    }
                    Selection::Batch(batch) => store.batch(&account, batch.as_str())?,
                    Selection::All | Selection::Tokens(_) | Selection::Images(_) => Vec::new(),
                };
                older.retain(|job| loaded.jobs.iter().all(|other| other.id != job.id));
                Ok((loaded, older))
            })
            .await?;
        self.recent = recent;
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

    /// Reads once more what has become of the copies and commands: some may have been stored or taken up while it ended.
    async fn read_again(&mut self, queue: &OpenQueue) {
        self.progress = Box::new(Silent);
        let account = queue.account.clone();
        // What was known before is the best that can be said then.
        let Ok(stored) = queue.store.with(move |store| store.commands(&account)).await else { return };
        if self.load(queue).await.is_ok() {
            let stored = stored.into_iter().map(|(_, command)| command);
            let awaited = |command: &Command| self.selection.awaits(command) || queue.sent.contains(command);
            self.untaken = stored.filter(awaited).collect();
        }
    }

    fn observe(&mut self, jobs: impl Iterator<Item = Arc<Job>>) -> Result<(), CommandError> {
        for job in jobs {
            if self.jobs.contains_key(&job.id) || self.selection.includes(&job) {
                self.progress.show(&job, Situation::new(&self.status, self.setup, self.clock, &self.flags))?;
                self.jobs.insert(job.id, job);
            }
        }
        Ok(())
    }

    /// Returns true if nothing is waited for any more. Compared with their requests are only copies that have just ended.
    fn is_done(&mut self) -> bool {
        let done = self.jobs.values().all(|job| self.until.is_reached(job, &self.status));
        if self.jobs.values().any(|job| job.is_unconfirmed()) {
            self.confirming.waits(Instant::now());
        }
        if !done {
            self.wait_for_comparison = None;
            return false;
        }
        let recent = self.recent;
        let in_queue = |job: &Job| !job.dismissed && job.ended.is_some_and(|at| at > recent);
        let due = |job: &Arc<Job>| matches!(job.request_check, RequestCheck::Due { .. }) && in_queue(job);
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
            JobUpdate::Rejected(failure) | JobUpdate::HookFailed(failure) => self.report(&failure),
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
            JobUpdate::Pending { .. } | JobUpdate::HooksDue(_) => {}
            JobUpdate::Warning(warning) => self.note(&labels::driver::warning(&warning)),
        }
        Ok(())
    }

    fn note_driver(&mut self, driver: &DriverStatus) -> Result<(), CommandError> {
        if *driver == DriverStatus::ThisProcess && self.driver != DriverStatus::ThisProcess {
            // Those were another process's credentials.
            self.status.paused = None;
        }
        self.driver = driver.clone();
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
                let is_parent = other.other().is_some_and(OtherProcess::is_parent);
                let elsewhere = || labels::driver::running_elsewhere(other).filter(|_| !is_parent);
                if let Some(text) = labels::driver::unresponsive(other).or_else(elsewhere) {
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
        self.note_outages();
        let situation = Situation::new(&self.status, self.setup, self.clock, &self.flags);
        let mut queued = self.jobs.values().filter(|job| job.state == JobState::Queued);
        queued.try_for_each(|job| self.progress.show(job, situation))
    }

    /// Says when credentials stop working, or work again.
    fn note_credentials(&mut self) {
        let now = self.status.paused.clone().filter(|_| self.driver == DriverStatus::ThisProcess);
        let before = self.paused.send_replace(now.clone());
        match (before, now) {
            (before, Some(failure)) if before.as_ref() != Some(&failure) => self.report(&failure),
            (Some(_), None) => self.note("the credentials work again"),
            _ => {}
        }
    }

    /// Takes in which regions do not answer, and says which do again.
    fn note_outages(&mut self) {
        let followed: BTreeSet<&Region> =
            self.jobs.values().filter(|job| !has_ended(job)).map(|job| &job.request.destination).collect();
        let problems = self.status.regions.iter().filter(|(region, _)| followed.contains(region));
        let failing = problems.filter_map(|(region, status)| Some((region, status.problem.as_ref()?)));
        for region in self.outages.observe(failing, Instant::now()) {
            self.note(&format!("EC2 in {region} answers again"));
        }
    }

    /// Returns how it ends, if it does.
    async fn signalled(&mut self, signal: Signal, queue: &OpenQueue) -> Option<Ending> {
        match signal {
            Signal::End(signal) => Some(Ending::Signalled(signal)),
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
