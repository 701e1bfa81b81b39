//! Request rates: the simulated EC2 counts requests and throttles them as EC2 does.

use std::time::Duration;

use crate::support::driver_harness;
use crate::support::driver_harness::{DriverHarness, pass, paused, region, request};
use amigrate::{
    engine::{Command, EngineConfig, JobState},
    sim::Scenario,
};

const PLACES: [&str; 10] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "us-east-2",
    "us-west-2",
];

/// Starts `each` copies to each region in a world with EC2's rate limits, where a copy takes more than an hour.
async fn request_copies(places: &[&str], each: usize) -> (DriverHarness, driver_harness::DriverRun) {
    let harness = DriverHarness::new(&Scenario::named("demo").unwrap(), EngineConfig::default());
    harness.world.with(|w| {
        w.limits().rates = true;
        w.latencies().base_ms = 5_000_000;
    });
    let source = harness.sources().await.remove(0);
    let run = harness.start();
    let mut copies = Vec::new();
    for place in places {
        for n in 0..each {
            let token = u128::try_from(copies.len()).unwrap();
            copies.push(request(&source, &region(place), &format!("copy-{n}"), None, token));
        }
    }
    harness.ask(&run, Command::Copy(copies)).await;
    let ours = |j: &&amigrate::engine::Job| j.request.name.as_str().starts_with("copy-");
    for _ in 0..2_000 {
        pass(Duration::from_secs(5)).await;
        let jobs = harness.stored().await;
        let copying = jobs.iter().filter(ours).filter(|j| matches!(j.state, JobState::Copying { .. })).count();
        if copying == places.len() * each {
            return (harness, run);
        }
    }
    panic!("they never all ran");
}

/// Requests for an action in a region, and how many of them were throttled.
fn count(harness: &DriverHarness, place: &str, action: &str) -> (u64, u64) {
    harness
        .world
        .with(|w| w.calls().get(&(region(place), action.to_owned())).map_or((0, 0), |c| (c.received, c.throttled)))
}

fn throttled(harness: &DriverHarness) -> u64 {
    harness.world.with(|w| w.calls().values().map(|c| c.throttled).sum())
}

/// Lets five minutes pass; gives the most requests to any region, and checks that a poll makes at most two.
async fn watch(harness: &DriverHarness, places: &[&str]) -> u64 {
    const WINDOW: u64 = 300;
    let fastest = u64::try_from(harness.limits.min_poll_interval.as_secs()).unwrap();
    harness.world.with(amigrate::sim::World::reset_calls);
    pass(Duration::from_secs(WINDOW)).await;
    let mut most = 0;
    for place in places {
        // Each poll begins with one DescribeImages, so these count the polls.
        let (polls, snapshots) =
            (count(harness, place, "DescribeImages").0, count(harness, place, "DescribeSnapshots").0);
        let all: u64 = harness
            .world
            .with(|w| w.calls().iter().filter(|((r, _), _)| *r == region(place)).map(|(_, c)| c.received).sum());
        assert!(polls > 10 && polls <= WINDOW / fastest + 1, "{place}: {polls} polls in {WINDOW} s");
        assert!(snapshots <= polls, "{place}: {snapshots} DescribeSnapshots in {polls} polls");
        assert_eq!(all, polls + snapshots, "{place}: nothing else is asked");
        most = most.max(all);
    }
    assert_eq!(throttled(harness), 0);
    most
}

#[test]
fn three_hundred_copies_to_one_destination_are_never_throttled() {
    paused(async {
        let (harness, run) = request_copies(&["eu-west-1"], 300).await;
        assert_eq!(count(&harness, "eu-west-1", "CopyImage"), (300, 0));
        assert_eq!(throttled(&harness), 0);
        let began = harness.clock.now().duration_since(driver_harness::start_time()).as_secs();
        assert!((280..330).contains(&began), "all run after {began} s: a burst of ten, then one a second");
        let most = watch(&harness, &["eu-west-1"]).await;
        println!("300 copies in 1 region: started within {began} s, 0 throttled; {most} calls to watch them for 300 s");
        // Every copy has progress, though one request cannot list the snapshots of all.
        let jobs = harness.stored().await;
        let without_progress =
            jobs.iter().filter(|j| j.request.name.as_str().starts_with("copy-") && j.percent().is_none());
        assert_eq!(without_progress.count(), 0);
        run.end();
    });
}

#[test]
fn a_poll_is_two_calls_a_region_however_many_copies() {
    paused(async {
        let (harness, run) = request_copies(&PLACES, 30).await;
        for place in PLACES {
            assert_eq!(count(&harness, place, "CopyImage"), (30, 0));
        }
        let most = watch(&harness, &PLACES).await;
        println!("300 copies in 10 regions: at most {most} calls a region to watch them for 300 s");
        run.end();
    });
}
