//! One process's part in an account's queue: what it is made of, and what it does whether it drives or watches.

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

use super::{backend::DriverBackend, background::Starter, clock::Clock, store_handle::StoreHandle, update::JobUpdate};
use crate::{
    domain::{AccountKey, Failure, Region},
    engine::{Command, EngineConfig, Job, Status},
    store::{DriverLock, Loaded},
};

/// How often a process looks for what others wrote, and whether the lock is free.
pub(super) const LOOK_AROUND: Duration = Duration::from_millis(250);
/// Ended copies stay on the list for so long; the history has them after that.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// Who may drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody else can: the store is this process's own.
    Alone,
    /// Whoever holds the lock in this directory.
    Shared(PathBuf),
}

/// Whose queue, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverConfig {
    /// Whose.
    pub account: AccountKey,
    /// How carefully.
    pub limits: EngineConfig,
    /// Who else may.
    pub seat: LockMode,
    /// Only look at EC2, and write nothing: for a read-only session.
    pub read_only: bool,
    /// End as soon as nothing is left that ends with the program.
    pub exit_when_done: bool,
    /// Ended copies are forgotten after so many days.
    pub history_days: u32,
}

/// Where news go.
pub type Publisher = Box<dyn Fn(JobUpdate) + Send + Sync>;

/// The way to ask a worker. When it is dropped the worker ends.
#[derive(Debug, Clone)]
pub struct DriverHandle {
    asks: UnboundedSender<Command>,
    /// How many asks were taken, written down or refused.
    taken: watch::Receiver<u64>,
    asked: Arc<AtomicU64>,
    /// Whether the queue is to be left to others for now.
    pause: Arc<watch::Sender<bool>>,
    /// Whether it is.
    paused: watch::Receiver<bool>,
}

impl DriverHandle {
    /// Leaves the queue to others, and waits until it is: this process is about to be stopped.
    pub async fn pause(&self) {
        self.pause.send_replace(true);
        // A worker that has ended drives nothing.
        _ = self.paused.clone().wait_for(|paused| *paused).await;
    }

    /// Takes part again.
    pub fn resume(&self) {
        self.pause.send_replace(false);
    }

    /// Asks for something.
    pub fn send(&self, ask: Command) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // A worker that has ended has said why.
        _ = self.asks.send(ask);
    }

    /// Waits until all that was asked for is written down, or nobody is there to do it.
    pub async fn written(&self) {
        let asked = self.asked.load(Ordering::Relaxed);
        _ = self.taken.clone().wait_for(|taken| *taken >= asked).await;
    }
}

/// One process's part in an account's queue.
pub struct Driver {
    pub(super) duty: DriverConfig,
    pub(super) keeper: StoreHandle,
    pub(super) hands: Arc<dyn DriverBackend>,
    pub(super) clock: Clock,
    pub(super) post: Publisher,
    pub(super) asks: UnboundedReceiver<Command>,
    pub(super) taken: watch::Sender<u64>,
    /// Whether the queue is to be left to others for now; and whether it is.
    pub(super) pause: watch::Receiver<bool>,
    paused: watch::Sender<bool>,
    /// Where copies started elsewhere are looked for, as this process was asked last.
    pub(super) followed: Vec<Region>,
    /// The process that started this one: it may still have to write down what is to be done.
    pub(super) starter: Option<Starter>,
    /// Whether the clock was set forward so far that nothing is to be forgotten by it yet: it may be set back.
    leapt: bool,
}

/// Who has the seat.
pub(super) enum LockOutcome {
    /// This process, by this lock if one is needed.
    Acquired(Option<DriverLock>),
    /// Another.
    HeldElsewhere,
    /// Nobody can tell: locks do not work here.
    Unknown(Failure),
}

/// Why a part of the work ended.
pub(super) enum LoopExit {
    /// Nobody asks any more, or there is nothing left to do.
    Done,
    /// The other part is to go on.
    Change(Option<DriverLock>),
    /// The clock was set: the driving is to begin anew with the same lock.
    Anew(Option<DriverLock>),
    /// The queue is left to others for now: this process is about to be stopped.
    Pause,
}

