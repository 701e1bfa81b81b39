//! Random worlds, faults, people and crashes, on the real SDK and a paused clock. Whatever happens: no request is lost, none
//! is made twice, what is cancelled leaves nothing, no destination gets more than its limit, bars only rise, and once the
//! trouble is over everything comes to its end.
//!
//! `SIMULATION_SEEDS=100000 cargo test --release --test simulation -- --nocapture` plays more seeds than CI does;
//! `SIMULATION_SEED=n cargo test --test simulation -- --nocapture` plays one again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a seed that is played again shows its steps")]

#[path = "support/document.rs"]
mod document;
#[path = "support/rig.rs"]
mod rig;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amigrate::{
    domain::{ClientToken, CopyRequest, Image, ImageId, ImageState, Region, text::thousands},
    engine::{Ask, Job, JobState, Limits, Origin},
    sim::{
        Maker, Scenario,
        faults::{Effect, Rule},
    },
};
use fastrand::Rng;
use rig::{Life, Phase, Rig, pass, paused, region, request};

/// Seeds in CI.
const SEEDS: u64 = 1_000;
/// Virtual seconds of trouble.
const TROUBLE: i64 = 480;
/// Virtual seconds after it within which everything must have ended.
const PATIENCE: i64 = 6 * 3_600;

/// How often each thing happened, over all seeds: what never happens proves nothing.
type Counts = BTreeMap<&'static str, u64>;

struct Play {
    rig: Rig,
    rng: Rng,
    counts: Counts,
    sources: Vec<Image>,
    places: Vec<Region>,
    asked: Vec<CopyRequest>,
    /// Images another user removed.
    others: BTreeMap<ImageId, Maker>,
    stuck: Vec<(Region, ImageId)>,
    log: bool,
}

impl Play {
    async fn new(seed: u64, log: bool) -> Self {
        // The SDK draws its own jitter from here.
        fastrand::seed(seed);
        let mut rng = Rng::with_seed(seed);
        let limits = Limits {
            pending: rng.usize(1..6),
            starts_per_second: if rng.bool() { 1.0 } else { 0.3 },
            start_burst: rng.u32(1..5),
            tagging: rng.u8(..) > 60,
            ..Limits::default()
        };
        let rig = Rig::new(&Scenario::named("demo").unwrap(), limits);
        rig.world.with(|w| {
            let pace = w.pace();
            let unseen = if rng.bool() { rng.i64(0..15_000) } else { 0 };
            pace.unseen_ms = unseen;
            pace.in_use_ms = if rng.bool() { rng.i64(0..9_000) } else { 0 };
            pace.ghost_ms = if rng.bool() { rng.i64(0..12_000) } else { 0 };
            pace.base_ms = rng.i64(1_000..90_000);
            pace.snapshots_after_ms = rng.i64(100..9_000);
            let limits = w.limits();
            limits.pending_copies = rng.usize(1..8);
            limits.rates = rng.bool();
            limits.token_life_ms = rng.bool().then(|| rng.i64(100_000..600_000));
            if unseen == 0 && rng.u8(..) < 100 {
                // Where EC2 shows at once what it has, a copy is known by its tag and name alone, whatever its token.
                limits.token_life_ms = Some(rng.i64(1..10_000));
            }
            if rng.u8(..) < 50 {
                w.faults().add(Rule::new("CreateTags", Effect::Deny));
            }
        });
        let mut places =
            ["eu-west-1", "eu-central-1", "ap-southeast-2", "us-west-2"].map(region).into_iter().collect::<Vec<_>>();
        places.truncate(rng.usize(1..4));
        let sources = rig.sources().await;
        Self {
            rig,
            rng,
            counts: Counts::new(),
            sources,
            places,
            asked: Vec::new(),
            others: BTreeMap::new(),
            stuck: Vec::new(),
            log,
        }
    }

