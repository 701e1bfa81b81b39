//! How often AWS is asked: against EC2's own request rates, counted by the simulated EC2.

use std::time::Duration;

use crate::support::driver_harness;
use crate::support::driver_harness::{Rig, pass, paused, region, request};
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

/// A world with EC2's own rates, where copies run for more than an hour, and that many copies to each of these places.
async fn asked(places: &[&str], each: usize) -> (Rig, driver_harness::Life) {
    let rig = Rig::new(&Scenario::named("demo").unwrap(), EngineConfig::default());
    rig.world.with(|w| {
        w.limits().rates = true;
        w.latencies().base_ms = 5_000_000;
    });
    let source = rig.sources().await.remove(0);
    let life = rig.live();
    let mut copies = Vec::new();
    for place in places {
        for n in 0..each {
            let token = u128::try_from(copies.len()).unwrap();
            copies.push(request(&source, &region(place), &format!("paced-{n}"), None, token));
        }
    }
    rig.ask(&life, Command::Copy(copies)).await;
    let ours = |j: &&amigrate::engine::Job| j.request.name.as_str().starts_with("paced-");
    for _ in 0..2_000 {
        pass(Duration::from_secs(5)).await;
        let jobs = rig.stored().await;
        let copying = jobs.iter().filter(ours).filter(|j| matches!(j.state, JobState::Copying { .. })).count();
        if copying == places.len() * each {
            return (rig, life);
        }
    }
    panic!("they never all ran");
}

/// How often an action was asked for in a region, and how often that was too often.
fn count(rig: &Rig, place: &str, action: &str) -> (u64, u64) {
    rig.world.with(|w| w.calls().get(&(region(place), action.to_owned())).map_or((0, 0), |c| (c.received, c.throttled)))
}

fn throttled(rig: &Rig) -> u64 {
    rig.world.with(|w| w.calls().values().map(|c| c.throttled).sum())
}

/// Watches for five minutes; gives the most calls of any region, and holds that no look was more than two calls.
async fn watch(rig: &Rig, places: &[&str]) -> u64 {
    const WINDOW: u64 = 300;
    let fastest = u64::try_from(rig.limits.fastest.as_secs()).unwrap();
    rig.world.with(amigrate::sim::World::reset_calls);
    pass(Duration::from_secs(WINDOW)).await;
    let mut most = 0;
    for place in places {
        // A look begins with one DescribeImages; so there are as many looks as those.
        let (looks, snapshots) = (count(rig, place, "DescribeImages").0, count(rig, place, "DescribeSnapshots").0);
        let all: u64 = rig
            .world
            .with(|w| w.calls().iter().filter(|((r, _), _)| *r == region(place)).map(|(_, c)| c.received).sum());
        assert!(looks > 10 && looks <= WINDOW / fastest + 1, "{place}: {looks} looks in {WINDOW} s");
        assert!(snapshots <= looks, "{place}: {snapshots} DescribeSnapshots in {looks} looks");
        assert_eq!(all, looks + snapshots, "{place}: nothing else is asked");
        most = most.max(all);
    }
    assert_eq!(throttled(rig), 0);
    most
}

#[test]
fn three_hundred_copies_to_one_destination_are_never_throttled() {
    paused(async {
        let (rig, life) = asked(&["eu-west-1"], 300).await;
        assert_eq!(count(&rig, "eu-west-1", "CopyImage"), (300, 0));
        assert_eq!(throttled(&rig), 0);
        let began = rig.clock.now().duration_since(driver_harness::start()).as_secs();
        assert!((280..330).contains(&began), "all run after {began} s: a burst of ten, then one a second");
        let most = watch(&rig, &["eu-west-1"]).await;
        println!("300 copies in 1 region: started within {began} s, 0 throttled; {most} calls to watch them for 300 s");
        // Their bars are all followed, though one call cannot ask for the snapshots of all.
        let jobs = rig.stored().await;
        let blind = jobs.iter().filter(|j| j.request.name.as_str().starts_with("paced-") && j.percent().is_none());
        assert_eq!(blind.count(), 0);
        life.end();
    });
}

#[test]
fn a_look_is_two_calls_a_region_however_many_copies() {
    paused(async {
        let (rig, life) = asked(&PLACES, 30).await;
        for place in PLACES {
            assert_eq!(count(&rig, place, "CopyImage"), (30, 0));
        }
        let most = watch(&rig, &PLACES).await;
        println!("300 copies in 10 regions: at most {most} calls a region to watch them for 300 s");
        life.end();
    });
}
