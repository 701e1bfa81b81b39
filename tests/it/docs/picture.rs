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
    runtime::{EffectConfig, FormFiles, TerminalPort, WorkspaceEffects, region_cache::RegionCache, run},
    sim::{Scenario, SharedWorld, World, connector},
    term::{Caps, Input, decode},
    tui::{Model, Start, Workspace, view},
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use tokio::sync::mpsc::unbounded_channel;

use super::svg;

/// Keeps the last frame.
struct Camera {
    terminal: Terminal<TestBackend>,
    last: Arc<Mutex<Buffer>>,
}

impl TerminalPort for Camera {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(frame, model)).map_err(io::Error::other)?;
        self.last.lock().expect("nobody panicked").clone_from(self.terminal.backend().buffer());
        Ok(())
    }
}

/// A picture under `assets/screens`.
pub(crate) struct Picture {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// Regions of the demo to list.
    regions: &'static [&'static str],
    size: (u16, u16),
    /// Keys, each after so many seconds.
    script: &'static [(u64, &'static str)],
    /// The frames shown, from this step of the script on, each for so many seconds; only the last if there is none.
    animated: Option<f32>,
}

pub(crate) const PICTURES: &[Picture] = &[
    Picture {
        file: "main-job.svg",
        title: "The main job: filter, mark, choose regions, review, start, watch, cancel",
        regions: &["all"],
        size: (100, 26),
        script: &[
            (3, "/"),
            (1, "app"),
            (1, "-api"),
            (1, "\r"),
            (1, " "),
            (1, " "),
            (1, "c"),
            (1, "\r"),
            (1, "/eu-west"),
            (1, "\r"),
            (1, "*"),
            (1, "\r"),
            (1, "\x13"),
            (3, "\x13"),
            (3, ""),
            (3, ""),
            (3, ""),
            (2, "x"),
            (2, "y"),
            (3, ""),
            (4, ""),
            (5, ""),
        ],
        animated: Some(1.6),
    },
    Picture {
        file: "images.svg",
        title: "Images of all regions with a filter; what it matched is underlined",
        regions: &["all"],
        size: (120, 30),
        script: &[(3, "/web age:<90d\r"), (1, "jj j ")],
        animated: None,
    },
    Picture {
        file: "form.svg",
        title: "The copy form with a mistake beside its field",
        regions: &["all"],
        size: (100, 30),
        script: &[(3, "jjjj"), (1, "c\r/eu-west\r  \r"), (1, " (draft)?")],
        animated: None,
    },
    Picture {
        file: "review.svg",
        title: "The review before anything is sent: checks, time and costs",
        regions: &["all"],
        size: (120, 30),
        script: &[(3, "jjjj jjjj "), (1, "c\r/eu-\r  \r"), (1, "\x13"), (4, "")],
        animated: None,
    },
    Picture {
        file: "jobs.svg",
        title: "Copies under way: progress, rate and time left",
        regions: &["all"],
        size: (120, 36),
        script: &[(3, "jjjj jjjj "), (1, "c\r/eu-west\r  \r"), (1, "\x13"), (3, "\x13"), (16, "\r"), (2, "")],
        animated: None,
    },
    Picture {
        file: "problems.svg",
        title: "Problems: what failed where, why, and what helps",
        regions: &["us-east-1", "eu-west-9", "us-wes-2", "eu-central-1"],
        size: (100, 30),
        script: &[(6, "!"), (1, "")],
        animated: None,
    },
];

impl Picture {
    pub(crate) fn svg(&self) -> String {
        let frames = frames(self);
        let last = frames.last().expect("a script has a step").clone();
        match self.animated {
            None => svg::picture(self.title, &[(last, 1.0)]),
            Some(seconds) => {
                let mut shown: Vec<_> = frames.into_iter().map(|frame| (frame, seconds)).collect();
                shown.push((last, 2.0 * seconds));
                svg::picture(self.title, &shown)
            }
        }
    }
}

/// The screen after each step of the script, on the whole program.
fn frames(picture: &Picture) -> Vec<Buffer> {
    let (script, size) = (picture.script, picture.size);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let clock = Clock::starting("2026-06-01T12:00:00Z".parse().expect("a time"));
        let world = SharedWorld::new(World::new(&Scenario::named("demo").expect("it is built in"), clock.now()));
        let home = world.with(|w| w.home().clone());
        let mut config = Config::default();
        config.browse.regions = picture.regions.iter().map(|region| (*region).to_owned()).collect();
        let means = EffectConfig {
            store: StoreLocation::Memory,
            driver: DriverSettings { engine: EngineConfig::from(&config), ..DriverSettings::default() },
            region_cache: RegionCache::default(),
            views: RememberedViews::default(),
            forms: FormFiles::default(),
            background: Vec::new(),
        };
        let (caps, seed, now, prices) = (Caps::full(), 1, clock.now(), config.prices().unwrap());
        let (mut workspace, first) = Workspace::new(Start {
            config,
            caps,
            demo: Some("demo".into()),
            profile: None,
            other_profiles: Vec::new(),
            seed,
            now,
            size,
            prices,
            themes: Themes::default(),
            first_run: false,
            remembers: false,
        });
        let http = connector::http_client(world, move || clock.now()).into();
        let mut effects = WorkspaceEffects::new(SessionSource::simulated(http, home), means, clock);
        let last = Arc::new(Mutex::new(Buffer::default()));
        let terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("it is in memory");
        let mut camera = Camera { terminal, last: Arc::clone(&last) };
        let (sender, mut inputs) = unbounded_channel();
        let typist = tokio::spawn(async move {
            let mut decoder = decode::Decoder::default();
            let mut frames = Vec::new();
            for (seconds, keys) in script {
                tokio::time::sleep(Duration::from_secs(*seconds)).await;
                frames.push(last.lock().expect("nobody panicked").clone());
                for input in decoder.feed(keys.as_bytes()) {
                    sender.send(input).expect("the loop listens");
                }
            }
            tokio::time::sleep(Duration::from_millis(900)).await;
            frames.push(last.lock().expect("nobody panicked").clone());
            sender.send(Input::Hangup).expect("the loop listens");
            frames
        });
        run(&mut workspace, first, &mut effects, &mut inputs, &mut camera, clock, 30).await.expect("it is in memory");
        typist.await.expect("nobody panicked")
    })
}