    fn did(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
        if self.log {
            println!("{} {what}", self.rig.clock.now());
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

    async fn submit(&mut self, life: &Life) {
        let mut copies = Vec::new();
        for _ in 0..self.rng.usize(1..5) {
            let (to, n) = (self.place(), self.asked.len() + copies.len());
            let source = self.rng.usize(..self.sources.len());
            let key = (self.rng.u8(..) < 40).then_some("alias/no/such/key");
            // Now and then the name of an earlier one: EC2 refuses it, or it has become free.
            let name = format!("sim-{n}");
            let token = self.rng.u128(..);
            copies.push(request(&self.sources[source], &to, &name, key, token));
        }
        self.did("batches asked for");
        self.rig.ask(life, Ask::Copy(copies.clone())).await;
        self.asked.extend(copies);
    }

    /// A person does something.
    async fn person(&mut self, life: &Life) {
        let jobs = self.rig.stored().await;
        let ids = |which: &dyn Fn(&Job) -> bool| jobs.iter().filter(|j| which(j)).map(|j| j.id).collect::<Vec<_>>();
        match self.rng.u8(..8) {
            0 | 1 if self.asked.len() < 14 => self.submit(life).await,
            2 | 3 => {
                if let Some(id) = self.pick(&ids(&|j| !j.state.ended())) {
                    self.did("copies cancelled");
                    self.rig.ask(life, Ask::Cancel(vec![id])).await;
                }
            }
            4 if self.rng.u8(..) < 80 => {
                if let Some(id) = self.pick(&ids(&|j| !j.state.ended())) {
                    let batch = &jobs.iter().find(|j| j.id == id).unwrap().batch;
                    self.did("batches cancelled");
                    self.rig.ask(life, Ask::Cancel(ids(&|j| j.batch == *batch && !j.state.ended()))).await;
                }
            }
            5 => {
                let failed = ids(&|j| {
                    matches!(j.state, JobState::Failed { .. } | JobState::Gone { .. })
                        && j.origin == Origin::Here
                        && !j.dismissed
                });
                if let Some(id) = self.pick(&failed) {
                    let token = self.token();
                    self.did("copies tried again");
                    self.rig.ask(life, Ask::TryAgain(vec![(id, token)])).await;
                }
            }
            6 => {
                if let Some(id) = self.pick(&ids(&|j| matches!(j.state, JobState::Available { .. }) && !j.dismissed)) {
                    self.did("copies deregistered");
                    self.rig.ask(life, Ask::Deregister(vec![id])).await;
                }
            }
            7 => {
                if let Some(id) = self.pick(&ids(&|j| j.state.ended() && !j.dismissed)) {
                    self.did("copies dismissed");
                    self.rig.ask(life, Ask::Dismiss(vec![id])).await;
                }
                life.desk.ask(Ask::LookNow);
                life.desk.ask(Ask::Follow(self.places.clone()));
            }
            _ => {}
        }
    }

    /// Something goes wrong at AWS.
    fn fault(&mut self) {
        let actions =
            ["CopyImage", "CopyImage", "Describe*", "DescribeImages", "DeregisterImage", "DeleteSnapshot", "*"];
        let action = actions[self.rng.usize(..actions.len())];
        let (what, effect) = match self.rng.u8(..10) {
            0 => ("throttles", Effect::Throttle),
            1 => ("internal errors", Effect::Fail),
            2 | 3 => ("lost answers", Effect::LostAnswer),
            4 => ("pages of HTML", Effect::Html),
            5 => ("truncated answers", Effect::Truncated),
            6 => ("resets", Effect::Reset),
            7 => ("slow answers", Effect::Slow),
            8 => ("expired credentials", Effect::Expired),
            _ => ("limits lowered", Effect::Throttle),
        };
        self.did(what);
        if what == "limits lowered" {
            let limit = self.rng.usize(0..4);
            return self.rig.world.with(|w| w.limits().pending_copies = limit);
        }
        let mut rule = Rule::new(if effect == Effect::Expired { "*" } else { action }, effect)
            .first(self.rng.u64(1..12))
            .millis(self.rng.u64(100..70_000));
        if self.rng.bool() {
            rule = rule.in_region(self.place());
        }
        self.rig.world.with(|w| w.faults().add(rule));
    }

    /// Another user of the account, or EC2 itself, does something to copies.
    fn other(&mut self) {
        let now = self.rig.clock.now();
        let copies = self.rig.world.with(|w| w.copies(now));
        let pending: Vec<_> = copies.iter().filter(|c| c.image.state == ImageState::Pending).cloned().collect();
        match self.rng.u8(..6) {
            0 => {
                let (to, n) = (self.place(), self.rng.u32(..));
                let source = self.sources[0].clone();
                self.did("copies started elsewhere");
                // Refused, where the limit is reached.
                _ = self
                    .rig
                    .world
                    .with(|w| w.copy_elsewhere(&to, &source.id, &source.region, &format!("elsewhere-{n}"), now));
            }
            1 => {
                if let Some(copy) = self.pick(&copies) {
                    let delete = self.rng.bool();
                    if self
                        .rig
                        .world
                        .with(|w| w.deregister_elsewhere(&copy.region, &copy.image.id, delete, now))
                        .is_ok()
                    {
                        self.did("copies deregistered by others");
                        self.others.insert(copy.image.id, copy.maker);
                    }
                }
            }
            2 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies failed by EC2");
                    let reason = "Snapshot copy failed";
                    _ = self.rig.world.with(|w| w.fail_copy(&copy.region, &copy.image.id, reason, now));
                }
            }
            3 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies stuck");
                    _ = self.rig.world.with(|w| w.stick_copy(&copy.region, &copy.image.id, now));
                    self.stuck.push((copy.region, copy.image.id));
                }
            }
            4 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies suddenly available");
                    _ = self.rig.world.with(|w| w.finish_copy(&copy.region, &copy.image.id, now));
                }
            }
            _ => {}
        }
    }

    /// The program is to end soon.
    fn crash(&mut self) {
        let at = self.rig.notes().effects + self.rng.usize(..12);
        let phase = [Phase::Before, Phase::Unanswered, Phase::Answered][self.rng.usize(..3)];
        self.rig.notes().kill = Some((at, phase));
    }

    async fn revive(&mut self, life: Life) -> Life {
        if !self.rig.notes().killed {
            return life;
        }
        self.did("crashes");
        life.end();
        pass(Duration::from_millis(self.rng.u64(0..20_000))).await;
        self.rig.live()
    }

    fn peace(&mut self) {
        let now = self.rig.clock.now();
        let stuck = std::mem::take(&mut self.stuck);
        self.rig.world.with(|w| {
            w.faults().clear();
            w.limits().pending_copies = 8;
            for (region, image) in stuck {
                // It may be gone.
                _ = w.unstick_copy(&region, &image, now);
            }
        });
        self.rig.notes().kill = None;
    }

    async fn run(&mut self) -> Vec<String> {
        let began = self.rig.clock.now();
        let since = |play: &Self| play.rig.clock.now().duration_since(began).as_secs();
        let mut life = self.rig.live();
        self.submit(&life).await;
        while since(self) < TROUBLE {
            pass(Duration::from_millis(self.rng.u64(50..15_000))).await;
            life = self.revive(life).await;
            match self.rng.u8(..10) {
                0..=3 => self.person(&life).await,
                4..=6 => self.fault(),
                7 | 8 => self.other(),
                _ => self.crash(),
            }
        }
        life = self.revive(life).await;
        self.peace();
        let peace = self.rig.clock.now();
        loop {
            pass(Duration::from_secs(20)).await;
            // An effect that was begun in the trouble may end the program still.
            life = self.revive(life).await;
            let over = self.rig.stored().await.iter().all(|j| j.state.ended());
            let late = self.rig.clock.now().duration_since(peace).as_secs() > PATIENCE;
            if late || over && self.rig.waiting_asks().await.is_empty() {
                break;
            }
        }
        // Ghosts go, and what EC2 deletes late is deleted.
        pass(Duration::from_mins(2)).await;
        life.end();
        self.rig.check(&self.asked, &self.others).await
    }
}

