//! The loop that runs a queue: handles commands, responses and deadlines, commits what has changed, and only then sends requests and publishes.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use uuid::Uuid;

use super::{
    backend::{BackendResponse, ResponseMetadata},
    context::{Driver, LockMode, LockOutcome, STORE_POLL_INTERVAL, is_transient, read_only},
    heartbeat::{HEARTBEAT_INTERVAL, this_process},
    hooks::{OpenJobs, is_awaited},
    pending::PendingImages,
    update::JobUpdate,
};
use crate::{
    domain::{Failure, Retry},
    engine::{AnsweredRequest, AuditId, Command, Engine, Event, Job, Request, Response, SentRequest, Status},
    store::{ChangeSet, CommandId, DriverLock},
};

/// Between two tries to commit what could not be committed.
const COMMIT_RETRY: SignedDuration = SignedDuration::from_secs(2);
/// Responses handled before a commit: many arrive at once, and one commit costs the same as many.
const RESPONSE_BATCH: usize = 256;
/// How long a restart waits for changing requests in flight: longer than a request takes with the default timeouts. The
/// outcome of one that is not waited for is unknown afterwards.
const RESTART_WAIT: Duration = Duration::from_mins(1);
/// How long a pause waits for them: a person has pressed `Ctrl-Z`.
const PAUSE_WAIT: Duration = Duration::from_millis(1_500);

/// Why the loop ended.
pub(super) enum LoopExit {
    /// Every handle is gone, or nothing is left to do.
    Done,
    /// Another process is to run the queue; this one follows it.
    Follow,
    /// The clock was set, by so much: the loop is to start again with the same lock.
    Restart(Option<DriverLock>, SignedDuration),
    /// The queue is left to other processes: this one is about to be suspended.
    Paused,
}

/// A running queue.
pub(super) struct DriverLoop<'a> {
    driver: &'a mut Driver,
    engine: Engine,
    /// Released when the loop ends, however it ends.
    lock: Option<DriverLock>,
    response_sender: UnboundedSender<(AuditId, BackendResponse)>,
    responses: UnboundedReceiver<(AuditId, BackendResponse)>,
    /// Aborted when the loop ends: nothing is sent once another process may run the queue.
    in_flight: JoinSet<()>,
    /// Changing requests in flight.
    changing: BTreeSet<AuditId>,
    /// Commands that the engine has taken, and the store still lists.
    taken: BTreeSet<CommandId>,
    /// Changes to be committed before any request is sent.
    changes: ChangeSet,
    /// To be sent once that is committed.
    requests: Vec<(AuditId, Request)>,
    /// The last committed status.
    status: Status,
    pending: PendingImages,
    /// Open jobs, whose end runs a hook.
    open: OpenJobs,
    /// When to retry a commit that failed.
    retry_at: Option<Timestamp>,
    /// Commands could not be read; they are read at the next poll.
    commands_unread: bool,
    /// Since when the loop is to end as soon as no changing request is in flight.
    ending_since: Option<Instant>,
    /// By how much the clock was set since the loop began.
    clock_step: Option<SignedDuration>,
}

impl<'a> DriverLoop<'a> {
    /// `engine` has the stored jobs; `status` is the stored one.
    pub(super) fn new(driver: &'a mut Driver, engine: Engine, lock: Option<DriverLock>, status: Status) -> Self {
        let (response_sender, responses) = unbounded_channel();
        let open = OpenJobs::new(engine.jobs(), driver.clock.now());
        Self {
            open,
            driver,
            engine,
            lock,
            response_sender,
            responses,
            in_flight: JoinSet::new(),
            changing: BTreeSet::new(),
            taken: BTreeSet::new(),
            changes: ChangeSet::default(),
            requests: Vec::new(),
            status,
            pending: PendingImages::default(),
            retry_at: None,
            commands_unread: false,
            ending_since: None,
            clock_step: None,
        }
    }

