//! Deregistering images on the screen.

use amigrate::term::input::KeyCode;
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

/// The cursor on the newest image with this name.
async fn on(name: &str) -> ScreenHarness {
    let harness = ScreenHarness::open("demo").await;
    harness.send("1").await;
    harness.filter(name).await;
    harness
}

#[tokio::test(start_paused = true)]
async fn who_uses_an_image_is_shown_and_its_name_is_typed() {
    let harness = on("app-web-2026.00015").await;
    harness.press(KeyCode::Delete).await;
    harness.wait_text("launch template").await;
    assert_snapshot!("deregister_80x24", harness.screen());
    harness.send("yes").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("Nothing was deregistered");
    harness.ctrl('u').await;
    harness.send("app-web-2026.00015").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_for("its end", |screen| !screen.contains("ami-0e08b0725bbdc99e7")).await;
    assert!(harness.images("us-east-1", "app-web-2026.00015").await.is_empty());
    harness.send("2").await;
    harness.wait_text("deregistered").await;
}

#[tokio::test(start_paused = true)]
async fn several_are_confirmed_by_their_number_and_what_is_denied_is_unknown() {
    let harness = on("app-db-2026").await;
    harness.world.with(|world| {
        world.policy().deny("DescribeImageReferences");
        world.policy().deny("DescribeImageAttribute");
    });
    harness.send("  ").await;
    harness.ctrl('x').await;
    harness.wait_text("unknown").await;
    assert_snapshot!("deregister_two_80x24", harness.screen());
    harness.send("2").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.lacks("marked");
}

#[tokio::test(start_paused = true)]
async fn from_the_details_too() {
    let harness = on("app-api-2026").await;
    harness.send("d").await;
    harness.press(KeyCode::Delete).await;
    harness.wait_text("used by: nothing").await;
    harness.press(KeyCode::Esc).await;
    harness.shows("image id");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deregistered_is_refused_at_once() {
    let harness = on("base-linux-2026").await;
    harness.press(KeyCode::Delete).await;
    harness.shows("is protected from being");
    harness.filter("state:pending app-db-standby").await;
    harness.press(KeyCode::Delete).await;
    harness.shows("is pending");
    let builder = ScreenHarnessBuilder::new(named("demo")).with(|b| b.config.read_only = true);
    let harness = ScreenHarness::opened(builder).await;
    harness.send("1").await;
    harness.filter("app-api-2026").await;
    harness.press(KeyCode::Delete).await;
    harness.shows("read-only");
}
