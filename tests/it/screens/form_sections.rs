//! The form's sections on 80x24: folding, every field, tags, and the form's help.

use amigrate::term::{Input, input::KeyCode};
use insta::assert_snapshot;

use crate::support::screen_harness::ScreenHarness;

async fn form() -> ScreenHarness {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-2"]).await;
    harness
}

/// Folds what is open, so that the section under test has the screen to itself.
async fn only(harness: &ScreenHarness, section: &str) {
    for open in ["Where", "What"] {
        harness.focus(open).await;
        harness.press(KeyCode::Enter).await;
    }
    harness.unfold(section).await;
}

#[tokio::test(start_paused = true)]
async fn folded_sections_say_what_they_contain() {
    let harness = form().await;
    harness.retype("web*01").await;
    harness.focus("What").await;
    harness.send(" ").await;
    assert_snapshot!("section_what_folded", harness.screen());
    harness.shows("+ What");
    harness.shows("1 mistake");
    harness.lacks("is not allowed");
    // Starting opens the section of the first mistake.
    harness.ctrl('s').await;
    harness.shows("is not allowed");
    harness.retype("web-01").await;
    harness.lacks("mistake");
}

#[tokio::test(start_paused = true)]
async fn where_the_copies_are_stored() {
    let harness = form().await;
    only(&harness, "Where").await;
    harness.focus("Stored in").await;
    harness.send(" ").await;
    harness.focus("Outpost, zone").await;
    harness.send("arn:aws:outposts:eu-west-2:123456789012:outpost/op-0123456789abcdef0").await;
    assert_snapshot!("section_where", harness.screen());
    harness.focus("Stored in").await;
    harness.send("  ").await;
    harness.shows("the region (Space");
    harness.lacks("Outpost, zone");
}

#[tokio::test(start_paused = true)]
async fn encryption_and_keys_by_destination() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-1", "eu-west-2", "us-west-2"]).await;
    only(&harness, "Encryption").await;
    harness.encrypt().await;
    harness.send("alias/team/web").await;
    harness.focus("eu-west-2").await;
    harness.send("alias/gone").await;
    harness.wait_for("the keys", |s| !s.contains("not looked up")).await;
    assert_snapshot!("section_encryption", harness.screen());
    harness.focus("Encryption").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("encrypted, alias/team/web, own key for 1 region");
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_changed_removed_and_pasted() {
    let harness = form().await;
    only(&harness, "Tags").await;
    harness.focus("Image tags").await;
    harness.send("Team=web").await;
    // The next line adds another; a paste of several lines makes several.
    harness.press(KeyCode::Enter).await;
    harness.input(Input::Paste("Cost=42\r\n\r\n  Source={source_id}\nEmpty=\n".into())).await;
    harness.focus("Snapshot tags").await;
    harness.send("Kept=yes").await;
    assert_snapshot!("section_tags", harness.screen());
    for tag in ["Team=web", "Cost=42", "Source={source_id}", "Empty="] {
        harness.shows(tag);
    }
    // Removed by its key, and by emptying it and continuing.
    harness.ctrl('x').await;
    harness.lacks("Kept=yes");
    for _ in 0..4 {
        harness.press(KeyCode::Up).await;
    }
    harness.ctrl('x').await;
    harness.lacks("Cost=42");
    harness.press(KeyCode::Up).await;
    harness.retype("").await;
    harness.press(KeyCode::Down).await;
    harness.lacks("Team=web");
    harness.focus("Tags").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("4 of the source, 2 for the image");
    harness.ctrl('x').await;
    harness.shows("there is none here");
}

#[tokio::test(start_paused = true)]
async fn the_sources_tags_are_picked() {
    let harness = form().await;
    only(&harness, "Tags").await;
    harness.focus("Source's tags").await;
    harness.shows("all: 4 keys");
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("source_tags_picker", harness.screen());
    harness.send(" ").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("3 of 4: ");
    harness.send(" ").await;
    harness.shows("none (Space: all");
    harness.ctrl('y').await;
    assert!(!harness.seen().clipboard[0].contains("--copy-image-tags"));
}

#[tokio::test(start_paused = true)]
async fn what_is_done_afterwards() {
    let harness = form().await;
    only(&harness, "Afterwards").await;
    harness.focus("Permissions").await;
    harness.send(" ").await;
    harness.focus("Share with").await;
    harness.send("111122223333").await;
    for choice in ["Snapshots too", "Public"] {
        harness.focus(choice).await;
        harness.send(" ").await;
    }
    harness.shows("Public: everyone with an AWS account can launch these images");
    harness.focus("Deprecate").await;
    harness.send("90d").await;
    harness.focus("Protection").await;
    harness.send("  ").await;
    harness.focus("Tag the source").await;
    harness.send(" ").await;
    assert_snapshot!("section_afterwards", harness.screen());
    harness.focus("Afterwards").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("PUBLIC, source's permissions, shared with 1, snapshots");
}

#[tokio::test(start_paused = true)]
async fn help_opens_over_the_form_and_comes_back() {
    let harness = form().await;
    // In a text, `?` is a character.
    harness.focus("Description").await;
    harness.send("?").await;
    harness.shows("Copy 1 image");
    harness.press(KeyCode::F(1)).await;
    harness.shows("Help with the copy form");
    harness.send("jj").await;
    assert_snapshot!("form_help", harness.screen());
    harness.press(KeyCode::Esc).await;
    harness.shows("Copy 1 image");
    harness.focus("Encryption").await;
    harness.send("?").await;
    harness.shows("Help with the copy form");
    harness.send("?").await;
    harness.shows("+ Encryption");
}

#[tokio::test(start_paused = true)]
async fn completion_times_and_their_fees() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("batch-gpu-00009", &["eu-west-2"]).await;
    only(&harness, "Timing").await;
    harness.focus("Complete within").await;
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("completion_picker", harness.screen());
    // A price is no duration: 1 h is $3.20 here.
    harness.send("/").await;
    harness.send("2").await;
    harness.lacks("$3.20");
    harness.send(" h").await;
    assert_snapshot!("completion_picker_filtered", harness.screen());
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("section_timing", harness.screen());
    harness.ctrl('y').await;
    assert!(harness.seen().clipboard[0].contains("--snapshot-copy-completion-duration-minutes"));
    harness.send(" ").await;
    harness.shows("no limit, no fee");
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_checked_while_it_is_typed_and_in_the_review() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("ci-runner-2 region:us-west-2 state:available", &["us-west-2"]).await;
    harness.retype("edge").await;
    harness.focus("Stored in").await;
    harness.send("  ").await;
    harness.focus("Outpost, zone").await;
    harness.send("use1-bos1-az1").await;
    harness.shows("use1-bos1-az1 is not a Local Zone of us-west-2: the ids");
    harness.retype("us-east-1-bos-1a").await;
    harness.shows("us-east-1-bos-1a is not a Local Zone of us-west-2.");
    // Of the right form, and not there or not enabled: only EC2 knows.
    for (zone, why) in [
        ("usw2-xyz1-az1", "There is no zone usw2-xyz1-az1 in us-west-2."),
        ("us-west-2-den-1a", "enable the zone group us-west-2-den-1"),
    ] {
        harness.retype(zone).await;
        harness.lacks("mistake");
        harness.review().await;
        harness.shows(why);
        harness.shows("Cannot start: 1 refusal.");
        harness.press(KeyCode::Enter).await;
        harness.shows("Copy 1 image");
    }
    harness.retype("usw2-lax1-az1").await;
    harness.start_copies().await;
    harness.wait_ours("available", 1).await;
}
