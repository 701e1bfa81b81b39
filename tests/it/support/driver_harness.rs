//! A driver that can be ended at any moment, over the real SDK and an embedded EC2, on a paused clock: for tests of what
//! survives. The store outlives the driver as the disk outlives a process.

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
        AccountId, AccountKey, ClientToken, CopyRequest, Description, Encryption, Failure, ImageId, ImageName,
        ImageQuery, Region, SnapshotId,
    },
    engine::{Command, EngineConfig, Job, JobId, JobState, Note, Origin, Request},
    runtime::{
        Clock,
        driver::{Driver, DriverConfig, DriverHandle, LockMode},
        hands::{AwsBackend, BackendResponse, DriverBackend, SharedSession, Write},
        keeper::StoreHandle,
    },
    sim::{Change, ChangeKind, CopySeen, Maker, Scenario, SharedWorld, World, connector},
    store::Store,
    tui::JobUpdate,
};
use futures_util::future::{BoxFuture, FutureExt as _, pending};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

/// Where in an effect the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing of it is done.
    Before,
    /// It is done, and nobody hears of it.
    Unanswered,
    /// It is done and answered, and nothing else happens.
    Answered,
}

/// What is known of a run, across its lives.
#[derive(Default)]
pub(crate) struct Notes {
    /// Effects begun so far.
    pub(crate) effects: usize,
    /// Where the present life ends.
    pub(crate) kill: Option<(usize, Phase)>,
    /// Whether it has.
    pub(crate) killed: bool,
    /// Every percent shown, by job and token.
    shown: BTreeMap<(JobId, ClientToken), u8>,
    /// What was shown against the rules.
    pub(crate) wrong: Vec<String>,
    /// Tokens of copies in doubt that a person gave up: what EC2 may have made of them is nobody's until it is found.
    pub(crate) given_up: BTreeSet<ClientToken>,
    /// Own copies pending at once, by region, at most.
    pub(crate) most_pending: BTreeMap<Region, usize>,
}

/// The world, the store, and a way to run drivers on them.
pub(crate) struct Rig {
    pub(crate) world: SharedWorld,
    pub(crate) clock: Clock,
    pub(crate) session: Session,
    pub(crate) login: SimulatedLogin,
    pub(crate) keeper: StoreHandle,
    pub(crate) account: AccountKey,
    pub(crate) limits: EngineConfig,
    pub(crate) notes: Arc<Mutex<Notes>>,
}

