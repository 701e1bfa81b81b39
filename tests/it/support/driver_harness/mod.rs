//! A driver that can be ended at any effect, with the real SDK and an embedded EC2, on a paused clock: for tests of what
//! survives. The store outlives the driver as the disk outlives a process.

mod checks;
mod killable;
mod steps;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amigrate::{
    aws::{Session, SimulatedLogin},
    domain::{
        AccountId, AccountKey, ClientToken, CopyRequest, Description, Encryption, Failure, ImageName, ImageQuery,
        Region,
    },
    driver::{
        AwsBackend, Clock, Driver, DriverConfig, DriverHandle, DriverSettings, JobUpdate, LockMode, SharedSession,
        StoreHandle,
    },
    engine::{Command, EngineConfig, Job, JobId},
    sim::{Scenario, SharedWorld, World, connector},
    store::{Seq, Store},
};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

use killable::KillableBackend;

/// Where in an effect (a commit or a request) the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing of it is done.
    Before,
    /// It is done, and its result is lost.
    Unanswered,
    /// It is done and its result received, and nothing else happens.
    Answered,
}

/// The ends of a run of `effects` effects to try: one of the phases at each effect, in turns; with `CRASH_POINTS=all` each.
pub(crate) fn crash_points(effects: usize, phases: &[Phase]) -> Vec<(usize, Phase)> {
    if std::env::var("CRASH_POINTS").is_ok_and(|which| which == "all") {
        (0..effects).flat_map(|n| phases.iter().map(move |phase| (n, *phase))).collect()
    } else {
        (0..effects).map(|n| (n, phases[n % phases.len()])).collect()
    }
}

/// What is known of a run, across its restarts.
#[derive(Default)]
pub(crate) struct Observed {
    /// Effects begun so far.
    pub(crate) effects: usize,
    /// Where the present run ends.
    pub(crate) kill: Option<(usize, Phase)>,
    /// Whether it has.
    pub(crate) killed: bool,
    /// Every percent shown, by job and token.
    shown: BTreeMap<(JobId, ClientToken), u8>,
    /// Violations seen while running.
    pub(crate) wrong: Vec<String>,
    /// Tokens of copies in doubt that the user gave up: an image that EC2 made for them belongs to no job.
    pub(crate) given_up: BTreeSet<ClientToken>,
    /// Own copies pending at once, by region, at most.
    pub(crate) most_pending: BTreeMap<Region, usize>,
}

/// The world, the store, and a way to run drivers on them.
pub(crate) struct DriverHarness {
    pub(crate) world: SharedWorld,
    pub(crate) clock: Clock,
    pub(crate) session: Session,
    pub(crate) login: SimulatedLogin,
    pub(crate) store: StoreHandle,
    pub(crate) account: AccountKey,
    pub(crate) limits: EngineConfig,
    pub(crate) observed: Arc<Mutex<Observed>>,
    /// What [`DriverHarness::stored`] has read, and up to which commit.
    seen: Mutex<(Seq, BTreeMap<JobId, Arc<Job>>)>,
}

/// One run of the program.
pub(crate) struct DriverRun {
    pub(crate) handle: DriverHandle,
    over: Arc<AtomicBool>,
    task: JoinHandle<Result<(), Failure>>,
}

