//! `kill -9` of `amigrate sync` at seeded moments, run again, and killed again. `KILL_SEED=7` repeats one seed.

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    process::Stdio,
    sync::Mutex,
    thread,
};

use amigrate::{
    domain::{ImageId, ImageState, Region},
    sim::{Actor, ChangeKind},
};
use jiff::Timestamp;

use crate::{
    commands::{fixture::Commands, sync},
    support::{
        ec2_server::{KillPoint, RequestStage, lock},
        variables::number,
    },
};

/// Seeds, at least, unless `KILL_SEEDS` names a number.
const SEEDS: u64 = 2;
/// Kills, at least, unless `KILL_SEED` names the only seed: more seeds follow until there were so many.
const ALL_KILLS: usize = 20;
/// The most kills in each world.
const KILLS: usize = 5;
/// Worlds at once: they mostly wait.
const AT_ONCE: usize = 5;
const REGION: &str = "eu-west-1";

/// Copies the newest version to a region that has none, and deregisters two of three in one that has them.
const ARGUMENTS: &[&str] = &[
    "--to",
    "eu-west-2",
    "--keep",
    "1",
    "--override-keep",
    "--min-age",
    "0d",
    "--retire",
    "deregister",
    "--apply",
    "--wait",
    "--yes",
];

#[test]
fn sync_killed_at_any_moment_copies_once_and_retires_nothing_else() {
    let (first, seeds, kills_needed) = match number("KILL_SEED") {
        Some(seed) => (seed, 1, 0),
        None => (1, number("KILL_SEEDS").unwrap_or(SEEDS), ALL_KILLS),
    };
    let (tally, wrong) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(seed) = lock(&tally).next(first, seeds, kills_needed) else { return };
                    // Every seed is run to its end: one failure must not hide another.
                    match catch_unwind(AssertUnwindSafe(|| one_world(seed))) {
                        Ok(kills) => lock(&tally).kills += kills,
                        Err(_) => lock(&wrong).push(seed),
                    }
                }
            });
        }
    });
    let (tally, wrong) = (lock(&tally), lock(&wrong).clone());
    assert!(wrong.is_empty(), "wrong with the seeds {wrong:?}: look above, and play one again with KILL_SEED=N");
    let _ = writeln!(std::io::stdout(), "{} kills in {} worlds", tally.kills, tally.begun);
    assert!(tally.kills >= kills_needed, "{} kills in {} worlds", tally.kills, tally.begun);
}

/// What was done so far.
#[derive(Default)]
struct Tally {
    /// Seeds that were taken.
    begun: u64,
    kills: usize,
}

impl Tally {
    /// No seed is taken beyond this many: a world without a kill is not run for ever.
    const MOST_SEEDS: u64 = 1_000;

    /// Takes the next seed; `None` once there were enough of them, and enough kills.
    fn next(&mut self, first: u64, seeds: u64, kills_needed: usize) -> Option<u64> {
        let needed = self.begun < seeds || self.kills < kills_needed;
        (needed && self.begun < Self::MOST_SEEDS.max(seeds)).then(|| {
            self.begun += 1;
            first + self.begun - 1
        })
    }
}

/// Returns how often it was killed.
fn one_world(seed: u64) -> usize {
    let mut rng = fastrand::Rng::with_seed(seed);
    let commands = sync::quick();
    let made = sync::actions(&commands, &["--keep", "3", "--apply", "--wait"], 0);
    let old: Vec<String> = sync::of(&made, "copy").into_iter().skip(1).map(|(image, _)| image).collect();
    assert_eq!(old.len(), 2);
    copy_by_hand(&commands, &old[0]);
    let (copies, mut kept) = (commands.ec2.with(|world| world.copies_made()), there(&commands));
    kept.retain(|(_, image)| !old.contains(image));
    let mut story = Vec::new();
    // A run that is not killed has nothing left to do.
    while story.len() < KILLS {
        let stage = [RequestStage::Received, RequestStage::CarriedOut, RequestStage::Answered][rng.usize(..3)];
        let (action, most) = [
            ("", 60),
            ("CopyImage", 2),
            ("DescribeImages", 30),
            ("DescribeImageReferences", 3),
            ("DescribeImageAttribute", 3),
            ("DeregisterImage", 2),
        ][rng.usize(..6)];
        let left = rng.usize(1..=most);
        if !killed_at(&commands, stage, action, left) {
            break;
        }
        story.push(format!("{stage:?} {action} {left}"));
    }
    let _ = writeln!(std::io::stdout(), "seed {seed}: killed {} times: {}", story.len(), story.join(", "));
    let ended = sync::run(&commands, ARGUMENTS);
    assert_eq!(ended.status, Some(0), "seed {seed}: {story:?}: {}", ended.stderr);
    let nothing = sync::run(&commands, &ARGUMENTS[..ARGUMENTS.len() - 3]);
    assert_eq!(nothing.status, Some(0), "seed {seed}: {story:?}: there is something left: {}", nothing.stdout);
    assert_eq!(
        commands.ec2.with(|world| world.copies_made()),
        copies + 1,
        "seed {seed}: {story:?}: one copy was missing"
    );
    let gone: Vec<String> = commands.ec2.with(|world| {
        let gone = world.changes().iter().filter(|change| change.kind == ChangeKind::Deregistered);
        gone.map(|change| change.resource.to_string()).collect()
    });
    assert!(gone.len() == 2 && old.iter().all(|image| gone.contains(image)), "seed {seed}: {story:?}: gone {gone:?}");
    let there = there(&commands);
    assert!(kept.iter().all(|image| there.contains(image)), "seed {seed}: {story:?}: {kept:?} {there:?}");
    assert_eq!(there.len(), kept.len() + 1, "seed {seed}: {story:?}: {there:?}");
    story.len()
}

/// Runs it until a request, and kills it there. Returns false if it came to its end.
fn killed_at(commands: &Commands, stage: RequestStage, action: &'static str, left: usize) -> bool {
    let arguments = [sync::WEB, ARGUMENTS].concat();
    let mut child = commands.command(&arguments);
    let mut child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    commands.ec2.set_kill_point(KillPoint { stage, action, left, process });
    let status = child.wait().expect("a child");
    commands.ec2.clear_kill_point();
    assert!(!matches!(status.code(), Some(1..)), "it failed: {status}");
    !status.success()
}

/// A person copies one of the images, with its tags.
fn copy_by_hand(commands: &Commands, image: &str) {
    let (region, image) = (Region::new(REGION).expect("a region"), ImageId::new(image).expect("an id"));
    commands.ec2.with(|world| {
        let now = Timestamp::now();
        world.copy_with_tags_as_other_user(&region, &image, &region, "app-web-0", now).expect("it is copied");
    });
    commands.ec2.finish();
}

/// The copies that are there, with the regions of each, without those of the scenario.
fn there(commands: &Commands) -> Vec<(Region, String)> {
    let copies = commands.ec2.with(|world| world.copies(Timestamp::now()));
    let made = copies.into_iter().filter(|copy| copy.created_by != Actor::Scenario);
    let there = made.inspect(|copy| assert_eq!(copy.image.state, ImageState::Available, "{copy:?}"));
    there.map(|copy| (copy.region, copy.image.id.to_string())).collect()
}
