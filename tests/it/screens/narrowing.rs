//! Filters that EC2 applies to the images of others.

use amigrate::{
    domain::{Image, ImageQuery, OwnerFilter},
    term::input::KeyCode,
};

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

fn ids(images: &[Image]) -> Vec<String> {
    images.iter().map(|image| image.id.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_filter_goes_to_ec2_where_there_are_more_images_than_are_listed() {
    let builder = ScreenHarnessBuilder::new(named("demo")).regions(&["us-east-1"]).with(|b| {
        (b.config.browse.amazon_name, b.config.browse.public_limit) = ("*".into(), 1);
    });
    let harness = ScreenHarness::opened(builder).await;
    harness.world.with(|w| w.limits().page_size = Some(5));
    harness.send(":owner amazon").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("Images the first");
    harness.filter("arch:arm64 state:avail").await;
    harness.lists_finished().await;
    harness.shows("(narrowed by EC2), Amazon");
    insta::assert_snapshot!("narrowed_by_ec2", harness.screen());
    harness.press(KeyCode::Esc).await;
    harness.lists_finished().await;
    harness.lacks("narrowed by EC2");
    harness.shows("Images the first");
}

#[tokio::test(start_paused = true)]
async fn a_narrowed_list_has_what_the_filter_finds_in_the_whole_one() {
    let builder = ScreenHarnessBuilder::new(named("demo")).regions(&["us-east-1"]).size(200, 60);
    let harness = ScreenHarness::opened(builder.with(|b| b.config.browse.amazon_name = "*".into())).await;
    let all = ImageQuery { whose: OwnerFilter::Amazon, ..ImageQuery::default() };
    let all = harness.session.all_images(&region("us-east-1"), &all).await.unwrap();
    // Listed by the filter that is there already.
    harness.filter("arch:arm64").await;
    harness.send(":owner amazon").await;
    harness.press(KeyCode::Enter).await;
    harness.lists_finished().await;
    harness.shows("(narrowed by EC2)");
    let expected: Vec<Image> = all.into_iter().filter(|image| &*image.architecture == "arm64").collect();
    assert!(!expected.is_empty());
    harness.shows(&format!("Images {} (narrowed", expected.len()));
    for id in ids(&expected) {
        harness.shows(&id);
    }
}
