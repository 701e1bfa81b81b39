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

use super::{Setup, http_client};
use crate::{
    config,
    domain::{Failure, text::count},
    driver::{Clock, DriverStatus, SessionSource, StoreLocation},
    engine::{EngineConfig, JobState},
    labels,
    runtime::{EffectConfig, Effects, Exit, TerminalPort, region_cache::RegionCache, run},
    sim::{Scenario, SharedWorld, World, connector},
    term::{Caps, Input, Screen, TermSession, Tty, input, osc, session},
    tui::{Model, Start, view},
};

/// How long leaving may take: a hang-up ends the program within a second.
const PATIENCE: Duration = Duration::from_millis(900);
/// The status of a program whose terminal has gone: 128 and SIGHUP.
const GONE: u8 = 129;

/// The real terminal.
struct Terminal {
    session: TermSession,
    screen: Screen<Tty>,
    tmux: bool,
}

impl Terminal {
    fn enter(caps: &Caps, size: (u16, u16)) -> Result<Self, Failure> {
        let session = TermSession::enter(caps)?;
        Ok(Self { session, screen: Screen::new(Tty, size, caps), tmux: caps.tmux })
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

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.session.set_mouse(on)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.session.suspend()?;
        self.screen.repaint();
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.session.reenter()?;
        self.screen.repaint();
        Ok(())
    }
}

/// On the account of the usual AWS chain.
pub(super) fn account(setup: Setup) -> Result<ExitCode, Failure> {
    let _log = setup.start_log()?;
    let options = setup.session_options();
    let memory = config::state_dir().map_or_else(RegionCache::default, |dir| RegionCache::in_dir(&dir));
    let means = means(&setup, memory, setup.store());
    show(setup, None, means, move |_| SessionSource::Aws { options, http: http_client() })
}

/// On the embedded EC2.
pub(super) fn demo(mut setup: Setup, name: &str) -> Result<ExitCode, Failure> {
    let scenario = Scenario::named(name)?;
    let _log = if setup.config.log.file.is_empty() { None } else { setup.start_log()? };
    // The account's settings mean nothing here.
    setup.profile = None;
    if setup.config.browse.regions.is_empty() {
        setup.config.browse.regions = vec!["all".into()];
    }
    let means = means(&setup, RegionCache::default(), StoreLocation::Memory);
    show(setup, Some(name.to_owned()), means, move |clock| {
        let world = SharedWorld::new(World::new(&scenario, clock.now()));
        let home = world.with(|w| w.home().clone());
        let http = connector::http_client(world, move || clock.now()).into();
        SessionSource::Simulated { http, home }
    })
}

fn means(setup: &Setup, memory: RegionCache, store: StoreLocation) -> EffectConfig {
    EffectConfig {
        store,
        read_only: setup.config.read_only,
        limits: EngineConfig::of(&setup.config),
        history_days: setup.config.jobs.history_days,
        memory,
        background: setup.background.clone(),
    }
}

fn show(
    setup: Setup,
    demo: Option<String>,
    means: EffectConfig,
    origin: impl FnOnce(Clock) -> SessionSource,
) -> Result<ExitCode, Failure> {
    session::install_panic_hook(|report| tracing::error!("{report}"));
    let runtime = super::runtime()?;
    let exit = runtime.block_on(async move {
        let clock = if demo.is_some() { Clock::starting(Timestamp::now(), 1.0) } else { Clock::real() };
        let size = session::size();
        let ui = &setup.config.ui;
        let frames = if setup.caps.remote { ui.frames_remote } else { ui.frames_local };
        let caps = setup.caps.clone();
        let start = Start {
            config: setup.config,
            caps: setup.caps,
            demo,
            profile: setup.profile,
            seed: uuid::Uuid::new_v4().as_u128(),
            now: clock.now(),
            size,
        };
        let (sender, mut inputs) = unbounded_channel();
        leave_on_signals(&sender)?;
        let mut terminal = Terminal::enter(&caps, size)?;
        let _reader = input::spawn(sender, size)?;
        let (mut model, first) = Model::new(start);
        // The first frame goes out before the world is built or a certificate is read.
        let mut effects = Effects::new(SessionSource::Later, means, clock);
        model.prepare();
        terminal.draw(&model).map_err(|e| broken(&e))?;
        effects.set_origin(origin(clock));
        let ended = run(&mut model, first, &mut effects, &mut inputs, &mut terminal, clock, frames).await;
        session::end_within(PATIENCE, GONE.into());
        drop(terminal);
        if matches!(ended, Ok(Exit::Quit)) {
            say_what_goes_on(&model, effects.background());
        }
        ended.or_else(|e| if gone(&e) { Ok(Exit::Gone) } else { Err(broken(&e)) })
    });
    // Calls still under way are not waited for.
    runtime.shutdown_background();
    exit.map(|exit| match exit {
        Exit::Quit => ExitCode::SUCCESS,
        Exit::Gone => ExitCode::from(GONE),
    })
}

