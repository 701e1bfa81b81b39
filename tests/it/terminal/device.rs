//! The `term` layer in a pseudo-terminal: entering, leaving, suspending, panics, hang-ups.

use amigrate::term::{Caps, CapsOverrides, Input, Screen, TermSession, Tty, input, session};
use ratatui::{Frame, text::Line};
use rustix::process::Signal;
use tokio::sync::mpsc::unbounded_channel;

use super::{AS_JOB, WITHOUT_HANGUP, given_back};
use crate::support::pty::{Program, Pty};

/// Set in the environment of this binary when it is started as the program under test.
const ROLE: &str = "AMIGRATE_TEST_ROLE";

/// This binary as the program under test, started by a shell's words if there are any.
fn player(role: &str, shell: &[&str]) -> Program {
    let myself = std::env::current_exe().expect("a path");
    let myself = [myself.to_str().expect("a plain path")];
    let play = ["--exact", "terminal::device::play", "--nocapture", "--test-threads=1"];
    let line =
        if shell.is_empty() { [&myself[..], &play].concat() } else { [&["/bin/sh"], shell, &myself, &play].concat() };
    Program::new(line[0], &line[1..]).env(ROLE, role)
}

fn start(role: &str) -> Pty {
    let mut pty = player(role, &[]).start(40, 10);
    pty.wait_for("the first frame", |text| text.contains("size 40x10"));
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && pty.screen().bracketed_paste());
    pty
}

/// The program under test, if [`ROLE`] is set: shows each input it receives. Otherwise an empty test.
#[test]
fn play() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = runtime.block_on(act(&role));
    std::process::exit(status);
}

async fn act(role: &str) -> i32 {
    let env = |name: &str| std::env::var(name).ok();
    let caps = Caps::detect(&env, CapsOverrides::default());
    session::install_panic_hook(|_| {});
    let mut session = TermSession::enter(&caps).unwrap();
    let (sender, mut inputs) = unbounded_channel();
    let size = session::size();
    let reader = input::spawn(sender, size).unwrap();
    let mut screen = Screen::new(Tty, size, &caps);
    let mut heard = String::from("nothing");
    // On its own line: it may arrive before or after keys that were typed at the same time.
    let mut continued = 0;
    loop {
        let (columns, rows) = screen.size();
        screen
            .draw(|frame: &mut Frame<'_>| {
                let area = frame.area();
                for (y, text) in (0..).zip([
                    format!("size {columns}x{rows}"),
                    format!("heard {heard}"),
                    format!("continued {continued}"),
                ]) {
                    if y < area.height {
                        frame.buffer_mut().set_line(0, y, &Line::from(text), area.width);
                    }
                }
            })
            .unwrap();
        let Some(input) = inputs.recv().await else { return 3 };
        match input {
            Input::Hangup | Input::Terminate | Input::Suspend => return 7,
            Input::Resize(columns, rows) => screen.resize(columns, rows),
            Input::Continued => {
                session.reenter().unwrap();
                screen.repaint();
                continued += 1;
            }
            Input::Key(key) if key.code == input::KeyCode::Char('q') => break,
            Input::Key(key) if key.code == input::KeyCode::Char('p') => {
                assert!(role != "panic", "told to");
                std::thread::spawn(|| panic!("told to, elsewhere")).join().unwrap();
            }
            Input::Key(key) if key.code == input::KeyCode::Char('z') && !key.modifiers.is_empty() => {
                session.suspend().unwrap();
                screen.repaint();
                heard = "the shell".into();
            }
            Input::Paste(text) => heard = format!("pasted {text}"),
            Input::Key(key) => heard = format!("key {}", key.code),
            Input::Line(_) | Input::Mouse(_) => {}
        }
    }
    drop(reader);
    session.leave();
    0
}

#[test]
fn it_is_taken_and_given_back() {
    let mut pty = start("plain");
    pty.keys("x");
    pty.wait_for("the key", |text| text.contains("heard key x"));
    pty.bytes(b"\x1b[200~hello there\x1b[201~");
    pty.wait_for("the paste", |text| text.contains("heard pasted hello there"));
    pty.bytes(b"\x1b");
    pty.wait_for("the Esc key", |text| text.contains("heard key Esc"));
    pty.resize(20, 5);
    pty.wait_for("the other size", |text| text.contains("size 20x5"));
    pty.keys("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    given_back(&pty);
}

#[test]
fn a_panic_gives_it_back_and_is_told_wherever_it_happens() {
    for role in ["panic", "panic elsewhere"] {
        let mut pty = start(role);
        pty.keys("p");
        assert_eq!(pty.wait_exit().exit_code(), 101);
        given_back(&pty);
        assert!(pty.text().contains("told to"), "{}", pty.text());
    }
}

#[test]
fn a_lost_line_is_heard() {
    let mut pty = player("plain", &WITHOUT_HANGUP).start(40, 10);
    pty.wait_for("the first frame", |text| text.contains("size 40x10"));
    pty.hang_up();
    let status = pty.wait_exit();
    // The hang-up may be noticed while reading or while drawing.
    assert!(matches!(status.exit_code(), 7 | 101), "{status:?}");
}

#[test]
fn ctrl_z_stops_and_the_shell_continues() {
    let mut pty = player("plain", &AS_JOB).start(40, 10);
    pty.wait_for("the first frame", |text| text.contains("size 40x10"));
    pty.bytes(b"\x1a");
    pty.wait_for("the shell", |text| text.contains("stopped 147"));
    given_back(&pty);
    // Typed while it is stopped: the terminal is back in the shell's mode.
    pty.keys("go\n");
    pty.wait_until("the screen again", vt100::Screen::alternate_screen);
    pty.wait_for("the whole frame again", |text| text.contains("size 40x10"));
    pty.keys("x");
    pty.wait_for("keys again", |text| text.contains("heard key x"));
    pty.keys("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    assert!(pty.text().contains("ended 0"), "{}", pty.text());
    given_back(&pty);
}

#[test]
fn stopped_and_continued_by_another_it_repaints() {
    let mut pty = start("plain");
    pty.kill(Signal::STOP);
    pty.kill(Signal::CONT);
    pty.wait_for("the continuation", |text| text.contains("continued 1"));
    pty.keys("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
}
