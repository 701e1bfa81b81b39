//! Presets of the form, and the values that were started last, in files.

use amigrate::{
    config::{LastValues, PresetFile},
    runtime::FormFiles,
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

#[tokio::test(start_paused = true)]
async fn a_preset_is_saved_loaded_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let presets = PresetFile::beside(Some(&dir.path().join("config.toml")));
    let forms =
        FormFiles { presets: presets.clone(), last_values: LastValues::in_dir(dir.path()), ..FormFiles::default() };
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).with(|b| b.forms = forms)).await;
    harness.form("app-web-2026", &["eu-west-1", "us-west-2"]).await;
    harness.retype("{name}-dr").await;
    harness.unfold("Tags").await;
    harness.focus("Image tags").await;
    harness.send("Team=web").await;
    harness.unfold("Afterwards").await;
    harness.focus("Share with").await;
    harness.send("111122223333").await;
    harness.ctrl('t').await;
    assert_snapshot!("preset_name", harness.screen());
    harness.send("dr").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("Saved as preset dr.").await;
    harness.start_copies().await;

    // Another image's form is filled in with it.
    harness.press(KeyCode::Tab).await;
    harness.form("app-db-2026 state:available", &[]).await;
    harness.ctrl('o').await;
    harness.wait_text("Presets").await;
    assert_snapshot!("presets", harness.screen());
    harness.press(KeyCode::Down).await;
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("preset_applied", harness.screen());
    for had in ["eu-west-1, us-west-2", "{name}-dr", "1 for the image", "shared with 1"] {
        harness.shows(had);
    }
    // The last values have no permissions.
    harness.ctrl('o').await;
    harness.wait_text("last values").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("+ Afterwards      shared with 1");
    harness.shows("Last values taken over");
    // A preset of the same name is replaced after a yes.
    harness.ctrl('t').await;
    harness.send("dr").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("There is a preset dr already. Replace it?").await;
    assert_snapshot!("preset_exists", harness.screen());
    harness.send("y").await;
    harness.wait_text("Saved as preset dr.").await;
    harness.ctrl('o').await;
    harness.wait_text("last values").await;
    harness.press(KeyCode::Down).await;
    harness.press(KeyCode::Delete).await;
    harness.shows("Remove the preset dr?");
    harness.send("y").await;
    harness.wait_text("Preset dr removed.").await;
    assert!(presets.unwrap().read().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_file_presets_last_until_the_end() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-1"]).await;
    for (name, done) in [("one", "Saved as preset one, until amigrate ends"), ("one", "Replace it?")] {
        harness.ctrl('t').await;
        harness.send(name).await;
        harness.press(KeyCode::Enter).await;
        harness.wait_text(done).await;
    }
    harness.press(KeyCode::Esc).await;
    harness.ctrl('o').await;
    harness.wait_text("one eu-west-1").await;
    harness.press(KeyCode::Delete).await;
    harness.send("y").await;
    harness.wait_text("Preset one removed.").await;
    harness.press(KeyCode::Esc).await;
    harness.ctrl('o').await;
    harness.wait_text("There are no presets yet.").await;
}
