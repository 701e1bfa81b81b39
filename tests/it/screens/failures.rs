//! What goes wrong while looking.

use amigrate::{
    domain::{Failure, Retry},
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
    tui::{EffectId, Model, Msg, Reply, view},
};
use insta::assert_snapshot;
use ratatui::{Terminal, backend::TestBackend};

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region, start_time};

#[tokio::test(start_paused = true)]
async fn one_region_fails_and_the_others_are_listed() {
    let harness = ScreenHarness::open("broken").await;
    harness.shows("1 problem (!)");
    harness.shows("app-web");
    harness.filter("region:eu-west-1").await;
    harness.shows("shop-eu-");
    harness.filter("region:ap-southeast-2").await;
    harness.shows("edge-syd-");
    harness.send("!").await;
    harness.shows("eu-west-2");
    harness.lacks("JSON");
    // How far the demo's copies are by now depends on the SDK's own random waits as well.
    let screen = harness.screen();
    let (_, page) = screen.split_once('\n').unwrap();
    assert_snapshot!("problems", without_ids(page));
    harness.press(KeyCode::Esc).await;
    harness.world.with(|w| w.faults().clear());
    harness.send("R").await;
    harness.lists_finished().await;
    harness.lacks("problem");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_region_recovers() {
    let harness = ScreenHarnessBuilder::new(named("demo")).regions(&["eu-central-1"]).build();
    harness.world.with(|w| w.faults().add(Rule::new("DescribeImages", FaultKind::Throttle).first(2)));
    harness.lists_finished().await;
    harness.shows("ledger-");
    harness.lacks("problem");
    // More throttles than the SDK's tries: a problem, until it is asked again.
    harness.world.with(|w| w.faults().add(Rule::new("DescribeImages", FaultKind::Throttle)));
    harness.send("R").await;
    harness.wait_text("problem (!)").await;
    harness.shows("ledger-");
    harness.world.with(|w| w.faults().clear());
    harness.send("R").await;
    harness.wait_for("the end of the problem", |s| !s.contains("problem (!)")).await;
}

#[tokio::test(start_paused = true)]
async fn names_cannot_steer_the_terminal() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let harness = ScreenHarness::opened(
            ScreenHarnessBuilder::new(named("hostile")).size(columns, rows).regions(&["us-east-1"]),
        )
        .await;
        let screen = harness.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
        assert!(!screen.contains('\u{202e}') && !screen.contains('\u{2066}'), "{screen:?}");
        assert_snapshot!(format!("hostile_{columns}x{rows}"), screen);
        // Every row's id stands in the column of the heading.
        let model = harness.leave().await;
        let cells = cells(&model);
        let heading = column(&cells, "IMAGE ID").unwrap();
        let rows: Vec<usize> = cells.iter().filter_map(|row| start(row, "ami-")).collect();
        assert!(rows.len() >= 7 && rows.iter().filter(|c| **c == heading).count() >= 7, "{heading} {rows:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_details_are_tame() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("hostile")).regions(&["us-east-1"])).await;
    for _ in 0..8 {
        for key in ["d", "v"] {
            harness.send(key).await;
            let screen = harness.screen();
            assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen:?}");
            assert!(!screen.contains('\u{202e}'), "{screen:?}");
        }
        harness.press(KeyCode::Esc).await;
        harness.send("j").await;
    }
}

#[tokio::test(start_paused = true)]
async fn denied_keys_leave_free_text() {
    let harness = ScreenHarness::open("denied").await;
    harness.form("app-web-2026", &["eu-west-1"]).await;
    harness.encrypt().await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("KMS keys in eu-west-1").await;
    assert_snapshot!("denied_keys", without_ids(&harness.screen()));
    harness.press(KeyCode::Esc).await;
    harness.send("alias/images").await;
    harness.start_copies().await;
    harness.wait_text("available ami-").await;
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_denied_says_so() {
    let harness = ScreenHarness::open("denied").await;
    harness.form("app-web-2026", &["us-west-2"]).await;
    harness.review().await;
    assert_snapshot!("denied_review", without_ids(&harness.screen()));
    // The permission may be taken away between the review and the copy.
    harness.world.with(|w| w.faults().clear());
    harness.send("R").await;
    harness.wait_text("Ready: ").await;
    harness.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Deny)));
    harness.ctrl('s').await;
    harness.wait_text("failed:").await;
    harness.send("d").await;
    assert_snapshot!("denied_copy", without_ids(&harness.screen()));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_keeps_the_cursor_on_its_image() {
    let harness = ScreenHarness::open("demo").await;
    harness.send("jjjjjj").await;
    let under = |s: String| s.lines().find(|l| l.contains("│>")).unwrap().to_owned();
    let before = under(harness.screen());
    // Newer images come above it: the two copies under way, and one more made elsewhere.
    let source = harness.images("eu-central-1", "ledger-00042").await.remove(0);
    harness.session.copy_image(&super::copying::request(&source, "eu-west-2", "made-elsewhere"), None).await.unwrap();
    harness.send("R").await;
    harness.lists_finished().await;
    harness.pass(std::time::Duration::from_secs(1)).await;
    let name = |row: &str| row.split_whitespace().nth(1).map(str::to_owned);
    assert_eq!(name(&under(harness.screen())), name(&before));
    let rows = harness.screen();
    harness.send("g").await;
    harness.shows("made-elsewhere");
    assert_ne!(rows, harness.screen());
    assert_eq!(harness.images("eu-west-2", "made-elsewhere").await.len(), 1, "{}", region("eu-west-2"));
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let builder = ScreenHarnessBuilder::new(named("empty"));
    let mut start = builder.start();
    (start.demo, start.config.browse.regions) = (None, Vec::new());
    let (mut model, _) = Model::new(start);
    let failure = Failure::new("find AWS credentials", "no credentials were found")
        .hint(
            "Either set up a profile (`aws configure`, or `aws configure sso` and `aws sso login`) and name it with \
             --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `amigrate demo` needs none.",
        )
        .retry(Retry::AfterLogin);
    _ = model.update(Msg::Reply { id: EffectId(1), reply: Reply::Connected(Err(failure)) }, start_time());
    _ = model.update(Msg::Frame, model.now);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| view::draw(frame, &model)).unwrap();
    let screen = terminal.backend().to_string();
    for text in ["no credentials", "aws configure sso", "AWS_ACCESS_KEY_ID", "amigrate demo"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert_snapshot!("no_credentials", screen);
}

/// The world counts its answers, and how many it gave before depends on the SDK's own random waits.
fn without_ids(screen: &str) -> String {
    let mut out = String::new();
    for word in screen.split_inclusive([' ', '\n', '.', ')', ',']) {
        let id = word.len() >= 36 && word.chars().filter(|c| *c == '-').count() == 4;
        let end = word.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
        // When it failed depends on the SDK's own random waits.
        let is_time = word.len() == 9 && word.matches(':').count() == 2;
        out.push_str(if id {
            "[request id]"
        } else if is_time {
            "[the time] "
        } else {
            word
        });
        out.push_str(if id { end } else { "" });
    }
    out
}

/// What stands in each cell.
fn cells(model: &Model) -> Vec<Vec<String>> {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    (0..rows).map(|y| (0..columns).map(|x| buffer[(x, y)].symbol().to_owned()).collect()).collect()
}

fn column(cells: &[Vec<String>], text: &str) -> Option<usize> {
    cells.iter().find_map(|row| start(row, text))
}

/// The last cell at which the text begins.
fn start(row: &[String], text: &str) -> Option<usize> {
    (0..row.len()).rev().find(|at| row[*at..].concat().starts_with(text))
}
