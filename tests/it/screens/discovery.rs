//! The regions that are listed where nobody has chosen any.

use std::{collections::BTreeMap, time::Duration};

use amigrate::sim::faults::{FaultKind, Rule};

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

const LISTED: &str = "DescribeImages";

/// A run without a setting, in an account with 17 enabled regions of which two are denied and one answers late.
fn undecided() -> ScreenHarnessBuilder {
    ScreenHarnessBuilder::new(named("demo")).regions(&[]).size(120, 40)
}

fn fault(harness: &ScreenHarness, kind: FaultKind, at: &str) {
    harness.world.with(|w| w.faults().add(Rule::new(LISTED, kind).in_region(region(at)).millis(9_000)));
}

/// How often each region was asked for images.
fn asked(harness: &ScreenHarness) -> BTreeMap<String, u64> {
    let calls = harness.world.with(|w| w.calls().clone());
    let of_images = calls.into_iter().filter(|((_, action), _)| action == LISTED);
    of_images.map(|((region, _), count)| (region.to_string(), count.received)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_region_that_answers_fast_is_listed_after_the_home_region() {
    let harness = undecided().build();
    fault(&harness, FaultKind::Deny, "eu-west-3");
    fault(&harness, FaultKind::Deny, "sa-east-1");
    fault(&harness, FaultKind::Slow, "eu-north-1");
    harness.wait_text("14/17 regions").await;
    harness.pass(Duration::from_secs(30)).await;
    insta::assert_snapshot!("regions_that_answer_fast", harness.screen());
    harness.send("r").await;
    insta::assert_snapshot!("regions_left_out", harness.screen());
    harness.press(amigrate::term::input::KeyCode::Esc).await;
    harness.send("!").await;
    harness.shows("no answer within 3 s");
    harness.press(amigrate::term::input::KeyCode::Esc).await;
    // Nothing is asked of them again by itself, and nothing is written.
    harness.pass(Duration::from_mins(30)).await;
    harness.filter("age:>3d").await;
    let bytes = harness.seen().bytes;
    harness.world.with(amigrate::sim::World::reset_calls);
    harness.pass(Duration::from_mins(30)).await;
    assert_eq!(harness.seen().bytes, bytes, "{}", harness.screen());
    let calls = asked(&harness);
    for left_out in ["eu-west-3", "sa-east-1", "eu-north-1"] {
        assert_eq!(calls.get(left_out), None, "{calls:?}");
    }
    assert!(calls.values().all(|calls| *calls <= 30 * 7), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn the_setting_home_lists_the_home_region_alone() {
    let harness = ScreenHarness::opened(undecided().regions(&["home"])).await;
    harness.pass(Duration::from_mins(1)).await;
    harness.shows("us-east-1 (1/17)");
    assert_eq!(asked(&harness).keys().collect::<Vec<_>>(), ["us-east-1"]);
}
