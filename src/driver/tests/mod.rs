//! A driver while the clock is set, and beside other processes.

mod backend;
mod hooks;
mod image_access;
mod shared;

use std::{path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::{
    AwsBackend, Driver, DriverConfig, DriverHandle, DriverSettings, LockMode, SharedSession, StoreHandle,
    clock::tests::{set_by, with_tokio},
};
use crate::{
    aws::Session,
    domain::{AccountKey, ClientToken, CopyRequest, Failure, ImageId, ImageName, ImageQuery, ImageState, Region},
    engine::{Command, EngineConfig, Job, JobPhase, Outcome},
    sim::{Scenario, SharedWorld, World, connector},
    store::Store,
};

struct Harness {
    world: SharedWorld,
    store: StoreHandle,
    account: AccountKey,
    handle: DriverHandle,
    source: ImageId,
    task: JoinHandle<Result<(), Failure>>,
}

impl Harness {
    /// Starts a driver whose wall clock can be set; EC2's cannot.
    async fn new(engine: EngineConfig) -> Self {
        Self::start(StoreHandle::inline(Store::in_memory().unwrap()), |driver| driver.config.settings.engine = engine)
            .await
    }

    /// Starts a driver on a store that other processes share.
    async fn shared(dir: &Path, change: impl FnOnce(&mut Driver)) -> Self {
        let store = StoreHandle::inline(Store::open(dir, jiff::Timestamp::UNIX_EPOCH).unwrap().store);
        let lock_mode = LockMode::Shared(dir.to_owned());
        let change = |driver: &mut Driver| {
            driver.config.lock_mode = lock_mode;
            change(driver);
        };
        Self::start(store, change).await
    }

    async fn start(store: StoreHandle, change: impl FnOnce(&mut Driver)) -> Self {
        let clock = with_tokio();
        let started = tokio::time::Instant::now();
        let start = clock.now();
        let ec2_time = move || start + SignedDuration::try_from(started.elapsed()).unwrap();
        let world = SharedWorld::new(World::new(&Scenario::named("demo").unwrap(), start));
        let home = world.with(|w| w.home().clone());
        let session = Session::simulated(connector::http_client(world.clone(), ec2_time).into(), home.clone());
        let images = session.image_page(&home, &ImageQuery::default(), None).await.unwrap().images;
        let source = images.into_iter().find(|i| i.state == ImageState::Available && !i.instance_store()).unwrap();
        let account = AccountKey::new(&world.with(|w| w.account().clone()), None);
        let config = DriverConfig {
            account: account.clone(),
            lock_mode: LockMode::Private,
            settings: DriverSettings::default(),
        };
        let backend = Arc::new(AwsBackend::new(SharedSession::new(session), None));
        let (mut driver, handle) = Driver::new(config, store.clone(), backend, clock, Box::new(|_| {}));
        change(&mut driver);
        let task = tokio::spawn(driver.run());
        Self { world, store, account, handle, source: source.id, task }
    }

    fn copy(&self, name: &str, token: u128) {
        self.handle.send(Command::Copy(vec![self.request(name, token)]));
    }

    fn request(&self, name: &str, token: u128) -> CopyRequest {
        CopyRequest {
            source_name: "source".into(),
            volumes: vec![8],
            ..CopyRequest::bare(
                (self.source.clone(), Region::new("us-east-1").unwrap()),
                Region::new("eu-west-1").unwrap(),
                ImageName::new(name).unwrap(),
                ClientToken::from_random(token),
            )
        }
    }

    async fn jobs(&self) -> Vec<Job> {
        let account = self.account.clone();
        let load = self.store.with(move |store| store.load(&account, jiff::Timestamp::UNIX_EPOCH));
        load.await.unwrap().jobs.into_iter().filter(|j| j.request.name.as_str().starts_with("stepped")).collect()
    }

    fn asked(&self, action: &str) -> u64 {
        self.world.with(|w| w.calls().iter().filter(|((_, a), _)| a == action).map(|(_, c)| c.received).sum())
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_by_hours_stops_neither_polls_nor_starts() {
    for hours in [-5, 5] {
        let harness =
            Harness::new(EngineConfig { starts_per_second: 0.05, start_burst: 1, ..EngineConfig::default() }).await;
        harness.copy("stepped-1", 1);
        harness.copy("stepped-2", 2);
        tokio::time::sleep(Duration::from_secs(40)).await;
        assert_eq!(harness.asked("CopyImage"), 2);
        // Only polls are left: no response makes the driver compute its deadlines again.
        let polls = harness.asked("DescribeImages");
        set_by(hours * 3_600);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(harness.asked("DescribeImages") >= polls + 4, "{hours} h: nothing is polled any more");
        tokio::time::sleep(Duration::from_mins(30)).await;
        let jobs = harness.jobs().await;
        assert_eq!(jobs.iter().map(Job::phase).collect::<Vec<_>>(), [JobPhase::Available; 2], "{hours} h: {jobs:#?}");
        assert_eq!(harness.asked("CopyImage"), 2, "{hours} h: no copy was sent twice");
        let account = harness.account.clone();
        let audit = harness.store.with(move |store| store.audit(&account, None)).await.unwrap();
        assert!(audit.iter().all(|entry| entry.outcome == Outcome::Done), "no response was lost: {audit:#?}");
    }
}