    /// `changed` are jobs that are no longer as they are stored: the first commit writes them.
    pub(super) async fn run(mut self, changed: Vec<Arc<Job>>) -> LoopExit {
        self.changes.add_jobs(changed);
        self.driver.start_hooks().await;
        self.read_commands().await;
        self.handle(Event::Tick);
        let mut poll = interval(STORE_POLL_INTERVAL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heartbeat = interval(HEARTBEAT_INTERVAL);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.commit_and_send().await;
            if let Some(exit) = self.interrupted() {
                return exit;
            }
            if self.driver.exit_when_done() && self.is_done().await {
                return LoopExit::Done;
            }
            let clock = self.driver.clock;
            let deadline = [self.engine.next_deadline(), self.retry_at].into_iter().flatten().min();
            let wait = deadline.map_or(Duration::from_hours(24), |at| clock.until(at));
            let shared = self.driver.config.lock_mode != LockMode::Private;
            tokio::select! {
                biased;
                response = self.responses.recv() => self.handle_responses(response),
                command = self.driver.commands.recv() => match command {
                    None => return LoopExit::Done,
                    Some(command) => self.handle_command(command).await,
                },
                _ = self.driver.pause.changed() => {}
                ended = self.driver.hooks.next() => {
                    self.driver.hook_ended(ended);
                    self.driver.start_hooks().await;
                }
                () = sleep(wait) => self.handle(Event::Tick),
                _ = poll.tick(), if shared => {
                    if let Some(exit) = self.poll_store().await {
                        return exit;
                    }
                }
                _ = heartbeat.tick(), if shared && !self.driver.read_only() => {
                    if let Some(exit) = self.write_heartbeat().await {
                        return exit;
                    }
                    self.driver.start_hooks().await;
                }
            }
        }
    }

    /// Returns how the loop is to end if the process is about to be suspended, or the clock was set, by which every deadline
    /// was computed. Changing requests in flight are waited for first, for a limited time.
    fn interrupted(&mut self) -> Option<LoopExit> {
        if let Some(step) = self.driver.take_clock_step() {
            self.clock_step = Some(self.clock_step.unwrap_or_default() + step);
        }
        let pause = *self.driver.pause.borrow();
        if self.clock_step.is_none() && !pause {
            self.ending_since = None;
            return None;
        }
        let since = *self.ending_since.get_or_insert_with(Instant::now);
        let longest = if pause { PAUSE_WAIT } else { RESTART_WAIT };
        if !self.changing.is_empty() && since.elapsed() < longest {
            return None;
        }
        Some(match self.clock_step {
            Some(step) if !pause => LoopExit::Restart(self.lock.take(), step),
            _ => LoopExit::Paused,
        })
    }

    /// Writes a heartbeat. If this program can no longer use the store, as after a migration by a newer amigrate, the queue
    /// is left to another process.
    async fn write_heartbeat(&mut self) -> Option<LoopExit> {
        let (account, now) = (self.driver.config.account.clone(), self.driver.clock.now());
        let write = self.driver.store.with(move |store| store.write_heartbeat(&account, &this_process(), now));
        let failure = write.await.err()?;
        tracing::warn!(%failure, "no heartbeat could be written");
        (failure.retry == Retry::Never).then_some(LoopExit::Follow)
    }

    /// Passes an event to the engine and keeps the resulting requests for the next commit.
    fn handle(&mut self, event: Event) {
        let requests = self.engine.handle(event, self.driver.clock.now());
        self.requests.extend(requests.into_iter().map(|request| (AuditId(Uuid::new_v4().as_u128()), request)));
    }

    fn handle_responses(&mut self, first: Option<(AuditId, BackendResponse)>) {
        let mut next = first;
        for _ in 0..RESPONSE_BATCH {
            let Some((id, BackendResponse { response, metadata })) = next else { return };
            if self.changing.remove(&id) {
                self.changes.answered.push(answered(id, &response, metadata));
            }
            if let Some((region, pending)) = self.pending.after(&response) {
                (self.driver.publish)(JobUpdate::Pending { region, images: pending });
            }
            self.handle(Event::Response(response));
            next = self.responses.try_recv().ok();
        }
    }

