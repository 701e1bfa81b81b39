//! `amigrate` and `amigrate demo` on a terminal, as a screen or in lines.

mod announcer;
mod ending;
mod prompt;
mod screen;

use std::{io, path::Path, process::ExitCode, time::Duration};

use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use prompt::Prompt;
use screen::Terminal;

use super::{
    exit::{CommandError, ExitStatus},
    setup::{Setup, http_client, runtime, stop_signal},
    world::WorldArgs,
};
use crate::{
    config::{self, Config, FilterFile, LastValues, PresetFile, RememberedViews, SettingSource, Themes},
    domain::Failure,
    driver::{Clock, SessionSource, StoreLocation},
    runtime::{EffectConfig, Exit, FormFiles, TerminalPort, WorkspaceEffects, region_cache::RegionCache, run},
    sim::connector,
    term::{
        Input, Pacer,
        input::{self, KeyCode, KeyEvent, KeyModifiers},
        osc::Notification,
        session,
    },
    tui::{Start, Workspace, line_mode::text::SIZE},
};

/// How long exiting may take: a hang-up ends the program within a second.
const EXIT_TIMEOUT: Duration = Duration::from_millis(900);

/// On the account of the usual AWS chain.
pub(super) fn account(mut setup: Setup) -> Result<ExitCode, Failure> {
    if let Some(first) = setup.screen_profiles.first() {
        setup.profile = Some(first.clone());
    }
    let _log = setup.start_log()?;
    let remember_in = config::state_dir().filter(|_| setup.config.ui.remember);
    let region_cache = remember_in.as_deref().map_or_else(RegionCache::default, RegionCache::in_dir);
    let views = remember_in.as_deref().map_or_else(RememberedViews::default, RememberedViews::in_dir);
    let forms = FormFiles {
        presets: PresetFile::beside(setup.config_file.as_deref()),
        filters: FilterFile::beside(setup.config_file.as_deref()),
        last_values: config::state_dir().map_or_else(LastValues::default, |dir| LastValues::in_dir(&dir)),
        ..FormFiles::default()
    };
    let effects = EffectConfig { views, forms, ..effect_config(&setup, region_cache, setup.store()) };
    // Certificates are read after the first frame.
    let options = setup.session_options();
    show(setup, None, effects, move |_| SessionSource::Aws { options: Box::new(options), http: http_client() })
}

/// On the embedded EC2.
pub(super) fn demo(mut setup: Setup, args: &WorldArgs) -> Result<ExitCode, CommandError> {
    let plan = args.plan()?;
    let _log = if setup.config.log.file.is_empty() { None } else { setup.start_log()? };
    // The account's settings do not apply here.
    let profiles = plan.scenario.access_keys();
    setup.screen_profiles.retain(|profile| profiles.contains_key(profile));
    setup.profile = setup.screen_profiles.first().or_else(|| profiles.keys().next()).cloned();
    if setup.config.browse.regions.is_empty() {
        setup.config.browse.regions = vec!["all".into()];
    }
    let effects = effect_config(&setup, RegionCache::default(), StoreLocation::Memory);
    let shown = show(setup, Some(args.scenario.clone()), effects, move |clock| {
        let world = plan.build(clock.now());
        let home = world.with(|w| w.home().clone());
        let http = connector::http_client(world, move || clock.now()).into();
        SessionSource::Simulated { http, home, profiles: plan.scenario.access_keys() }
    });
    Ok(shown?)
}

fn effect_config(setup: &Setup, region_cache: RegionCache, store: StoreLocation) -> EffectConfig {
    let (driver, background) = (setup.driver_settings(), setup.background.clone());
    EffectConfig {
        store,
        driver,
        region_cache,
        views: RememberedViews::default(),
        forms: FormFiles::default(),
        background,
    }
}

fn show(
    setup: Setup,
    demo: Option<String>,
    effects: EffectConfig,
    source: impl FnOnce(Clock) -> SessionSource,
) -> Result<ExitCode, Failure> {
    session::install_panic_hook(|report| tracing::error!("{report}"));
    let runtime = runtime()?;
    let exit = runtime.block_on(async move {
        let clock = if demo.is_some() { Clock::starting(Timestamp::now()) } else { Clock::real() };
        let in_lines = setup.plain;
        let bell = !in_lines || is_set(setup.config_file.as_deref(), "bell");
        let start = start(setup, demo, clock)?;
        let (sender, inputs) = unbounded_channel();
        forward_signals(&sender)?;
        let run = Run { effects, source, inputs, clock };
        if in_lines {
            forward_interrupts(&sender)?;
            let prompt = Prompt::new(&start, bell);
            run.on(start, prompt, Pacer::REMOTE, || input::spawn_lines(sender)).await
        } else {
            let ui = &start.config.ui;
            let frames = if start.caps.remote { ui.frames_remote } else { ui.frames_local };
            let terminal = Terminal::enter(&start.caps, start.size, Notification::parse(&ui.notification))?;
            let size = start.size;
            run.on(start, terminal, frames, || input::spawn(sender, size)).await
        }
    });
    // Requests in flight are not waited for.
    runtime.shutdown_background();
    exit.map(|exit| match exit {
        Exit::Quit => ExitCode::SUCCESS,
        Exit::Gone => ExitStatus::HungUp.into(),
        Exit::Terminated => ExitStatus::Terminated.into(),
    })
}

