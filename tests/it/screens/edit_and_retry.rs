//! Making a failed copy again with changes.

use amigrate::{
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

/// A copy that has failed because its key does not exist.
async fn failed_by_its_key() -> ScreenHarness {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 30)).await;
    // Nobody may look at keys, so that the review cannot tell.
    harness.world.with(|w| w.faults().add(Rule::new("DescribeKey", FaultKind::Deny)));
    harness.form("app-web-2026", &["eu-west-1"]).await;
    harness.retype("edited").await;
    harness.focus("Description").await;
    harness.retype("by hand").await;
    harness.encrypt().await;
    harness.send("alias/nope").await;
    harness.unfold("Tags").await;
    harness.focus("Image tags").await;
    harness.send("Kept=yes").await;
    harness.start_copies().await;
    harness.wait_ours("failed", 1).await;
    harness
}

#[tokio::test(start_paused = true)]
async fn a_failed_copy_is_edited_and_made_again() {
    let harness = failed_by_its_key().await;
    let failed = harness.seen().jobs[0].image().cloned().unwrap();
    harness.send("e").await;
    harness.shows("Copy 1 image");
    harness.shows("Failed last time: Given key ID is not accessible");
    for had in ["edited", "by hand", "alias/nope", "1 for the image"] {
        harness.shows(had);
    }
    assert_snapshot!("edit_and_retry", harness.screen());
    harness.focus("KMS key").await;
    harness.retype("alias/images").await;
    harness.start_copies().await;
    // The copy is a new one. What the failed one has left is only removed on request.
    harness.shows("Remove the image of the failed copy too?");
    assert_snapshot!("failed_image_question", harness.screen());
    harness.send("y").await;
    harness.wait_ours("available", 1).await;
    harness.wait_ours("cancelled", 1).await;
    let images = harness.images("eu-west-1", "edited").await;
    assert_eq!(images.len(), 1);
    assert_ne!(images[0].id, failed);
    assert!(images[0].encrypted());
    assert_eq!(&*images[0].description, "by hand");
}

#[tokio::test(start_paused = true)]
async fn the_failed_image_is_kept_without_a_yes() {
    let harness = failed_by_its_key().await;
    harness.send("e").await;
    harness.focus("KMS key").await;
    harness.retype("alias/images").await;
    harness.start_copies().await;
    harness.press(KeyCode::Enter).await;
    harness.wait_ours("available", 1).await;
    harness.wait_ours("failed", 1).await;
    assert_eq!(harness.images("eu-west-1", "edited").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_copy_is_edited_and_a_running_one_is_not() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("again").await;
    harness.start_copies().await;
    harness.wait_ours("copying", 1).await;
    harness.send("e").await;
    harness.shows("Only failed, cancelled and gone copies are edited; this one is copying.");
    harness.send("x").await;
    harness.send("y").await;
    harness.wait_ours("cancelled", 1).await;
    harness.send("e").await;
    harness.shows("Copy 1 image");
    harness.shows("Start 1 copy");
    harness.lacks("Failed last time");
    harness.start_copies().await;
    harness.wait_ours("available", 1).await;
    harness.lacks("Remove the image of the failed copy");
}