/// Copies go on without us; here is what to look for. Lines go to the shell, after the screen was left.
fn say_what_goes_on(model: &Model, background: Option<&Result<(), Failure>>) {
    /// More would push away what the shell showed before.
    const NAMED: usize = 5;
    let mut err = io::stderr().lock();
    let copying: Vec<_> = model
        .board
        .jobs()
        .filter_map(|j| if let JobState::Copying { image } = &j.state { Some((j, image)) } else { None })
        .collect();
    if model.start.demo.is_some() {
        if !copying.is_empty() {
            let _ = writeln!(err, "The demo's copies end with it.");
        }
        return;
    }
    for (job, image) in copying.iter().take(NAMED) {
        let (name, region) = (&job.request.name, &job.request.destination);
        let _ = writeln!(err, "The copy {image} \"{name}\" in {region} goes on in AWS.");
    }
    if copying.len() > NAMED {
        let _ = writeln!(err, "So do {} more. `amigrate jobs` lists them all.", copying.len() - NAMED);
    }
    let queued = model.board.jobs().filter(|j| j.needs_driving()).count();
    if queued > 0 {
        let copies = format!("{} queued or being removed", count(queued, "copy is", "copies are"));
        let _ = match (background, &model.board.driver) {
            (Some(Ok(())), _) => {
                writeln!(err, "{copies}: that goes on in the background; `amigrate jobs` shows how far it is.")
            }
            (Some(Err(failure)), _) => writeln!(err, "{copies}: not going on in the background: {failure}"),
            (None, driver @ DriverStatus::Another(_)) => {
                let who = labels::driver::unresponsive(driver)
                    .or_else(|| labels::driver::running_elsewhere(driver))
                    .unwrap_or_default();
                writeln!(err, "{copies}: {who}.")
            }
            (None, _) => writeln!(err, "{copies}: that goes on with the next amigrate, or with `amigrate drive`."),
        };
    }
}

/// A terminal that has gone away is not a fault of ours.
fn gone(error: &io::Error) -> bool {
    // EIO is what a closed pseudo-terminal answers.
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected) || error.raw_os_error() == Some(5)
}

fn broken(error: &io::Error) -> Failure {
    Failure::new("draw the screen", error.to_string())
}

/// SIGHUP and SIGTERM leave as a hang-up does, SIGTSTP suspends as `Ctrl-Z` does.
fn leave_on_signals(sender: &tokio::sync::mpsc::UnboundedSender<Input>) -> Result<(), Failure> {
    let mut stop = signal(super::stop_signal()).map_err(|e| Failure::new("listen for signals", e.to_string()))?;
    let suspending = sender.clone();
    tokio::spawn(async move { while stop.recv().await.is_some() && suspending.send(Input::Suspend).is_ok() {} });
    for (kind, input) in [(SignalKind::hangup(), Input::Hangup), (SignalKind::terminate(), Input::Terminate)] {
        let mut signals = signal(kind).map_err(|e| Failure::new("listen for signals", e.to_string()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            if signals.recv().await.is_some() {
                // The loop may be held up in writing to a line that takes nothing, and never hear of it.
                session::end_within(PATIENCE, GONE.into());
                let _ = sender.send(input);
            }
        });
    }
    Ok(())
}
