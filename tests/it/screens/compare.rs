//! A copy compared with its source, two images side by side, and a lineage, at four sizes, in ASCII and without colours.

use amigrate::{
    domain::Region,
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::{
    album::{Album, in_ascii_and_without_colours},
    screen_harness::{ScreenHarness, ScreenHarnessBuilder, named},
};

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-2"];

fn sized(columns: u16, rows: u16) -> ScreenHarnessBuilder {
    ScreenHarnessBuilder::new(named("demo")).size(columns, rows).regions(&REGIONS)
}

/// What is seen on the way through the pages. `check` looks at each.
async fn walk(builder: ScreenHarnessBuilder, check: impl Fn(&str, &ScreenHarness)) -> String {
    let harness = ScreenHarness::opened(builder).await;
    let mut album = Album::new(check);
    harness.filter("name:ci-runner-arm64-eu").await;
    harness.send("v").await;
    harness.wait_text("Differences").await;
    album.keep("a copy and its source", &harness);
    harness.press(KeyCode::Esc).await;
    harness.filter("name:app-web-2026.00015").await;
    harness.send(" ").await;
    harness.filter("name:app-db-2026.00012").await;
    harness.send(" D").await;
    harness.wait_text("Differences").await;
    album.keep("two images", &harness);
    harness.send("G").await;
    album.keep("two images, the end", &harness);
    harness.press(KeyCode::Esc).await;
    harness.filter("name:ci-runner-arm64-eu").await;
    harness.send("t").await;
    harness.wait_text("this image").await;
    album.keep("a lineage", &harness);
    harness.press(KeyCode::Esc).await;
    let denied = |action| Rule::new(action, FaultKind::Deny).in_region(Region::new("eu-west-1").expect("a region"));
    harness.world.with(|w| w.faults().add(denied("DescribeImageAttribute")));
    harness.world.with(|w| w.faults().add(denied("DescribeSnapshots")));
    harness.filter("name:ci-runner-arm64-eu").await;
    harness.send("v").await;
    harness.wait_text("unknown: no job").await;
    harness.send("G").await;
    album.keep("what is denied", &harness);
    album.text()
}

#[tokio::test(start_paused = true)]
async fn comparison_at_60_by_15() {
    assert_snapshot!("compare_60x15", walk(sized(60, 15), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn comparison_at_80_by_24() {
    assert_snapshot!("compare_80x24", walk(sized(80, 24), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn comparison_at_120_by_40() {
    assert_snapshot!("compare_120x40", walk(sized(120, 40), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn comparison_at_200_by_60() {
    assert_snapshot!("compare_200x60", walk(sized(200, 60), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn comparison_in_ascii_and_without_colours() {
    let ascii = in_ascii_and_without_colours(|| sized(80, 24), walk).await;
    assert_snapshot!("compare_ascii_80x24", ascii);
}

#[tokio::test(start_paused = true)]
async fn a_copy_made_here_differs_in_what_was_requested_only() {
    let harness = ScreenHarness::opened(sized(120, 40)).await;
    harness.form("app-web-2026.00015", &["eu-west-1"]).await;
    harness.retype("web-dr").await;
    harness.review().await;
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
    harness.send("v").await;
    harness.wait_text("As requested (").await;
    harness.shows("the same as its source, except for");
    harness.lacks("Differences");
}