impl Driver {
    /// A worker, and the way to it.
    pub fn new(
        duty: DriverConfig,
        keeper: StoreHandle,
        hands: Arc<dyn DriverBackend>,
        clock: Clock,
        post: Publisher,
    ) -> (Self, DriverHandle) {
        let (sender, asks) = unbounded_channel();
        let (taken, seen) = watch::channel(0);
        let (pausing, pause) = watch::channel(false);
        let (paused, is_paused) = watch::channel(false);
        let (followed, starter, leapt) = (Vec::new(), Starter::of_this_process(), false);
        let worker = Self { duty, keeper, hands, clock, post, asks, taken, pause, paused, followed, starter, leapt };
        let desk = DriverHandle {
            asks: sender,
            taken: seen,
            asked: Arc::default(),
            pause: Arc::new(pausing),
            paused: is_paused,
        };
        (worker, desk)
    }

    /// Writes down what was asked for, says that the queue is left to others, and waits until this process takes part again. Nothing of this worker holds
    /// the driver lock meanwhile.
    pub(super) async fn stay_paused(&mut self) {
        // What a person has seen asked for is not lost with a process that is ended while it is stopped.
        while let Ok(ask) = self.asks.try_recv() {
            self.hand_over(ask).await;
        }
        self.paused.send_replace(true);
        // Whoever may resume it is gone: there is nobody to work for either.
        _ = self.pause.wait_for(|pause| !*pause).await;
        self.paused.send_replace(false);
    }

    /// Follows the wall clock if it was set. Whether it was.
    pub(super) fn follow_clock(&mut self) -> bool {
        /// The wrong time of a machine that was just restored or started is mostly off by more.
        const LEAP: SignedDuration = SignedDuration::from_hours(24);
        let Some(step) = self.clock.stepped() else { return false };
        tracing::warn!(seconds = step.as_secs(), "the clock was set");
        self.leapt = step > LEAP;
        true
    }

    /// Whether nothing is to be forgotten this time, by a clock that was set far forward; the next time it is.
    pub(super) fn take_leap(&mut self) -> bool {
        std::mem::take(&mut self.leapt)
    }

    pub(super) async fn load(&self) -> Result<Loaded, Failure> {
        let (account, recent) = (self.duty.account.clone(), self.clock.now() - RECENT);
        self.keeper.with(move |store| store.load(&account, recent)).await
    }

    pub(super) fn show(&self, jobs: Vec<Job>, status: Status) {
        let jobs = jobs.into_iter().map(Arc::new).collect();
        (self.post)(JobUpdate::Opened { account: self.duty.account.clone(), jobs, status });
    }

    /// Sits down to drive, if nobody else does.
    pub(super) fn try_lock(&self) -> LockOutcome {
        match &self.duty.seat {
            LockMode::Alone => LockOutcome::Acquired(None),
            LockMode::Shared(dir) => match DriverLock::try_take(dir, &self.duty.account) {
                Ok(Some(lock)) => LockOutcome::Acquired(Some(lock)),
                Ok(None) => LockOutcome::HeldElsewhere,
                Err(failure) => LockOutcome::Unknown(failure),
            },
        }
    }

    /// An ask was written down, or it was said why not.
    pub(super) fn took(&mut self, ask: &Command) {
        if let Command::Follow(regions) = ask {
            self.followed.clone_from(regions);
        }
        self.taken.send_modify(|taken| *taken += 1);
    }

    pub(super) async fn write_ask(&self, ask: Command) {
        let (account, now) = (self.duty.account.clone(), self.clock.now());
        let written = self.keeper.with(move |store| store.ask(&account, &ask, now)).await;
        if let Err(failure) = written {
            (self.post)(JobUpdate::NotAsked(failure));
        }
    }
}

/// Whether nothing is lost if this is lost.
pub(super) fn is_transient(ask: &Command) -> bool {
    matches!(ask, Command::RefreshNow | Command::Follow(_))
}

pub(super) fn read_only() -> Failure {
    Failure::new("change something in AWS", "this is a read-only session")
}
