//! The program ends at every effect of a run, in one of three ways: before it, after it but unheard of, or after its answer;
//! with `CRASH_POINTS=all` in each of them. Whatever was asked for comes to its end exactly once, and EC2 has what the jobs say.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::driver_harness::{DriverHarness, Phase, crash_points, pass, paused, region, request};
use crate::support::{driver_harness, reliability_page};
use amigrate::{
    domain::{
        AccountId, CopyRequest,
        post_copy::{LaunchPermission, PostCopyStep},
    },
    engine::{Command, EngineConfig, Job, JobState, StepState},
    sim::Scenario,
};

/// What the person of this scenario wants: three copies to a region that takes two at once, of which one has every post-copy step
/// and one fails, and a fourth elsewhere that is cancelled once it runs. One of the steps is refused, and the person changes it.
struct Person {
    copies: Vec<CopyRequest>,
}

const CANCELLED: &str = "crash-cancelled";

impl Person {
    async fn new(harness: &DriverHarness) -> Self {
        let sources = harness.sources().await;
        let (near, far) = (region("eu-west-1"), region("ap-southeast-2"));
        let bad = Some("alias/no/such/key");
        // Shared with an account and an organizational unit, which its copy is to be too.
        let shared =
            sources.iter().find(|source| source.name.starts_with("base-linux")).expect("it is in the scenario");
        let first = request(shared, &near, "crash-one", None, 1);
        let copies = vec![
            CopyRequest { post_copy: steps(), ..first },
            request(&sources[1], &near, "crash-bad-key", bad, 2),
            request(&sources[2], &near, "crash-three", None, 3),
            request(&sources[3], &far, CANCELLED, None, 4),
        ];
        Self { copies }
    }

    /// Does what is to be done next, if the store does not show it as requested. Whether all is over.
    async fn act(&self, harness: &DriverHarness, run: &driver_harness::DriverRun) -> bool {
        let (jobs, asks) = (harness.stored().await, harness.waiting_asks().await);
        if !asks.is_empty() {
            return false;
        }
        let mine: Vec<&Job> = jobs.iter().filter(|j| j.request.name.as_str().starts_with("crash-")).collect();
        if mine.is_empty() {
            run.handle.send(Command::Copy(self.copies.clone()));
        }
        if let Some(job) = mine.iter().find(|j| j.has_steps_left() && !j.has_open_steps()) {
            run.handle.send(Command::EditSteps { job: job.id, steps: changed_steps(), known: None });
            return false;
        }
        if let Some(job) = mine.iter().find(|j| j.request.name.as_str() == CANCELLED)
            && matches!(job.state, JobState::Copying { .. })
            && job.percent() > Some(20)
        {
            run.handle.send(Command::Cancel(vec![job.id]));
        }
        !mine.is_empty() && jobs.iter().all(|j| j.state.ended() && !j.is_unfinished())
    }
}

const ORGANIZATION: &str = "arn:aws:organizations::123456789012:organization/o-a1b2c3d4e5";

/// One of each; EC2 refuses the organization of another partition.
fn steps() -> Vec<PostCopyStep> {
    steps_for(&ORGANIZATION.replacen("aws", "aws-cn", 1), "2027-06-01T00:00:00Z")
}

/// The same with the right organization, and another date, though the first is set.
fn changed_steps() -> Vec<PostCopyStep> {
    steps_for(ORGANIZATION, CHANGED_DATE)
}

const CHANGED_DATE: &str = "2027-07-01T00:00:00Z";

fn steps_for(organization: &str, date: &str) -> Vec<PostCopyStep> {
    let account = |id| AccountId::new(id).unwrap();
    vec![
        PostCopyStep::CopyLaunchPermissions,
        PostCopyStep::LaunchPermissions(vec![
            LaunchPermission::Account(account("210987654321")),
            LaunchPermission::parse(organization).unwrap(),
        ]),
        PostCopyStep::SnapshotPermissions(vec![account("210987654321")]),
        PostCopyStep::Deprecation(date.parse().unwrap()),
        PostCopyStep::DeregistrationProtection { cooldown: false },
        PostCopyStep::SourceTag,
    ]
}

