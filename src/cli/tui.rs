//! `amigrate` and `amigrate demo` on a terminal.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc::unbounded_channel,
};

use super::{
    exit::{CommandError, ExitStatus},
    setup::{Setup, http_client, runtime, stop_signal},
    world::WorldArgs,
};
use crate::{
    config::{self, FilterFile, LastValues, PresetFile, RememberedViews, Themes},
    domain::{Failure, text::count},
    driver::{Clock, DriverStatus, SessionSource, StoreLocation},
    engine::{Job, JobState},
    labels,
    runtime::{EffectConfig, Effects, Exit, FormFiles, TerminalPort, region_cache::RegionCache, run},
    sim::connector,
    term::{Caps, Input, Screen, TermSession, Tty, input, osc, osc::Notification, session},
    tui::{Model, Start, view},
};

/// How long exiting may take: a hang-up ends the program within a second.
const EXIT_TIMEOUT: Duration = Duration::from_millis(900);

/// The real terminal.
struct Terminal {
    session: TermSession,
    screen: Screen<Tty>,
    tmux: bool,
    notification: Option<Notification>,
    /// The window's title, once it was set.
    title: Option<String>,
}

impl Terminal {
    fn enter(caps: &Caps, size: (u16, u16), notification: Option<Notification>) -> Result<Self, Failure> {
        let session = TermSession::enter(caps)?;
        let screen = Screen::new(Tty, size, caps);
        Ok(Self { session, screen, tmux: caps.tmux, notification, title: None })
    }
}

impl Terminal {
    /// Draws and sets again what the terminal has lost.
    fn taken_again(&mut self) -> io::Result<()> {
        self.screen.repaint();
        match &self.title {
            Some(title) => self.screen.emit(&osc::title(title)),
            None => Ok(()),
        }
    }
}

impl TerminalPort for Terminal {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.screen.draw(|frame| view::draw(frame, model)).map(|_| ())
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.resize(columns, rows);
    }

    fn repaint(&mut self) {
        self.screen.repaint();
    }

    fn clipboard(&mut self, text: &str) -> io::Result<bool> {
        match osc::clipboard(text, self.tmux) {
            Some(bytes) => self.screen.emit(&bytes).map(|()| true),
            None => Ok(false),
        }
    }

    fn bell(&mut self) -> io::Result<()> {
        self.screen.emit(osc::BELL)
    }

    fn notify(&mut self, text: &str) -> io::Result<()> {
        match self.notification {
            Some(notification) => self.screen.emit(&notification.bytes(text, self.tmux)),
            None => Ok(()),
        }
    }

    fn title(&mut self, text: &str) -> io::Result<()> {
        self.title = Some(text.to_owned());
        self.screen.emit(&osc::title(text))
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.session.set_mouse(on)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.session.suspend()?;
        self.taken_again()
    }

    fn resume(&mut self) -> io::Result<()> {
        self.session.reenter()?;
        self.taken_again()
    }
}

/// On the account of the usual AWS chain.
pub(super) fn account(setup: Setup) -> Result<ExitCode, Failure> {
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
    show(setup, None, effects, move |_| SessionSource::Aws { options, http: http_client() })
}

