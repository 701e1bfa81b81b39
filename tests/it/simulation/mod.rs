//! Random worlds, faults, people and crashes, on the real SDK and a paused clock. Whatever happens: no request is lost, none
//! is made twice, what is cancelled leaves nothing, no destination gets more than its limit, bars only rise, nothing another
//! made is changed without somebody naming it, no call is signed for another account, and once the trouble is over everything
//! comes to its end.
//!
//! `SIMULATION_SEEDS=100000 cargo test --test it simulation -- --nocapture` plays more seeds;
//! `SIMULATION_SEED=n cargo test --test it simulation -- --nocapture` plays one again, with its steps.

mod environment;
mod user;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::support::driver_harness::{DriverHarness, DriverRun, Phase, pass, paused, region};
use crate::support::{reliability_page, variables::number};
use amigrate::{
    domain::{ClientToken, CopyRequest, Image, ImageId, Region, text::thousands},
    engine::{EngineConfig, Job, JobState, Origin, StepState},
    sim::{
        Scenario,
        faults::{FaultKind, Rule},
    },
};
use fastrand::Rng;
use jiff::SignedDuration;

/// Seeds unless `SIMULATION_SEEDS` names a number.
const SEEDS: u64 = 100;
/// The seeds that docs/reliability.md tells of; CI plays as many.
const DOCUMENTED_SEEDS: u64 = 1_000;
/// Virtual seconds of trouble.
const TROUBLE: i64 = 480;
/// Virtual seconds after it within which everything must have ended.
const PATIENCE: i64 = 6 * 3_600;

/// How often each thing happened, over all seeds: what never happens proves nothing.
type Counts = BTreeMap<&'static str, u64>;

struct Simulation {
    harness: DriverHarness,
    rng: Rng,
    counts: Counts,
    sources: Vec<Image>,
    places: Vec<Region>,
    asked: Vec<CopyRequest>,
    /// Copies started elsewhere that a person asked to have removed, by their ids.
    named: BTreeSet<ImageId>,
    /// The credentials are another account's, or there are none.
    signed_out: bool,
    stuck: Vec<(Region, ImageId)>,
    log: bool,
}

impl Simulation {
    async fn new(seed: u64, log: bool) -> Self {
        // The SDK draws its own jitter from here.
        fastrand::seed(seed);
        let mut rng = Rng::with_seed(seed);
        // Where EC2 is trusted for a short time only, a copy without tags comes to be in doubt.
        let token_memory = if rng.u8(..) < 100 { rng.i64(5..60) } else { 600 };
        let limits = EngineConfig {
            pending_limit: rng.usize(1..6),
            starts_per_second: if rng.bool() { 1.0 } else { 0.3 },
            start_burst: rng.u32(1..5),
            tagging: rng.u8(..) > 60,
            token_lifetime: SignedDuration::from_secs(token_memory),
            ..EngineConfig::default()
        };
        let harness = DriverHarness::new(&Scenario::named("demo").unwrap(), limits);
        harness.world.with(|w| {
            let latencies = w.latencies();
            let unseen = if rng.bool() { rng.i64(0..15_000) } else { 0 };
            latencies.unseen_ms = unseen;
            latencies.in_use_ms = if rng.bool() { rng.i64(0..9_000) } else { 0 };
            latencies.visible_after_deregister_ms = if rng.bool() { rng.i64(0..12_000) } else { 0 };
            latencies.base_ms = rng.i64(1_000..90_000);
            latencies.snapshots_after_ms = rng.i64(100..9_000);
            latencies.deregister_after_ms = if rng.u8(..) < 80 { rng.i64(0..9_000) } else { 0 };
            latencies.unavailable_ms = rng.bool().then(|| rng.i64(0..60_000));
            let limits = w.limits();
            limits.pending_copies = rng.usize(1..8);
            limits.rates = rng.bool();
            limits.token_life_ms = rng.bool().then(|| token_memory * 1_000 + rng.i64(60_000..600_000));
            limits.unique_names = rng.u8(..) < 50;
            limits.deletes_pending_snapshots = rng.bool();
            if rng.u8(..) < 50 {
                w.faults().add(Rule::new("CreateTags", FaultKind::Deny));
            }
        });
        let mut places =
            ["eu-west-1", "eu-central-1", "ap-southeast-2", "us-west-2"].map(region).into_iter().collect::<Vec<_>>();
        places.truncate(rng.usize(1..4));
        let sources = harness.sources().await;
        Self {
            harness,
            rng,
            counts: Counts::new(),
            sources,
            places,
            asked: Vec::new(),
            named: BTreeSet::new(),
            signed_out: false,
            stuck: Vec::new(),
            log,
        }
    }

