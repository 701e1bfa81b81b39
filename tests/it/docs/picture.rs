//! A picture of the screen: the whole program but for its terminal, on a clock that stands still between two events.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use amigrate::{
    config::{Config, RememberedViews, Themes},
    driver::{Clock, DriverSettings, SessionSource, StoreLocation},
    engine::EngineConfig,
    runtime::{EffectConfig, Effects, FormFiles, TerminalPort, region_cache::RegionCache, run},
    sim::{Scenario, SharedWorld, World, connector},
    term::{Caps, Input, decode},
    tui::{Model, Start, view},
};
use ratatui::{Terminal, backend::TestBackend};
use tokio::sync::mpsc::unbounded_channel;

const SIZE: (u16, u16) = (100, 26);

/// Keeps the last frame as text.
struct Camera {
    terminal: Terminal<TestBackend>,
    last: Arc<Mutex<String>>,
}

impl TerminalPort for Camera {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(frame, model)).map_err(io::Error::other)?;
        let buffer = self.terminal.backend().buffer();
        let line = |y| (0..SIZE.0).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        *self.last.lock().expect("nobody panicked") = (0..SIZE.1).map(line).collect::<Vec<_>>().join("\n");
        Ok(())
    }
}

/// The demo, two images on their way to two regions.
pub(crate) fn copying() -> String {
    after(&[(3, "jjjj jjjj "), (1, "c\r/eu-west\r  \r"), (1, "\x13"), (3, "\x13"), (16, "\r"), (2, "")])
}

/// The screen once these keys were typed, each after so many seconds.
fn after(script: &'static [(u64, &'static str)]) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let clock = Clock::starting("2026-06-01T12:00:00Z".parse().expect("a time"), 1.0);
        let world = SharedWorld::new(World::new(&Scenario::named("demo").expect("it is built in"), clock.now()));
        let home = world.with(|w| w.home().clone());
        let mut config = Config::default();
        config.browse.regions = vec!["all".into()];
        let means = EffectConfig {
            store: StoreLocation::Memory,
            driver: DriverSettings { engine: EngineConfig::from(&config), ..DriverSettings::default() },
            region_cache: RegionCache::default(),
            views: RememberedViews::default(),
            forms: FormFiles::default(),
            background: Vec::new(),
        };
        let (caps, seed, now, prices) = (Caps::full(), 1, clock.now(), config.prices().unwrap());
        let (mut model, first) = Model::new(Start {
            config,
            caps,
            demo: Some("demo".into()),
            profile: None,
            seed,
            now,
            size: SIZE,
            prices,
            themes: Themes::default(),
            first_run: false,
            remembers: false,
        });
        let http = connector::http_client(world, move || clock.now()).into();
        let mut effects = Effects::new(SessionSource::Simulated { http, home }, means, clock);
        let last = Arc::new(Mutex::new(String::new()));
        let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("it is in memory");
        let mut camera = Camera { terminal, last: Arc::clone(&last) };
        let (sender, mut inputs) = unbounded_channel();
        let typist = tokio::spawn(async move {
            let mut decoder = decode::Decoder::default();
            for (seconds, keys) in script {
                tokio::time::sleep(Duration::from_secs(*seconds)).await;
                for input in decoder.feed(keys.as_bytes()) {
                    sender.send(input).expect("the loop listens");
                }
            }
            let picture = last.lock().expect("nobody panicked").clone();
            sender.send(Input::Hangup).expect("the loop listens");
            picture
        });
        run(&mut model, first, &mut effects, &mut inputs, &mut camera, clock, 30).await.expect("it is in memory");
        typist.await.expect("nobody panicked")
    })
}
