//! The coverage screen over the embedded EC2, at four sizes, in ASCII and without colours; and exactly what is missing is copied.

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

fn sized(columns: u16, rows: u16) -> ScreenHarnessBuilder {
    let regions = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2", "ap-northeast-1"];
    ScreenHarnessBuilder::new(named("demo")).size(columns, rows).regions(&regions)
}

/// What is seen on the way through the screen. `check` looks at each.
async fn walk(builder: ScreenHarnessBuilder, check: impl Fn(&str, &ScreenHarness)) -> String {
    let harness = ScreenHarness::opened(builder).await;
    let mut album = Album::new(check);
    harness.send("3").await;
    album.keep("coverage", &harness);
    harness.send("lljj a").await;
    album.keep("another cell, all marked", &harness);
    harness.send("n/web").await;
    album.keep("a filter being typed", &harness);
    harness.press(KeyCode::Enter).await;
    harness.send("ac").await;
    album.keep("the form for exactly what is missing", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send("/zzz").await;
    album.keep("nothing matches", &harness);
    harness.press(KeyCode::Esc).await;
    let denied =
        Rule::new("DescribeImages", FaultKind::Deny).in_region(Region::new("ap-northeast-1").expect("a region"));
    harness.world.with(|w| w.faults().add(denied));
    harness.send("R").await;
    harness.wait_text("1 region not listed").await;
    album.keep("a region that is not listed", &harness);
    album.text()
}

#[tokio::test(start_paused = true)]
async fn coverage_at_60_by_15() {
    assert_snapshot!("coverage_60x15", walk(sized(60, 15), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn coverage_at_80_by_24() {
    assert_snapshot!("coverage_80x24", walk(sized(80, 24), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn coverage_at_120_by_40() {
    assert_snapshot!("coverage_120x40", walk(sized(120, 40), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn coverage_at_200_by_60() {
    assert_snapshot!("coverage_200x60", walk(sized(200, 60), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn coverage_in_ascii_and_without_colours() {
    let ascii = in_ascii_and_without_colours(|| sized(80, 24), walk).await;
    assert_snapshot!("coverage_ascii_80x24", ascii);
}

#[tokio::test(start_paused = true)]
async fn exactly_what_is_missing_is_copied_and_is_there_afterwards() {
    let builder = ScreenHarnessBuilder::new(named("demo")).size(120, 40);
    let harness = ScreenHarness::opened(builder.regions(&["us-east-1", "eu-west-1", "us-west-2"])).await;
    harness.send("3/name:app-web-2026*").await;
    harness.press(KeyCode::Enter).await;
    harness.shows(" 2 missing");
    harness.send("ac").await;
    harness.shows("Copy 1 image, only what is missing: 2 copies");
    harness.review().await;
    harness.ctrl('s').await;
    harness.wait_text("nothing known to be missing").await;
    for place in ["eu-west-1", "us-west-2"] {
        assert_eq!(harness.images(place, "app-web-2026.00015").await.len(), 1, "{place}");
    }
    harness.wait_ours("available", 2).await;
    harness.wait_for("all cells", |screen| screen.matches("+ available").count() == 3).await;
    harness.send("a").await;
    harness.shows("Nothing is known to be missing here");
}