impl DriverRun {
    /// The program is gone: nothing of it runs any more.
    pub(crate) fn end(self) {
        // Its calls under way stay where they are, also when another run begins.
        self.over.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// An access key of another account than the jobs'.
pub(crate) const OTHER_KEY: &str = "AKIAOTHERACCOUNT";

pub(crate) fn start_time() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

impl DriverHarness {
    /// Must be made within a runtime whose clock is paused.
    pub(crate) fn new(scenario: &Scenario, limits: EngineConfig) -> Self {
        let clock = Clock::starting(start_time());
        let world = SharedWorld::new(World::new(scenario, clock.now()));
        let (home, account) = world.with(|w| {
            w.sign_in(OTHER_KEY, &AccountId::new("999988887777").unwrap());
            (w.home().clone(), w.account().clone())
        });
        let login = SimulatedLogin::default();
        let http = connector::http_client(world.clone(), move || clock.now()).into();
        Self {
            world,
            clock,
            session: Session::simulated_as(http, home, &login),
            login,
            store: StoreHandle::inline(Store::in_memory().unwrap()),
            account: AccountKey::new(&account, None),
            limits,
            observed: Arc::default(),
            seen: Mutex::default(),
        }
    }

    /// Returns another host of the same account: with a store of its own.
    pub(crate) fn on_another_host(&self) -> Self {
        Self {
            world: self.world.clone(),
            clock: self.clock,
            session: self.session.clone(),
            login: self.login.clone(),
            store: StoreHandle::inline(Store::in_memory().unwrap()),
            account: self.account.clone(),
            limits: self.limits.clone(),
            observed: Arc::default(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap()
    }

    /// Starts the program.
    pub(crate) fn start(&self) -> DriverRun {
        self.observed().killed = false;
        let config = DriverConfig {
            account: self.account.clone(),
            lock_mode: LockMode::Private,
            settings: DriverSettings { engine: self.limits.clone(), ..DriverSettings::default() },
        };
        let over = Arc::new(AtomicBool::new(false));
        let backend = KillableBackend {
            over: Arc::clone(&over),
            store: self.store.clone(),
            account: self.account.clone(),
            real: Arc::new(AwsBackend::new(SharedSession::new(self.session.clone()), None)),
            observed: Arc::clone(&self.observed),
            world: self.world.clone(),
            clock: self.clock,
        };
        let observed = Arc::clone(&self.observed);
        let update = Box::new(move |update| observe(&mut observed.lock().unwrap(), &update));
        let (driver, handle) = Driver::new(config, self.store.clone(), Arc::new(backend), self.clock, update);
        DriverRun { handle, over, task: tokio::spawn(driver.run()) }
    }

    /// All jobs as they are stored, ended ones too. Reads only what has changed: this is called at every moment of a run.
    pub(crate) async fn stored(&self) -> Vec<Job> {
        let (account, since) = (self.account.clone(), self.seen.lock().unwrap().0);
        let changes = self.store.with(move |store| store.changes_since(&account, since)).await.unwrap();
        let mut seen = self.seen.lock().unwrap();
        seen.0 = changes.seq;
        seen.1.extend(changes.jobs.into_iter().map(|j| (j.id, j)));
        seen.1.values().map(|j| (**j).clone()).collect()
    }

    /// All jobs as a process finds them that has just started.
    pub(crate) async fn loaded(&self) -> Vec<Job> {
        let (account, long_ago) = (self.account.clone(), start_time() - SignedDuration::from_hours(1));
        let load = self.store.with(move |store| {
            let live = store.load(&account, long_ago)?.jobs;
            let mut jobs: BTreeMap<JobId, Job> =
                store.history(&account, usize::MAX >> 1)?.iter().map(|j| (j.id, (**j).clone())).collect();
            jobs.extend(live.into_iter().map(|j| (j.id, j)));
            Ok(jobs.into_values().collect())
        });
        load.await.unwrap()
    }

    /// Requests in the store that nobody has carried out yet.
    pub(crate) async fn waiting_asks(&self) -> Vec<Command> {
        let account = self.account.clone();
        let commands = self.store.with(move |store| store.commands(&account)).await.unwrap();
        commands.into_iter().map(|(_, command)| command).collect()
    }

    /// Stores a command as another process does: it survives the end of the program.
    pub(crate) async fn ask(&self, run: &DriverRun, ask: Command) {
        let (account, now) = (self.account.clone(), self.clock.now());
        self.store.with(move |store| store.add_command(&account, &ask, now)).await.unwrap();
        // A store of one process is not polled; any command makes the driver read it.
        run.handle.send(Command::Dismiss(Vec::new()));
    }

    /// The account's own available images with snapshots in its home region, in the order of their names.
    pub(crate) async fn sources(&self) -> Vec<amigrate::domain::Image> {
        let page = self.session.image_page(self.session.home_region(), &ImageQuery::default(), None).await.unwrap();
        let mut images = page.images;
        images.retain(|i| i.state == amigrate::domain::ImageState::Available && !i.instance_store() && !i.encrypted());
        images.sort_by(|a, b| a.name.cmp(&b.name));
        images
    }
}

/// A copy of a source under this name.
pub(crate) fn request(
    source: &amigrate::domain::Image,
    to: &Region,
    name: &str,
    key: Option<&str>,
    token: u128,
) -> CopyRequest {
    CopyRequest {
        source_name: source.name.to_string(),
        description: Description::new("a test's").unwrap(),
        encryption: key.map_or(Encryption::Keep, |k| Encryption::Encrypt {
            key: Some(amigrate::domain::KmsKeyRef::new(k).unwrap()),
        }),
        copy_tags: true,
        volumes: source.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.volume_size).collect(),
        source_snapshots: source.snapshot_ids().cloned().collect(),
        ..CopyRequest::bare(
            (source.id.clone(), source.region.clone()),
            to.clone(),
            ImageName::new(name).unwrap(),
            ClientToken::from_random(token),
        )
    }
}

/// Checks that no progress bar goes back.
fn observe(observed: &mut Observed, update: &JobUpdate) {
    let (JobUpdate::Opened { jobs, .. } | JobUpdate::Changed { jobs, .. }) = update else { return };
    for job in jobs {
        let Some(percent) = job.percent() else { continue };
        let key = (job.id, job.request.token.clone());
        let before = observed.shown.insert(key, percent).unwrap_or(0);
        if percent < before {
            observed.wrong.push(format!("the bar of job {} went from {before} to {percent}", job.id));
        }
    }
}

/// Runs on a runtime of its own whose clock is paused.
pub(crate) fn paused<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(run)
}

/// Lets virtual time pass.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
