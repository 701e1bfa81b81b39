//! `kill -9` at seeded moments: when a request arrives, is carried out or is answered, at a commit, at a line of output.
//! `KILL_SEED=7` repeats one seed.

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    thread,
};

use amigrate::{
    domain::ClientToken,
    engine::{Command, Job, JobState},
};

use super::fixture::{PATIENCE, ProcessFixture, REGIONS, bad_key, job_lines};
use crate::support::ec2_server::{KillPoint, RequestStage, lock};
use crate::support::variables::number;

/// Seeds unless `KILL_SEEDS` names a number.
const SEEDS: u64 = 2;
/// Kills in each world.
const KILLS: usize = 5;
/// Worlds at once: they mostly wait.
const MAX_CONCURRENT: usize = 10;

/// When a process is killed.
#[derive(Debug)]
enum Moment {
    Request {
        stage: RequestStage,
        action: &'static str,
        nth: usize,
    },
    /// After that many lines of output: what they report is committed.
    Line(usize),
    /// As soon as that many commits are seen.
    Commit(usize),
}

impl Moment {
    fn pick(rng: &mut fastrand::Rng) -> Self {
        match rng.u8(..5) {
            0 => return Self::Line(rng.usize(1..10)),
            1 => return Self::Commit(rng.usize(1..8)),
            _ => {}
        }
        let stage = [RequestStage::Received, RequestStage::CarriedOut, RequestStage::Answered][rng.usize(..3)];
        let (action, most) =
            [("", 14), ("CopyImage", 3), ("CopyImage", 3), ("DescribeImages", 8), ("Deregister", 1)][rng.usize(..5)];
        Self::Request { stage, action, nth: rng.usize(1..=most) }
    }
}

#[test]
fn a_driver_killed_at_any_moment_loses_no_copy_and_makes_none_twice() {
    let seeds: Vec<u64> = match number("KILL_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("KILL_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let all = seeds.len();
    let (queue, wrong, kills) = (Mutex::new(seeds), Mutex::new(Vec::new()), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..MAX_CONCURRENT {
            scope.spawn(|| {
                loop {
                    let Some(seed) = lock(&queue).pop() else { return };
                    // Every seed is run to its end: one failure must not hide another.
                    match catch_unwind(AssertUnwindSafe(|| one_world(seed))) {
                        Ok(()) => *lock(&kills) += KILLS,
                        Err(_) => lock(&wrong).push(seed),
                    }
                }
            });
        }
    });
    let wrong = lock(&wrong).clone();
    assert!(wrong.is_empty(), "wrong with the seeds {wrong:?}: look above, and play one again with KILL_SEED=N");
    assert_eq!(*lock(&kills), all * KILLS);
}

fn one_world(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let fixture = ProcessFixture::new();
    fixture.ec2.with(|w| w.limits().pending_copies = rng.usize(2..=4));
    let (mut asked, mut killed) = (0, 0);
    let mut story = Vec::new();
    for round in 0.. {
        assert!(round < 20, "seed {seed}: it is not killed often enough: {story:?}");
        if killed == KILLS {
            break;
        }
        asked += ask_for_more(&fixture, &mut rng, round);
        let moment = Moment::pick(&mut rng);
        story.push(format!("{moment:?}"));
        killed += usize::from(die_at(&fixture, &moment));
    }
    let _ = writeln!(std::io::stdout(), "seed {seed}: killed {killed} times: {}", story.join(", "));
    fixture.finish_copies();
    let jobs = fixture.jobs();
    assert_eq!(jobs.len(), asked, "seed {seed}: one job for each request; {}", job_lines(&jobs));
    fixture.agrees();
}

/// Requests three more copies, one of them perhaps with a key that does not exist, and acts on earlier ones. Gives the number
/// of new copies.
fn ask_for_more(fixture: &ProcessFixture, rng: &mut fastrand::Rng, round: usize) -> usize {
    let mut requests: Vec<_> =
        REGIONS.iter().map(|to| fixture.request(&format!("copy-{round}-to-{to}"), to, rng.u128(..))).collect();
    if round % 3 == 1 {
        requests[rng.usize(..3)].encryption = bad_key();
    }
    let count = requests.len();
    fixture.ask(&Command::Copy(requests));
    let jobs = fixture.jobs();
    // Not one whose request may be under way: its cancel takes two minutes, here real ones. The simulation has those.
    let sent = |j: &&Job| matches!(j.state, JobState::Starting | JobState::Reconciling { .. });
    let open: Vec<_> = jobs.iter().filter(|j| !j.state.ended() && !sent(j)).map(|j| j.id).collect();
    if round % 2 == 1
        && let Some(id) = rng.choice(&open)
    {
        fixture.ask(&Command::Cancel(vec![*id]));
    }
    if let Some(failed) = jobs.iter().find(|j| matches!(j.state, JobState::Failed { .. })) {
        fixture.ask(&Command::Retry(vec![(failed.id, ClientToken::from_random(rng.u128(..)))]));
    }
    let done: Vec<_> = jobs.iter().filter(|j| matches!(j.state, JobState::Available { .. })).map(|j| j.id).collect();
    if round == 3
        && let Some(id) = rng.choice(&done)
    {
        fixture.ask(&Command::Deregister(vec![*id]));
    }
    count
}

/// Starts a driver and kills it at this moment. Returns false if it had nothing left to do and ended before.
fn die_at(fixture: &ProcessFixture, moment: &Moment) -> bool {
    let store = fixture.store();
    let mut drive = fixture.drive();
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
            fixture.ec2.set_kill_point(KillPoint { stage, action, left: nth, process: drive.pid() });
            fixture.changed.wait_for("a driver to end", PATIENCE, || drive.ended().then_some(()));
            fixture.ec2.clear_kill_point();
        }
        Moment::Line(n) => {
            fixture
                .changed
                .wait_for("a driver to say so much", PATIENCE, || (drive.lines() >= n || drive.ended()).then_some(()));
            drive.kill();
        }
    }
    let status = drive.wait();
    assert!(!matches!(status.code(), Some(1..)), "it failed: {}\n{}", drive.said(), drive.errors());
    !status.success()
}