/// On the embedded EC2.
pub(super) fn demo(mut setup: Setup, args: &WorldArgs) -> Result<ExitCode, CommandError> {
    let plan = args.plan()?;
    let _log = if setup.config.log.file.is_empty() { None } else { setup.start_log()? };
    // The account's settings do not apply here.
    setup.profile = None;
    if setup.config.browse.regions.is_empty() {
        setup.config.browse.regions = vec!["all".into()];
    }
    let effects = effect_config(&setup, RegionCache::default(), StoreLocation::Memory);
    let shown = show(setup, Some(args.scenario.clone()), effects, move |clock| {
        let world = plan.build(clock.now());
        let home = world.with(|w| w.home().clone());
        let http = connector::http_client(world, move || clock.now()).into();
        SessionSource::Simulated { http, home }
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
        let size = session::size();
        let ui = &setup.config.ui;
        let frames = if setup.caps.remote { ui.frames_remote } else { ui.frames_local };
        let caps = setup.caps.clone();
        let notification = Notification::parse(&ui.notification);
        let remembers = ui.remember && demo.is_none();
        // The demo writes no file.
        let welcome = if demo.is_some() { config::is_welcome_due } else { config::take_welcome };
        let first_run = config::state_dir().is_some_and(|dir| welcome(&dir));
        let prices = setup.config.prices()?;
        let themes = Themes::beside(setup.config_file.as_deref());
        themes.get(&setup.config.ui.theme)?;
        let start = Start {
            config: setup.config,
            caps: setup.caps,
            demo,
            profile: setup.profile,
            seed: uuid::Uuid::new_v4().as_u128(),
            now: clock.now(),
            size,
            prices,
            themes,
            first_run,
            remembers,
        };
        let (sender, mut inputs) = unbounded_channel();
        forward_signals(&sender)?;
        let mut terminal = Terminal::enter(&caps, size, notification)?;
        let _reader = input::spawn(sender, size)?;
        let (mut model, first) = Model::new(start);
        // The first frame goes out before the world is built or a certificate is read.
        let mut effects = Effects::new(SessionSource::NotSet, effects, clock);
        terminal.draw(&model).map_err(|e| broken(&e))?;
        effects.set_source(source(clock));
        let ended = run(&mut model, first, &mut effects, &mut inputs, &mut terminal, clock, frames).await;
        session::end_within(EXIT_TIMEOUT, ExitStatus::HungUp as i32);
        drop(terminal);
        if matches!(ended, Ok(Exit::Quit)) {
            print_what_continues(&model, effects.background());
        }
        ended.or_else(|e| if gone(&e) { Ok(Exit::Gone) } else { Err(broken(&e)) })
    });
    // Requests in flight are not waited for.
    runtime.shutdown_background();
    exit.map(|exit| match exit {
        Exit::Quit => ExitCode::SUCCESS,
        Exit::Gone => ExitStatus::HungUp.into(),
        Exit::Terminated => ExitStatus::Terminated.into(),
    })
}

/// Prints the copies that continue in AWS, and what happens to the queue, after the screen was left.
fn print_what_continues(model: &Model, background: Option<&Result<(), Failure>>) {
    /// More would scroll away what the shell showed before.
    const LISTED: usize = 5;
    let mut err = io::stderr().lock();
    let copying: Vec<_> = model
        .jobs_view
        .jobs()
        .filter_map(|j| if let JobState::Copying { image } = &j.state { Some((j, image)) } else { None })
        .collect();
    if model.start.demo.is_some() {
        if !copying.is_empty() {
            let _ = writeln!(err, "The demo's copies end with it.");
        }
        return;
    }
    for (job, image) in copying.iter().take(LISTED) {
        let (name, region) = (&job.request.name, &job.request.destination);
        let _ = writeln!(err, "The copy {image} \"{name}\" in {region} continues in AWS.");
    }
    if copying.len() > LISTED {
        let _ = writeln!(err, "{} more continue in AWS. `amigrate jobs` lists them all.", copying.len() - LISTED);
    }
    let queued = model.jobs_view.jobs().filter(|j| j.needs_driving()).count();
    let hooks_due = labels::driver::hooks_due(model.jobs_view.hooks_due, matches!(background, Some(Ok(()))));
    if queued == 0 {
        let _ = match background {
            Some(Ok(())) if hooks_due.is_none() => {
                writeln!(err, "A process in the background runs the hook when copies end.")
            }
            Some(Err(failure)) => writeln!(err, "No process in the background runs hooks: {failure}"),
            _ => Ok(()),
        };
    }
    if let Some(text) = hooks_due {
        let _ = writeln!(err, "{text}");
    }
    if queued > 0 {
        let steps = if model.jobs_view.jobs().any(Job::has_open_steps) { ", or with post-copy steps left" } else { "" };
        let copies = format!("{} queued or being removed{steps}", count(queued, "copy is", "copies are"));
        let _ = match (background, &model.jobs_view.driver) {
            (Some(Ok(())), _) => {
                writeln!(err, "{copies}: this continues in the background; `amigrate jobs` shows the progress.")
            }
            (Some(Err(failure)), _) => writeln!(err, "{copies}: this does not continue in the background: {failure}"),
            (None, driver @ DriverStatus::OtherProcess(_)) => {
                let who = labels::driver::unresponsive(driver)
                    .or_else(|| labels::driver::running_elsewhere(driver))
                    .unwrap_or_default();
                writeln!(err, "{copies}: {who}.")
            }
            (None, _) => writeln!(err, "{copies}: this continues when amigrate or `amigrate drive` is started next."),
        };
    }
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
fn forward_signals(sender: &tokio::sync::mpsc::UnboundedSender<Input>) -> Result<(), Failure> {
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
