//! What the checker of the copy form costs, which runs at each keystroke: a plan of 3,000 copies is to stay under 50 ms, and
//! the refusal of 104,000 marked images under a frame of 16 ms.
//!
//! `cargo bench --bench plan`

#![expect(clippy::expect_used, reason = "a bench that cannot start says so by failing")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use amigrate::{
    config::Config,
    domain::{
        AccountId, ClientToken, CompletionDuration, Image, ImageId, Region,
        draft::{Draft, PostCopyDraft, SourceTags},
        image::{BlockDevice, Ebs, Tag},
        price::estimate,
    },
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

fn image(n: usize) -> Arc<Image> {
    let region = Region::new("us-east-1").expect("a region");
    let owner = AccountId::new("123456789012").expect("an account");
    let mut image = Image::bare(ImageId::new(&format!("ami-{n:017x}")).expect("an id"), region, owner);
    image.name = format!("fleet-web-20260601.{n:05}").into();
    image.description = "nightly build".into();
    let device =
        |size| BlockDevice { ebs: Some(Ebs { volume_size: Some(size), ..Ebs::default() }), ..BlockDevice::default() };
    image.block_devices = [8, 100].map(device).into();
    image.tags = (0..20).map(|n| Tag { key: format!("key-{n}").into(), value: "value".into() }).collect();
    image.into()
}

/// Every field set, so that all checks run.
fn draft(sources: usize, destinations: usize) -> Draft {
    let regions = ["eu-west-1", "eu-central-1", "us-west-2"];
    Draft {
        sources: (0..sources).map(image).collect(),
        destinations: regions[..destinations].iter().map(|r| Region::new(r).expect("a region")).collect(),
        name: "{name}-{region}".into(),
        description: "[Copied {source_id} from {source_region}] {source_description}".into(),
        encrypt: true,
        key: "alias/web".into(),
        source_tags: SourceTags::Picked((0..10).map(|n| format!("key-{n}").into()).collect()),
        image_tags: vec!["SourceAMI={source_id}".into(), "SourceRegion={source_region}".into(), "Team=web".into()],
        snapshot_tags: vec!["SourceAMI={source_id}".into()],
        completion: CompletionDuration::from_minutes(2_880).ok(),
        post_copy: PostCopyDraft {
            share_with: "210987654321".into(),
            share_snapshots: true,
            deprecate: "90d".into(),
            ..PostCopyDraft::default()
        },
        ..Draft::default()
    }
}

/// Fails if the best of three runs takes longer than that: one may be unlucky.
fn assert_within(limit: Duration, what: &str, mut run: impl FnMut()) {
    let time = |()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let best = [(); 3].map(time).into_iter().min();
    assert!(best <= Some(limit), "{what} takes {best:?}, and is to stay under {limit:?}");
}

const PLAN: Duration = Duration::from_millis(50);
const FRAME: Duration = Duration::from_millis(16);

fn plans(c: &mut Criterion) {
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
    let check = |draft: &Draft| draft.check(now, || ClientToken::from_random(0));
    let valid = draft(1_000, 3);
    let plan = check(&valid);
    assert_eq!((plan.copies.len(), plan.mistakes.len()), (3_000, 0), "{:?}", plan.mistakes);
    assert_within(PLAN, "a plan of 3,000 copies", || drop(check(&valid)));
    c.bench_function("a plan of 3,000 copies", |b| b.iter(|| check(black_box(&valid))));
    let mut wrong = valid.clone();
    wrong.name = "{source_id}é".into();
    wrong.image_tags[0] = "SourceAMI={source}".into();
    assert_within(PLAN, "a plan of 3,000 mistakes", || drop(check(&wrong)));
    c.bench_function("3,000 copies, each with mistakes", |b| b.iter(|| check(black_box(&wrong))));
    let prices = Config::default().prices().expect("built-in prices");
    assert_within(FRAME, "the cost of 3,000 copies", || drop(estimate(&plan.copies, &prices)));
    c.bench_function("the cost of 3,000 copies", |b| b.iter(|| estimate(black_box(&plan.copies), &prices)));
    for destinations in [0, 1] {
        let huge = draft(104_000, destinations);
        assert_eq!(check(&huge).copies.len(), 0);
        let name = format!("104,000 images to {destinations} regions, refused");
        assert_within(FRAME, &name, || drop(check(&huge)));
        c.bench_function(&name, |b| b.iter(|| check(black_box(&huge))));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).without_plots();
    targets = plans
}
criterion_main!(benches);
