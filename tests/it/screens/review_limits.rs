//! The scenario's images that a check stops or warns of: sealed, tagged, large; and too many copies.

use amigrate::term::input::KeyCode;
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

async fn checks() -> ScreenHarness {
    ScreenHarness::opened(ScreenHarnessBuilder::new(named("checks"))).await
}

#[tokio::test(start_paused = true)]
async fn a_copy_under_the_key_of_aws_cannot_be_shared() {
    let harness = checks().await;
    harness.form("app-sealed", &["eu-west-1"]).await;
    harness.unfold("Afterwards").await;
    harness.focus("Share with").await;
    harness.send("222233334444").await;
    harness.review().await;
    assert_snapshot!("review_sealed", harness.screen());
    harness.shows("cannot be shared: EC2 refuses to give others permission");
    harness.ctrl('s').await;
    assert!(harness.seen().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_source_with_many_tags_has_room_for_one_more() {
    let harness = checks().await;
    harness.form("app-tagged", &["us-west-2"]).await;
    harness.unfold("Tags").await;
    harness.focus("Image tags").await;
    harness.send("Own=1").await;
    assert_snapshot!("form_too_many_tags", harness.screen());
    harness.shows("would have 52 tags");
    harness.ctrl('s').await;
    harness.lacks(" Review: ");
    // None of the source's: then there is room.
    harness.focus("Source's tags").await;
    harness.send(" ").await;
    harness.review().await;
    harness.shows("Ready: Ctrl-s starts 1 copy.");
}

#[tokio::test(start_paused = true)]
async fn many_gib_are_confirmed_by_their_number_of_copies() {
    let harness = checks().await;
    harness.form("app-large", &["us-west-2"]).await;
    harness.review().await;
    harness.ctrl('s').await;
    assert_snapshot!("review_large", harness.screen());
    assert!(harness.seen().jobs.is_empty());
    harness.send("1").await;
    harness.press(KeyCode::Enter).await;
    harness.lacks(" Review: ");
    harness.wait_ours("copying", 1).await;
}

#[tokio::test(start_paused = true)]
async fn more_copies_than_allowed_are_refused_with_advice() {
    let builder = ScreenHarnessBuilder::new(named("checks")).with(|b| b.config.copy.max_copies = 1);
    let harness = ScreenHarness::opened(builder).await;
    harness.form("app-large", &["us-west-2", "us-west-1"]).await;
    assert_snapshot!("form_too_many_copies", harness.screen());
    harness.shows("2 copies at once are more than 1");
    harness.ctrl('s').await;
    harness.lacks(" Review: ");
    harness.press(KeyCode::Esc).await;
    harness.send("y").await;
    // Marked, they do not even open the form.
    harness.filter("app-web-2026").await;
    harness.send("ac").await;
    harness.shows("at once are more than 1");
    harness.lacks("Copy ");
}
