//! Random worlds, faults, people and crashes, on the real SDK and a paused clock. Whatever happens: no request is lost, none
//! is made twice, what is cancelled leaves nothing, no destination gets more than its limit, bars only rise, nothing another
//! made is changed without somebody naming it, no call is signed for another account, and once the trouble is over everything
//! comes to its end.
//!
//! `SIMULATION_SEEDS=100000 cargo test --release --test it simulation -- --nocapture` plays more seeds than CI does;
//! `SIMULATION_SEED=n cargo test --test it simulation -- --nocapture` plays one again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::support::driver_harness::{Life, OTHER_KEY, Phase, Rig, pass, paused, region, request};
use crate::support::reliability_page;
use amigrate::{
    aws::SimulatedLogin,
    domain::{ClientToken, CopyRequest, Image, ImageId, ImageState, Region, image::Tag, text::thousands},
    engine::{Command, EngineConfig, Job, JobId, JobState, JobTags, Origin, Resolution},
    sim::{
        CopySeen, LookAlike, Scenario, World,
        faults::{FaultKind, Rule},
    },
};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

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
    /// Copies started elsewhere that a person asked to have removed, by their ids.
    named: BTreeSet<ImageId>,
    /// The credentials are another account's, or there are none.
    signed_out: bool,
    stuck: Vec<(Region, ImageId)>,
    log: bool,
}

impl Play {
    async fn new(seed: u64, log: bool) -> Self {
        // The SDK draws its own jitter from here.
        fastrand::seed(seed);
        let mut rng = Rng::with_seed(seed);
        // Where EC2 is trusted for a short time only, a copy without tags comes to be in doubt.
        let token_memory = if rng.u8(..) < 100 { rng.i64(5..60) } else { 600 };
        let limits = EngineConfig {
            pending: rng.usize(1..6),
            starts_per_second: if rng.bool() { 1.0 } else { 0.3 },
            start_burst: rng.u32(1..5),
            tagging: rng.u8(..) > 60,
            token_memory: SignedDuration::from_secs(token_memory),
            ..EngineConfig::default()
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
            pace.deregister_after_ms = if rng.u8(..) < 80 { rng.i64(0..9_000) } else { 0 };
            pace.unavailable_ms = rng.bool().then(|| rng.i64(0..60_000));
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
        let sources = rig.sources().await;
        Self {
            rig,
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

    /// An image to copy: one of the scenario's, or one that was copied before and carries its copy's tags.
    fn source(&mut self) -> Image {
        let now = self.rig.clock.now();
        if self.rng.u8(..) < 40 {
            let mut copies = self.rig.world.with(|w| w.copies(now));
            copies.retain(|c| c.image.state == ImageState::Available && c.image.source_image_id.is_some());
            if let Some(copy) = self.pick(&copies) {
                self.did("copies of copies asked for");
                return copy.image;
            }
        }
        let n = self.rng.usize(..self.sources.len());
        self.sources[n].clone()
    }

    async fn submit(&mut self, life: &Life) {
        let mut copies = Vec::new();
        for _ in 0..self.rng.usize(1..5) {
            let (to, n) = (self.place(), self.asked.len() + copies.len());
            let source = self.source();
            let key = (self.rng.u8(..) < 40).then_some("alias/no/such/key");
            // Now and then the name of an earlier one: names are not unique.
            let name = match self.asked.len() {
                before @ 1.. if self.rng.u8(..) < 30 => format!("sim-{}", self.rng.usize(..before)),
                _ => format!("sim-{n}"),
            };
            let token = self.rng.u128(..);
            copies.push(request(&source, &to, &name, key, token));
        }
        self.did("batches asked for");
        self.rig.ask(life, Command::Copy(copies.clone())).await;
        self.asked.extend(copies);
    }

    /// A person who asks for the removal of a copy sees its id.
    fn name(&mut self, jobs: &[Job], id: JobId) {
        let Some(job) = jobs.iter().find(|j| j.id == id) else { return };
        if job.origin == Origin::Elsewhere {
            self.named.extend(job.image().cloned());
        }
        if matches!(job.state, JobState::InDoubt { .. }) {
            self.rig.notes().given_up.insert(job.request.token.clone());
        }
    }

    /// A person decides about a copy in doubt: knows which image is the copy's, copies again, or gives up.
    async fn resolve(&mut self, life: &Life) {
        let in_doubt = |j: &&Job| matches!(j.state, JobState::InDoubt { .. });
        for job in self.rig.stored().await.iter().filter(in_doubt) {
            let now = self.rig.clock.now();
            let copies = self.rig.world.with(|w| w.copies(now));
            let own = copies.into_iter().find(|c| c.token.as_deref() == Some(job.request.token.as_str()));
            let (what, resolution) = match (self.rng.u8(..4), own) {
                (0, _) => ("doubts given up", Resolution::GiveUp),
                (_, Some(copy)) => ("doubts resolved with an image", Resolution::Mine(copy.image.id)),
                (_, None) => ("doubts resolved by another copy", Resolution::Again(self.token())),
            };
            self.did(what);
            if resolution == Resolution::GiveUp {
                self.rig.notes().given_up.insert(job.request.token.clone());
            }
            self.rig.ask(life, Command::Resolve { job: job.id, resolution }).await;
        }
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
                    self.name(&jobs, id);
                    self.rig.ask(life, Command::Cancel(vec![id])).await;
                }
            }
            4 if self.rng.bool() => self.resolve(life).await,
            4 if self.rng.u8(..) < 80 => {
                if let Some(id) = self.pick(&ids(&|j| !j.state.ended())) {
                    let batch = &jobs.iter().find(|j| j.id == id).unwrap().batch;
                    // A copy started elsewhere is a batch by itself, named by its id; no other batch means one.
                    self.name(&jobs, id);
                    self.did("batches cancelled");
                    self.rig.ask(life, Command::Cancel(ids(&|j| j.batch == *batch && !j.state.ended()))).await;
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
                    self.rig.ask(life, Command::Retry(vec![(id, token)])).await;
                }
            }
            6 => {
                if let Some(id) = self.pick(&ids(&|j| matches!(j.state, JobState::Available { .. }) && !j.dismissed)) {
                    self.did("copies deregistered");
                    self.name(&jobs, id);
                    self.rig.ask(life, Command::Deregister(vec![id])).await;
                }
            }
            7 => {
                if let Some(id) = self.pick(&ids(&|j| j.state.ended() && !j.dismissed)) {
                    self.did("copies dismissed");
                    self.rig.ask(life, Command::Dismiss(vec![id])).await;
                }
                life.desk.send(Command::RefreshNow);
                life.desk.send(Command::Follow(self.places.clone()));
            }
            _ => {}
        }
    }

