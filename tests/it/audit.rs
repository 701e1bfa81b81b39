//! The audit: every changing request is on record, wherever the program ends.

use std::time::Duration;

use crate::support::driver_harness::{DriverHarness, Phase, crash_points, pass, paused, region, request};
use amigrate::{
    domain::{
        AccountId, CopyRequest,
        post_copy::{LaunchPermission, PostCopyStep},
    },
    engine::{AuditEntry, Command, EngineConfig, Job, JobId, JobState, Outcome},
    sim::Scenario,
};

/// The end of a run.
struct Run {
    effects: usize,
    jobs: Vec<Job>,
    audit: Vec<AuditEntry>,
    /// Changing calls that came to EC2.
    asked: u64,
}

/// Runs one copy that fails because of its key, one that is cancelled and one with post-copy steps; the program is ended at `kill` and restarted.
fn play(kill: Option<(usize, Phase)>) -> Run {
    paused(async {
        let harness = DriverHarness::new(&Scenario::named("demo").unwrap(), EngineConfig::default());
        harness.observed().kill = kill;
        let sources = harness.sources().await;
        let to = region("eu-west-1");
        let account = AccountId::new("210987654321").unwrap();
        let steps = vec![
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account)]),
            PostCopyStep::DeregistrationProtection { cooldown: false },
        ];
        let copies = vec![
            request(&sources[0], &to, "audit-bad-key", Some("alias/no/such/key"), 1),
            request(&sources[1], &to, "audit-cancelled", None, 2),
            CopyRequest { post_copy: steps, ..request(&sources[2], &to, "audit-shared", None, 3) },
        ];
        let mut run = harness.start();
        for _ in 0..2_000 {
            let (jobs, asks) = (harness.stored().await, harness.waiting_asks().await);
            let mine: Vec<&Job> = jobs.iter().filter(|j| j.request.name.as_str().starts_with("audit-")).collect();
            if asks.is_empty() && mine.is_empty() {
                run.handle.send(Command::Copy(copies.clone()));
            }
            if let Some(job) = mine
                .iter()
                .find(|j| j.id == JobId(2) && matches!(j.state, JobState::Copying { .. }) && j.percent() > Some(20))
            {
                run.handle.send(Command::Cancel(vec![job.id]));
            }
            if !mine.is_empty() && mine.iter().all(|j| j.state.ended() && !j.is_unfinished()) {
                break;
            }
            pass(Duration::from_millis(500)).await;
            if harness.observed().killed {
                run.end();
                pass(Duration::from_secs(5)).await;
                run = harness.start();
            }
        }
        // Answers that came with the last change of a job are written with it; none is under way any more.
        run.end();
        let account = harness.account.clone();
        let audit = harness.store.with(move |store| store.audit(&account, None)).await.unwrap();
        let changing = |action: &str| {
            let others = ["CopyImage", "DeregisterImage", "DeleteSnapshot", "CreateTags"];
            others.contains(&action) || action.starts_with("Modify") || action.starts_with("Enable")
        };
        let asked =
            harness.world.with(|w| w.calls().iter().filter(|((_, a), _)| changing(a)).map(|(_, c)| c.received).sum());
        let effects = harness.observed().effects;
        Run { effects, jobs: harness.stored().await, audit, asked }
    })
}

#[test]
fn every_changing_call_is_kept_with_who_where_what_and_how_it_ended() {
    let run = play(None);
    let job = |name: &str| run.jobs.iter().find(|j| j.request.name.as_str() == name).unwrap();
    let (failed, cancelled) = (job("audit-bad-key"), job("audit-cancelled"));
    let of = |job: &Job| run.audit.iter().filter(|e| e.job == job.id).collect::<Vec<_>>();
    let calls = of(cancelled);
    let actions: Vec<&str> = calls.iter().map(|e| e.action.as_str()).collect();
    assert_eq!(actions[..2], ["CopyImage", "DeregisterImage"], "{calls:#?}");
    let image = cancelled.images.first().unwrap();
    assert_eq!(calls[0].resource, format!("{} in us-east-1 > {image}", cancelled.request.source));
    // With what became of its snapshots.
    assert!(calls[1].resource.starts_with(&format!("{image} > snap-")), "{:?}", calls[1]);
    let shared: Vec<_> =
        of(job("audit-shared")).into_iter().skip(1).map(|e| (&*e.action, e.resource.clone())).collect();
    let image = &job("audit-shared").images[0];
    let expected = [
        ("ModifyImageAttribute", format!("{image} for 210987654321")),
        ("EnableImageDeregistrationProtection", image.to_string()),
    ];
    assert_eq!(shared, expected);
    assert_eq!(of(failed)[0].outcome, Outcome::Done, "EC2 finds out about the key later");
    for entry in &run.audit {
        assert_eq!(entry.region, "eu-west-1");
        assert!(entry.identity.as_deref().is_some_and(|arn| arn.starts_with("arn:aws:")), "{entry:?}");
        assert!(entry.request_id.as_deref().is_some_and(|id| id.len() == 36), "{entry:?}");
        assert_ne!(entry.outcome, Outcome::Sent, "{entry:?}");
    }
    let mut ids: Vec<_> = run.audit.iter().map(|e| &e.request_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), run.audit.len(), "each has its own request id");
    assert_eq!(run.audit.len() as u64, run.asked);
}

#[test]
fn no_changing_call_goes_out_that_is_not_written_down_before() {
    let effects = play(None).effects;
    let mut without_answer = 0;
    for point in crash_points(effects, &[Phase::Unanswered, Phase::Before]) {
        let run = play(Some(point));
        assert!(
            run.audit.len() as u64 >= run.asked,
            "ended at effect {} ({:?}): {} calls were made and these are known: {:#?}",
            point.0,
            point.1,
            run.asked,
            run.audit
        );
        without_answer += run.audit.iter().filter(|e| e.outcome == Outcome::Sent).count();
    }
    assert!(without_answer > 0, "a crash leaves calls whose answers nobody knows");
}