/// One life of the program.
pub(crate) struct Life {
    pub(crate) desk: DriverHandle,
    over: Arc<AtomicBool>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Life {
    /// The program is gone: nothing of it runs any more.
    pub(crate) fn end(self) {
        // Its calls under way stay where they are, also when another life begins.
        self.over.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// An access key of another account than the jobs'.
pub(crate) const OTHER_KEY: &str = "AKIAOTHERACCOUNT";

pub(crate) fn start() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

impl Rig {
    /// Must be made within a runtime whose clock is paused.
    pub(crate) fn new(scenario: &Scenario, limits: EngineConfig) -> Self {
        let clock = Clock::starting(start(), 1.0);
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
            keeper: StoreHandle::inline(Store::in_memory().unwrap()),
            account: AccountKey::new(&account, None),
            limits,
            notes: Arc::default(),
        }
    }

    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    /// Starts the program.
    pub(crate) fn live(&self) -> Life {
        self.notes().killed = false;
        let duty = DriverConfig {
            account: self.account.clone(),
            limits: self.limits.clone(),
            seat: LockMode::Alone,
            read_only: false,
            exit_when_done: false,
            history_days: 90,
        };
        let over = Arc::new(AtomicBool::new(false));
        let hands = Mortal {
            over: Arc::clone(&over),
            keeper: self.keeper.clone(),
            account: self.account.clone(),
            real: Arc::new(AwsBackend::new(SharedSession::new(self.session.clone()), None)),
            notes: Arc::clone(&self.notes),
            world: self.world.clone(),
            clock: self.clock,
        };
        let notes = Arc::clone(&self.notes);
        let post = Box::new(move |post| see(&mut notes.lock().unwrap(), &post));
        let (worker, desk) = Driver::new(duty, self.keeper.clone(), Arc::new(hands), self.clock, post);
        Life { desk, over, task: tokio::spawn(worker.run()) }
    }

    /// All jobs as they are stored, ended ones too.
    pub(crate) async fn stored(&self) -> Vec<Job> {
        let (account, long_ago) = (self.account.clone(), start() - SignedDuration::from_hours(1));
        let load = self.keeper.with(move |store| {
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
        let asks = self.keeper.with(move |store| store.asks(&account)).await.unwrap();
        asks.into_iter().map(|(_, ask)| ask).collect()
    }

    /// Asks as another process does: once this returns it is asked for, whatever happens to the program.
    pub(crate) async fn ask(&self, life: &Life, ask: Command) {
        let (account, now) = (self.account.clone(), self.clock.now());
        self.keeper.with(move |store| store.ask(&account, &ask, now)).await.unwrap();
        // Nobody polls a store that is this process's own; anything that is asked makes it look.
        life.desk.send(Command::Dismiss(Vec::new()));
    }

    /// The account's own available images with snapshots in its home region, in the order of their names.
    pub(crate) async fn sources(&self) -> Vec<amigrate::domain::Image> {
        let page = self.session.image_page(self.session.home_region(), &ImageQuery::default(), None).await.unwrap();
        let mut images = page.images;
        images.retain(|i| i.state == amigrate::domain::ImageState::Available && !i.instance_store() && !i.encrypted());
        images.sort_by(|a, b| a.name.cmp(&b.name));
        images
    }

    /// Whether what EC2 has is what the jobs say, and nothing else. `named` are copies started elsewhere that a person asked to
    /// have removed, each by its id.
    pub(crate) async fn check(&self, asked: &[CopyRequest], named: &BTreeSet<ImageId>) -> Vec<String> {
        let jobs = self.stored().await;
        let now = self.clock.now();
        let mut wrong = std::mem::take(&mut self.notes().wrong);
        let (copies, snapshots) = self.world.with(|w| (w.copies(now), w.copy_snapshots(now)));
        let changes = self.world.with(|w| w.changes().to_vec());
        let others = removed_by_others(&changes);
        let here: BTreeMap<&ImageId, &CopySeen> = copies.iter().map(|c| (&c.image.id, c)).collect();
        check_requests(asked, &jobs, &mut wrong);
        check_makers(&jobs, &copies, &changes, &mut wrong);
        for job in &jobs {
            check_end(job, &here, &others, &mut wrong);
        }
        let said: BTreeSet<&SnapshotId> = jobs.iter().flat_map(|j| &j.leftovers).map(|l| &l.snapshot).collect();
        // What other images use is theirs as well.
        let used: BTreeSet<&SnapshotId> = copies.iter().flat_map(|c| c.image.snapshot_ids()).collect();
        for (region, image, snapshot) in &snapshots {
            let unseen = |j: &Job| {
                j.images.contains(image)
                    && matches!(
                        j.note,
                        Some(Note::DeregisteredElsewhere | Note::SnapshotsNotListed(_) | Note::FailedImage(_))
                    )
            };
            let stays = used.contains(&snapshot.id) || said.contains(&snapshot.id) || jobs.iter().any(unseen);
            if !here.contains_key(image) && !others.contains_key(image) && !stays {
                wrong.push(format!("{} of {image} in {region} is left behind", snapshot.id));
            }
        }
        for (region, most) in &self.notes().most_pending {
            if *most > self.limits.pending {
                wrong.push(format!("{most} copies were pending in {region}, {} may be", self.limits.pending));
            }
        }
        wrong.extend(changes.iter().filter(|c| c.by == Maker::Request && !is_allowed(c, named)).map(|c| {
            format!("{} in {} was {:?}: it is {:?}'s and nobody named it", c.resource, c.region, c.kind, c.provenance)
        }));
        let foreign = self.world.with(|w| w.foreign_calls().to_vec());
        wrong.extend(foreign.iter().map(|call| format!("{} was signed for account {}", call.action, call.account)));
        wrong
    }
}

/// What the program made, one job knows, and what the jobs say they made, the program made: no image is lost, made twice, or
/// taken for one's own.
fn check_makers(jobs: &[Job], copies: &[CopySeen], changes: &[Change], wrong: &mut Vec<String>) {
    let there = copies.iter().map(|c| (c.image.id.clone(), (c.maker, c.token.clone())));
    let removed = changes.iter().filter(|c| c.kind == ChangeKind::Deregistered);
    let removed =
        removed.map(|c| (ImageId::new(&c.resource).unwrap(), (c.provenance.maker, c.provenance.token.clone())));
    let all: BTreeMap<ImageId, (Maker, Option<String>)> = there.chain(removed).collect();
    let mut tokens = BTreeSet::new();
    let mut owners: BTreeMap<&ImageId, usize> = BTreeMap::new();
    for job in jobs {
        for image in &job.images {
            if job.origin == Origin::Here {
                *owners.entry(image).or_default() += 1;
            } else {
                owners.entry(image).or_default();
            }
        }
    }
    for (image, owners) in &owners {
        let own = all.get(*image).is_some_and(|(maker, _)| *maker == Maker::Request);
        match owners {
            0 => {}
            1 if own => {}
            1 => wrong.push(format!("{image} was taken for the program's own, it is {:?}", all.get(*image))),
            n => wrong.push(format!("{image} is the image of {n} jobs")),
        }
    }
    for (image, (_, token)) in all.iter().filter(|(_, (maker, _))| *maker == Maker::Request) {
        if !tokens.insert(token) {
            wrong.push(format!("{token:?} made two images"));
        }
        let elsewhere = |kind: &ChangeKind| {
            let mine = |c: &&Change| c.by == Maker::Elsewhere && *c.resource == *image.as_str();
            changes.iter().filter(mine).any(|c| c.kind == *kind)
        };
        // Who gave up a copy in doubt was told what may be its image.
        let given_up = jobs.iter().any(|j| {
            j.state == JobState::Cancelled
                && Some(j.request.token.as_str()) == token.as_deref()
                && matches!(j.note, Some(Note::GivenUp(_)))
        });
        // One that another user removed, or took the tag off, before anybody here knew of it is nobody's to know.
        let lost = given_up || elsewhere(&ChangeKind::Deregistered) || elsewhere(&ChangeKind::Untagged);
        if !owners.contains_key(image) && !lost {
            wrong.push(format!("{image} of {token:?} is nobody's"));
        }
    }
}

/// Every request has one job.
fn check_requests(asked: &[CopyRequest], jobs: &[Job], wrong: &mut Vec<String>) {
    for request in asked {
        let same = |r: &&CopyRequest| r.name == request.name && r.destination == request.destination;
        let of_it = jobs.iter().filter(|j| j.origin == Origin::Here && same(&&j.request)).count();
        let times = asked.iter().filter(same).count();
        if of_it != times {
            let CopyRequest { name, destination, .. } = request;
            wrong.push(format!("{name} to {destination} was asked for {times} times and has {of_it} jobs"));
        }
    }
}

/// A job has ended, as its image has.
fn check_end(
    job: &Job,
    here: &BTreeMap<&ImageId, &CopySeen>,
    others: &BTreeMap<ImageId, Maker>,
    wrong: &mut Vec<String>,
) {
    let name = format!("job {} ({} to {})", job.id, job.request.name, job.request.destination);
    if !job.state.ended() {
        wrong.push(format!("{name} is {} and waits for {:?}, {:?}", job.phase().as_str(), job.waiting, job.note));
    }
    let state = |image: &ImageId| here.get(image).map(|c| c.image.state.as_str());
    match &job.state {
        JobState::Available { image } if state(image) != Some("available") && !others.contains_key(image) => {
            wrong.push(format!("{name} is available, its image {image} is {:?}", state(image)));
        }
        JobState::Failed { image: Some(image), .. }
            if state(image) != Some("failed") && !others.contains_key(image) =>
        {
            wrong.push(format!("{name} has failed, its image {image} is {:?}", state(image)));
        }
        JobState::Gone { image } if state(image).is_some() => {
            wrong.push(format!("{name} is said to be gone, its image {image} is {:?}", state(image)));
        }
        _ => {}
    }
}

/// Images that other users deregistered, with who had made them.
fn removed_by_others(changes: &[Change]) -> BTreeMap<ImageId, Maker> {
    let removed = changes.iter().filter(|c| c.by == Maker::Elsewhere && c.kind == ChangeKind::Deregistered);
    removed.map(|c| (ImageId::new(&c.resource).unwrap(), c.provenance.maker)).collect()
}

/// The program changes what its own `CopyImage` made. Of what others made, only an image that a person named, and the
/// snapshots of that image.
fn is_allowed(change: &Change, named: &BTreeSet<ImageId>) -> bool {
    let by_name = || match &change.kind {
        ChangeKind::Deregistered => ImageId::new(&change.resource).is_ok_and(|image| named.contains(&image)),
        ChangeKind::DeletedWith(image) => named.contains(image),
        ChangeKind::Deleted => change.provenance.image.as_ref().is_some_and(|image| named.contains(image)),
        ChangeKind::Tagged | ChangeKind::Untagged => false,
    };
    change.provenance.maker == Maker::Request || by_name()
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
        source: source.id.clone(),
        source_name: source.name.to_string(),
        source_region: source.region.clone(),
        destination: to.clone(),
        name: ImageName::new(name).unwrap(),
        description: Description::new("a test's").unwrap(),
        encryption: key.map_or(Encryption::Keep, |k| Encryption::Encrypt {
            key: Some(amigrate::domain::KmsKeyRef::new(k).unwrap()),
        }),
        copy_tags: true,
        volumes: source.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.volume_size).collect(),
        source_snapshots: source.snapshot_ids().cloned().collect(),
        image_tags: Vec::new(),
        token: ClientToken::from_random(token),
    }
}

/// Bars never go back, and an end is the end.
fn see(notes: &mut Notes, post: &JobUpdate) {
    let (JobUpdate::Opened { jobs, .. } | JobUpdate::Changed { jobs, .. }) = post else { return };
    for job in jobs {
        let Some(percent) = job.percent() else { continue };
        let key = (job.id, job.request.token.clone());
        let before = notes.shown.insert(key, percent).unwrap_or(0);
        if percent < before {
            notes.wrong.push(format!("the bar of job {} went from {before} to {percent}", job.id));
        }
    }
}

/// Hands that end the program when it is time.
struct Mortal {
    /// This life is over.
    over: Arc<AtomicBool>,
    keeper: StoreHandle,
    account: AccountKey,
    real: Arc<AwsBackend>,
    notes: Arc<Mutex<Notes>>,
    world: SharedWorld,
    clock: Clock,
}

impl Mortal {
    /// Counts an effect. Where in it the program ends, if it does; or that it has ended.
    fn begin(&self) -> Result<Option<Phase>, ()> {
        let mut notes = self.notes.lock().unwrap();
        if self.over.load(Ordering::Relaxed) {
            return Err(());
        }
        let number = notes.effects;
        notes.effects += 1;
        Ok(notes.kill.filter(|(at, _)| *at == number).map(|(_, phase)| phase))
    }

    /// Nothing is sent that is not in the store, as being sent and under its own token.
    fn must_be_written(&self, call: &Request) {
        let Request::CopyImage { job, request, .. } = call else { return };
        let (account, id) = (self.account.clone(), *job);
        let stored = self.keeper.with(move |store| store.job(&account, id)).now_or_never();
        let written = matches!(stored, Some(Ok(Some(j))) if j.state == JobState::Starting && j.request == **request);
        if !written {
            self.notes.lock().unwrap().wrong.push(format!("job {id} is sent before that is written down"));
        }
    }

    /// Carries an effect out as far as the program lives.
    fn carry_out<T: Send + 'static>(&self, effect: BoxFuture<'static, T>) -> BoxFuture<'static, T> {
        let Ok(end) = self.begin() else { return pending().boxed() };
        let notes = Arc::clone(&self.notes);
        let over = Arc::clone(&self.over);
        async move {
            let kill = || {
                over.store(true, Ordering::Relaxed);
                notes.lock().unwrap().killed = true;
            };
            if end == Some(Phase::Before) {
                kill();
                return pending().await;
            }
            // Whoever is dead polls nothing: a call under way stays where it is.
            let result = Living { effect, over: Arc::clone(&over) }.await;
            if end.is_some() {
                kill();
            }
            if end == Some(Phase::Unanswered) {
                return pending().await;
            }
            result
        }
        .boxed()
    }
}

