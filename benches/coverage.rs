//! What coverage costs: 30,000 images in 30 regions are to be computed within 100 ms, as 1,000 families and as 30,000; and a key
//! on the screen of 1,000 families by 30 regions, with its frame, is to take less than 16 ms.
//!
//! `cargo bench --bench coverage`

#![expect(clippy::expect_used, reason = "a bench that cannot start says so by failing")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use amigrate::{
    config::{Config, Themes},
    domain::{
        AccountId, Image, ImageId, Region, VersionPattern,
        coverage::{Column, Input, Listed, compute},
    },
    term::{
        self, Caps,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, Start, view},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ratatui::{Terminal, backend::TestBackend};

const LIMIT: Duration = Duration::from_millis(100);
const FRAME: Duration = Duration::from_millis(16);
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
        image.name = format!("fleet-x{family:05}-20260601.{version}").into();
        image.created = Timestamp::from_second(1_780_000_000 + i64::try_from(n).unwrap_or(0)).ok();
        if at > 0 && families < IMAGES {
            image.source_image_id = Some(id(n - 1));
            image.source_region = Some(columns[at - 1].region.clone());
        }
        Arc::new(image)
    };
    (0..IMAGES).map(image).collect()
}

fn columns() -> Vec<Column> {
    let region = |n: usize| Region::new(&format!("eu-west-{n}")).expect("a region");
    (0..REGIONS).map(|n| Column { region: region(n), listed: Listed::Complete }).collect()
}

/// Fails if the best of three runs takes longer than that: one may be unlucky.
fn assert_within(limit: Duration, what: &str, mut run: impl FnMut()) {
    let best = [(); 3].map(|()| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    let best = best.into_iter().min();
    assert!(best <= Some(limit), "{what} takes {best:?}, and is to stay under {limit:?}");
}

fn coverage(c: &mut Criterion) {
    let columns = columns();
    let pattern = VersionPattern::default();
    let input = Input { pattern: &pattern, account: None, columns: &columns, copies: &[] };
    for families in [100, 1_000, IMAGES] {
        let images = images(&columns, families);
        assert_eq!(compute(&input, &images).families.len(), families);
        assert_within(LIMIT, &format!("{families} families"), || drop(compute(&input, &images)));
        c.bench_function(&format!("30,000 images of {families} families"), |b| {
            b.iter(|| compute(&input, black_box(&images)));
        });
    }
}

/// The screen over 1,000 families in 30 regions.
fn opened() -> Model {
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
    let (mut model, _) = Model::new(Start {
        config: Config::default(),
        caps: Caps::full(),
        demo: Some("bench".into()),
        profile: None,
        other_profiles: Vec::new(),
        seed: 1,
        now,
        size: (200, 60),
        prices: Config::default().prices().expect("built in"),
        themes: Themes::default(),
        first_run: false,
        remembers: false,
    });
    let columns = columns();
    let regions: Vec<Region> = columns.iter().map(|column| column.region.clone()).collect();
    model.catalogue.choose(&regions);
    let images = images(&columns, 1_000);
    for region in &regions {
        let of_region = images.iter().filter(|image| image.region == *region).map(|image| (**image).clone());
        model.catalogue.page(region, of_region.collect(), true, false, now);
    }
    press(&mut model, '3');
    assert!(view::plain_text(&model).contains("1,000 families"), "{}", view::plain_text(&model));
    model
}

fn press(model: &mut Model, key: char) {
    let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    _ = model.update(Msg::Input(term::Input::Key(key)), model.now);
    _ = model.update(Msg::Frame, model.now);
}

fn frames(c: &mut Criterion) {
    let mut model = opened();
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a terminal");
    let mut frame = |model: &mut Model, key: char| {
        press(model, key);
        terminal.draw(|frame| view::draw(frame, model)).expect("it draws");
    };
    for (what, key) in [("down", 'j'), ("right", 'l'), ("another order", 'o')] {
        let name = format!("1,000 families by 30 regions: {what}, and a frame");
        assert_within(FRAME, &name, || frame(&mut model, key));
        c.bench_function(&name, |b| b.iter(|| frame(&mut model, key)));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).without_plots();
    targets = coverage, frames
}
criterion_main!(benches);
