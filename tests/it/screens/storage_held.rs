//! The page of the storage that images hold over the embedded EC2, at four sizes, in ASCII and without colours.

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
    ScreenHarnessBuilder::new(named("demo")).size(columns, rows).regions(&["us-east-1", "eu-west-1", "us-west-2"])
}

/// What is seen on the way through the page. `check` looks at each.
async fn walk(builder: ScreenHarnessBuilder, check: impl Fn(&str, &ScreenHarness)) -> String {
    let harness = ScreenHarness::opened(builder).await;
    let mut album = Album::new(check);
    harness.send("6").await;
    harness.wait_text("app-db").await;
    album.keep("families, the largest first", &harness);
    harness.press(KeyCode::Enter).await;
    album.keep("the images of one", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send("d").await;
    album.keep("all that is known of a family", &harness);
    harness.press(KeyCode::Esc).await;
    let denied = Rule::new("DescribeSnapshots", FaultKind::Deny).in_region(Region::new("us-west-2").expect("a region"));
    harness.world.with(|w| w.faults().add(denied));
    harness.send("bR").await;
    harness.wait_text("could be read").await;
    album.keep("regions, and one that cannot be read", &harness);
    harness.send("bbo/app-").await;
    album.keep("images by cost, with a filter being typed", &harness);
    album.text()
}

#[tokio::test(start_paused = true)]
async fn storage_held_at_60_by_15() {
    assert_snapshot!("storage_held_60x15", walk(sized(60, 15), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_held_at_80_by_24() {
    assert_snapshot!("storage_held_80x24", walk(sized(80, 24), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_held_at_120_by_40() {
    assert_snapshot!("storage_held_120x40", walk(sized(120, 40), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_held_at_200_by_60() {
    assert_snapshot!("storage_held_200x60", walk(sized(200, 60), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn storage_held_in_ascii_and_without_colours() {
    let ascii = in_ascii_and_without_colours(|| sized(80, 24), walk).await;
    assert_snapshot!("storage_held_ascii_80x24", ascii);
}
