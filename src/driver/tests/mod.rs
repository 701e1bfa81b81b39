//! A queue that is driven while somebody sets the clock, and beside other processes.

mod backend;
mod shared;

use std::{path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::{
    AwsBackend, Driver, DriverConfig, DriverHandle, LockMode, SharedSession, StoreHandle,
    clock::tests::{set_by, with_tokio},
};
use crate::{
    aws::Session,
    domain::{
        AccountKey, ClientToken, CopyRequest, Description, Encryption, Failure, ImageId, ImageName, ImageQuery,
        ImageState, Region,
    },
    engine::{Command, EngineConfig, Job, JobPhase, Outcome},
    sim::{Scenario, SharedWorld, World, connector},
    store::Store,
};

struct Bench {
    world: SharedWorld,
    keeper: StoreHandle,
    account: AccountKey,
    desk: DriverHandle,
    source: ImageId,
    working: JoinHandle<Result<(), Failure>>,
}

impl Bench {
    /// A driver whose wall clock can be set; EC2's goes on as it should.
    async fn new(limits: EngineConfig) -> Self {
        Self::start(StoreHandle::inline(Store::in_memory().unwrap()), |worker| worker.duty.limits = limits).await
    }

    /// One that keeps its jobs in a directory, where others may drive as well.
    async fn shared(dir: &Path, change: impl FnOnce(&mut Driver)) -> Self {
        let keeper = StoreHandle::inline(Store::open(dir, jiff::Timestamp::UNIX_EPOCH).unwrap().store);
        let seat = LockMode::Shared(dir.to_owned());
        let change = |worker: &mut Driver| {
            worker.duty.seat = seat;
            change(worker);
        };
        Self::start(keeper, change).await
    }

    async fn start(keeper: StoreHandle, change: impl FnOnce(&mut Driver)) -> Self {
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
        let duty = DriverConfig {
            account: account.clone(),
            limits: EngineConfig::default(),
            seat: LockMode::Alone,
            read_only: false,
            exit_when_done: false,
            history_days: 90,
        };
        let hands = Arc::new(AwsBackend::new(SharedSession::new(session), None));
        let (mut worker, desk) = Driver::new(duty, keeper.clone(), hands, clock, Box::new(|_| {}));
        change(&mut worker);
        let working = tokio::spawn(worker.run());
        Self { world, keeper, account, desk, source: source.id, working }
    }

    fn copy(&self, name: &str, token: u128) {
        self.desk.send(Command::Copy(vec![self.request(name, token)]));
    }

    fn request(&self, name: &str, token: u128) -> CopyRequest {
        CopyRequest {
            source: self.source.clone(),
            source_name: "source".into(),
            source_region: Region::new("us-east-1").unwrap(),
            destination: Region::new("eu-west-1").unwrap(),
            name: ImageName::new(name).unwrap(),
            description: Description::default(),
            encryption: Encryption::Keep,
            copy_tags: false,
            volumes: vec![8],
            source_snapshots: Vec::new(),
            image_tags: Vec::new(),
            token: ClientToken::from_random(token),
        }
    }

    async fn jobs(&self) -> Vec<Job> {
        let account = self.account.clone();
        let load = self.keeper.with(move |store| store.load(&account, jiff::Timestamp::UNIX_EPOCH));
        load.await.unwrap().jobs.into_iter().filter(|j| j.request.name.as_str().starts_with("stepped")).collect()
    }

    fn asked(&self, action: &str) -> u64 {
        self.world.with(|w| w.calls().iter().filter(|((_, a), _)| a == action).map(|(_, c)| c.received).sum())
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_by_hours_stops_neither_looks_nor_starts() {
    for hours in [-5, 5] {
        let bench =
            Bench::new(EngineConfig { starts_per_second: 0.05, start_burst: 1, ..EngineConfig::default() }).await;
        bench.copy("stepped-1", 1);
        bench.copy("stepped-2", 2);
        tokio::time::sleep(Duration::from_secs(40)).await;
        assert_eq!(bench.asked("CopyImage"), 2);
        // Nothing is left but to look: nobody's answer makes the driver reckon anew.
        let looks = bench.asked("DescribeImages");
        set_by(hours * 3_600);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(bench.asked("DescribeImages") >= looks + 4, "{hours} h: nobody looks any more");
        tokio::time::sleep(Duration::from_mins(30)).await;
        let jobs = bench.jobs().await;
        assert_eq!(jobs.iter().map(Job::phase).collect::<Vec<_>>(), [JobPhase::Available; 2], "{hours} h: {jobs:#?}");
        assert_eq!(bench.asked("CopyImage"), 2, "{hours} h: none was sent twice");
        let account = bench.account.clone();
        let audit = bench.keeper.with(move |store| store.audit(&account, None)).await.unwrap();
        assert!(audit.iter().all(|entry| entry.outcome == Outcome::Done), "no answer was lost: {audit:#?}");
    }
}
