//! Copies that come to an end by themselves.

use std::collections::BTreeMap;

use amigrate::{
    domain::{ClientToken, CopyRequest, Image, ImageName, ImageState},
    engine::JobState,
    sim::faults::{FaultKind, Rule},
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{ScreenHarness, ScreenHarnessBuilder, named, region};

const THREE: [&str; 3] = ["eu-west-2", "us-west-1", "sa-east-1"];

/// A copy asked for by somebody else.
pub(crate) fn request(source: &Image, destination: &str, name: &str) -> CopyRequest {
    CopyRequest {
        source_name: source.name.to_string(),
        volumes: vec![32],
        ..CopyRequest::bare(
            (source.id.clone(), source.region.clone()),
            region(destination),
            ImageName::new(name).unwrap(),
            ClientToken::from_random(99),
        )
    }
}

#[tokio::test(start_paused = true)]
async fn three_regions_until_available() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    harness.form("batch-gpu-00009", &THREE).await;
    harness.retype("gpu-{region}").await;
    harness.press(KeyCode::Down).await;
    harness.retype("For {region}, from {source_region}").await;
    assert_snapshot!("form_three", harness.screen());
    harness.start_copies().await;
    harness.wait_ours("copying", 3).await;
    harness.wait_for("half of one", |_| harness.seen().jobs.iter().any(|j| j.percent() >= Some(50))).await;
    assert_snapshot!("jobs_under_way", harness.screen());
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("jobs_opened", harness.screen());
    harness.press(KeyCode::Enter).await;
    harness.wait_ours("available", 3).await;
    assert_snapshot!("jobs_done", harness.screen());
    harness.send("d").await;
    assert_snapshot!("job_details", harness.screen());

    let (bells, percents, bars) = {
        let seen = harness.seen();
        (seen.bells, seen.percents.clone(), seen.bars.clone())
    };
    assert!((1..=5).contains(&bells), "{bells}");
    let mut by_job: BTreeMap<u64, Vec<Option<u8>>> = BTreeMap::new();
    for (job, percent) in percents {
        by_job.entry(job).or_default().push(percent);
    }
    assert_eq!(by_job.len(), 3);
    for seen in by_job.values_mut() {
        assert!(seen.is_sorted(), "a bar fell: {seen:?}");
        seen.dedup();
        assert!(seen.len() >= 5 && seen.last() == Some(&Some(100)), "{seen:?}");
    }
    for place in THREE {
        let mut full: Vec<usize> = bars.iter().filter(|l| l.contains(place)).map(|l| l.matches('█').count()).collect();
        assert!(full.is_sorted(), "{place}'s bar fell: {full:?}");
        full.dedup();
        assert!(full.len() >= 4, "{place}'s bar hardly moved: {full:?}");
    }

    let jobs = harness.seen().jobs.clone();
    let mut tokens: Vec<_> = jobs.iter().map(|j| j.request.token.as_str().to_owned()).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "client tokens are distinct");
    for place in THREE {
        let images = harness.images(place, &format!("gpu-{place}")).await;
        assert_eq!(images.len(), 1, "{place}");
        assert_eq!(images[0].state, ImageState::Available);
        assert_eq!(&*images[0].description, format!("For {place}, from us-east-1"));
        assert_eq!(images[0].tag("Team"), Some("research"));
    }
    let elsewhere =
        [harness.images("us-east-2", "gpu-us-east-2").await, harness.images("us-east-1", "gpu-us-east-1").await];
    assert_eq!(elsewhere.concat(), []);
}

#[tokio::test(start_paused = true)]
async fn a_new_image_is_listed_where_it_was_made() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("base-linux state:available region:us-east-1", &["eu-west-2"]).await;
    harness.retype("base-fresh").await;
    harness.start_copies().await;
    harness.wait_ours("available", 1).await;
    harness.press(KeyCode::Tab).await;
    harness.filter("base-fresh").await;
    harness.lists_finished().await;
    harness.shows("Images 1/");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_fails_with_the_snapshots_reason() {
    let harness = ScreenHarness::opened(ScreenHarnessBuilder::new(named("demo")).size(120, 40)).await;
    // Nobody may look at keys, so that the review cannot tell.
    harness.world.with(|w| w.faults().add(Rule::new("DescribeKey", FaultKind::Deny)));
    harness.form("app-web-2026", &["eu-west-1"]).await;
    harness.retype("nope").await;
    harness.encrypt().await;
    harness.send("alias/nope").await;
    harness.start_copies().await;
    harness.wait_ours("failed", 1).await;
    harness.send("d").await;
    harness.shows("what to do");
    assert_snapshot!("failed_by_kms", harness.screen());
    let jobs = harness.seen().jobs.clone();
    let JobState::Failed { failure, image: Some(_) } = &jobs[0].state else { panic!("{:?}", jobs[0].state) };
    assert_eq!(failure.why, "Given key ID is not accessible");
    // Once more, it is asked for under a token of its own.
    harness.press(KeyCode::Esc).await;
    harness.send("t").await;
    harness.shows("The failed image and its snapshots are removed first");
    harness.send("y").await;
    harness.wait_ours("copying", 1).await;
    let again = harness.seen().jobs[0].request.token.clone();
    assert_ne!(again, jobs[0].request.token);
    harness.wait_ours("failed", 1).await;
    harness.send("D").await;
    harness.lacks("nope");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_chosen_from_the_destinations_list() {
    let harness = ScreenHarness::open("demo").await;
    harness.form("app-web-2026", &["eu-west-1"]).await;
    harness.retype("with-a-key").await;
    harness.encrypt().await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("alias/team/web").await;
    assert_snapshot!("keys", harness.screen());
    harness.send("/").await;
    harness.send("team/web").await;
    harness.press(KeyCode::Enter).await;
    assert_snapshot!("key_chosen", harness.screen());
    harness.start_copies().await;
    harness.wait_ours("available", 1).await;
    let image = harness.images("eu-west-1", "with-a-key").await.remove(0);
    assert!(image.encrypted());
}
