//! A copy of which nobody can tell whether AWS made it, and what is left of a cancelled one.

use std::time::Duration;

use amigrate::{
    engine::JobState,
    sim::{
        LookAlike,
        faults::{FaultKind, Rule},
    },
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

/// A copy without tags, whose every request was lost for more than ten minutes; somebody copied the same image meanwhile.
async fn in_doubt() -> ScreenHarness {
    let builder = ScreenHarnessBuilder::new(named("demo")).with(|b| b.config.copy.job_tags = false);
    let harness = ScreenHarness::opened(builder).await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("doubtful").await;
    harness.review().await;
    harness.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Reset)));
    harness.ctrl('s').await;
    harness.wait_text("reconciling").await;
    harness.pass(Duration::from_mins(1)).await;
    let request = harness.seen().jobs[0].request.clone();
    let now = crate::support::screen_harness::start_time() + jiff::SignedDuration::from_mins(1);
    harness.world.with(|w| {
        w.copy_as_other_user(&region("eu-west-2"), &request.source, &request.source_region, "doubtful", now).unwrap();
    });
    harness.pass(Duration::from_mins(12)).await;
    assert!(matches!(harness.seen().jobs[0].state, JobState::InDoubt { .. }), "{:?}", harness.seen().jobs[0].state);
    harness.world.with(|w| w.faults().clear());
    harness
}

#[tokio::test(start_paused = true)]
async fn a_copy_in_doubt_waits_for_a_decision() {
    let harness = in_doubt().await;
    assert_snapshot!("in_doubt", harness.screen());
    harness.send("d").await;
    assert_snapshot!("in_doubt_details", harness.screen());
    harness.press(KeyCode::Esc).await;
    harness.send("t").await;
    assert_snapshot!("in_doubt_question", harness.screen());
    // The answer in brackets changes nothing.
    harness.press(KeyCode::Enter).await;
    assert!(matches!(harness.seen().jobs[0].state, JobState::InDoubt { .. }));
    harness.send("t").await;
    harness.press(KeyCode::Tab).await;
    harness.press(KeyCode::Tab).await;
    harness.press(KeyCode::Enter).await;
    harness.wait_ours("available", 1).await;
    assert_eq!(harness.images("eu-west-2", "doubtful").await.len(), 2, "theirs, and the one that was copied again");
}

#[tokio::test(start_paused = true)]
async fn a_copy_in_doubt_is_given_up_and_nothing_is_removed() {
    let harness = in_doubt().await;
    harness.send("x").await;
    harness.shows("The copy is given up.");
    harness.send("y").await;
    harness.wait_text("cancelled: given up").await;
    assert_eq!(harness.images("eu-west-2", "doubtful").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_cancel_leaves_is_named() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 30)).await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("going").await;
    harness.start_copies().await;
    while harness.seen().jobs.first().and_then(amigrate::engine::Job::percent) < Some(40) {
        harness.pass(Duration::from_millis(500)).await;
    }
    let job = harness.seen().jobs[0].clone();
    let (here, now) = (region("eu-west-2"), job.last_progress.unwrap());
    harness.world.with(|w| {
        let own = &job.snapshots[0].id;
        w.complete_snapshot(&here, own, now).unwrap();
        w.imitate_as_other_user(&here, own, LookAlike::Described, now).unwrap();
    });
    harness.send("x").await;
    harness.send("y").await;
    harness.wait_for("the cancel's end", |s| s.contains(" cancelled")).await;
    harness.send("d").await;
    assert_snapshot!("cancelled_with_leftovers", harness.screen());
}
