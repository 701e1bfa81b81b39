//! The review before copies start: each check's refusal and warning, what is there already, confirmations.

use std::time::Duration;

use amigrate::{
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

async fn checks(columns: u16, rows: u16) -> ScreenHarness {
    ScreenHarness::opened(ScreenHarnessBuilder::new(named("checks")).size(columns, rows)).await
}

/// The screen's text in one line, without borders.
fn text(harness: &ScreenHarness) -> String {
    harness.screen().replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(harness: &ScreenHarness, words: &str) {
    assert!(text(harness).contains(words), "`{words}` is not there:\n{}", harness.screen());
}

/// In the form: encrypts with this key.
async fn key(harness: &ScreenHarness, key: &str) {
    harness.encrypt().await;
    harness.focus("KMS key").await;
    harness.retype(key).await;
}

#[tokio::test(start_paused = true)]
async fn all_is_well() {
    let harness = checks(120, 40).await;
    harness.form("batch-gpu-00009", &["eu-west-1", "us-west-2", "sa-east-1"]).await;
    harness.retype("reviewed").await;
    harness.review().await;
    assert_snapshot!("review_ready", harness.screen());
    harness.ctrl('s').await;
    harness.wait_ours("available", 3).await;
    for place in ["eu-west-1", "us-west-2", "sa-east-1"] {
        assert_eq!(harness.images(place, "reviewed").await.len(), 1, "the dry runs made none");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_used_are_refused_before_anything_is_sent() {
    let harness = checks(80, 24).await;
    harness.form("batch-gpu-00009", &["eu-west-1"]).await;
    harness.retype("reviewed").await;
    key(&harness, "alias/nope").await;
    for (key, words) in [
        ("alias/nope", "There is no key alias/nope in eu-west-1."),
        ("alias/leaving", "The key alias/leaving in eu-west-1 cannot encrypt snapshots: it is about to be deleted."),
        ("alias/aws/s3", "cannot encrypt snapshots: it is AWS's own key for s3."),
    ] {
        harness.retype(key).await;
        harness.review().await;
        says(&harness, words);
        says(&harness, "Cannot start: ");
        if key == "alias/nope" {
            assert_snapshot!("review_no_key", harness.screen());
        }
        harness.ctrl('s').await;
        assert!(harness.seen().jobs.is_empty());
        // The key's field has the focus.
        harness.press(KeyCode::Enter).await;
        harness.lacks(" Review: ");
    }
    harness.retype("alias/of-security").await;
    harness.review().await;
    says(&harness, "Not known in eu-west-1: whether the key can be used:");
    says(&harness, "Ready: Ctrl-s starts 1 copy.");
}

#[tokio::test(start_paused = true)]
async fn denied_permissions_and_reads() {
    let harness = checks(80, 24).await;
    harness.form("batch-gpu-00009", &["us-east-2", "ap-southeast-2"]).await;
    harness.retype("reviewed").await;
    harness.review().await;
    // Without CreateTags a copy is permitted, but not with amigrate's tags.
    says(&harness, "Tagging is not permitted in us-east-2: the copies are made without amigrate's tags.");
    says(&harness, "Not known in ap-southeast-2: whether encryption by default is on:");
    says(&harness, "Ready: Ctrl-s starts 2 copies.");
    assert_snapshot!("review_denied_reads", harness.screen());
    harness.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny).in_region(region("us-east-2"))));
    harness.send("R").await;
    harness.wait_text("Cannot start: ").await;
    says(&harness, "Not permitted in us-east-2:");
    says(&harness, "The identity needs the IAM action `ec2:CopyImage`");
}

#[tokio::test(start_paused = true)]
async fn limits_and_encryption_by_default() {
    let builder = ScreenHarnessBuilder::new(named("checks")).with(|b| b.config.copy.pending_limit = 2);
    let harness = ScreenHarness::opened(builder).await;
    harness.form("batch-gpu-00009", &["eu-west-2", "eu-central-1"]).await;
    harness.retype("reviewed").await;
    harness.review().await;
    says(&harness, "eu-west-2: 2 copies are already pending (limit 2): 1 copy waits in the queue.");
    says(&harness, "eu-central-1: encryption by default is on");
    says(&harness, "Ready: Ctrl-s starts 2 copies.");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_never_answers_is_unknown_after_ten_seconds() {
    let harness = checks(80, 24).await;
    let slow = Rule::new("GetEbsEncryptionByDefault", FaultKind::Slow).millis(3_600_000);
    harness.form("batch-gpu-00009", &["eu-west-1"]).await;
    harness.retype("reviewed").await;
    harness.world.with(|w| w.faults().add(slow));
    harness.ctrl('s').await;
    harness.pass(Duration::from_secs(9)).await;
    says(&harness, "Checking: ");
    harness.ctrl('s').await;
    assert!(harness.seen().jobs.is_empty());
    harness.pass(Duration::from_secs(1)).await;
    says(&harness, "Not known in eu-west-1: whether encryption by default is on: no answer within 10 s.");
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_and_a_copy_that_is_there() {
    let harness = checks(80, 24).await;
    harness.form("app-web-taken region:us-east-1", &["us-west-2"]).await;
    harness.review().await;
    says(&harness, "us-west-2: \"app-web-taken\" is there:");
    says(&harness, "of another image. [copy anyway]");
    harness.send("r").await;
    says(&harness, "[rename to app-web-taken-2]");
    assert_snapshot!("review_name_taken", harness.screen());
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
    assert_eq!(harness.images("us-west-2", "app-web-taken-2").await.len(), 1);
    // The same once more: its name is another, but it is a copy of the same image.
    harness.press(KeyCode::Tab).await;
    harness.form("app-web-taken region:us-east-1", &["us-west-2"]).await;
    harness.retype("app-web-taken-2").await;
    harness.review().await;
    says(&harness, "the same copy. [skip]");
    says(&harness, "Nothing to start: every copy is skipped.");
    harness.ctrl('s').await;
    harness.shows("Nothing to start");
    harness.send("c").await;
    says(&harness, "Ready: Ctrl-s starts 1 copy.");
    // A re-encryption is no double.
    harness.press(KeyCode::Esc).await;
    key(&harness, "alias/images").await;
    harness.review().await;
    says(&harness, "with other encryption. [copy anyway]");
}

#[tokio::test(start_paused = true)]
async fn public_copies_and_large_requests_are_typed() {
    let builder = ScreenHarnessBuilder::new(named("checks")).with(|b| b.config.copy.confirm_copies = 1);
    let harness = ScreenHarness::opened(builder).await;
    harness.form("batch-gpu-00009", &["us-west-1", "us-west-2"]).await;
    harness.retype("reviewed").await;
    harness.unfold("Afterwards").await;
    harness.focus("Public").await;
    harness.send(" ").await;
    harness.review().await;
    says(&harness, "Block public access for AMIs is on in us-west-1: the copies cannot be made public.");
    assert_snapshot!("review_public_blocked", harness.screen());
    harness.press(KeyCode::Esc).await;
    harness.focus("Destinations").await;
    harness.press(KeyCode::Enter).await;
    harness.take_regions(&["us-west-1", "sa-east-1"]).await;
    harness.review().await;
    harness.ctrl('s').await;
    says(&harness, "Everyone will be able to launch these images. Type 2 public and press Enter to start:");
    assert_snapshot!("review_typing", harness.screen());
    harness.send("2").await;
    harness.press(KeyCode::Enter).await;
    says(&harness, "The text does not match.");
    assert!(harness.seen().jobs.is_empty());
    harness.send(" public").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_ours("available", 2).await;
}

#[tokio::test(start_paused = true)]
async fn the_form_comes_back_as_it_was() {
    let harness = checks(80, 24).await;
    harness.form("batch-gpu-00009", &["eu-west-1"]).await;
    harness.retype("reviewed").await;
    let before = harness.screen();
    harness.review().await;
    harness.press(KeyCode::Esc).await;
    assert_eq!(harness.screen(), before);
    // Nothing is asked twice.
    let sent = || {
        let asked = |action: &str| (region("eu-west-1"), action.to_owned());
        let actions = ["CopyImage", "GetEbsEncryptionByDefault", "GetEbsDefaultKmsKeyId"].map(asked);
        harness.world.with(|w| actions.map(|action| format!("{:?}", w.calls().get(&action))))
    };
    let requests = sent();
    assert!(requests.iter().all(|count| count != "None"), "{requests:?}");
    harness.review().await;
    assert_eq!(sent(), requests);
}
