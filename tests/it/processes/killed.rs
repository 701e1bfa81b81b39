//! `kill -9` at seeded moments: at a request that comes, is carried out or is answered, at a commit, at a line said.
//! `AMIGRATE_SEED=7` plays one seed again.

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    thread,
};

use amigrate::{
    domain::ClientToken,
    engine::{Command, JobState},
};

use super::fixture::{House, PATIENCE, REGIONS, bad_key, told};
use crate::support::ec2_server::{Stage, Trip, lock};

/// Worlds, each with a seed.
const SEEDS: u64 = 10;
/// Kills in each world.
const KILLS: usize = 5;
/// Worlds at once: they mostly wait.
const AT_ONCE: usize = 10;

/// When a process is killed.
#[derive(Debug)]
enum Moment {
    Request {
        stage: Stage,
        action: &'static str,
        nth: usize,
    },
    /// After so many lines: what they tell is committed.
    Line(usize),
    /// As soon as so many commits are seen.
    Commit(usize),
}

impl Moment {
    fn pick(rng: &mut fastrand::Rng) -> Self {
        match rng.u8(..5) {
            0 => return Self::Line(rng.usize(1..10)),
            1 => return Self::Commit(rng.usize(1..8)),
            _ => {}
        }
        let stage = [Stage::Unheard, Stage::Unanswered, Stage::Answered][rng.usize(..3)];
        let (action, most) =
            [("", 14), ("CopyImage", 3), ("CopyImage", 3), ("DescribeImages", 8), ("Deregister", 1)][rng.usize(..5)];
        Self::Request { stage, action, nth: rng.usize(1..=most) }
    }
}

#[test]
fn a_driver_killed_at_any_moment_loses_no_copy_and_makes_none_twice() {
    let seeds: Vec<u64> = match std::env::var("AMIGRATE_SEED") {
        Ok(seed) => vec![seed.parse().expect("AMIGRATE_SEED is a number")],
        Err(_) => (1..=SEEDS).collect(),
    };
    let all = seeds.len();
    let (queue, wrong, kills) = (Mutex::new(seeds), Mutex::new(Vec::new()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(seed) = lock(&queue).pop() else { return };
                    // Every world is seen to its end: one bad seed must not hide another.
                    match catch_unwind(AssertUnwindSafe(|| one_world(seed))) {
                        Ok(()) => *lock(&kills) += KILLS,
                        Err(_) => lock(&wrong).push(seed),
                    }
                }
            });
        }
    });
    let wrong = lock(&wrong).clone();
    assert!(wrong.is_empty(), "wrong with the seeds {wrong:?}: look above, and play one again with AMIGRATE_SEED=N");
    assert_eq!(*lock(&kills), all * KILLS);
}

fn one_world(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let house = House::new();
    house.ec2.with(|w| w.limits().pending_copies = rng.usize(2..=4));
    let (mut asked, mut killed) = (0, 0);
    let mut story = Vec::new();
    for life in 0.. {
        assert!(life < 20, "seed {seed}: it is not killed often enough: {story:?}");
        if killed == KILLS {
            break;
        }
        asked += ask_for_more(&house, &mut rng, life);
        let moment = Moment::pick(&mut rng);
        story.push(format!("{moment:?}"));
        killed += usize::from(die_at(&house, &moment));
    }
    let _ = writeln!(std::io::stdout(), "seed {seed}: killed {killed} times: {}", story.join(", "));
    house.settle();
    let jobs = house.jobs();
    assert_eq!(jobs.len(), asked, "seed {seed}: one job for each request; {}", told(&jobs));
    house.agrees();
}

/// Three copies more, one of them perhaps with a key that does not exist; and something about earlier ones. How many copies.
fn ask_for_more(house: &House, rng: &mut fastrand::Rng, life: usize) -> usize {
    let mut requests: Vec<_> =
        REGIONS.iter().map(|to| house.request(&format!("copy-{life}-to-{to}"), to, rng.u128(..))).collect();
    if life % 3 == 1 {
        requests[rng.usize(..3)].encryption = bad_key();
    }
    let count = requests.len();
    house.ask(&Command::Copy(requests));
    let jobs = house.jobs();
    let open: Vec<_> = jobs.iter().filter(|j| !j.state.ended()).map(|j| j.id).collect();
    if life % 2 == 1
        && let Some(id) = rng.choice(&open)
    {
        house.ask(&Command::Cancel(vec![*id]));
    }
    if let Some(failed) = jobs.iter().find(|j| matches!(j.state, JobState::Failed { .. })) {
        house.ask(&Command::Retry(vec![(failed.id, ClientToken::from_random(rng.u128(..)))]));
    }
    let done: Vec<_> = jobs.iter().filter(|j| matches!(j.state, JobState::Available { .. })).map(|j| j.id).collect();
    if life == 3
        && let Some(id) = rng.choice(&done)
    {
        house.ask(&Command::Deregister(vec![*id]));
    }
    count
}

/// Starts a driver and kills it at this moment. Whether it lived to see it: it may have nothing more to do before.
fn die_at(house: &House, moment: &Moment) -> bool {
    let store = house.store();
    let mut drive = house.drive();
    match *moment {
        Moment::Commit(n) => {
            let mut seen = 0;
            while seen < n && !drive.ended() {
                seen += usize::from(store.changed_elsewhere().expect("it is readable"));
                thread::yield_now();
            }
            drive.kill();
        }
        Moment::Request { stage, action, nth } => {
            house.ec2.set_trip(Trip { stage, action, left: nth, victim: drive.pid() });
            house.bell.wait_for("a driver to end", PATIENCE, || drive.ended().then_some(()));
            house.ec2.clear_trip();
        }
        Moment::Line(n) => {
            house
                .bell
                .wait_for("a driver to say so much", PATIENCE, || (drive.lines() >= n || drive.ended()).then_some(()));
            drive.kill();
        }
    }
    let status = drive.wait();
    assert!(!matches!(status.code(), Some(1..)), "it failed: {}\n{}", drive.said(), drive.errors());
    !status.success()
}
