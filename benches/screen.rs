//! What a keystroke and a frame cost with 100,000 images, the scenario `huge`, and what an update and a frame cost with 3,300
//! jobs. Each is to stay under 16 ms on two cores.
//!
//! `cargo bench`; a figure is one key as the loop handles it: the key, then `Msg::Frame`.

#![expect(clippy::expect_used, reason = "a bench that cannot start says so by failing")]

use std::{
    hint::black_box,
    io::{self, Sink},
    sync::Arc,
    time::{Duration, Instant},
};

use amigrate::{
    config::Config,
    domain::{
        AccountId, AccountKey, ClientToken, CopyRequest, ImageColumn, ImageId, ImageName, Region, SnapshotId,
        SnapshotState, progress::SnapshotProgress,
    },
    driver::{Clock, DriverSettings, JobUpdate, SessionSource, StoreLocation},
    engine::{BatchId, EngineConfig, Job, JobId, JobState, Status},
    runtime::{EffectConfig, Effects, FormFiles, region_cache::RegionCache},
    sim::{Scenario, SharedWorld, World, connector},
    term::{
        Caps, Input, Screen,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Effect, Model, Msg, Start, screens::images::Sort, view},
};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;

const FRAME: Duration = Duration::from_millis(16);

/// What is typed, and in which order; the last fits nothing.
const TYPED: [&str; 20] = [
    "f",
    "fl",
    "fle",
    "fleet-w",
    "fleet-web-2026",
    "1",
    "prod",
    "zzz",
    "Fleet",
    "!web",
    "~f",
    "~flw",
    "~zq",
    "/web-\\d",
    "/^f.*1$/",
    "/[Ww]eb",
    "state:av",
    "age:<30d",
    "size:>100",
    "tag:Team",
];

/// The model with every image of the world in it.
struct Huge {
    model: Model,
    effects: Vec<Effect>,
}

