//! The program ends at every effect of a run, in each of three ways: before it, after it but unheard of, and after its
//! answer. Whatever was asked for comes to its end exactly once, and EC2 has what the jobs say.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::driver_harness::{Phase, Rig, pass, paused, region, request};
use crate::support::{driver_harness, reliability_page};
use amigrate::{
    domain::CopyRequest,
    engine::{Command, EngineConfig, Job, JobState},
    sim::Scenario,
};

/// What the person of this scenario wants: three copies to a region that takes two at once, of which one fails, and a fourth
/// elsewhere that is cancelled once it runs.
struct Person {
    copies: Vec<CopyRequest>,
}

const CANCELLED: &str = "crash-cancelled";

impl Person {
    async fn new(rig: &Rig) -> Self {
        let sources = rig.sources().await;
        let (near, far) = (region("eu-west-1"), region("ap-southeast-2"));
        let bad = Some("alias/no/such/key");
        let copies = vec![
            request(&sources[0], &near, "crash-one", None, 1),
            request(&sources[1], &near, "crash-bad-key", bad, 2),
            request(&sources[2], &near, "crash-three", None, 3),
            request(&sources[3], &far, CANCELLED, None, 4),
        ];
        Self { copies }
    }

    /// Does what is to be done next, if the store does not show it as asked for. Whether all is over.
    async fn act(&self, rig: &Rig, life: &driver_harness::Life) -> bool {
        let (jobs, asks) = (rig.stored().await, rig.waiting_asks().await);
        if !asks.is_empty() {
            return false;
        }
        let mine: Vec<&Job> = jobs.iter().filter(|j| j.request.name.as_str().starts_with("crash-")).collect();
        if mine.is_empty() {
            life.desk.send(Command::Copy(self.copies.clone()));
        }
        if let Some(job) = mine.iter().find(|j| j.request.name.as_str() == CANCELLED)
            && matches!(job.state, JobState::Copying { .. })
            && job.percent() > Some(20)
        {
            life.desk.send(Command::Cancel(vec![job.id]));
        }
        !mine.is_empty() && jobs.iter().all(|j| j.state.ended())
    }
}

/// Plays the scenario; the program ends where it is told to, and is started again. Gives the number of effects, and what is wrong.
fn play(kill: Option<(usize, Phase)>) -> (usize, Vec<String>) {
    paused(async {
        let limits = EngineConfig { pending: 2, ..EngineConfig::default() };
        let rig = Rig::new(&Scenario::named("demo").unwrap(), limits);
        rig.world.with(|w| {
            (w.limits().pending_copies, w.latencies().unseen_ms, w.latencies().in_use_ms) = (2, 2_000, 4_000)
        });
        rig.notes().kill = kill;
        let person = Person::new(&rig).await;
        let mut life = rig.live();
        let mut moments = 0;
        while !person.act(&rig, &life).await {
            pass(Duration::from_millis(500)).await;
            if rig.notes().killed {
                life.end();
                // It takes a moment to be started again; EC2 goes on meanwhile.
                pass(Duration::from_secs(5)).await;
                life = rig.live();
            }
            moments += 1;
            if moments > 20_000 {
                break;
            }
        }
        life.end();
        let mut wrong = rig.check(&person.copies, &BTreeSet::new()).await;
        let jobs = rig.stored().await;
        let ours = |j: &&Job| person.copies.iter().any(|c| c.token == j.request.token);
        let words: Vec<_> = jobs.iter().filter(ours).map(|j| j.phase().as_str()).collect();
        if words != ["available", "failed", "available", "cancelled"] {
            wrong.push(format!("they ended as {words:?}"));
        }
        (rig.notes().effects, wrong)
    })
}

#[test]
fn whatever_the_moment_every_request_ends_once() {
    let (effects, wrong) = play(None);
    assert_eq!(wrong, [] as [&str; 0], "without any crash");
    assert!(effects > 40, "{effects} effects only");
    let points: Vec<(usize, Phase)> = (0..effects)
        .flat_map(|n| [Phase::Before, Phase::Unanswered, Phase::Answered].map(|phase| (n, phase)))
        .collect();
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
        "one run (three copies with a failure and a limit, one cancelled) has {effects} commits and calls; the program is ended \
         before each, after it but before its answer, and after its answer: {} runs",
        points.len()
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
