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

use crate::support::screen_harness::{Playbill, Stage, named, region};

/// A play in which one copy is under way, some way in.
async fn under_way() -> Stage {
    let stage = Stage::opened(Playbill::new(named("demo")).size(100, 30)).await;
    stage.form("batch-gpu-00009", &["eu-west-2"]).await;
    stage.retype("going").await;
    stage.ctrl('s').await;
    let far = |stage: &Stage| stage.seen().jobs[0].percent() >= Some(40);
    while !far(&stage) {
        stage.pass(Duration::from_millis(500)).await;
        assert!(!stage.seen().jobs[0].state.ended());
    }
    stage
}

async fn left_in(stage: &Stage, place: &str, job: usize) -> Vec<Snapshot> {
    let job = stage.seen().jobs[job].clone();
    let ids: Vec<_> = job.snapshots.iter().map(|s| s.id.clone()).collect();
    assert!(!ids.is_empty(), "the copy never had a snapshot");
    stage.session.describe_snapshots(&region(place), &ids, &[]).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_cancel_asks_first_and_leaves_nothing() {
    let stage = under_way().await;
    assert_eq!(left_in(&stage, "eu-west-2", 0).await.len(), 2);
    stage.send("x").await;
    assert_snapshot!("cancel_question", stage.screen());
    // The answer in brackets is No.
    stage.press(KeyCode::Enter).await;
    stage.lacks("Cancel the copy");
    stage.wait_ours("copying", 1).await;
    stage.send("x").await;
    stage.send("y").await;
    stage.wait_text("cancelling").await;
    stage.wait_for("the cancel's end", |s| s.contains(" cancelled")).await;
    assert_snapshot!("cancelled", stage.screen());
    assert_eq!(stage.images("eu-west-2", "going").await, []);
    assert_eq!(left_in(&stage, "eu-west-2", 0).await, []);
    stage.send("x").await;
    stage.shows("It has ended already.");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_available_meanwhile_stays() {
    let stage = under_way().await;
    stage.send("x").await;
    stage.shows("Cancel the copy");
    // The program does not see how it goes on: no look is answered until it is done.
    stage.world.with(|w| w.faults().add(Rule::new("Describe*", FaultKind::Slow).millis(1)));
    let id = stage.seen().jobs[0].image().unwrap().clone();
    stage.world.with(|w| w.faults().add(Rule::new("*", FaultKind::Fail).in_region(region("eu-west-2"))));
    stage.pass(Duration::from_mins(5)).await;
    assert!(matches!(stage.seen().jobs[0].state, JobState::Copying { .. }), "{:?}", stage.seen().jobs[0].state);
    stage.world.with(|w| w.faults().clear());
    stage.send("y").await;
    stage.wait_ours("available", 1).await;
    // A finished copy's snapshots are whole, whatever the last look saw; and what cannot be reached is no problem
    // any more when nothing goes on there.
    assert!(stage.seen().jobs[0].snapshots.iter().all(|s| s.percent == Some(100)), "{:?}", stage.seen().jobs[0]);
    stage.lacks("problem");
    stage.send("d").await;
    stage.shows("nothing was deleted");
    stage.press(KeyCode::Esc).await;
    let found = stage.session.describe_images(&region("eu-west-2"), &[id]).await.unwrap();
    assert_eq!(found[0].state, ImageState::Available);
    assert_eq!(left_in(&stage, "eu-west-2", 0).await.len(), 2);
    stage.send("x").await;
    stage.shows("Nothing is deleted.");
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_cancelled_as_one() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(100, 30)).await;
    stage.form("batch-gpu-00009", &["eu-west-2", "us-west-1"]).await;
    stage.retype("batch").await;
    stage.ctrl('s').await;
    stage.press(KeyCode::Tab).await;
    stage.form("batch-gpu-00009", &["sa-east-1"]).await;
    stage.retype("alone").await;
    stage.ctrl('s').await;
    stage.pass(Duration::from_secs(8)).await;
    stage.wait_ours("copying", 3).await;
    stage.press(KeyCode::Down).await;
    stage.send("X").await;
    assert_snapshot!("cancel_batch_question", stage.screen());
    stage.send("y").await;
    stage.wait_ours("available", 1).await;
    stage.wait_for("both cancels", |s| s.matches(" cancelled").count() >= 2).await;
    for place in ["eu-west-2", "us-west-1"] {
        assert_eq!(stage.images(place, "batch").await, []);
    }
    assert_eq!(stage.images("sa-east-1", "alone").await.len(), 1);
    stage.send("X").await;
    stage.shows("ended or is being cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_failed_copy_is_tried_again() {
    let stage = Stage::open("demo").await;
    // A denial may be about the tags: it is sent once more without them.
    stage.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny).first(2)));
    stage.form("app-web-2026", &["eu-west-2"]).await;
    stage.retype("again").await;
    stage.ctrl('s').await;
    stage.wait_ours("failed", 1).await;
    stage.send("t").await;
    stage.wait_ours("available", 1).await;
    assert_eq!(stage.images("eu-west-2", "again").await.len(), 1);
    stage.send("t").await;
    stage.shows("Only failed copies are tried again; this one is available.");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_image() {
    let stage = Stage::open("demo").await;
    stage.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::LostAnswer).first(6)));
    stage.form("app-web-2026", &["eu-west-2"]).await;
    stage.retype("once").await;
    stage.ctrl('s').await;
    stage.wait_ours("available", 1).await;
    assert_eq!(stage.images("eu-west-2", "once").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn leaving_with_copies_queued_asks_first() {
    let bill = Playbill::new(named("demo")).with(|b| b.config.copy.pending_limit = 1);
    let stage = Stage::opened(bill).await;
    stage.filter("app-web-2026").await;
    stage.send("   c").await;
    stage.shows("Copy 3 images");
    stage.press(KeyCode::Enter).await;
    stage.take_regions(&["eu-west-2"]).await;
    stage.ctrl('s').await;
    stage.pass(Duration::from_secs(5)).await;
    stage.shows("2 queued");
    stage.send("q").await;
    assert_snapshot!("quit_question", stage.screen());
    stage.press(KeyCode::Enter).await;
    stage.lacks("will not be made");
    // A queued copy that is cancelled was never sent.
    stage.press(KeyCode::Down).await;
    stage.send("x").await;
    stage.send("y").await;
    stage.shows("never sent to AWS");
    stage.send("q").await;
    stage.send("y").await;
    assert_eq!(stage.ended().await, Exit::Quit);
}

#[tokio::test(start_paused = true)]
async fn leaving_with_nothing_to_lose_asks_nothing() {
    let stage = under_way().await;
    stage.send("q").await;
    assert_eq!(stage.ended().await, Exit::Quit);
}
