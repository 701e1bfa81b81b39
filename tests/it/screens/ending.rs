//! Copies that are cancelled, and leaving.

use std::time::Duration;

use amigrate::{
    domain::{ImageState, Snapshot},
    engine::JobState,
    runtime::Exit,
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

/// A screen with one copy at 40 percent or more.
async fn under_way() -> ScreenHarness {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 30)).await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("going").await;
    harness.start_copies().await;
    let far = |harness: &ScreenHarness| harness.seen().jobs[0].percent() >= Some(40);
    while !far(&harness) {
        harness.pass(Duration::from_millis(500)).await;
        assert!(!harness.seen().jobs[0].state.ended());
    }
    harness
}

async fn left_in(harness: &ScreenHarness, place: &str, job: usize) -> Vec<Snapshot> {
    let job = harness.seen().jobs[job].clone();
    let ids: Vec<_> = job.snapshots.iter().map(|s| s.id.clone()).collect();
    assert!(!ids.is_empty(), "the copy never had a snapshot");
    harness.session.describe_snapshots(&region(place), &ids, &[]).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_cancel_asks_first_and_leaves_nothing() {
    let harness = under_way().await;
    assert_eq!(left_in(&harness, "eu-west-2", 0).await.len(), 2);
    harness.send("x").await;
    assert_snapshot!("cancel_question", harness.screen());
    // The answer in brackets is No.
    harness.press(KeyCode::Enter).await;
    harness.lacks("Cancel the copy");
    harness.wait_ours("copying", 1).await;
    harness.send("x").await;
    harness.send("y").await;
    harness.wait_text("cancelling").await;
    harness.wait_for("the cancel's end", |s| s.contains(" cancelled")).await;
    assert_snapshot!("cancelled", harness.screen());
    assert_eq!(harness.images("eu-west-2", "going").await, []);
    assert_eq!(left_in(&harness, "eu-west-2", 0).await, []);
    harness.send("x").await;
    harness.shows("Already ended.");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_available_meanwhile_stays() {
    let harness = under_way().await;
    harness.send("x").await;
    harness.shows("Cancel the copy");
    // The program does not see how it continues: no look is answered until it is done.
    harness.world.with(|w| w.faults().add(Rule::new("Describe*", FaultKind::Slow).millis(1)));
    let id = harness.seen().jobs[0].image().unwrap().clone();
    harness.world.with(|w| w.faults().add(Rule::new("*", FaultKind::Fail).in_region(region("eu-west-2"))));
    harness.pass(Duration::from_mins(5)).await;
    assert!(matches!(harness.seen().jobs[0].state, JobState::Copying { .. }), "{:?}", harness.seen().jobs[0].state);
    harness.world.with(|w| w.faults().clear());
    harness.send("y").await;
    harness.wait_ours("available", 1).await;
    // A finished copy's snapshots are whole, whatever the last poll showed; and what cannot be reached is no problem
    // any more when nothing continues there.
    assert!(harness.seen().jobs[0].snapshots.iter().all(|s| s.percent == Some(100)), "{:?}", harness.seen().jobs[0]);
    harness.lacks("problem");
    harness.send("d").await;
    harness.shows("nothing was deleted");
    harness.press(KeyCode::Esc).await;
    let found = harness.session.describe_images(&region("eu-west-2"), &[id]).await.unwrap();
    assert_eq!(found[0].state, ImageState::Available);
    assert_eq!(left_in(&harness, "eu-west-2", 0).await.len(), 2);
    harness.send("x").await;
    harness.shows("Nothing is deleted.");
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_cancelled_as_one() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 30)).await;
    harness.form("batch-gpu-00009", &["eu-west-2", "us-west-1"]).await;
    harness.retype("batch").await;
    harness.start_copies().await;
    harness.press(KeyCode::Tab).await;
    harness.form("batch-gpu-00009", &["sa-east-1"]).await;
    harness.retype("alone").await;
    harness.start_copies().await;
    harness.pass(Duration::from_secs(8)).await;
    harness.wait_ours("copying", 3).await;
    harness.press(KeyCode::Down).await;
    harness.send("X").await;
    assert_snapshot!("cancel_batch_question", harness.screen());
    harness.send("y").await;
    harness.wait_ours("available", 1).await;
    harness.wait_for("both cancels", |s| s.matches(" cancelled").count() >= 2).await;
    for place in ["eu-west-2", "us-west-1"] {
        assert_eq!(harness.images(place, "batch").await, []);
    }
    assert_eq!(harness.images("sa-east-1", "alone").await.len(), 1);
    harness.send("X").await;
    harness.shows("ended or is being cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_failed_copy_is_tried_again() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness.retype("again").await;
    harness.review().await;
    // A denial may be about the tags: it is sent once more without them.
    harness.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny).first(2)));
    harness.ctrl('s').await;
    harness.wait_ours("failed", 1).await;
    harness.send("t").await;
    harness.shows("It will fail in the same way unless something was changed in AWS");
    harness.send("y").await;
    harness.wait_ours("available", 1).await;
    assert_eq!(harness.images("eu-west-2", "again").await.len(), 1);
    harness.send("t").await;
    harness.shows("Only failed and gone copies can be retried; this one is available.");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_image() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness.retype("once").await;
    harness.review().await;
    harness.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::LostAnswer).first(6)));
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
    assert_eq!(harness.images("eu-west-2", "once").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn leaving_with_copies_queued_asks_first() {
    let builder = ScreenHarnessBuilder::new(named("demo")).with(|b| b.config.copy.pending_limit = 1);
    let harness = ScreenHarness::opened(builder).await;
    harness.filter("app-web-2026").await;
    harness.send("   c").await;
    harness.shows("Copy 3 images");
    harness.press(KeyCode::Enter).await;
    harness.take_regions(&["eu-west-2"]).await;
    harness.start_copies().await;
    harness.pass(Duration::from_secs(5)).await;
    harness.shows("2 queued");
    harness.send("q").await;
    assert_snapshot!("quit_question", harness.screen());
    harness.press(KeyCode::Enter).await;
    harness.lacks("will not be made");
    // A queued copy that is cancelled was never sent.
    harness.press(KeyCode::Down).await;
    harness.send("x").await;
    harness.send("y").await;
    harness.shows("never sent to AWS");
    harness.send("q").await;
    harness.send("y").await;
    assert_eq!(harness.ended().await, Exit::Quit);
}

#[tokio::test(start_paused = true)]
async fn leaving_the_demo_asks_before_its_running_copy_is_lost() {
    let harness = under_way().await;
    harness.send("q").await;
    harness.shows("1 copy is running and will not be completed.");
    harness.send("y").await;
    assert_eq!(harness.ended().await, Exit::Quit);
}
