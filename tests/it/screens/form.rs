//! The copy form: each mistake beside its field, each warning, and what cannot be copied at all.

use amigrate::{sim::Scenario, term::input::KeyCode};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

/// A start is refused with these words, and nothing is asked of the world.
async fn refused(harness: &ScreenHarness, words: &str) {
    harness.ctrl('s').await;
    harness.shows("Not started.");
    let screen = harness.screen().split_whitespace().collect::<Vec<_>>().join(" ").replace("│ │ ! ", "");
    assert!(screen.contains(words), "`{words}` is not there:\n{}", harness.screen());
    assert!(harness.seen().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_destination() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &[]).await;
    assert_snapshot!("form_untouched", harness.screen());
    harness.lacks("Choose at least one region");
    refused(&harness, "Choose at least one region to copy to.").await;
    assert_snapshot!("form_no_destination", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn names_that_cannot_be() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    for (name, words) in [
        ("ab", "A name has at least 3 characters."),
        ("web*01", "`*` is not allowed"),
        ("web-{nmae}", "`{nmae}` is not known"),
        ("web-{region", "A `{` is not closed"),
        (&"n".repeat(129), "A name has at most 128 characters, this has 129."),
    ] {
        harness.retype(name).await;
        refused(&harness, words).await;
    }
    harness.retype("web*01").await;
    // A complaint does not outlive the text it was about.
    harness.lacks("Not started.");
    assert_snapshot!("form_bad_name", harness.screen());
    harness.retype("web-{region}").await;
    harness.lacks("not allowed");
    harness.shows("Start 1 copy");
}

#[tokio::test(start_paused = true)]
async fn two_copies_of_one_name() {
    let harness = ScreenHarness::open("demo").await;
    harness.filter("ledger region:eu-central-1").await;
    harness.send("  c").await;
    harness.shows("Copy 2 images");
    harness.press(KeyCode::Enter).await;
    harness.take_regions(&["eu-west-2"]).await;
    harness.retype("same").await;
    refused(&harness, "would both be named \"same\" in eu-west-2").await;
    assert_snapshot!("form_same_name", harness.screen());
    harness.retype("same-{source_id}").await;
    harness.shows("Start 2 copies");
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness.encrypt().await;
    harness.retype("arn:aws:kms:eu-west-1:123456789012:alias/images").await;
    refused(&harness, "That key is in eu-west-1; a copy to eu-west-2 needs a key there.").await;
    assert_snapshot!("form_key_elsewhere", harness.screen());
    harness.retype("my key").await;
    harness.ctrl('s').await;
    harness.shows("Not started.");
    assert_snapshot!("form_bad_key", harness.screen());
    assert!(harness.seen().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_for_each_destination() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-1", "eu-west-2"]).await;
    harness.encrypt().await;
    harness.focus("eu-west-2").await;
    harness.retype("arn:aws:kms:eu-west-1:123456789012:alias/images").await;
    refused(&harness, "That key is in eu-west-1; a copy to eu-west-2 needs a key there.").await;
    harness.retype("alias/team/web").await;
    assert_snapshot!("form_key_for_each", harness.screen());
    harness.shows("Start 2 copies");
}

#[tokio::test(start_paused = true)]
async fn a_description_that_is_too_long() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness.focus("Description").await;
    harness.retype(&"d".repeat(256)).await;
    refused(&harness, "A description has at most 255 characters, this has 256.").await;
}

#[tokio::test(start_paused = true)]
async fn encryption_that_is_fixed() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-db-2026 state:available", &["eu-west-2"]).await;
    harness.focus("Encrypt").await;
    assert_snapshot!("form_encrypted_source", harness.screen());
    harness.send(" ").await;
    harness.shows("A copy of an encrypted image is always encrypted.");
    harness.press(KeyCode::Esc).await;
    harness.send("y").await;
    harness.form("legacy-report-s3", &["eu-west-2"]).await;
    harness.unfold("Encryption").await;
    harness.focus("Encrypt").await;
    harness.send(" ").await;
    harness.shows("An instance-store image has no snapshots to encrypt.");
    harness.lacks("KMS key");
}

#[tokio::test(start_paused = true)]
async fn images_that_cannot_be_copied() {
    let harness = ScreenHarness::open("demo").await;
    harness.filter("app-web-canary-off").await;
    harness.send("c").await;
    harness.shows("Only available images can be copied");
    harness.lacks("Copy 1 image");

    let harness =
        ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).with(|b| b.config.read_only = true)).await;
    harness.shows("READ-ONLY");
    harness.filter("app-web state:available").await;
    harness.send("c").await;
    harness.shows("Copy 1 image");
    harness.press(KeyCode::Enter).await;
    harness.press(KeyCode::Enter).await;
    harness.review().await;
    harness.ctrl('s').await;
    harness.shows("Read-only: nothing is changed in AWS.");
    harness.press(KeyCode::Esc).await;
    harness.shows("Copy 1 image");
}

#[tokio::test(start_paused = true)]
async fn another_partition() {
    let head = "summary = 'two partitions'\nextends = 'demo'\nseed = 7\naccount = '123456789012'\nhome = 'us-east-1'\n";
    let scenario = Scenario::parse(&format!("{head}[[region]]\nnames = ['cn-north-1']\n")).unwrap();
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(scenario)).await;
    harness.form("app-web-2026", &["cn-north-1"]).await;
    refused(&harness, "cn-north-1 is in another partition than us-east-1").await;
    assert_snapshot!("form_partition", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn warnings_stop_nothing() {
    let harness =
        ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).regions(&["us-east-1"]).size(100, 30)).await;
    harness.form("legacy-billing-2014", &["eu-west-2"]).await;
    harness.shows("is paravirtual: newer regions cannot take it.");
    harness.shows("Start 1 copy");
    assert_snapshot!("form_paravirtual", harness.screen());
    harness.press(KeyCode::Esc).await;
    harness.send("y").await;
    harness.press(KeyCode::Esc).await;
    harness.send("w/shared").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.form("partner-appliance", &["eu-west-2"]).await;
    harness.shows("has a product code");
    harness.press(KeyCode::Esc).await;
    harness.send("y").await;
    harness.form("golden-linux-encrypted", &["eu-west-2"]).await;
    harness.shows("is encrypted: the copy works only if");
    assert_snapshot!("form_shared_encrypted", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn leaving_asks_only_after_a_change() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &[]).await;
    harness.press(KeyCode::Esc).await;
    harness.lacks("Copy 1 image");
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness.send("x").await;
    harness.press(KeyCode::Esc).await;
    harness.shows("Close the form?");
    harness.press(KeyCode::Enter).await;
    harness.shows("Copy 1 image");
    harness.press(KeyCode::Esc).await;
    harness.send("y").await;
    harness.lacks("Copy 1 image");
}

#[tokio::test(start_paused = true)]
async fn the_command_line_goes_to_the_clipboard() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2", "us-west-1"]).await;
    harness.ctrl('y').await;
    harness.ctrl('n').await;
    harness.ctrl('y').await;
    let sent = harness.seen().clipboard.clone();
    assert!(sent.iter().all(|l| l.starts_with("aws ec2 copy-image ")), "{sent:?}");
    assert!(sent[0].contains("--region eu-west-2") && sent[1].contains("--region us-west-1"), "{sent:?}");
}
