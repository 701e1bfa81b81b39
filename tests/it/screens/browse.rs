//! Looking at images.

use amigrate::term::{Caps, input::KeyCode};
use insta::assert_snapshot;

use crate::support::screen_harness::{Playbill, Stage, named};

#[tokio::test(start_paused = true)]
async fn the_demo_on_80_by_24() {
    let stage = Stage::open("demo").await;
    assert_snapshot!("demo_80x24", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn the_demo_on_120_by_40() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(120, 40)).await;
    assert_snapshot!("demo_120x40", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_any_answer() {
    let stage = Playbill::new(named("demo")).play();
    tokio::task::yield_now().await;
    stage.shows("looking for credentials");
}

#[tokio::test(start_paused = true)]
async fn ascii_alone() {
    let bill = Playbill::new(named("demo")).with(|b| b.caps = Caps { unicode: false, ..Caps::full() });
    let stage = Stage::opened(bill).await;
    assert!(stage.screen().is_ascii(), "{}", stage.screen());
    assert_snapshot!("demo_ascii", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_by_words_and_terms() {
    let stage = Stage::open("demo").await;
    // The jobs pane names images too.
    stage.send("1").await;
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
        stage.filter(words).await;
        let screen = stage.screen();
        assert!(screen.contains(shown) && !screen.contains(hidden), "{words}:\n{screen}");
    }
    stage.filter("zzz nothing").await;
    stage.shows("No image fits the filter. Esc clears it.");
    stage.press(KeyCode::Esc).await;
    stage.lacks("/zzz");
    stage.filter("app-web").await;
    assert_snapshot!("filter_by_words", stage.screen());
}

#[tokio::test(start_paused = true)]
async fn an_order_is_chosen_and_turned_round() {
    let stage = Stage::open("demo").await;
    for heading in ["NAME▲", "REGION▲", "SIZE▲", "STAT▲", "AGE▲"] {
        stage.send("o").await;
        stage.shows(heading);
    }
    stage.send("o").await;
    assert_snapshot!("sort_by_name", stage.screen());
    stage.send("O").await;
    stage.shows("NAME▼");
}

#[tokio::test(start_paused = true)]
async fn images_are_marked() {
    let stage = Stage::open("demo").await;
    stage.send("  ").await;
    stage.shows("2 marked");
    assert_snapshot!("marked", stage.screen());
    stage.filter("region:eu-central-1").await;
    stage.send("a").await;
    stage.shows("5 marked");
    stage.send("n").await;
    stage.lacks("marked");
}

#[tokio::test(start_paused = true)]
async fn details_and_json() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(100, 40)).await;
    stage.filter("app-db state:available").await;
    stage.press(KeyCode::Enter).await;
    assert_snapshot!("details", stage.screen());
    stage.send("v").await;
    assert_snapshot!("json", stage.screen());
    stage.press(KeyCode::PageDown).await;
    stage.press(KeyCode::Esc).await;
    stage.lacks("BlockDeviceMappings");
    stage.send("yY").await;
    let sent = stage.seen().clipboard.clone();
    assert!(sent[0].starts_with("ami-") && sent[1].starts_with("arn:aws:ec2:"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn help_lists_every_key() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(100, 100)).await;
    stage.send("?").await;
    assert_snapshot!("help", stage.screen());
    stage.send("?").await;
    stage.lacks("Filter terms");
}

#[tokio::test(start_paused = true)]
async fn the_empty_account_says_what_to_do() {
    let stage = Stage::opened(Playbill::new(named("empty")).regions(&["us-east-1", "eu-west-1"])).await;
    assert_snapshot!("empty", stage.screen());
    stage.send("c").await;
    stage.shows("There is no image to copy here.");
}

#[tokio::test(start_paused = true)]
async fn other_peoples_images() {
    let stage = Stage::opened(Playbill::new(named("demo")).regions(&["us-east-1"])).await;
    let choose = async |label: &str| {
        stage.send("w").await;
        stage.send("/").await;
        stage.send(label).await;
        stage.press(KeyCode::Enter).await;
        stage.settled().await;
    };
    choose("shared").await;
    assert_snapshot!("shared", stage.screen());
    stage.lacks("app-web");
    choose("Amazon").await;
    assert_snapshot!("amazon", stage.screen());
    stage.lacks("golden-linux");
    choose("id").await;
    stage.shows("The account's id, twelve digits:");
    stage.send("123").await;
    stage.press(KeyCode::Enter).await;
    stage.shows("twelve digits.");
    stage.ctrl('u').await;
    stage.send("345678901234").await;
    stage.press(KeyCode::Enter).await;
    stage.settled().await;
    stage.shows("partner-a");
    choose("public").await;
    stage.send("ab").await;
    stage.press(KeyCode::Enter).await;
    stage.shows("Type at least three characters of the name.");
    stage.ctrl('u').await;
    stage.send("Windows*").await;
    stage.press(KeyCode::Enter).await;
    stage.settled().await;
    stage.shows("Windows_S");
    assert_snapshot!("public", stage.screen());
    choose("mine").await;
    stage.shows("app-web");
}

#[tokio::test(start_paused = true)]
async fn regions_are_chosen() {
    let stage = Stage::opened(Playbill::new(named("demo")).regions(&["us-east-1"])).await;
    stage.send("r").await;
    assert_snapshot!("regions", stage.screen());
    stage.send("n").await;
    stage.take_regions(&["eu-central-1"]).await;
    stage.settled().await;
    stage.shows("ledger-");
    stage.lacks("app-web");
    stage.send("r").await;
    stage.send("n").await;
    stage.take_regions(&["me-south-1"]).await;
    stage.shows("not enabled");
}

#[tokio::test(start_paused = true)]
async fn too_small_says_so_and_quits() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(20, 5)).await;
    stage.shows("q quits.");
    assert_snapshot!("too_small", stage.screen());
    stage.send("q").await;
    stage.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_keeps_the_cursor_on_its_image() {
    use amigrate::term::Input;
    let stage = Stage::open("demo").await;
    stage.send("jjjj").await;
    let under = |s: String| s.lines().find(|l| l.contains("│>")).unwrap().split_whitespace().nth(1).map(str::to_owned);
    let before = under(stage.screen());
    stage.input(Input::Resize(120, 40)).await;
    assert_eq!(under(stage.screen()), before);
    stage.input(Input::Resize(20, 5)).await;
    stage.shows("Too small");
    stage.input(Input::Resize(60, 15)).await;
    assert_eq!(under(stage.screen()), before);
    assert_snapshot!("smallest", stage.screen());
}
