//! What coverage costs: 30,000 images in 30 regions are to be computed within 100 ms, as 1,000 families and as 30,000.
//!
//! `cargo bench --bench coverage`

#![expect(clippy::expect_used, reason = "a bench that cannot start says so by failing")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use amigrate::domain::{
    AccountId, Image, ImageId, Region, VersionPattern,
    coverage::{Column, Input, Listed, compute},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

const LIMIT: Duration = Duration::from_millis(100);
const IMAGES: usize = 30_000;
const REGIONS: usize = 30;

fn id(n: usize) -> ImageId {
    ImageId::new(&format!("ami-{n:017x}")).expect("an id")
}

/// Every version is in the first region, with copies of copies in others.
fn images(columns: &[Column], families: usize) -> Vec<Arc<Image>> {
    let owner = AccountId::new("123456789012").expect("an account");
    let image = |n: usize| {
        let (version, at) = (n / REGIONS, n % REGIONS);
        let (family, version) = if families == IMAGES { (n, 0) } else { (version % families, version / families) };
        let mut image = Image::bare(id(n), columns[at].region.clone(), owner.clone());
        image.name = format!("fleet-{family:05}-20260601.{version}").into();
        image.created = Timestamp::from_second(1_780_000_000 + i64::try_from(n).unwrap_or(0)).ok();
        if at > 0 && families < IMAGES {
            image.source_image_id = Some(id(n - 1));
            image.source_region = Some(columns[at - 1].region.clone());
        }
        Arc::new(image)
    };
    (0..IMAGES).map(image).collect()
}

fn coverage(c: &mut Criterion) {
    let region = |n: usize| Region::new(&format!("eu-west-{n}")).expect("a region");
    let columns: Vec<Column> = (0..REGIONS).map(|n| Column { region: region(n), listed: Listed::Complete }).collect();
    let pattern = VersionPattern::default();
    let input = Input { pattern: &pattern, account: None, columns: &columns, copies: &[] };
    for families in [100, 1_000, IMAGES] {
        let images = images(&columns, families);
        assert_eq!(compute(&input, &images).families.len(), families);
        let best = [(); 3].map(|()| {
            let start = Instant::now();
            drop(compute(&input, &images));
            start.elapsed()
        });
        let best = best.into_iter().min();
        assert!(best <= Some(LIMIT), "{families} families take {best:?}, and are to stay under {LIMIT:?}");
        c.bench_function(&format!("30,000 images of {families} families"), |b| {
            b.iter(|| compute(&input, black_box(&images)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).without_plots();
    targets = coverage
}
criterion_main!(benches);