/// Runs the scenario; the program ends at the given point and is started again. Returns the number of effects, and what is wrong.
fn play(kill: Option<(usize, Phase)>) -> (usize, Vec<String>) {
    paused(async {
        let limits = EngineConfig { pending_limit: 2, ..EngineConfig::default() };
        let harness = DriverHarness::new(&Scenario::named("demo").unwrap(), limits);
        harness.world.with(|w| {
            (w.limits().pending_copies, w.latencies().unseen_ms, w.latencies().in_use_ms) = (2, 2_000, 4_000);
        });
        harness.observed().kill = kill;
        let person = Person::new(&harness).await;
        let mut run = harness.start();
        let mut moments = 0;
        while !person.act(&harness, &run).await {
            pass(Duration::from_millis(500)).await;
            if harness.observed().killed {
                run.end();
                // It takes a moment to be started again; EC2 continues meanwhile.
                pass(Duration::from_secs(5)).await;
                run = harness.start();
            }
            moments += 1;
            if moments > 20_000 {
                break;
            }
        }
        run.end();
        let mut wrong = harness.check(&person.copies, &BTreeSet::new()).await;
        let jobs = harness.stored().await;
        let ours = |j: &&Job| person.copies.iter().any(|c| c.token == j.request.token);
        let words: Vec<_> = jobs.iter().filter(ours).map(|j| j.phase().as_str()).collect();
        if words != ["available", "failed", "available", "cancelled"] {
            wrong.push(format!("they ended as {words:?}"));
        }
        wrong.extend(wrong_steps(&jobs));
        (harness.observed().effects, wrong)
    })
}

/// Every step is done, once: also the changed ones. The one that was refused is withdrawn, and says why.
fn wrong_steps(jobs: &[Job]) -> Option<String> {
    let words: Vec<&str> = jobs
        .iter()
        .flat_map(|job| &job.step_states)
        .map(|state| match state {
            StepState::Done => "done",
            StepState::Withdrawn(Some(_)) => "withdrawn",
            _ => "open or failed",
        })
        .collect();
    let expected = ["done", "withdrawn", "done", "done", "done", "done", "done", "done"];
    let wanted = jobs.iter().find(|job| !job.step_states.is_empty()).map(|job| job.request_as_edited().post_copy);
    let same = wanted.is_some_and(|wanted| changed_steps().iter().all(|step| wanted.contains(step)));
    (words != expected || !same).then(|| format!("the steps ended as {words:?}"))
}

#[test]
fn whatever_the_moment_every_request_ends_once() {
    let (effects, wrong) = play(None);
    assert_eq!(wrong, [] as [&str; 0], "without any crash");
    assert!(effects > 40, "{effects} effects only");
    let phases = [Phase::Before, Phase::Unanswered, Phase::Answered];
    let points = crash_points(effects, &phases);
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(2, usize::from))
        .map(|_| {
            let (next, points) = (Arc::clone(&next), points.clone());
            std::thread::spawn(move || {
                let mut failed = Vec::new();
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (_, wrong) = play(Some(*point));
                    if !wrong.is_empty() {
                        failed.push(format!("ended at effect {} ({:?}): {}", point.0, point.1, wrong.join("; ")));
                    }
                }
                failed
            })
        })
        .collect();
    let failed: Vec<String> = workers.into_iter().flat_map(|w| w.join().unwrap()).collect();
    let line = format!(
        "one run (three copies with a failure, a limit and every post-copy step, of which two are changed, one cancelled) has {effects} commits and calls; the program is ended \
         before each, after it but before its answer, and after its answer: {} runs",
        effects * phases.len()
    );
    println!("{line}");
    let shown = reliability_page::part("crash-points", &line);
    let (documented, now) = (reliability_page::numbers(&shown), reliability_page::numbers(&line));
    assert!(
        documented.iter().zip(&now).all(|(d, n)| reliability_page::about(*d, *n)),
        "docs/reliability.md says: {shown}"
    );
    assert!(failed.is_empty(), "{} of {} points:\n{}", failed.len(), points.len(), failed.join("\n"));
}
