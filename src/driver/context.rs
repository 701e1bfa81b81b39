//! The driver of one account's queue: its configuration, and what its loop and its follower share.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    watch,
};

use super::{
    backend::DriverBackend,
    background::ParentProcess,
    clock::Clock,
    hook_runner::{HookRunner, HooksLeft},
    hooks::HookSettings,
    store_handle::StoreHandle,
    update::JobUpdate,
};
use crate::{
    domain::{AccountKey, Failure, Region},
    engine::{Command, EngineConfig, Job, Status},
    store::{DriverLock, Loaded},
};

/// Interval between polls of the lock and of other processes' commits.
pub(super) const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Ended jobs stay in the list this long; after that they are in the history only.
pub const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// Which processes may run the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockMode {
    /// This process alone: the store is its own, and no lock is needed.
    Private,
    /// Whichever holds the leader lock in this directory.
    Shared(PathBuf),
}

/// Settings that hold for every account.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverSettings {
    pub engine: EngineConfig,
    /// Only read from EC2, and write nothing.
    pub read_only: bool,
    /// End as soon as nothing is left that needs this process.
    pub exit_when_done: bool,
    /// Ended jobs are deleted after this many days.
    pub history_days: u32,
    pub hooks: HookSettings,
}

impl Default for DriverSettings {
    fn default() -> Self {
        Self {
            engine: EngineConfig::default(),
            read_only: false,
            exit_when_done: false,
            history_days: 90,
            hooks: HookSettings::default(),
        }
    }
}

/// Whose queue a driver runs, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverConfig {
    pub account: AccountKey,
    pub lock_mode: LockMode,
    pub settings: DriverSettings,
}

/// Receives everything that a driver publishes.
pub type Publisher = Box<dyn Fn(JobUpdate) + Send + Sync>;

/// Sends commands to a driver. The driver ends when its last handle is dropped.
#[derive(Debug, Clone)]
pub struct DriverHandle {
    commands: UnboundedSender<Command>,
    /// How many commands were sent, and how many of them are stored or rejected.
    sent: Arc<AtomicU64>,
    handled: watch::Receiver<u64>,
    pause: Arc<watch::Sender<bool>>,
    paused: watch::Receiver<bool>,
    hooks_left: watch::Receiver<HooksLeft>,
}

impl DriverHandle {
    /// Waits until the hooks of all copies that have ended are done, as far as they are this process's, or the driver has ended. Each
    /// takes a limited time.
    pub async fn hooks_done(&self) {
        _ = self.hooks_left.clone().wait_for(|left| left.none()).await;
    }

    /// Waits until no hook runs, or the driver has ended. In a pause none begins.
    pub async fn running_hooks_done(&self) {
        _ = self.hooks_left.clone().wait_for(|left| left.running == 0).await;
    }

    /// Returns how many hooks are due and not begun, for this process or for the one that runs the queue after it.
    pub fn hooks_due(&self) -> usize {
        self.hooks_left.borrow().due
    }

    /// Releases the queue to other processes, and waits until that is done: this process is about to be suspended.
    pub async fn pause(&self) {
        self.pause.send_replace(true);
        // A driver that has ended runs no queue.
        _ = self.paused.clone().wait_for(|paused| *paused).await;
    }

    /// Takes part again after [`DriverHandle::pause`].
    pub fn resume(&self) {
        self.pause.send_replace(false);
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        // A driver that has ended has published why.
        _ = self.commands.send(command);
    }

    /// Waits until every command is stored or rejected, or the driver has ended.
    pub async fn flush(&self) {
        let sent = self.sent.load(Ordering::Relaxed);
        _ = self.handled.clone().wait_for(|handled| *handled >= sent).await;
    }
}

/// One process's part in an account's queue: it runs the queue while it holds the leader lock, and follows otherwise.
pub struct Driver {
    pub(super) config: DriverConfig,
    pub(super) store: StoreHandle,
    pub(super) backend: Arc<dyn DriverBackend>,
    pub(super) clock: Clock,
    pub(super) publish: Publisher,
    pub(super) commands: UnboundedReceiver<Command>,
    handled: watch::Sender<u64>,
    /// True while the handle requests a pause.
    pub(super) pause: watch::Receiver<bool>,
    /// True while the driver is paused.
    paused: watch::Sender<bool>,
    pub(super) hooks: HookRunner,
    /// Regions in which copies started elsewhere are looked for, from the last [`Command::ListPendingIn`].
    pub(super) followed: Vec<Region>,
    /// The process that started this one in the background: it may still have commands to store.
    pub(super) starter: Option<ParentProcess>,
    /// A commit has failed, and none has succeeded since.
    pub(super) store_problem: bool,
    /// The clock was set far forward, possibly by mistake: the next prune is skipped.
    clock_jumped: bool,
}

/// The result of trying to take the lock.
pub(super) enum LockOutcome {
    /// It may; with the lock, if one is needed.
    Acquired(Option<DriverLock>),
    /// Another process runs it.
    HeldElsewhere,
    /// Locks do not work here.
    Unavailable(Failure),
}