impl Huge {
    fn listed(size: (u16, u16)) -> Self {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
        let world = SharedWorld::new(World::new(&Scenario::named("huge").expect("it is built in"), now));
        let home = world.with(|w| w.home().clone());
        let mut config = Config::default();
        config.browse.regions = vec![home.to_string()];
        let start = Start {
            config: config.clone(),
            caps: Caps::full(),
            demo: Some("huge".into()),
            profile: None,
            other_profiles: Vec::new(),
            seed: 1,
            now,
            size,
            prices: config.prices().expect("built in"),
            themes: amigrate::config::Themes::default(),
            first_run: false,
            remembers: false,
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let _inside = runtime.enter();
        let http = connector::http_client(world, move || now).into();
        let effect_config = EffectConfig {
            store: StoreLocation::Memory,
            driver: DriverSettings {
                engine: EngineConfig::from(&config),
                read_only: true,
                ..DriverSettings::default()
            },
            region_cache: RegionCache::default(),
            views: amigrate::config::RememberedViews::default(),
            forms: FormFiles::default(),
            background: Vec::new(),
        };
        let clock = Clock::starting(now);
        let mut effects = Effects::new(SessionSource::simulated(http, home), effect_config, clock);
        let (mut model, first) = Model::new(start);
        for effect in first {
            effects.start(effect);
        }
        while model.waits_for_network() {
            let msg = runtime.block_on(effects.next()).expect("it never ends");
            for effect in model.update(msg, now) {
                effects.start(effect);
            }
        }
        _ = model.update(Msg::Frame, model.now);
        assert_eq!(model.images.total(), 100_000);
        Self { model, effects: Vec::new() }
    }

    fn key(&mut self, code: KeyCode) {
        let now = self.model.now;
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        self.effects = self.model.update(Msg::Input(Input::Key(key)), now);
        _ = self.model.update(Msg::Frame, self.model.now);
    }

    fn type_text(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    /// Sums up the copy key, after these have marked images.
    fn marked_copy(&mut self, times: u64, mark: &str) -> Duration {
        let unmark = |h: &mut Self| {
            // Closes the form, where one was opened.
            h.key(KeyCode::Esc);
            h.key(KeyCode::Char('n'));
        };
        self.time(times, |h| h.type_text(mark), KeyCode::Char('c'), unmark)
    }

    /// Sums up one measured key, done after `before` and undone by `after`.
    fn time(&mut self, times: u64, before: impl Fn(&mut Self), key: KeyCode, after: impl Fn(&mut Self)) -> Duration {
        let mut sum = Duration::ZERO;
        for _ in 0..times {
            before(self);
            let start = Instant::now();
            self.key(key);
            sum += start.elapsed();
            after(self);
        }
        sum
    }
}

fn keystrokes(c: &mut Criterion) {
    let mut huge = Huge::listed((80, 24));
    let mut group = c.benchmark_group("key");
    for text in TYPED {
        let last = text.chars().last().expect("a text");
        let prefix = &text[..text.len() - last.len_utf8()];
        group.bench_function(format!("/{text}"), |b| {
            b.iter_custom(|times| {
                let before = |h: &mut Huge| {
                    h.key(KeyCode::Char('/'));
                    h.type_text(prefix);
                };
                huge.time(times, before, KeyCode::Char(last), |h| h.key(KeyCode::Esc))
            });
        });
    }
    group.bench_function("Backspace to /f", |b| {
        b.iter_custom(|times| {
            let before = |h: &mut Huge| {
                h.key(KeyCode::Char('/'));
                h.type_text("fl");
            };
            huge.time(times, before, KeyCode::Backspace, |h| h.key(KeyCode::Esc))
        });
    });
    group.bench_function("Esc drops the filter", |b| {
        b.iter_custom(|times| {
            let before = |h: &mut Huge| {
                h.key(KeyCode::Char('/'));
                h.type_text("zzz");
            };
            huge.time(times, before, KeyCode::Esc, |_| {})
        });
    });
    // With every image marked, a copy is refused at once; with one, the form opens.
    let refused = huge.marked_copy(1, "a");
    assert!(refused < FRAME, "100,000 marked images are refused after {refused:?}");
    group.bench_function("c, all marked", |b| {
        b.iter_custom(|times| huge.marked_copy(times, "a"));
    });
    group.bench_function("c, one marked", |b| {
        b.iter_custom(|times| huge.marked_copy(times, " "));
    });
    group.bench_function("a", |b| {
        b.iter_custom(|times| huge.time(times, |_| {}, KeyCode::Char('a'), |h| h.key(KeyCode::Char('n'))));
    });
    group.bench_function("j", |b| b.iter_custom(|times| huge.time(times, |_| {}, KeyCode::Char('j'), |_| {})));
    group.bench_function("G", |b| b.iter_custom(|times| huge.time(times, |_| {}, KeyCode::Char('G'), |_| {})));
    for column in ImageColumn::all().chain([ImageColumn::Tag("Team".into())]) {
        group.bench_function(format!("o, to {column}"), |b| {
            b.iter_custom(|times| {
                let before = |h: &mut Huge| h.model.images.sort = Sort::by(column.clone());
                // Turned round twice: the last one is measured.
                huge.time(
                    times,
                    |h| {
                        before(h);
                        h.key(KeyCode::Char('O'));
                    },
                    KeyCode::Char('O'),
                    |_| {},
                )
            });
        });
    }
    group.finish();
}

/// The last page of a list that long, rows included.
fn pages(c: &mut Criterion) {
    let mut huge = Huge::listed((80, 24));
    let eu = Region::new("eu-west-1").expect("a region");
    let rows: Vec<_> = huge
        .model
        .images
        .rows
        .iter()
        .take(1_000)
        .map(|i| {
            let mut image = (**i).clone();
            image.region = eu.clone();
            image
        })
        .collect();
    c.bench_function("a page of 1,000", |b| {
        b.iter_custom(|times| {
            let mut sum = Duration::ZERO;
            for _ in 0..times {
                let now = huge.model.now;
                let home = huge.model.chosen[0].clone();
                huge.model.catalogue.choose(&[home.clone(), eu.clone()]);
                huge.model.catalogue.begin(&eu);
                let page = rows.clone();
                let start = Instant::now();
                huge.model.catalogue.page(&eu, black_box(page), true, false, now);
                huge.model.images.changed = true;
                _ = huge.model.update(Msg::Frame, huge.model.now);
                sum += start.elapsed();
                huge.model.catalogue.choose(&[home]);
                huge.model.images.changed = true;
                _ = huge.model.update(Msg::Frame, huge.model.now);
            }
            sum
        });
    });
}

/// The last page of a refresh by age that finds what was there, and the frame after it: nobody has asked for it.
fn refreshes(c: &mut Criterion) {
    let mut huge = Huge::listed((80, 24));
    let home = huge.model.chosen[0].clone();
    let images: Vec<_> = huge.model.images.rows.iter().map(|image| (**image).clone()).collect();
    c.bench_function("a refresh of 100,000", |b| {
        b.iter_custom(|times| {
            let mut sum = Duration::ZERO;
            for _ in 0..times {
                let now = huge.model.now;
                let (first, last) = images.split_at(images.len() - 1_000);
                let (first, last) = (first.to_vec(), last.to_vec());
                huge.model.catalogue.begin_quietly(&home);
                huge.model.catalogue.page(&home, first, false, false, now);
                let start = Instant::now();
                huge.model.images.changed |= huge.model.catalogue.page(&home, black_box(last), true, false, now);
                _ = huge.model.update(Msg::Frame, now);
                sum += start.elapsed();
            }
            sum
        });
    });
}

fn frames(c: &mut Criterion) {
    let mut group = c.benchmark_group("frame");
    for size in [(80, 24), (200, 60)] {
        let mut huge = Huge::listed(size);
        let mut screen: Screen<Sink> = Screen::new(io::sink(), size, &Caps::full());
        group.bench_function(format!("{}x{} whole", size.0, size.1), |b| {
            b.iter(|| {
                screen.repaint();
                screen.draw(|f| view::draw(f, &huge.model)).expect("nothing refuses")
            });
        });
        group.bench_function(format!("{}x{} a page down", size.0, size.1), |b| {
            b.iter(|| {
                huge.key(KeyCode::PageDown);
                screen.draw(|f| view::draw(f, &huge.model)).expect("nothing refuses")
            });
        });
    }
    group.finish();
}

/// 300 copies under way, some way in, and 3,000 queued behind them.
fn jobs(percent: u8) -> Vec<Arc<Job>> {
    let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
    let region = |name| Region::new(name).expect("a region");
    (0..3_300u64)
        .map(|n| {
            let request = CopyRequest {
                source_name: format!("fleet-web-{n}"),
                volumes: vec![8, 100],
                ..CopyRequest::bare(
                    (ImageId::new(&format!("ami-{:017x}", n % 50)).expect("an id"), region("us-east-1")),
                    region(["eu-west-1", "ap-northeast-1", "sa-east-1"][usize::try_from(n % 3).expect("small")]),
                    ImageName::new(&format!("fleet-web-20260601.{n:05}")).expect("a name"),
                    ClientToken::from_random(n.into()),
                )
            };
            let mut job = Job::new(JobId(n), BatchId::new(&format!("batch-{:06x}", n / 500)), request, now);
            if n < 300 {
                let snapshot = |size| SnapshotProgress {
                    id: SnapshotId::new(&format!("snap-{n:015x}{size:02x}")).expect("an id"),
                    size,
                    percent: Some(percent),
                    state: SnapshotState::Pending,
                };
                job.state = JobState::Copying { image: ImageId::new(&format!("ami-{n:017x}")).expect("an id") };
                job.last_progress = Some(now);
                job.snapshots = vec![snapshot(8), snapshot(100)];
            }
            Arc::new(job)
        })
        .collect()
}

fn queues(c: &mut Criterion) {
    let mut group = c.benchmark_group("3,300 jobs");
    for size in [(80, 24), (200, 60)] {
        let now: Timestamp = "2026-06-01T12:00:00Z".parse().expect("a time");
        let config = Config::default();
        let prices = config.prices().expect("built in");
        let start = Start {
            config,
            caps: Caps::full(),
            demo: None,
            profile: None,
            other_profiles: Vec::new(),
            seed: 1,
            now,
            size,
            prices,
            themes: amigrate::config::Themes::default(),
            first_run: false,
            remembers: false,
        };
        let (mut model, _) = Model::new(start);
        let id = AccountId::new("123456789012").expect("an account");
        let account = AccountKey::new(&id, None);
        _ = model.update(Msg::Jobs(JobUpdate::Opened { account, jobs: jobs(0), status: Status::default() }), now);
        _ = model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('2'), KeyModifiers::NONE))), now);
        _ = model.update(Msg::Frame, model.now);
        let mut screen: Screen<Sink> = Screen::new(io::sink(), size, &Caps::full());
        group.bench_function(format!("{}x{} a frame", size.0, size.1), |b| {
            b.iter(|| {
                _ = model.update(Msg::Frame, model.now);
                screen.draw(|f| view::draw(f, &model)).expect("nothing refuses")
            });
        });
        let updates: Vec<Vec<Arc<Job>>> = [10, 20].map(|p| jobs(p).into_iter().take(300).collect()).to_vec();
        let mut turn = 0;
        group.bench_function(format!("{}x{} an update of 300, and the frame", size.0, size.1), |b| {
            b.iter(|| {
                turn += 1;
                let jobs = updates[turn % 2].clone();
                _ = model.update(Msg::Jobs(JobUpdate::Changed { jobs, status: None }), now);
                _ = model.update(Msg::Frame, model.now);
                screen.draw(|f| view::draw(f, &model)).expect("nothing refuses")
            });
        });
        let mut key = |code| {
            _ = model.update(Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))), now);
            _ = model.update(Msg::Frame, model.now);
        };
        group.bench_function(format!("{}x{} a key of the filter, and back", size.0, size.1), |b| {
            key(KeyCode::Char('/'));
            b.iter(|| {
                key(KeyCode::Char('q'));
                key(KeyCode::Backspace);
            });
            key(KeyCode::Esc);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).without_plots();
    targets = keystrokes, pages, refreshes, frames, queues
}
criterion_main!(benches);
