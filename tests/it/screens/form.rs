//! The copy form: each mistake beside its field, each warning, and what cannot be copied at all.

use amigrate::{sim::Scenario, term::input::KeyCode};
use insta::assert_snapshot;

use crate::support::screen_harness::{Playbill, Stage, named};

/// Down so many fields.
async fn down(stage: &Stage, fields: usize) {
    for _ in 0..fields {
        stage.press(KeyCode::Down).await;
    }
}

/// A start is refused with these words, and nothing is asked of the world.
async fn refused(stage: &Stage, words: &str) {
    stage.ctrl('s').await;
    stage.shows("Not started.");
    let screen = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ").replace("│ │ ! ", "");
    assert!(screen.contains(words), "`{words}` is not there:\n{}", stage.screen());
    assert!(stage.seen().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_destination() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &[]).await;
    assert_snapshot!("form_untouched", stage.screen());
    stage.lacks("Choose at least one region");
    refused(&stage, "Choose at least one region to copy to.").await;
    assert_snapshot!("form_no_destination", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn names_that_cannot_be() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &["eu-west-2"]).await;
    for (name, words) in [
        ("ab", "A name has at least 3 characters."),
        ("web*01", "`*` is not allowed"),
        ("web-{nmae}", "`{nmae}` is not known"),
        ("web-{region", "A `{` is not closed."),
        (&"n".repeat(129), "A name has at most 128 characters, this has 129."),
    ] {
        stage.retype(name).await;
        refused(&stage, words).await;
    }
    stage.retype("web*01").await;
    // A complaint does not outlive the text it was about.
    stage.lacks("Not started.");
    assert_snapshot!("form_bad_name", stage.screen());
    stage.retype("web-{region}").await;
    stage.lacks("not allowed");
    stage.shows("Start 1 copy");
}

#[tokio::test(start_paused = true)]
async fn two_copies_of_one_name() {
    let stage = Stage::open("demo").await;
    stage.filter("ledger region:eu-central-1").await;
    stage.send("  c").await;
    stage.shows("Copy 2 images");
    stage.press(KeyCode::Enter).await;
    stage.take_regions(&["eu-west-2"]).await;
    stage.retype("same").await;
    refused(&stage, "would both be named \"same\" in eu-west-2").await;
    assert_snapshot!("form_same_name", stage.screen());
    stage.retype("same-{source_id}").await;
    stage.shows("Start 2 copies");
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &["eu-west-2"]).await;
    down(&stage, 2).await;
    stage.send(" ").await;
    down(&stage, 1).await;
    stage.retype("arn:aws:kms:eu-west-1:123456789012:alias/images").await;
    refused(&stage, "That key is in eu-west-1; a copy to eu-west-2 needs a key there.").await;
    assert_snapshot!("form_key_elsewhere", stage.screen());
    stage.retype("my key").await;
    stage.ctrl('s').await;
    stage.shows("Not started.");
    assert_snapshot!("form_bad_key", stage.screen());
    assert!(stage.seen().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_for_each_destination() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &["eu-west-1", "eu-west-2"]).await;
    down(&stage, 2).await;
    stage.send(" ").await;
    down(&stage, 3).await;
    stage.retype("arn:aws:kms:eu-west-1:123456789012:alias/images").await;
    refused(&stage, "That key is in eu-west-1; a copy to eu-west-2 needs a key there.").await;
    stage.retype("alias/team/web").await;
    assert_snapshot!("form_key_for_each", stage.screen());
    stage.shows("Start 2 copies");
}

#[tokio::test(start_paused = true)]
async fn a_description_that_is_too_long() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &["eu-west-2"]).await;
    down(&stage, 1).await;
    stage.retype(&"d".repeat(256)).await;
    refused(&stage, "A description has at most 255 characters, this has 256.").await;
}

