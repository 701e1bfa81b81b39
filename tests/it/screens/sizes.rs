//! Every screen at four sizes, in ASCII as well, and without colours.

use std::time::Duration;

use amigrate::term::{Caps, input::KeyCode};
use insta::assert_snapshot;

use crate::support::{
    album::Album,
    screen_harness::{ScreenHarness, ScreenHarnessBuilder, named},
};

const REGIONS: [&str; 2] = ["eu-west-2", "us-west-1"];

/// Walks through every screen. `check` looks at each.
async fn walk(builder: ScreenHarnessBuilder, check: impl Fn(&str, &ScreenHarness)) -> String {
    let harness = ScreenHarness::opened(builder).await;
    let mut album = Album::new(check);
    album.keep("images", &harness);
    harness.filter("web age:<90d").await;
    harness.send("a").await;
    album.keep("images, filtered and marked", &harness);
    harness.send("n?").await;
    album.keep("help", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send(":co").await;
    album.keep("palette", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send("r").await;
    album.keep("picker of regions", &harness);
    harness.press(KeyCode::Esc).await;
    harness.send("C").await;
    album.keep("picker of columns", &harness);
    harness.press(KeyCode::Esc).await;
    // Beside the list where there is room, then over it.
    harness.press(KeyCode::Enter).await;
    album.keep("details", &harness);
    harness.send("v").await;
    album.keep("JSON, or nothing where details are beside the list", &harness);
    harness.press(KeyCode::Esc).await;
    harness.press(KeyCode::Esc).await;
    harness.form("app-db-2026.00012", &REGIONS).await;
    album.keep("form", &harness);
    harness.retype("not?").await;
    album.keep("form with a mistake", &harness);
    harness.retype("db-copy").await;
    harness.review().await;
    album.keep("review", &harness);
    harness.ctrl('s').await;
    harness.wait_for("half of one", |_| harness.seen().jobs.iter().any(|j| j.percent() >= Some(50))).await;
    album.keep("jobs", &harness);
    harness.press(KeyCode::Enter).await;
    harness.send("2").await;
    album.keep("jobs alone, one with its snapshots", &harness);
    harness.send("x").await;
    album.keep("confirmation", &harness);
    harness.send("y").await;
    harness.wait_ours("cancelled", 1).await;
    harness.wait_ours("available", 1).await;
    album.keep("jobs, ended", &harness);
    harness.send("H").await;
    harness.pass(Duration::from_secs(1)).await;
    album.keep("history", &harness);
    harness.send("H!").await;
    album.keep("problems", &harness);
    album.text()
}

fn sized(columns: u16, rows: u16) -> ScreenHarnessBuilder {
    ScreenHarnessBuilder::new(named("demo")).size(columns, rows)
}

#[tokio::test(start_paused = true)]
async fn every_screen_at_60_by_15() {
    assert_snapshot!("screens_60x15", walk(sized(60, 15), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn every_screen_at_80_by_24() {
    assert_snapshot!("screens_80x24", walk(sized(80, 24), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn every_screen_at_120_by_40() {
    assert_snapshot!("screens_120x40", walk(sized(120, 40), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn every_screen_at_200_by_60() {
    assert_snapshot!("screens_200x60", walk(sized(200, 60), |_, _| {}).await);
}

#[tokio::test(start_paused = true)]
async fn every_screen_in_ascii() {
    let builder = sized(80, 24).with(|b| b.caps = Caps { unicode: false, ..Caps::full() });
    let ascii = |name: &str, harness: &ScreenHarness| {
        let screen = harness.screen();
        assert!(screen.is_ascii(), "{name}:\n{screen}");
    };
    assert_snapshot!("screens_ascii_80x24", walk(builder, ascii).await);
}

#[tokio::test(start_paused = true)]
async fn every_screen_says_the_same_without_colours() {
    let coloured = walk(sized(80, 24), |_, _| {}).await;
    let builder = sized(80, 24).with(|b| b.config.ui.theme = "mono".into());
    let plain = |name: &str, harness: &ScreenHarness| {
        assert!(!harness.has_colours(), "{name} has colours:\n{}", harness.screen());
    };
    let mono = walk(builder, plain).await;
    assert!(mono == coloured, "the theme changes what is said");
}
