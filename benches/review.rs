//! What the review of 3,000 copies costs: its table, which is made once a frame while answers come, and taking in an answer. Each
//! is to stay under 50 ms.

#![expect(clippy::expect_used, reason = "a bench that cannot start says so by failing")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use amigrate::domain::{
    AccountId, ClientToken, CopyRequest, Image, ImageId, ImageName, Region,
    plan::Plan,
    review::{CheckAnswer, CheckId, CheckRequest, Review, ReviewContext, checks::Permission, context::ReviewLimits},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

fn region(n: usize) -> Region {
    Region::new(&format!("eu-west-{n}")).expect("a region")
}

fn source(n: usize) -> ImageId {
    ImageId::new(&format!("ami-{n:017x}")).expect("an id")
}

/// 100 images to 30 regions.
fn copies() -> Vec<CopyRequest> {
    (0..3_000)
        .map(|n| CopyRequest {
            source_name: format!("fleet-web-{n}"),
            copy_tags: true,
            volumes: vec![8, 100],
            ..CopyRequest::bare(
                (source(n / 30), Region::new("us-east-1").expect("a region")),
                region(n % 30),
                ImageName::new(&format!("fleet-web-{:05}", n / 30)).expect("a name"),
                ClientToken::from_random(0),
            )
        })
        .collect()
}

/// Every image is there already, as a copy of the same image.
fn answer(request: &CheckRequest) -> CheckAnswer {
    let owner = AccountId::new("123456789012").expect("an account");
    match request {
        CheckRequest::Permission { .. } => CheckAnswer::Permission(Permission::Allowed),
        CheckRequest::EncryptionByDefault { .. } => CheckAnswer::EncryptionByDefault(false),
        CheckRequest::DefaultKey { .. } => CheckAnswer::DefaultKey(None),
        CheckRequest::PendingCopies { .. } => CheckAnswer::PendingCopies(7),
        CheckRequest::Names { region, names } => CheckAnswer::Images(
            names
                .iter()
                .enumerate()
                .map(|(n, name)| Image {
                    name: name.as_str().into(),
                    source_image_id: Some(source(n)),
                    ..Image::bare(source(n + 500), region.clone(), owner.clone())
                })
                .collect(),
        ),
        CheckRequest::Sources { region, images } => CheckAnswer::Images(
            images.iter().map(|id| Image::bare(id.clone(), region.clone(), owner.clone())).collect(),
        ),
        _ => CheckAnswer::Images(Vec::new()),
    }
}

/// Fails if the best of three runs takes longer than 50 ms: one may be unlucky.
fn assert_quick(what: &str, mut run: impl FnMut()) {
    let time = |()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    let best = [(); 3].map(time).into_iter().min();
    assert!(best <= Some(Duration::from_millis(50)), "{what} takes {best:?}, and is to stay under 50 ms");
}

fn review() -> Review {
    let limits = ReviewLimits {
        pending: 300,
        starts_per_second: 1.0,
        start_burst: 10,
        confirm_copies: 20,
        confirm_gib: 1_000,
        job_tags: true,
    };
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
    let context = ReviewContext { limits, account: AccountId::new("123456789012").ok(), ..ReviewContext::default() };
    Review::new(Plan { copies: copies(), ..Plan::default() }, context, now)
}

fn reviews(c: &mut Criterion) {
    let mut review = self::review();
    let mut names: Option<(CheckId, CheckRequest)> = None;
    loop {
        let next = review.next_requests();
        if next.is_empty() {
            break;
        }
        for (id, request) in next {
            review.answer(id, Ok(answer(&request)));
            if matches!(request, CheckRequest::Names { .. }) {
                names = Some((id, request));
            }
        }
    }
    let mut group = c.benchmark_group("review of 3,000 copies");
    group.bench_function("the table", |b| b.iter(|| black_box(review.table())));
    let (id, request) = names.expect("names are asked for");
    assert_quick("the table", || drop(review.table()));
    assert_quick("an answer", || review.answer(id, Ok(answer(&request))));
    let again = self::review();
    assert_quick("answers known from an earlier review", || drop(again.clone().reuse(&review)));
    group.bench_function("answers known from an earlier review", |b| b.iter(|| again.clone().reuse(&review)));
    group.bench_function("an answer", |b| b.iter(|| review.answer(id, Ok(answer(&request)))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).without_plots();
    targets = reviews
}
criterion_main!(benches);