    fn did(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
        if self.log {
            println!("{} {what}", self.harness.clock.now());
        }
    }

    fn place(&mut self) -> Region {
        let n = self.rng.usize(..self.places.len());
        self.places[n].clone()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.rng.usize(..from.len())].clone())
    }

    fn token(&mut self) -> ClientToken {
        ClientToken::from_random(self.rng.u128(..))
    }

    /// The program is to end soon.
    fn crash(&mut self) {
        let at = self.harness.observed().effects + self.rng.usize(..12);
        let phase = [Phase::Before, Phase::Unanswered, Phase::Answered][self.rng.usize(..3)];
        self.harness.observed().kill = Some((at, phase));
    }

    async fn revive(&mut self, run: DriverRun) -> DriverRun {
        if !self.harness.observed().killed {
            return run;
        }
        self.did("crashes");
        run.end();
        pass(Duration::from_millis(self.rng.u64(0..20_000))).await;
        self.harness.start()
    }

    fn peace(&mut self) {
        let now = self.harness.clock.now();
        let stuck = std::mem::take(&mut self.stuck);
        self.harness.world.with(|w| {
            w.faults().clear();
            w.limits().pending_copies = 8;
            for (region, image) in stuck {
                // It may be gone.
                _ = w.unstick_copy(&region, &image, now);
            }
        });
        self.harness.observed().kill = None;
        self.sign_in();
    }

    async fn run(&mut self) -> Vec<String> {
        let began = self.harness.clock.now();
        let since = |simulation: &Self| simulation.harness.clock.now().duration_since(began).as_secs();
        let mut run = self.harness.start();
        self.submit(&run).await;
        while since(self) < TROUBLE {
            pass(Duration::from_millis(self.rng.u64(50..15_000))).await;
            run = self.revive(run).await;
            if self.signed_out && self.rng.bool() {
                self.sign_in();
            }
            match self.rng.u8(..10) {
                0..=3 => self.person(&run).await,
                4 | 5 => self.fault(),
                6..=8 => self.other(),
                _ => self.crash(),
            }
        }
        run = self.revive(run).await;
        self.peace();
        let peace = self.harness.clock.now();
        loop {
            pass(Duration::from_secs(20)).await;
            // An effect that was begun in the trouble may end the program still.
            run = self.revive(run).await;
            let over = self.harness.stored().await.iter().all(|j| j.state.ended() && !j.is_unfinished());
            self.resolve(&run).await;
            let late = self.harness.clock.now().duration_since(peace).as_secs() > PATIENCE;
            if late || over && self.harness.waiting_asks().await.is_empty() {
                break;
            }
        }
        // Ghosts go, and what EC2 deletes late is deleted.
        pass(Duration::from_mins(2)).await;
        run.end();
        self.harness.check(&self.asked, &self.named).await
    }
}