    /// Something goes wrong at AWS.
    fn fault(&mut self) {
        let actions =
            ["CopyImage", "CopyImage", "Describe*", "DescribeImages", "DeregisterImage", "DeleteSnapshot", "*"];
        let action = actions[self.rng.usize(..actions.len())];
        let (what, effect) = match self.rng.u8(..12) {
            0 => ("throttles", FaultKind::Throttle),
            1 => ("internal errors", FaultKind::Fail),
            2 | 3 => ("lost answers", FaultKind::LostAnswer),
            4 => ("pages of HTML", FaultKind::Html),
            5 => ("truncated answers", FaultKind::Truncated),
            6 => ("resets", FaultKind::Reset),
            7 => ("slow answers", FaultKind::Slow),
            8 => ("expired credentials", FaultKind::Expired),
            9 => ("refused snapshots", FaultKind::Deny),
            10 => return self.sign_out(),
            _ => ("limits lowered", FaultKind::Throttle),
        };
        self.did(what);
        if what == "limits lowered" {
            let limit = self.rng.usize(0..4);
            return self.rig.world.with(|w| w.limits().pending_copies = limit);
        }
        let action = match effect {
            FaultKind::Expired => "*",
            FaultKind::Deny => ["DeleteSnapshot", "DescribeSnapshots"][self.rng.usize(..2)],
            _ => action,
        };
        let mut rule = Rule::new(action, effect).first(self.rng.u64(1..12)).millis(self.rng.u64(100..70_000));
        if self.rng.bool() {
            rule = rule.in_region(self.place());
        }
        self.rig.world.with(|w| w.faults().add(rule));
    }

    /// A login of another account, or none, takes the place of the jobs' own.
    fn sign_out(&mut self) {
        self.signed_out = true;
        if self.rng.u8(..) < 64 {
            self.did("logins ended");
            self.rig.login.sign_out();
        } else {
            self.did("logins of another account");
            self.rig.login.sign_in(OTHER_KEY);
        }
    }

    fn sign_in(&mut self) {
        self.signed_out = false;
        self.rig.login.sign_in(SimulatedLogin::ACCESS_KEY);
    }

