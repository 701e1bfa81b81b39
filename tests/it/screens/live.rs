//! The image list follows what happens, and asks EC2 for little.

use std::{collections::BTreeMap, time::Duration};

use amigrate::domain::ImageState;

use super::copying::request;
use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

/// The row of an image in the images pane.
fn row(harness: &ScreenHarness, name: &str) -> String {
    let screen = harness.screen();
    let images = screen.lines().take_while(|line| !line.contains(" Jobs "));
    images.into_iter().find(|line| line.contains(name)).unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_copy_made_elsewhere_appears_becomes_available_and_disappears_by_itself() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    let source = harness.images("eu-central-1", "ledger-00042").await.remove(0);
    let place = region("eu-west-2");
    let copy = harness.session.copy_image(&request(&source, "eu-west-2", "made-elsewhere"), None).await.unwrap();
    harness.pass(Duration::from_secs(11)).await;
    assert!(row(&harness, "made-elsewhere").contains("pending"), "{}", harness.screen());
    harness
        .wait_for("its end", |screen| !screen.contains("made-elsewhere  pending") && !screen.contains("copying"))
        .await;
    harness.pass(Duration::from_secs(20)).await;
    let now = harness.session.describe_images(&place, std::slice::from_ref(&copy)).await.unwrap();
    assert_eq!(now[0].state, ImageState::Available);
    assert!(row(&harness, "made-elsewhere").contains("available"), "{}", harness.screen());
    // Nobody told of this one: the list is refreshed by age.
    harness.session.deregister(&place, &copy, false).await.unwrap();
    harness.pass(Duration::from_mins(6)).await;
    assert_eq!(row(&harness, "made-elsewhere"), "");
}

#[tokio::test(start_paused = true)]
async fn an_idle_screen_writes_nothing_and_asks_for_little() {
    const MINUTES: u64 = 30;
    let harness = ScreenHarness::open("demo").await;
    // The copies that others have started in the demo end.
    harness.pass(Duration::from_mins(30)).await;
    // The ages of younger ones go up.
    harness.filter("age:>3d").await;
    let before = harness.seen().bytes;
    harness.world.with(amigrate::sim::World::reset_calls);
    harness.pass(Duration::from_mins(MINUTES)).await;
    assert_eq!(harness.seen().bytes, before, "nothing is written:\n{}", harness.screen());
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    harness.world.with(|w| {
        for ((region, _), count) in w.calls() {
            *calls.entry(region.to_string()).or_default() += count.received;
        }
    });
    // The pending copies are listed every ten seconds, and all images every five minutes.
    for (region, calls) in calls {
        assert!(calls <= MINUTES * 7, "{region}: {calls} calls in {MINUTES} minutes");
    }
}