/// What the model starts with.
fn start(setup: Setup, demo: Option<String>, clock: Clock) -> Result<Start, Failure> {
    let in_lines = setup.plain;
    let mut caps = setup.caps;
    caps.line_mode = in_lines;
    let ui = &setup.config.ui;
    let remembers = ui.remember && demo.is_none();
    // The demo writes no file.
    let welcome = if demo.is_some() { config::is_welcome_due } else { config::take_welcome };
    let first_run = !in_lines && config::state_dir().is_some_and(|dir| welcome(&dir));
    let prices = setup.config.prices()?;
    let themes = Themes::beside(setup.config_file.as_deref());
    themes.get(&ui.theme)?;
    Ok(Start {
        config: setup.config,
        caps,
        demo,
        profile: setup.profile,
        other_profiles: setup.screen_profiles.iter().skip(1).cloned().collect(),
        seed: uuid::Uuid::new_v4().as_u128(),
        now: clock.now(),
        size: if in_lines { SIZE } else { session::size() },
        prices,
        themes,
        first_run,
        remembers,
    })
}

/// What runs the model, whatever shows it.
struct Run<S> {
    effects: EffectConfig,
    source: S,
    inputs: UnboundedReceiver<Input>,
    clock: Clock,
}

impl<S: FnOnce(Clock) -> SessionSource> Run<S> {
    /// Runs the model until the user quits; `read` starts what reads the terminal.
    async fn on<R>(
        mut self,
        start: Start,
        mut terminal: impl TerminalPort,
        frames: u32,
        read: impl FnOnce() -> Result<R, Failure>,
    ) -> Result<Exit, Failure> {
        let _reader = read()?;
        let clock = self.clock;
        let (mut workspace, first) = Workspace::new(start);
        // The first frame goes out before the world is built or a certificate is read.
        let mut effects = WorkspaceEffects::new(SessionSource::NotSet, self.effects, clock);
        terminal.draw(workspace.shown()).map_err(|e| broken(&e))?;
        effects.set_source((self.source)(clock));
        let ended = run(&mut workspace, first, &mut effects, &mut self.inputs, &mut terminal, clock, frames).await;
        session::end_within(EXIT_TIMEOUT, ExitStatus::HungUp as i32);
        drop(terminal);
        if matches!(ended, Ok(Exit::Quit)) {
            let several = workspace.accounts().count() > 1;
            for model in workspace.accounts() {
                ending::print_what_continues(model, effects.background(model.id), several);
            }
            ending::print_unwritten(effects.unwritten());
        }
        ended.or_else(|e| if gone(&e) { Ok(Exit::Gone) } else { Err(broken(&e)) })
    }
}

/// Returns true if somebody has set this setting of `[ui]`, so that it is not the default by itself.
fn is_set(config_file: Option<&Path>, name: &str) -> bool {
    let settings = Config::effective(config_file, &|name: &str| std::env::var(name).ok()).unwrap_or_default();
    let of_name = |key: &&config::EffectiveSetting| key.setting.section == "ui" && key.setting.name == name;
    settings.iter().find(of_name).is_some_and(|setting| setting.source != SettingSource::Default)
}

/// Returns true for the errors of a terminal that was closed.
fn gone(error: &io::Error) -> bool {
    // A closed pseudo-terminal returns EIO.
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected) || error.raw_os_error() == Some(5)
}

fn broken(error: &io::Error) -> Failure {
    Failure::new("draw the screen", error.to_string())
}

/// Forwards signals as inputs: SIGHUP and SIGTERM exit, SIGTSTP suspends as `Ctrl-Z` does.
fn forward_signals(sender: &UnboundedSender<Input>) -> Result<(), Failure> {
    let mut stop = signal(stop_signal()).map_err(|e| Failure::new("listen for signals", e.to_string()))?;
    let suspending = sender.clone();
    tokio::spawn(async move { while stop.recv().await.is_some() && suspending.send(Input::Suspend).is_ok() {} });
    let ending = [
        (SignalKind::hangup(), Input::Hangup, ExitStatus::HungUp),
        (SignalKind::terminate(), Input::Terminate, ExitStatus::Terminated),
    ];
    for (kind, input, status) in ending {
        let mut signals = signal(kind).map_err(|e| Failure::new("listen for signals", e.to_string()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            if signals.recv().await.is_some() {
                // The loop may hang writing to a connection that takes nothing, and never receive the input.
                session::end_within(EXIT_TIMEOUT, status as i32);
                let _ = sender.send(input);
            }
        });
    }
    Ok(())
}

/// Forwards SIGINT, which `Ctrl-C` sends where the terminal is not in raw mode, as that key.
fn forward_interrupts(sender: &UnboundedSender<Input>) -> Result<(), Failure> {
    let mut interrupts =
        signal(SignalKind::interrupt()).map_err(|e| Failure::new("listen for signals", e.to_string()))?;
    let sender = sender.clone();
    let key = || Input::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    tokio::spawn(async move { while interrupts.recv().await.is_some() && sender.send(key()).is_ok() {} });
    Ok(())
}