/// Plays a seed. What happened, and what is wrong.
fn play(seed: u64, log: bool) -> (Counts, Vec<String>, String) {
    paused(async {
        let mut play = Play::new(seed, log).await;
        let wrong = play.run().await;
        let jobs = play.rig.stored().await;
        for job in &jobs {
            *play.counts.entry(if job.origin == Origin::Here { "jobs" } else { "jobs adopted" }).or_default() += 1;
            *play.counts.entry(ended(job)).or_default() += 1;
            if log {
                println!(
                    "{} {} {} {:?} {:?} {:?}",
                    job.id,
                    job.request.name,
                    job.word(),
                    job.made,
                    job.note,
                    job.state
                );
            }
        }
        let trace =
            format!("{} {:?}", play.rig.notes().effects, jobs.iter().map(|j| (j.ended, j.word())).collect::<Vec<_>>());
        (play.counts, wrong, trace)
    })
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

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

#[test]
fn nothing_is_lost_and_nothing_made_twice() {
    if let Some(seed) = number("SIMULATION_SEED") {
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
                        let again = format!("SIMULATION_SEED={seed} cargo test --test simulation -- --nocapture");
                        failed.lock().unwrap().push(format!("{again}\n    {}", wrong.join("\n    ")));
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
    assert!(failed.is_empty(), "{} of {seeds} seeds:\n{}", failed.len(), failed.join("\n"));
    if seeds == SEEDS {
        documented(&counts);
    }
}

/// docs/reliability.md tells what happened, and how often, about as it is now.
fn documented(counts: &Counts) {
    let row = |(what, n): (&&str, &u64)| format!("| {what} | {} |\n", thousands(usize::try_from(*n).unwrap()));
    let rows: String = counts.iter().map(row).collect();
    let shown = document::part("simulation", &format!("\n\n| what | how often |\n|---|---:|\n{rows}\n"));
    let mut told = BTreeMap::new();
    for line in shown.lines().filter(|l| l.ends_with(" |") && !l.contains("how often")) {
        let (what, n) = line.trim_matches(['|', ' ']).split_once(" | ").unwrap();
        told.insert(what.to_owned(), document::numbers(n)[0]);
    }
    let now: BTreeMap<String, u64> = counts.iter().map(|(what, n)| ((*what).to_owned(), *n)).collect();
    let same =
        told.len() == now.len() && now.iter().all(|(what, n)| told.get(what).is_some_and(|t| document::about(*t, *n)));
    assert!(same, "docs/reliability.md tells {told:?}, now it is {now:?}; UPDATE=1 brings it up to date");
}

#[test]
fn a_seed_plays_the_same_again() {
    for seed in [3, 4] {
        let once = play(seed, false);
        assert_eq!(once, play(seed, false), "seed {seed}");
    }
}