    async fn handle_command(&mut self, command: Command) {
        if is_transient(&command) {
            self.handle(Event::Command(command.clone()));
        } else if self.driver.read_only() {
            (self.driver.publish)(JobUpdate::Rejected(read_only()));
        } else {
            self.driver.store_command(command.clone()).await;
            self.read_commands().await;
        }
        self.driver.mark_handled(&command);
    }

    /// Takes commands from the store.
    async fn read_commands(&mut self) {
        if self.driver.read_only() {
            return;
        }
        let account = self.driver.config.account.clone();
        self.commands_unread = false;
        let commands = match self.driver.store.with(move |store| store.commands(&account)).await {
            Ok(commands) => commands,
            Err(failure) => {
                self.commands_unread = true;
                tracing::warn!(%failure, "the store could not be read");
                return;
            }
        };
        for (id, command) in commands {
            if self.taken.contains(&id) {
                continue;
            }
            // A command waits until its jobs can be read. Jobs in a form that this version does not know are another
            // version's to change: nothing here waits for that.
            if let Err(failure) = self.load_jobs_of(&command).await {
                self.commands_unread |= failure.retry != Retry::AfterChange;
                tracing::warn!(%failure, "a command is deferred: its jobs cannot be read");
                continue;
            }
            self.taken.insert(id);
            self.handle(Event::Command(command));
            self.changes.commands.push(id);
        }
    }

    /// Loads a command's jobs that the engine does not have: they ended long ago, or were removed from the list.
    async fn load_jobs_of(&mut self, command: &Command) -> Result<(), Failure> {
        for token in command.derived_tokens() {
            let account = self.driver.config.account.clone();
            let mut jobs = self.driver.store.with(move |store| store.jobs_of_token(&account, &token)).await?;
            jobs.retain(|job| self.engine.job(job.id).is_none());
            self.engine.restore(jobs, 0, self.driver.clock.now());
        }
        for id in command.jobs().into_iter().filter(|id| self.engine.job(*id).is_none()).collect::<Vec<_>>() {
            let account = self.driver.config.account.clone();
            if let Some(job) = self.driver.store.with(move |store| store.job(&account, id)).await? {
                self.engine.restore(vec![job], 0, self.driver.clock.now());
            }
        }
        Ok(())
    }

    /// Reads commands that other processes have stored. A read-only session, which holds no lock, checks whether a process
    /// runs the queue now.
    async fn poll_store(&mut self) -> Option<LoopExit> {
        if self.driver.read_only() {
            return matches!(self.driver.try_lock(), LockOutcome::HeldElsewhere).then_some(LoopExit::Follow);
        }
        if self.driver.store.with(|store| store.changed_elsewhere()).await.unwrap_or(true) || self.commands_unread {
            self.read_commands().await;
        }
        None
    }

    /// Commits what has changed; then sends the requests that come of it, and publishes the changes.
    async fn commit_and_send(&mut self) {
        self.changes.add_jobs(self.engine.take_changed());
        if self.driver.hooks.is_configured() && !self.driver.read_only() {
            let ChangeSet { jobs, hooks, .. } = &mut self.changes;
            self.open.take_in(jobs, &self.driver.config.account, hooks);
        }
        let status = self.engine.status();
        self.changes.status = (status != self.status).then(|| status.clone());
        // Listed again each time: after a failed commit the requests may be others.
        self.changes.sent = self.changing_requests();
        if !self.changes.is_empty() && !self.driver.read_only() && !self.commit().await {
            return;
        }
        let committed = std::mem::take(&mut self.changes);
        for id in &committed.commands {
            self.taken.remove(id);
        }
        self.status = status;
        // Counted before the jobs are published: a waiter may exit the process as soon as it sees them.
        self.driver.set_due_hooks(self.driver.hooks.due() + committed.hooks.len());
        if !committed.jobs.is_empty() || committed.status.is_some() {
            (self.driver.publish)(JobUpdate::Changed { jobs: committed.jobs, status: committed.status });
        }
        self.changing.extend(committed.sent.iter().map(|sent| sent.id));
        self.send_requests();
        if !committed.hooks.is_empty() {
            self.driver.start_hooks().await;
        }
    }

