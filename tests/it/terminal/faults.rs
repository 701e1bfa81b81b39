//! A panic in the loop, and in a task that it started: this binary, started a second time, runs the real loop on the real terminal, with a
//! fault in it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use amigrate::{
    driver::{Clock, SessionSource},
    runtime::{TerminalPort, WorkspaceEffects, run},
    sim::connector,
    term::{Caps, CapsOverrides, Screen, TermSession, Tty, input, session},
    tui::{Model, Workspace, view},
};
use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use super::given_back;
use crate::support::{
    pty::Program,
    screen_harness::{ScreenHarnessBuilder, effect_config, named},
};

/// Set in the environment of this binary when it is started as the program under test: where the fault is.
const ROLE: &str = "AMIGRATE_TEST_FAULT";

/// Copying to the clipboard panics, or else breaks the embedded EC2.
struct FaultyTerminal {
    screen: Screen<Tty>,
    broken: Option<Arc<AtomicBool>>,
}

impl TerminalPort for FaultyTerminal {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.screen.draw(|frame| view::draw(frame, model)).map(|_| ())
    }

    fn clipboard(&mut self, _text: &str) -> io::Result<bool> {
        let Some(broken) = &self.broken else { panic!("told to, in the loop") };
        broken.store(true, Ordering::SeqCst);
        Ok(true)
    }
}

/// The program under test, if [`ROLE`] is set. Otherwise an empty test.
#[test]
fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(act(&role));
    std::process::exit(0);
}

async fn act(role: &str) {
    let env = |name: &str| std::env::var(name).ok();
    let caps = Caps::detect(&env, CapsOverrides::default());
    session::install_panic_hook(|_| {});
    let (size, clock) = (session::size(), Clock::starting(Timestamp::now()));
    let builder = ScreenHarnessBuilder::new(named("demo")).size(size.0, size.1);
    let (world, config) = (builder.world().0, builder.config.clone());
    let home = world.with(|w| w.home().clone());
    let broken = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&broken);
    let http = connector::http_client(world, move || {
        assert!(!seen.load(Ordering::SeqCst), "told to, in a task");
        clock.now()
    });
    let session = TermSession::enter(&caps).unwrap();
    let (sender, mut inputs) = unbounded_channel();
    let _reader = input::spawn(sender, size).unwrap();
    let broken = (role == "task").then_some(broken);
    let mut terminal = FaultyTerminal { screen: Screen::new(Tty, size, &caps), broken };
    let (mut workspace, first) = Workspace::new(builder.start());
    let origin = SessionSource::simulated(http.into(), home);
    let mut effects = WorkspaceEffects::new(origin, effect_config(&config), clock);
    run(&mut workspace, first, &mut effects, &mut inputs, &mut terminal, clock, 30).await.unwrap();
    drop(session);
}

#[test]
fn a_panic_gives_the_terminal_back_is_told_and_is_no_success() {
    let myself = std::env::current_exe().expect("a path");
    let myself = myself.to_str().expect("a plain path");
    for role in ["loop", "task"] {
        let home = tempfile::tempdir().expect("a directory");
        let play = ["--exact", "terminal::faults::play", "--nocapture", "--test-threads=1"];
        let mut pty = Program::new(myself, &play).home(home.path()).env(ROLE, role).start(80, 24);
        pty.wait_for("the images", |text| text.contains("q quit") && text.contains("ami-"));
        // To the clipboard, and list again: whichever request comes first meets the fault.
        pty.keys("yR");
        assert_eq!(pty.wait_exit().exit_code(), 101);
        given_back(&pty);
        let said = pty.text();
        assert!(
            said.contains("amigrate failed because of an internal error") && said.contains("told to, in"),
            "{said}"
        );
    }
}
