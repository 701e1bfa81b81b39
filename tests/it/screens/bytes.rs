//! How much is written to the terminal while copies run: what a slow line has to carry.

use std::time::Duration;

use amigrate::term::input::KeyCode;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named};

const DESTINATIONS: [&str; 5] = ["eu-west-2", "us-west-1", "sa-east-1", "eu-west-3", "ap-south-1"];
const COPIES: usize = 50;

/// Fifty copies under way on 120x40, each of which takes so long.
async fn fifty(seconds: i64) -> ScreenHarness {
    let builder = ScreenHarnessBuilder::new(named("demo")).size(120, 40);
    let harness = ScreenHarness::opened(builder.with(|b| b.config.copy.confirm_copies = COPIES)).await;
    harness.world.with(|w| w.latencies().base_ms = seconds * 1_000);
    harness.filter("app-web- state:available region:us-east-1").await;
    for _ in 0..COPIES / DESTINATIONS.len() {
        harness.send(" ").await;
    }
    harness.send("c").await;
    harness.press(KeyCode::Enter).await;
    harness.take_regions(&DESTINATIONS).await;
    harness.start_copies().await;
    harness.wait_ours("copying", COPIES).await;
    harness.wait_for("every copy's percent", |_| harness.seen().jobs.iter().all(|j| j.percent() > Some(0))).await;
    harness
}

/// Bytes a second in the next minute.
async fn a_minute(harness: &ScreenHarness) -> usize {
    let before = harness.seen().bytes;
    harness.pass(Duration::from_mins(1)).await;
    (harness.seen().bytes - before).div_ceil(60)
}

#[tokio::test(start_paused = true)]
async fn fifty_copies_are_at_most_400_bytes_a_second() {
    for seconds in [120, 600] {
        let both = a_minute(&fifty(seconds).await).await;
        println!("50 copies of {seconds} s at 120x40: {both} bytes a second");
        assert!(both <= 400, "{both}");
    }
}

/// Thirty-six of them, whose times advance every second.
#[tokio::test(start_paused = true)]
async fn a_screen_full_of_copies_is_at_most_500_bytes_a_second() {
    let harness = fifty(600).await;
    harness.send("2").await;
    let jobs_alone = a_minute(&harness).await;
    println!("36 lines of copies at 120x40: {jobs_alone} bytes a second");
    assert!(jobs_alone <= 500, "{jobs_alone}");
}