    /// Commits the changes. Returns false if that failed, or the next try is not due yet.
    async fn commit(&mut self) -> bool {
        let (driver, now) = (&self.driver, self.driver.clock.now());
        if self.retry_at.is_some_and(|at| at > now) {
            return false;
        }
        let commit = driver.backend.commit(&driver.store, &driver.config.account, self.changes.clone(), now);
        if let Err(failure) = commit.await {
            tracing::error!(%failure, "the store could not be written");
            (driver.publish)(JobUpdate::StoreProblem(Some(failure)));
            self.driver.store_problem = true;
            self.retry_at = Some(now + COMMIT_RETRY);
            return false;
        }
        self.retry_at = None;
        self.driver.end_store_problem();
        true
    }

    fn send_requests(&mut self) {
        while self.in_flight.try_join_next().is_some() {}
        let now = self.driver.clock.now();
        for (id, request) in std::mem::take(&mut self.requests) {
            let sender = self.response_sender.clone();
            // Nobody receives a response once the loop has ended.
            let respond = move |response| _ = sender.send((id, response));
            if let Some(response) = request.expired(now) {
                respond(BackendResponse { response, metadata: ResponseMetadata::default() });
                continue;
            }
            let sending = self.driver.backend.send(request.clone());
            self.in_flight.spawn(async move {
                let response = AssertUnwindSafe(sending).catch_unwind().await;
                // A bug here must not leave a job, or the whole queue, waiting forever.
                respond(response.unwrap_or_else(|_| BackendResponse {
                    response: request.failed(panicked()),
                    metadata: ResponseMetadata::default(),
                }));
            });
        }
    }

    /// The requests to be sent that change something in AWS, for the audit.
    fn changing_requests(&self) -> Vec<SentRequest> {
        let identity = self.driver.backend.identity();
        let sent = |(id, request): &(AuditId, Request)| {
            request.change().map(|change| SentRequest { id: *id, identity: identity.clone(), change })
        };
        self.requests.iter().filter_map(sent).collect()
    }

    /// Returns true if a hook is due or running, or is to be run for a copy that continues.
    fn awaits_hooks(&self) -> bool {
        let hooks = &self.driver.hooks;
        !hooks.is_idle() || hooks.is_configured() && self.engine.jobs().any(is_awaited)
    }

    /// Returns true if nothing is left to do, and no command has arrived meanwhile.
    async fn is_done(&mut self) -> bool {
        if !self.engine.can_exit() || self.retry_at.is_some() || self.awaits_hooks() {
            return false;
        }
        // Once more after everything is committed: a command may just have been stored.
        self.read_commands().await;
        if !self.changes.is_empty() {
            self.commit_and_send().await;
        }
        self.changes.is_empty() && !self.commands_unread && self.engine.can_exit() && !self.awaits_hooks()
    }
}

fn answered(id: AuditId, response: &Response, metadata: ResponseMetadata) -> AnsweredRequest {
    let request_id = metadata.request_id.or_else(|| response.failed_request().map(str::to_owned));
    AnsweredRequest {
        id,
        identity: metadata.identity,
        request_id,
        detail: response.detail(),
        outcome: response.outcome(),
    }
}

fn panicked() -> Failure {
    Failure::new("send a request to AWS", "internal error; please report it").retry(Retry::Later)
}
