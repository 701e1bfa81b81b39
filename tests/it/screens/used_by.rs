//! Who uses an image, and the usage report that is requested, on the screen.

use amigrate::term::input::KeyCode;
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

#[tokio::test(start_paused = true)]
async fn a_usage_report_is_requested_once_and_is_there_when_the_page_is_opened_again() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    harness.world.with(|w| w.latencies().usage_report_ms = 12_000);
    harness.filter("name:base-linux-2026*").await;
    harness.send("u").await;
    harness.wait_text("image recipe base-linux/1.4.0").await;
    harness.shows("unknown (there is no usage report)");
    harness.send("u").await;
    harness.shows("requested: EC2 takes minutes");
    harness.press(KeyCode::Esc).await;
    // It is made while no page shows it, and nothing is lost.
    harness.lists_finished().await;
    harness.send("u").await;
    harness.wait_text("210987654321 (12 instances, 2 launch templates), 345678901234 (1 instance)").await;
    assert_snapshot!("used_by_120x40", harness.screen());
    let requests = |action: &str| {
        harness.world.with(|w| w.calls().iter().filter(|((_, a), _)| a == action).map(|(_, n)| n.received).sum::<u64>())
    };
    // One of the last day is not requested again.
    harness.send("u").await;
    harness.lists_finished().await;
    assert_eq!(requests("CreateImageUsageReport"), 1);
    assert_eq!(harness.world.with(|w| w.usage_report_ids(&region("us-east-1"), jiff::Timestamp::MIN)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_said_and_others_images_are_not_asked_for() {
    let harness = ScreenHarness::open("demo").await;
    harness.world.with(|w| w.policy().deny("CreateImageUsageReport"));
    harness.filter("name:app-db-2026*").await;
    harness.send("u").await;
    harness.wait_text("used by: nothing in this account").await;
    harness.send("u").await;
    harness.wait_text("ec2:CreateImageUsageReport").await;
    assert_snapshot!("used_by_denied_80x24", harness.screen());
}