impl DriverBackend for Mortal {
    fn identity(&self) -> Option<String> {
        self.real.identity()
    }

    fn call(&self, call: Request) -> BoxFuture<'static, BackendResponse> {
        self.must_be_written(&call);
        let starts =
            if let Request::CopyImage { request, .. } = &call { Some(request.destination.clone()) } else { None };
        let (notes, world, clock) = (Arc::clone(&self.notes), self.world.clone(), self.clock);
        let effect = self.real.call(call);
        self.carry_out(
            async move {
                let answer = effect.await;
                if let Some(region) = starts {
                    let now = clock.now();
                    let given_up = notes.lock().unwrap().given_up.clone();
                    let own = world.with(|w| {
                        let wanted = |c: &CopySeen| !given_up.iter().any(|t| Some(t.as_str()) == c.token.as_deref());
                        let pending = |c: &CopySeen| {
                            wanted(c)
                                && c.region == region
                                && c.maker == Maker::Request
                                && c.image.state == amigrate::domain::ImageState::Pending
                        };
                        w.copies(now).iter().filter(|c| pending(c)).count()
                    });
                    let mut notes = notes.lock().unwrap();
                    let most = notes.most_pending.entry(region).or_default();
                    *most = own.max(*most);
                }
                answer
            }
            .boxed(),
        )
    }

    fn commit(
        &self,
        keeper: &StoreHandle,
        account: &AccountKey,
        write: Write,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), Failure>> {
        // Asked of the hands made before, so that the commit itself is the real one.
        let real = Arc::clone(&self.real);
        let (keeper, account) = (keeper.clone(), account.clone());
        self.carry_out(async move { real.commit(&keeper, &account, write, now).await }.boxed())
    }
}

/// A future that stops for good when the program is dead.
struct Living<T> {
    effect: BoxFuture<'static, T>,
    over: Arc<AtomicBool>,
}

impl<T> Future for Living<T> {
    type Output = T;
    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        if self.over.load(Ordering::Relaxed) {
            return std::task::Poll::Pending;
        }
        self.effect.as_mut().poll(context)
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
