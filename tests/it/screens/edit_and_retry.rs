//! Making a failed copy again with changes.

use std::time::Duration;

use amigrate::{
    domain::AccountId,
    engine::StepState,
    sim::{
        Permission,
        faults::{FaultKind, Rule},
    },
    term::input::KeyCode,
};
use insta::assert_snapshot;
use jiff::SignedDuration;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, start_time};

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
    // The list has its image as failed.
    harness.pass(Duration::from_secs(2)).await;
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
    harness.wait_text("image removed").await;
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
    harness.shows("A copy is edited or shared once it has ended; this one is copying.");
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

#[tokio::test(start_paused = true)]
async fn templates_are_templates_again() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("{name}-{date}").await;
    harness.focus("Description").await;
    harness.retype("for {region}").await;
    harness.unfold("Tags").await;
    harness.focus("Image tags").await;
    harness.send("On={date}").await;
    harness.start_copies().await;
    harness.wait_ours("copying", 1).await;
    harness.send("x").await;
    harness.send("y").await;
    harness.wait_ours("cancelled", 1).await;
    assert_eq!(harness.seen().jobs[0].request.name.as_str(), "batch-gpu-00009-2026-11-21");
    harness.send("e").await;
    for typed in ["{name}-{date}", "for {region}"] {
        harness.shows(typed);
    }
    harness.unfold("Tags").await;
    harness.focus("Image tags").await;
    harness.shows("On={date}");
}

/// An available copy that could not be shared with one account, and has another step that is done.
async fn not_shared() -> ScreenHarness {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 30)).await;
    harness.world.with(|w| w.faults().add(Rule::new("ModifyImageAttribute", FaultKind::Deny)));
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    harness.retype("edited").await;
    harness.unfold("Afterwards").await;
    harness.focus("Share with").await;
    harness.send("111122223333").await;
    harness.focus("Protection").await;
    harness.send(" ").await;
    harness.start_copies().await;
    let refused = || harness.seen().jobs.iter().any(|j| j.has_steps_left() && !j.has_open_steps());
    harness.wait_for("the refusal", |_| refused()).await;
    harness.shows("e edit");
    harness.world.with(|w| w.faults().clear());
    harness
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_of_an_available_copy_is_changed() {
    let harness = not_shared().await;
    harness.send("e").await;
    harness.shows("Edit what is done with an available copy");
    harness.shows("Done            deregistration protection");
    harness.shows("! Failed last time: ");
    assert_snapshot!("edit_steps", harness.screen());
    harness.retype("444455556666").await;
    harness.focus("Deprecate").await;
    harness.send("90d").await;
    harness.ctrl('s').await;
    assert_snapshot!("edit_steps_question", harness.screen());
    harness.send("y").await;
    let ended = || harness.seen().jobs.iter().all(|j| !j.has_steps_left() && !j.has_open_steps());
    harness.wait_for("the end of the steps", |_| ended()).await;
    let job = harness.seen().jobs[0].clone();
    let words: Vec<&str> = job
        .step_states
        .iter()
        .map(|state| match state {
            StepState::Done => "done",
            StepState::Withdrawn(Some(_)) => "withdrawn",
            _ => "other",
        })
        .collect();
    assert_eq!(words, ["withdrawn", "done", "done", "done"]);
    let later = start_time() + SignedDuration::from_hours(24);
    let copies = harness.world.with(|w| w.copies(later));
    let copy = copies.iter().find(|c| Some(&c.image.id) == job.image()).unwrap();
    let theirs = Permission::Account(AccountId::new("444455556666").unwrap());
    assert_eq!(copy.launch_permissions.iter().collect::<Vec<_>>(), [&theirs]);
    assert!(copy.image.deprecated.is_some());
    assert_eq!(copy.image.deregistration_protection.as_deref(), Some("enabled-without-cooldown"));
    assert_eq!(harness.images("eu-west-2", "edited").await.len(), 1, "no other copy was made");
}
