//! Looking at images.

use amigrate::term::{Caps, input::KeyCode};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

#[tokio::test(start_paused = true)]
async fn the_demo_on_80_by_24() {
    let harness = ScreenHarness::open("demo").await;
    assert_snapshot!("demo_80x24", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn the_demo_on_120_by_40() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    assert_snapshot!("demo_120x40", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_any_answer() {
    let harness = ScreenHarnessBuilder::new(named("demo")).build();
    tokio::task::yield_now().await;
    harness.shows("looking for credentials");
}

#[tokio::test(start_paused = true)]
async fn ascii_alone() {
    let builder = ScreenHarnessBuilder::new(named("demo")).with(|b| b.caps = Caps { unicode: false, ..Caps::full() });
    let harness = ScreenHarness::opened(builder).await;
    assert!(harness.screen().is_ascii(), "{}", harness.screen());
    assert_snapshot!("demo_ascii", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_by_words_and_terms() {
    let harness = ScreenHarness::open("demo").await;
    // The jobs pane names images too.
    harness.send("1").await;
    for (words, shown, hidden) in [
        ("app-web", "app-web-2026", "ledger-"),
        ("state:disabled", "app-web-canary-off", "app-db-"),
        ("state:pending", "app-db-standby", "shop-eu-"),
        ("enc:yes", "app-db-", "app-web-"),
        ("enc:no app", "app-web-", "app-db-"),
        ("region:eu-central-1", "ledger-", "shop-eu-"),
        ("arch:arm64 region:us-east-1", "app-api-", "app-web-"),
        ("tag:Team=finance", "ledger-", "shop-eu-"),
    ] {
        harness.filter(words).await;
        let screen = harness.screen();
        assert!(screen.contains(shown) && !screen.contains(hidden), "{words}:\n{screen}");
    }
    harness.filter("zzz nothing").await;
    harness.shows("No image matches the filter. Esc clears it.");
    harness.press(KeyCode::Esc).await;
    harness.lacks("/zzz");
    harness.filter("app-web").await;
    assert_snapshot!("filter_by_words", harness.screen());
}

#[tokio::test(start_paused = true)]
async fn an_order_is_chosen_and_turned_round() {
    let harness = ScreenHarness::open("demo").await;
    for heading in ["SIZE▼", "EN▼", "STAT▲", "NAME▲", "REGION▲", "IMAGE ID▲", "AGE▲"] {
        harness.send("o").await;
        harness.shows(heading);
    }
    harness.send("oooo").await;
    assert_snapshot!("sort_by_name", harness.screen());
    harness.send("O").await;
    harness.shows("NAME▼");
}

#[tokio::test(start_paused = true)]
async fn images_are_marked() {
    let harness = ScreenHarness::open("demo").await;
    harness.send("  ").await;
    harness.shows("2 marked");
    assert_snapshot!("marked", harness.screen());
    harness.filter("region:eu-central-1").await;
    harness.send("a").await;
    harness.shows("5 marked");
    harness.send("n").await;
    harness.lacks("marked");
}

#[tokio::test(start_paused = true)]
async fn details_and_json() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 40)).await;
    harness.filter("app-db state:available").await;
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("details", harness.screen());
    harness.send("v").await;
    assert_snapshot!("json", harness.screen());
    harness.press(KeyCode::PageDown).await;
    harness.press(KeyCode::Esc).await;
    harness.lacks("BlockDeviceMappings");
    harness.send("yY").await;
    let sent = harness.seen().clipboard.clone();
    assert!(sent[0].starts_with("ami-") && sent[1].starts_with("arn:aws:ec2:"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn help_lists_every_key() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(100, 100)).await;
    harness.send("?").await;
    assert_snapshot!("help", harness.screen());
    harness.send("?").await;
    harness.lacks("Filter terms");
}

#[tokio::test(start_paused = true)]
async fn the_empty_account_says_what_to_do() {
    let harness =
        ScreenHarness::opened(ScreenHarnessBuilder::new(named("empty")).regions(&["us-east-1", "eu-west-1"])).await;
    assert_snapshot!("empty", harness.screen());
    harness.send("c").await;
    harness.shows("There is no image to copy here.");
}

#[tokio::test(start_paused = true)]
async fn other_peoples_images() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).regions(&["us-east-1"])).await;
    let choose = async |label: &str| {
        harness.send("w").await;
        harness.send("/").await;
        harness.send(label).await;
        harness.press(KeyCode::Enter).await;
        harness.lists_finished().await;
    };
    choose("shared").await;
    assert_snapshot!("shared", harness.screen());
    harness.lacks("app-web");
    choose("Amazon").await;
    assert_snapshot!("amazon", harness.screen());
    harness.lacks("golden-linux");
    choose("id").await;
    harness.shows("Account id, twelve digits:");
    harness.send("123").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("twelve digits.");
    harness.ctrl('u').await;
    harness.send("345678901234").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("partner-a");
    choose("public").await;
    harness.send("ab").await;
    harness.press(KeyCode::Enter).await;
    harness.shows("Type at least three characters of the name.");
    harness.ctrl('u').await;
    harness.send("Windows*").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("Images 2, public Windows*");
    assert_snapshot!("public", harness.screen());
    choose("mine").await;
    harness.shows("app-web");
}

#[tokio::test(start_paused = true)]
async fn regions_are_chosen() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).regions(&["us-east-1"])).await;
    harness.send("r").await;
    assert_snapshot!("regions", harness.screen());
    harness.send("-").await;
    harness.take_regions(&["eu-central-1"]).await;
    harness.lists_finished().await;
    harness.shows("ledger-");
    harness.lacks("app-web");
    harness.send("r").await;
    harness.send("-").await;
    harness.take_regions(&["me-south-1"]).await;
    harness.shows("not enabled");
}

#[tokio::test(start_paused = true)]
async fn too_small_says_so_and_quits() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(20, 5)).await;
    harness.shows("q quits.");
    assert_snapshot!("too_small", harness.screen());
    harness.send("q").await;
    harness.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_keeps_the_cursor_on_its_image() {
    use amigrate::term::Input;
    let harness = ScreenHarness::open("demo").await;
    harness.send("jjjj").await;
    let under = |s: String| s.lines().find(|l| l.contains("│>")).unwrap().split_whitespace().nth(1).map(str::to_owned);
    let before = under(harness.screen());
    harness.input(Input::Resize(120, 40)).await;
    assert_eq!(under(harness.screen()), before);
    harness.input(Input::Resize(20, 5)).await;
    harness.shows("Terminal too small");
    harness.input(Input::Resize(60, 15)).await;
    assert_eq!(under(harness.screen()), before);
    assert_snapshot!("smallest", harness.screen());
}