/// Plays a seed. What happened, and what is wrong.
fn play(seed: u64, log: bool) -> (Counts, Vec<String>, String) {
    paused(async {
        let mut simulation = Simulation::new(seed, log).await;
        let wrong = simulation.run().await;
        let jobs = simulation.harness.stored().await;
        for job in &jobs {
            *simulation.counts.entry(if job.origin == Origin::Here { "jobs" } else { "jobs adopted" }).or_default() +=
                1;
            *simulation.counts.entry(ended(job)).or_default() += 1;
            for state in job.step_states.iter().filter(|_| matches!(job.state, JobState::Available { .. })) {
                *simulation.counts.entry(step_ended(state)).or_default() += 1;
            }
            if log {
                println!(
                    "{} {} {} {:?} {:?} {:?}",
                    job.id,
                    job.request.name,
                    job.phase().as_str(),
                    job.images,
                    job.note,
                    job.state
                );
            }
        }
        let trace = format!(
            "{} {:?}",
            simulation.harness.observed().effects,
            jobs.iter().map(|j| (j.ended, j.phase().as_str())).collect::<Vec<_>>()
        );
        (simulation.counts, wrong, trace)
    })
}

fn step_ended(state: &StepState) -> &'static str {
    match state {
        StepState::Done => "steps done",
        StepState::Failed(_) => "steps failed",
        StepState::GivenUp | StepState::GivenUpSent(_) => "steps given up",
        StepState::Withdrawn(_) => "steps withdrawn",
        StepState::Waiting | StepState::UnderWay(_) => "steps not ended",
    }
}

fn ended(job: &Job) -> &'static str {
    match job.state {
        JobState::Available { .. } => "ended available",
        JobState::Failed { .. } => "ended failed",
        JobState::Gone { .. } => "ended gone",
        JobState::Cancelled => "ended cancelled",
        JobState::Deregistered => "ended deregistered",
        _ => "not ended",
    }
}

#[test]
fn nothing_is_lost_and_nothing_made_twice() {
    if let Some(seed) = number::<u64>("SIMULATION_SEED") {
        let (_, wrong, _) = play(seed, true);
        assert_eq!(wrong, [] as [&str; 0], "seed {seed}");
        return;
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let (next, failed, counts) = (AtomicU64::new(0), Mutex::new(Vec::new()), Mutex::new(Counts::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let (happened, wrong, _) = play(seed, false);
                    let mut counts = counts.lock().unwrap();
                    for (what, n) in happened {
                        *counts.entry(what).or_default() += n;
                    }
                    if !wrong.is_empty() {
                        let again = format!("SIMULATION_SEED={seed} cargo test --test it simulation -- --nocapture");
                        // At once: whoever plays many seeds need not wait for the last.
                        println!("{again}\n    {}", wrong.join("\n    "));
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    println!("{seeds} seeds");
    let counts = counts.into_inner().unwrap();
    for (what, n) in &counts {
        println!("{n:>8} {what}");
    }
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {seeds} seeds: {failed:?}", failed.len());
    if seeds == DOCUMENTED_SEEDS {
        documented(&counts);
    }
}

/// docs/reliability.md tells what happened, and how often, about as it is now.
fn documented(counts: &Counts) {
    let row = |(what, n): (&&str, &u64)| format!("| {what} | {} |\n", thousands(usize::try_from(*n).unwrap()));
    let rows: String = counts.iter().map(row).collect();
    let shown = reliability_page::part("simulation", &format!("\n\n| what | how often |\n|---|---:|\n{rows}\n"));
    let mut told = BTreeMap::new();
    for line in shown.lines().filter(|l| l.ends_with(" |") && !l.contains("how often")) {
        let (what, n) = line.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        told.insert(what.to_owned(), reliability_page::numbers(n)[0]);
    }
    let now: BTreeMap<String, u64> = counts.iter().map(|(what, n)| ((*what).to_owned(), *n)).collect();
    let same = told.len() == now.len()
        && now.iter().all(|(what, n)| told.get(what).is_some_and(|t| reliability_page::about(*t, *n)));
    assert!(same, "docs/reliability.md tells {told:?}, now it is {now:?}; UPDATE=1 brings it up to date");
}

#[test]
fn a_seed_plays_the_same_again() {
    for seed in [3, 4] {
        let once = play(seed, false);
        assert_eq!(once, play(seed, false), "seed {seed}");
    }
}