    /// EC2 itself does something to copies, or another user of the account does.
    fn other(&mut self) {
        let now = self.rig.clock.now();
        let copies = self.rig.world.with(|w| w.copies(now));
        let pending: Vec<_> = copies.iter().filter(|c| c.image.state == ImageState::Pending).cloned().collect();
        match self.rng.u8(..12) {
            0 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies failed by EC2");
                    let reason = "Snapshot copy failed";
                    _ = self.rig.world.with(|w| w.fail_copy(&copy.region, &copy.image.id, reason, now));
                }
            }
            1 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies stuck");
                    _ = self.rig.world.with(|w| w.stick_copy(&copy.region, &copy.image.id, now));
                    self.stuck.push((copy.region, copy.image.id));
                }
            }
            2 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies suddenly available");
                    _ = self.rig.world.with(|w| w.finish_copy(&copy.region, &copy.image.id, now));
                }
            }
            3..=5 => self.another_copies(&copies, now),
            6..=9 => self.another_meddles(&copies, now),
            _ => {}
        }
    }

    /// Another user copies: something else, the same as the program under the same name, or what the program made.
    fn another_copies(&mut self, copies: &[CopySeen], now: Timestamp) {
        let ready: Vec<_> = copies.iter().filter(|c| c.image.state == ImageState::Available).cloned().collect();
        let (what, source, from, to, name) = match (self.rng.u8(..4), self.pick(&ready)) {
            (0, _) => {
                let (source, name) = (self.sources[0].clone(), format!("elsewhere-{}", self.rng.u32(..)));
                ("copies started elsewhere", source.id, source.region, self.place(), name)
            }
            (1, Some(copy)) => {
                let (to, name) = (self.place(), copy.image.name.to_string());
                ("copies of copies started elsewhere", copy.image.id, copy.region, to, name)
            }
            _ => {
                let Some(same) = self.pick(&self.asked.clone()) else { return };
                let name = same.name.to_string();
                ("the same copies started elsewhere", same.source, same.source_region, same.destination, name)
            }
        };
        let tags = self.rng.bool();
        // Refused, where the limit is reached.
        let made = self.rig.world.with(|w| {
            if tags {
                w.copy_with_tags_elsewhere(&to, &source, &from, &name, now)
            } else {
                w.copy_elsewhere(&to, &source, &from, &name, now)
            }
        });
        if made.is_ok() {
            self.did(what);
        }
    }

    /// Another user does something to images and snapshots, or something that looks like them.
    fn another_meddles(&mut self, copies: &[CopySeen], now: Timestamp) {
        let all = self.rig.world.with(|w| w.copy_snapshots(now));
        let (Some(copy), Some((region, _, snapshot))) = (self.pick(copies), self.pick(&all)) else { return };
        let (id, n) = (snapshot.id, self.rng.u32(..));
        let (what, done) = match self.rng.u8(..10) {
            0 | 1 => {
                let delete = self.rng.bool();
                let removed = |w: &mut World| w.deregister_elsewhere(&copy.region, &copy.image.id, delete, now);
                ("copies deregistered by others", self.rig.world.with(removed))
            }
            2 => {
                let made = |w: &mut World| w.register_elsewhere(&region, &id, &format!("registered-{n}"), now);
                ("images registered by others", self.rig.world.with(made).map(drop))
            }
            3..=6 => {
                let how = [LookAlike::Described, LookAlike::Tagged, LookAlike::OfVolume][self.rng.usize(..3)];
                ("snapshots imitated", self.rig.world.with(|w| w.imitate_elsewhere(&region, &id, how, now)).map(drop))
            }
            7 | 8 => {
                let deleted = |w: &mut World| w.delete_snapshot_elsewhere(&region, &id, now);
                ("snapshots deleted by others", self.rig.world.with(deleted))
            }
            _ => {
                let (region, id) =
                    if self.rng.bool() { (region, id.to_string()) } else { (copy.region, copy.image.id.to_string()) };
                let mine = self.rng.bool();
                let tagged = |w: &mut World| {
                    let tag = Tag { key: "Team".into(), value: "x".into() };
                    if mine {
                        w.untag_elsewhere(&region, &id, JobTags::JOB, now)
                    } else {
                        w.tag_elsewhere(&region, &id, tag, now)
                    }
                };
                ("tags changed by others", self.rig.world.with(tagged))
            }
        };
        if done.is_ok() {
            self.did(what);
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
        self.sign_in();
    }

    async fn run(&mut self) -> Vec<String> {
        let began = self.rig.clock.now();
        let since = |play: &Self| play.rig.clock.now().duration_since(began).as_secs();
        let mut life = self.rig.live();
        self.submit(&life).await;
        while since(self) < TROUBLE {
            pass(Duration::from_millis(self.rng.u64(50..15_000))).await;
            life = self.revive(life).await;
            if self.signed_out && self.rng.bool() {
                self.sign_in();
            }
            match self.rng.u8(..10) {
                0..=3 => self.person(&life).await,
                4 | 5 => self.fault(),
                6..=8 => self.other(),
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
            let over = self.rig.stored().await.iter().all(|j| j.state.ended() && !j.needs_cleanup());
            self.resolve(&life).await;
            let late = self.rig.clock.now().duration_since(peace).as_secs() > PATIENCE;
            if late || over && self.rig.waiting_asks().await.is_empty() {
                break;
            }
        }
        // Ghosts go, and what EC2 deletes late is deleted.
        pass(Duration::from_mins(2)).await;
        life.end();
        self.rig.check(&self.asked, &self.named).await
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
                    job.phase().as_str(),
                    job.images,
                    job.note,
                    job.state
                );
            }
        }
        let trace = format!(
            "{} {:?}",
            play.rig.notes().effects,
            jobs.iter().map(|j| (j.ended, j.phase().as_str())).collect::<Vec<_>>()
        );
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
    if seeds == SEEDS {
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