impl Driver {
    /// Creates a driver and its handle; [`Driver::run`] starts it.
    pub fn new(
        config: DriverConfig,
        store: StoreHandle,
        backend: Arc<dyn DriverBackend>,
        clock: Clock,
        publish: Publisher,
    ) -> (Self, DriverHandle) {
        let (command_sender, commands) = unbounded_channel();
        let (handled, handled_receiver) = watch::channel(0);
        let (pause_sender, pause) = watch::channel(false);
        let (paused, paused_receiver) = watch::channel(false);
        let (hooks, hooks_left) = HookRunner::new(config.settings.hooks.clone());
        let driver = Self {
            config,
            store,
            backend,
            clock,
            publish,
            commands,
            handled,
            pause,
            paused,
            hooks,
            followed: Vec::new(),
            starter: ParentProcess::of_this_process(),
            store_problem: false,
            clock_jumped: false,
        };
        let handle = DriverHandle {
            commands: command_sender,
            sent: Arc::default(),
            handled: handled_receiver,
            pause: Arc::new(pause_sender),
            paused: paused_receiver,
            hooks_left,
        };
        (driver, handle)
    }

    pub(super) fn read_only(&self) -> bool {
        self.config.settings.read_only
    }

    pub(super) fn exit_when_done(&self) -> bool {
        self.config.settings.exit_when_done
    }

    /// Stores the commands given so far, and waits until the handle resumes. The lock is released already.
    pub(super) async fn wait_while_paused(&mut self) {
        // A command that a person saw accepted must survive if the suspended process is killed.
        while let Ok(command) = self.commands.try_recv() {
            self.forward_command(command).await;
        }
        self.paused.send_replace(true);
        let mut pause = self.pause.clone();
        loop {
            tokio::select! {
                biased;
                // An error means that every handle is gone, and the driver ends next.
                _ = pause.wait_for(|pause| !*pause) => break,
                ended = self.hooks.next() => self.hook_ended(ended),
            }
        }
        self.paused.send_replace(false);
    }

    /// Takes back that commits fail: one has succeeded, or another process makes them now.
    pub(super) fn end_store_problem(&mut self) {
        if std::mem::take(&mut self.store_problem) {
            (self.publish)(JobUpdate::StoreProblem(None));
        }
    }

    /// Takes in that the wall clock was set. Returns by how much, if it was.
    pub(super) fn take_clock_step(&mut self) -> Option<SignedDuration> {
        /// A machine that was just restored or started is usually off by more.
        const JUMP: SignedDuration = SignedDuration::from_hours(24);
        let step = self.clock.take_step()?;
        tracing::warn!(seconds = step.as_secs(), "the clock was set");
        self.clock_jumped = step > JUMP;
        Some(step)
    }

    /// Returns true once after the clock was set far forward.
    pub(super) fn take_clock_jump(&mut self) -> bool {
        std::mem::take(&mut self.clock_jumped)
    }

    pub(super) async fn load(&self) -> Result<Loaded, Failure> {
        let (account, recent) = (self.config.account.clone(), self.clock.now() - RECENT);
        self.store.with(move |store| store.load(&account, recent)).await
    }

    pub(super) fn publish_jobs(&self, jobs: Vec<Job>, status: Status) {
        let jobs = jobs.into_iter().map(Arc::new).collect();
        (self.publish)(JobUpdate::Opened { account: self.config.account.clone(), jobs, status });
    }

    /// Takes the leader lock, if no other process holds it.
    pub(super) fn try_lock(&self) -> LockOutcome {
        match &self.config.lock_mode {
            LockMode::Private => LockOutcome::Acquired(None),
            LockMode::Shared(dir) => match DriverLock::try_take(dir, &self.config.account) {
                Ok(Some(lock)) => LockOutcome::Acquired(Some(lock)),
                Ok(None) => LockOutcome::HeldElsewhere,
                Err(failure) => LockOutcome::Unavailable(failure),
            },
        }
    }

    /// Notes that a command was stored or rejected.
    pub(super) fn mark_handled(&mut self, command: &Command) {
        if let Command::ListPendingIn(regions) = command {
            self.followed.clone_from(regions);
        }
        self.handled.send_modify(|handled| *handled += 1);
    }

    pub(super) fn reject(&mut self, command: &Command, failure: Failure) {
        (self.publish)(JobUpdate::Rejected(failure));
        self.mark_handled(command);
    }

    /// Stores a command; the process that runs the queue reads it and carries it out.
    pub(super) async fn store_command(&self, command: Command) {
        let (account, now) = (self.config.account.clone(), self.clock.now());
        let stored = self.store.with(move |store| store.add_command(&account, &command, now)).await;
        if let Err(failure) = stored {
            (self.publish)(JobUpdate::Rejected(failure));
        }
    }

    /// Stores a command for the other process that runs the queue.
    pub(super) async fn forward_command(&mut self, command: Command) {
        if !self.read_only() {
            self.store_command(command.clone()).await;
        } else if !is_transient(&command) {
            (self.publish)(JobUpdate::Rejected(read_only()));
        }
        self.mark_handled(&command);
    }
}

/// Returns true if nothing is lost when the command is: it changes no job.
pub(super) fn is_transient(command: &Command) -> bool {
    matches!(command, Command::RefreshNow | Command::ListPendingIn(_))
}

pub(super) fn read_only() -> Failure {
    Failure::new("change something in AWS", "this is a read-only session")
}
