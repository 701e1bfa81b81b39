//! A whole program on a paused clock: an embedded EC2, the real loop, and a terminal emulator that reads what the
//! real painter writes. Keys go in, screens come out; nothing here really waits.

use std::{
    io,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use amigrate::{
    aws::{HttpClient, Session},
    config::{Config, RememberedViews, Themes},
    domain::{Image, ImageQuery, Region},
    driver::{Clock, DriverSettings, SessionSource, StoreLocation},
    engine::{EngineConfig, Job},
    runtime::{EffectConfig, Exit, FormFiles, TerminalPort, WorkspaceEffects, region_cache::RegionCache, run},
    sim::{Scenario, SharedWorld, World, connector},
    term::{
        Caps, Input, Screen,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Start, Workspace, view},
};
use jiff::Timestamp;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// From which client tokens are numbered.
pub(crate) const SEED: u128 = 7;
/// Longer than a frame and than any answer of a world that is not slow.
const MOMENT: Duration = Duration::from_millis(60);
/// No copy takes longer.
const PATIENCE: Duration = Duration::from_hours(2);

/// The time at which every run starts.
pub(crate) fn start_time() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

pub(crate) fn named(scenario: &str) -> Scenario {
    Scenario::named(scenario).unwrap()
}

/// A terminal of this size; an emulator has at least one cell.
pub(crate) fn emulator((columns, rows): (u16, u16)) -> vt100::Parser {
    vt100::Parser::new(cells(rows), cells(columns), 0)
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

/// What a run starts with.
pub(crate) struct ScreenHarnessBuilder {
    pub(crate) scenario: Scenario,
    pub(crate) size: (u16, u16),
    pub(crate) caps: Caps,
    pub(crate) config: Config,
    /// Presets and last values.
    pub(crate) forms: FormFiles,
    /// The profiles whose accounts are on the screen, where there are several.
    pub(crate) profiles: Vec<String>,
}

impl ScreenHarnessBuilder {
    /// The scenario in all its regions, on 80x24.
    pub(crate) fn new(scenario: Scenario) -> Self {
        let mut config = Config::default();
        config.browse.regions = vec!["all".into()];
        Self { scenario, size: (80, 24), caps: Caps::full(), config, forms: FormFiles::default(), profiles: Vec::new() }
    }

    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    pub(crate) fn regions(mut self, regions: &[&str]) -> Self {
        self.config.browse.regions = regions.iter().map(|r| (*r).to_owned()).collect();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What a model is made of. The seed is fixed: ids and tokens are the same in every run.
    pub(crate) fn start(&self) -> Start {
        Start {
            config: self.config.clone(),
            caps: self.caps.clone(),
            demo: Some("play".into()),
            profile: self.profiles.first().cloned(),
            other_profiles: self.profiles.iter().skip(1).cloned().collect(),
            seed: SEED,
            now: start_time(),
            size: self.size,
            prices: self.config.prices().unwrap(),
            themes: Themes::default(),
            first_run: false,
            remembers: false,
        }
    }

    /// The world and an HTTP client for it. Must be called within a runtime whose clock is paused.
    pub(crate) fn world(&self) -> (SharedWorld, HttpClient, Region, Clock) {
        let clock = Clock::starting(start_time());
        let world = SharedWorld::new(World::new(&self.scenario, clock.now()));
        let home = world.with(|w| w.home().clone());
        let http = connector::http_client(world.clone(), move || clock.now()).into();
        (world, http, home, clock)
    }

    /// Starts the program.
    pub(crate) fn build(self) -> ScreenHarness {
        let (world, http, home, clock) = self.world();
        let start = self.start();
        let seen = Output {
            parser: emulator(self.size),
            clipboard: Vec::new(),
            bells: 0,
            bytes: 0,
            jobs: Vec::new(),
            percents: Vec::new(),
            bars: Vec::new(),
        };
        let seen = Arc::new(Mutex::new(seen));
        let mut terminal =
            EmulatedTerminal { screen: Screen::new(Vec::new(), self.size, &self.caps), seen: Arc::clone(&seen) };
        let (keys, mut inputs): (_, UnboundedReceiver<Input>) = unbounded_channel();
        let origin =
            SessionSource::Simulated { http: http.clone(), home: home.clone(), profiles: self.scenario.access_keys() };
        let (means, frames) =
            (EffectConfig { forms: self.forms, ..effect_config(&self.config) }, self.config.ui.frames_local);
        let running = tokio::spawn(async move {
            let (mut workspace, first) = Workspace::new(start);
            terminal.draw(workspace.shown()).unwrap();
            let mut effects = WorkspaceEffects::new(origin, means, clock);
            let exit =
                run(&mut workspace, first, &mut effects, &mut inputs, &mut terminal, clock, frames).await.unwrap();
            (workspace.into_shown(), exit)
        });
        ScreenHarness { world, keys, seen, session: Session::simulated(http, home), running }
    }
}

/// Effects with the jobs in memory.
pub(crate) fn effect_config(config: &Config) -> EffectConfig {
    EffectConfig {
        store: StoreLocation::Memory,
        driver: DriverSettings {
            engine: EngineConfig::from(config),
            read_only: config.read_only,
            history_days: config.jobs.history_days,
            ..DriverSettings::default()
        },
        region_cache: RegionCache::default(),
        views: RememberedViews::default(),
        forms: FormFiles::default(),
        background: Vec::new(),
    }
}

/// What came out so far.
pub(crate) struct Output {
    parser: vt100::Parser,
    /// Texts sent to the clipboard.
    pub(crate) clipboard: Vec<String>,
    /// How often it rang.
    pub(crate) bells: usize,
    /// Bytes written to draw.
    pub(crate) bytes: usize,
    /// The copies made here as of the last frame; the demo has others as well.
    pub(crate) jobs: Vec<Job>,
    /// Every copy's percent in every frame.
    pub(crate) percents: Vec<(u64, Option<u8>)>,
    /// Lines with a bar, as they were shown.
    pub(crate) bars: Vec<String>,
}

struct EmulatedTerminal {
    screen: Screen<Vec<u8>>,
    seen: Arc<Mutex<Output>>,
}

impl TerminalPort for EmulatedTerminal {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.screen.draw(|frame| view::draw(frame, model))?;
        let bytes = std::mem::take(self.screen.writer_mut());
        let mut seen = self.seen.lock().unwrap();
        seen.bytes += bytes.len();
        seen.parser.process(&bytes);
        let ours = || model.jobs_view.jobs().filter(|j| j.origin == amigrate::engine::Origin::Here);
        seen.jobs = ours().cloned().collect();
        seen.percents.extend(ours().map(|j| (j.id.0, j.percent())));
        let shown = seen.parser.screen().contents();
        seen.bars.extend(shown.lines().filter(|l| l.contains('█')).map(str::to_owned));
        Ok(())
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.resize(columns, rows);
        self.seen.lock().unwrap().parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    fn repaint(&mut self) {
        self.screen.repaint();
    }

    fn clipboard(&mut self, text: &str) -> io::Result<bool> {
        self.seen.lock().unwrap().clipboard.push(text.to_owned());
        Ok(true)
    }

    fn bell(&mut self) -> io::Result<()> {
        self.seen.lock().unwrap().bells += 1;
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.screen.repaint();
        Ok(())
    }
}

/// A program that runs.
pub(crate) struct ScreenHarness {
    pub(crate) world: SharedWorld,
    keys: UnboundedSender<Input>,
    seen: Arc<Mutex<Output>>,
    /// A session of the same account, for a test's own requests.
    pub(crate) session: Session,
    running: JoinHandle<(Model, Exit)>,
}

impl ScreenHarness {
    /// Plays a scenario on 80x24 until it waits for nothing.
    pub(crate) async fn open(scenario: &str) -> Self {
        Self::opened(ScreenHarnessBuilder::new(named(scenario))).await
    }

    pub(crate) async fn opened(builder: ScreenHarnessBuilder) -> Self {
        let harness = builder.build();
        harness.lists_finished().await;
        harness
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Output> {
        self.seen.lock().unwrap()
    }

    /// What stands on the screen, blanks at the ends of lines left out.
    pub(crate) fn screen(&self) -> String {
        let seen = self.seen();
        let screen = seen.parser.screen();
        let rows: Vec<String> = screen.rows(0, screen.size().1.get()).map(|r| r.trim_end().to_owned()).collect();
        rows.join("\n")
    }

    /// Returns true if any cell has another colour than the terminal's own.
    pub(crate) fn has_colours(&self) -> bool {
        let seen = self.seen();
        let screen = seen.parser.screen();
        let (rows, columns) = screen.size();
        let plain = |row, column| {
            screen
                .cell(row, column)
                .is_none_or(|cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default)
        };
        (0..rows.get()).any(|row| (0..columns.get()).any(|column| !plain(row, column)))
    }

    /// Types these characters, one after the other.
    pub(crate) async fn send(&self, keys: &str) {
        for key in keys.chars() {
            self.input(Input::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE))).await;
        }
    }

    pub(crate) async fn press(&self, code: KeyCode) {
        self.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE))).await;
    }

    pub(crate) async fn ctrl(&self, key: char) {
        self.input(Input::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL))).await;
    }

    /// One input, and the frame that shows what it did.
    pub(crate) async fn input(&self, input: Input) {
        self.keys.send(input).unwrap_or_else(|_| panic!("it has ended"));
        sleep(MOMENT).await;
    }

    /// Lets so much time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        sleep(time).await;
    }

    /// Lets time pass until the screen meets a condition.
    pub(crate) async fn wait_for(&self, what: &str, so: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !so(&self.screen()) {
            assert!(!self.running.is_finished(), "it ended while a test waited for {what}");
            assert!(began.elapsed() < PATIENCE, "{what} did not come:\n{}", self.screen());
            sleep(MOMENT).await;
        }
    }

    pub(crate) async fn wait_text(&self, text: &str) {
        self.wait_for(text, |s| s.contains(text)).await;
    }

    /// Lets time pass until so many copies made here are so. The demo has others as well, which the screen counts too.
    pub(crate) async fn wait_ours(&self, word: &str, n: usize) {
        let so = || self.seen().jobs.iter().filter(|j| j.phase().as_str() == word).count() == n;
        self.wait_for(&format!("{n} {word}"), |_| so()).await;
    }

    /// Waits until nothing is listed any more.
    pub(crate) async fn lists_finished(&self) {
        sleep(MOMENT * 3).await;
        self.wait_for("the end of all lists", |s| !s.contains(" listing ") && !s.contains("looking for")).await;
    }

    pub(crate) fn shows(&self, text: &str) {
        assert!(self.screen().contains(text), "`{text}` is not there:\n{}", self.screen());
    }

    pub(crate) fn lacks(&self, text: &str) {
        assert!(!self.screen().contains(text), "`{text}` is there:\n{}", self.screen());
    }

    /// Narrows the images to these words, and leaves the filter's line.
    pub(crate) async fn filter(&self, words: &str) {
        self.send("/").await;
        self.ctrl('u').await;
        self.send(words).await;
        self.press(KeyCode::Enter).await;
    }

    /// Whatever images of this name the account has in a region.
    pub(crate) async fn images(&self, place: &str, name: &str) -> Vec<Image> {
        let query = ImageQuery::default();
        let (mut images, mut token) = (Vec::new(), None);
        loop {
            let page = self.session.image_page(&region(place), &query, token).await.unwrap();
            images.extend(page.images.into_iter().filter(|i| &*i.name == name));
            token = page.next;
            if token.is_none() {
                return images;
            }
        }
    }

    /// Ends it as a hang-up does; gives the model it ended with.
    pub(crate) async fn leave(self) -> Model {
        let _ = self.keys.send(Input::Hangup);
        let (model, exit) = self.running.await.unwrap();
        assert_eq!(exit, Exit::Gone);
        model
    }

    /// Waits for the end of a program that ends by itself; gives how it ended.
    pub(crate) async fn ended(self) -> Exit {
        sleep(MOMENT).await;
        assert!(self.running.is_finished(), "it continues:\n{}", self.screen());
        self.running.await.unwrap().1
    }
}
