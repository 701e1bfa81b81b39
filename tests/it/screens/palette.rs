//! The command palette: found, run, and what it writes.

use amigrate::term::input::KeyCode;
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

#[tokio::test(start_paused = true)]
async fn the_palette_lists_what_works_here_first() {
    let harness = ScreenHarness::open("demo").await;
    harness.send(":").await;
    assert_snapshot!("palette_80x24", harness.screen());
    harness.send("region eu").await;
    assert_snapshot!("palette_regions", harness.screen());
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("eu-");
}

#[tokio::test(start_paused = true)]
async fn an_export_is_what_list_prints() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("images.csv");
    harness.filter("app-db state:available").await;
    harness.send(&format!(":export {}", file.display())).await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("written to").await;
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written.starts_with("region,image_id,state,size_gib,encrypted,creation_date,architecture,name\n"),
        "{written}"
    );
    assert!(written.lines().count() > 1 && written.lines().skip(1).all(|l| l.contains(",app-db-")), "{written}");
    harness.send(&format!(":export {}", file.display())).await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text(":export! replaces it").await;
}
