//! Several accounts on one screen, each with a session of its own against one simulator.

use amigrate::term::input::KeyCode;
use insta::assert_snapshot;

use crate::support::{
    album::Album,
    screen_harness::{ScreenHarness, ScreenHarnessBuilder, named},
};

fn two() -> ScreenHarnessBuilder {
    let profiles = ["default", "build"].map(str::to_owned).to_vec();
    ScreenHarnessBuilder::new(named("accounts")).with(|builder| builder.profiles = profiles)
}

/// The table, the picker, the form of the other account, and its jobs beside the same table.
async fn walk(columns: u16, rows: u16) -> String {
    let harness = ScreenHarness::opened(two().size(columns, rows)).await;
    let mut album = Album::new(|_, _| ());
    album.keep("two accounts in one table", &harness);
    harness.send("p").await;
    album.keep("picker of profiles", &harness);
    harness.press(KeyCode::Esc).await;
    harness.filter("golden-candidate").await;
    harness.send("c").await;
    album.keep("form of the account whose row it is", &harness);
    harness.press(KeyCode::Esc).await;
    harness.press(KeyCode::Esc).await;
    harness.form("golden-candidate", &["eu-west-1"]).await;
    harness.review().await;
    harness.ctrl('s').await;
    harness.wait_ours("copying", 1).await;
    album.keep("its copy", &harness);
    harness.send("A").await;
    album.keep("the next account", &harness);
    album.text()
}

#[tokio::test(start_paused = true)]
async fn two_accounts_at_80_by_24() {
    assert_snapshot!("accounts_80x24", walk(80, 24).await);
}

#[tokio::test(start_paused = true)]
async fn two_accounts_at_120_by_40() {
    assert_snapshot!("accounts_120x40", walk(120, 40).await);
}

#[tokio::test(start_paused = true)]
async fn two_accounts_at_60_by_15() {
    assert_snapshot!("accounts_60x15", walk(60, 15).await);
}

#[tokio::test(start_paused = true)]
async fn two_accounts_at_200_by_60() {
    assert_snapshot!("accounts_200x60", walk(200, 60).await);
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_requested_with_the_credentials_of_the_row() {
    let harness = ScreenHarness::opened(two()).await;
    harness.form("golden-candidate", &["eu-west-1"]).await;
    harness.review().await;
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
    let signed = harness.world.with(|world| {
        let calls = world.foreign_calls().iter();
        calls.filter(|call| call.action == "CopyImage").map(|call| call.account.to_string()).collect::<Vec<_>>()
    });
    // The review's dry run, and the request.
    assert_eq!(signed, ["210987654321"; 2], "by the account that lists the image, and by nobody else");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_left_and_the_other_goes_on() {
    let harness = ScreenHarness::opened(two()).await;
    harness.form("golden-candidate", &["eu-west-1"]).await;
    harness.review().await;
    harness.ctrl('s').await;
    harness.wait_ours("copying", 1).await;
    harness.send("1").await;
    harness.send(":profile default").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("Images 0/4, mine  /golden-candidate");
    harness.shows("123456789012");
    let copies =
        harness.world.with(|world| world.foreign_calls().iter().filter(|call| call.action == "CopyImage").count());
    assert_eq!(copies, 2, "a dry run and the request: nothing is requested twice");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_shared_is_shared_by_its_account_and_copied() {
    let harness = ScreenHarness::opened(two()).await;
    harness.filter("golden-candidate").await;
    harness.send("I").await;
    harness.shows("into default 123456789012");
    harness.press(KeyCode::Enter).await;
    harness.take_regions(&["eu-west-1"]).await;
    harness.review().await;
    harness.wait_text("give access").await;
    assert_snapshot!("accounts_not_shared_80x24", harness.screen());
    harness.send("a").await;
    assert_snapshot!("accounts_give_access_80x24", harness.screen());
    let changes = || {
        harness.world.with(|world| {
            let calls = world.foreign_calls().iter().filter(|call| call.action.starts_with("Modify"));
            calls.map(|call| format!("{} {}", call.account, call.action)).collect::<Vec<_>>()
        })
    };
    assert_eq!(changes(), [""; 0], "nothing before it is confirmed");
    harness.send("y").await;
    harness.wait_text("modify-image-attribute").await;
    assert_snapshot!("accounts_access_given_80x24", harness.screen());
    let expected =
        ["210987654321 ModifyImageAttribute", "210987654321 ModifySnapshotAttribute"].map(str::to_owned).to_vec();
    let mut sent = changes();
    sent.sort();
    assert_eq!(sent, expected);
    harness.press(KeyCode::Esc).await;
    harness.wait_for("the checks", |screen| !screen.contains("checking")).await;
    harness.ctrl('s').await;
    harness.wait_ours("available", 1).await;
    let foreign = harness.world.with(|world| world.foreign_calls().iter().any(|call| call.action == "CopyImage"));
    assert!(!foreign, "the copy is the other account's own");
}