#[tokio::test(start_paused = true)]
async fn encryption_that_is_fixed() {
    let stage = Stage::open("demo").await;
    stage.form("app-db-2026 state:available", &["eu-west-2"]).await;
    down(&stage, 2).await;
    assert_snapshot!("form_encrypted_source", stage.screen());
    stage.send(" ").await;
    stage.shows("An encrypted image cannot be un-encrypted.");
    stage.press(KeyCode::Esc).await;
    stage.send("y").await;
    stage.form("legacy-report-s3", &["eu-west-2"]).await;
    down(&stage, 2).await;
    stage.send(" ").await;
    stage.shows("An instance-store image has no snapshots to encrypt.");
    stage.lacks("KMS key");
}

#[tokio::test(start_paused = true)]
async fn images_that_cannot_be_copied() {
    let stage = Stage::open("demo").await;
    stage.filter("app-web-canary-off").await;
    stage.send("c").await;
    stage.shows("only an available image can be copied");
    stage.lacks("Copy 1 image");

    let stage = Stage::opened(Playbill::new(named("demo")).with(|b| b.config.read_only = true)).await;
    stage.shows("READ-ONLY");
    stage.filter("app-web state:available").await;
    stage.send("c").await;
    stage.shows("Copy 1 image");
    stage.press(KeyCode::Enter).await;
    stage.press(KeyCode::Enter).await;
    stage.ctrl('s').await;
    stage.shows("Read-only: nothing is changed in AWS.");
    stage.shows("Copy 1 image");
}

#[tokio::test(start_paused = true)]
async fn another_partition() {
    let head = "summary = 'two partitions'\nextends = 'demo'\nseed = 7\naccount = '123456789012'\nhome = 'us-east-1'\n";
    let scenario = Scenario::parse(&format!("{head}[[region]]\nnames = ['cn-north-1']\n")).unwrap();
    let stage = Stage::opened(Playbill::new(scenario)).await;
    stage.form("app-web-2026", &["cn-north-1"]).await;
    refused(&stage, "cn-north-1 is in another partition than us-east-1").await;
    assert_snapshot!("form_partition", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn warnings_stop_nothing() {
    let stage = Stage::opened(Playbill::new(named("demo")).regions(&["us-east-1"]).size(100, 30)).await;
    stage.form("legacy-billing-2014", &["eu-west-2"]).await;
    stage.shows("is paravirtual: newer regions cannot take it.");
    stage.shows("Start 1 copy");
    assert_snapshot!("form_paravirtual", stage.screen());
    stage.press(KeyCode::Esc).await;
    stage.send("y").await;
    stage.press(KeyCode::Esc).await;
    stage.send("w/shared").await;
    stage.press(KeyCode::Enter).await;
    stage.settled().await;
    stage.form("partner-appliance", &["eu-west-2"]).await;
    stage.shows("has a product code");
    stage.press(KeyCode::Esc).await;
    stage.send("y").await;
    stage.form("golden-linux-encrypted", &["eu-west-2"]).await;
    stage.shows("is encrypted: the copy works only if");
    assert_snapshot!("form_shared_encrypted", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn leaving_asks_only_after_a_change() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &[]).await;
    stage.press(KeyCode::Esc).await;
    stage.lacks("Copy 1 image");
    stage.form("app-web-2026", &["eu-west-2"]).await;
    stage.send("x").await;
    stage.press(KeyCode::Esc).await;
    stage.shows("Leave the form?");
    stage.press(KeyCode::Enter).await;
    stage.shows("Copy 1 image");
    stage.press(KeyCode::Esc).await;
    stage.send("y").await;
    stage.lacks("Copy 1 image");
}

#[tokio::test(start_paused = true)]
async fn the_command_line_goes_to_the_clipboard() {
    let stage = Stage::open("demo").await;
    stage.form("app-web-2026", &["eu-west-2", "us-west-1"]).await;
    stage.ctrl('y').await;
    stage.ctrl('n').await;
    stage.ctrl('y').await;
    let sent = stage.seen().clipboard.clone();
    assert!(sent.iter().all(|l| l.starts_with("aws ec2 copy-image ")), "{sent:?}");
    assert!(sent[0].contains("--region eu-west-2") && sent[1].contains("--region us-west-1"), "{sent:?}");
}
