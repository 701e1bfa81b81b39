//! `amigrate demo` in a pseudo-terminal.

use rustix::process::Signal;
use tempfile::TempDir;

use super::{AS_JOB, WITHOUT_HANGUP, given_back};
use crate::support::pty::{Program, Pty};

/// The status of a program that is made to end: 128 + SIGHUP.
const HANG_UP: u32 = 129;

pub(super) fn program(arguments: &[&str]) -> (TempDir, Program) {
    let home = tempfile::tempdir().expect("a directory");
    let program = Program::new(env!("CARGO_BIN_EXE_amigrate"), arguments).home(home.path());
    (home, program)
}

/// The demo on 80x24, once its first images are listed.
fn demo() -> (TempDir, Pty) {
    let (home, program) = program(&["demo"]);
    let mut pty = program.start(80, 24);
    ready(&mut pty);
    (home, pty)
}

/// The same, started by a shell's words.
fn demo_in_shell(shell: &[&str]) -> (TempDir, Pty) {
    let home = tempfile::tempdir().expect("a directory");
    let line = [shell, &[env!("CARGO_BIN_EXE_amigrate"), "demo"]].concat();
    let mut pty = Program::new("/bin/sh", &line).home(home.path()).start(80, 24);
    ready(&mut pty);
    (home, pty)
}

pub(super) fn ready(pty: &mut Pty) {
    pty.wait_for("the demonstration's images", |text| {
        text.contains("DEMO") && text.contains("q quit") && text.contains("ami-")
    });
}

/// A demo whose copies all but stand still, on 80x24, once all its images are listed.
pub(super) fn still_demo(program: Program) -> Pty {
    let mut pty = program.start(80, 24);
    ready(&mut pty);
    pty.wait_for("the end of all lists", |text| text.contains("app-web-2026.00015") && !text.contains("listing"));
    pty
}

#[test]
fn it_starts_and_quits() {
    let (_home, mut pty) = demo();
    assert!(pty.screen().alternate_screen());
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
}

#[test]
fn ctrl_c_quits() {
    let (_home, mut pty) = demo();
    pty.bytes(b"\x03");
    pty.wait_exit();
    given_back(&pty);
}

#[test]
fn it_asks_the_terminal_nothing() {
    let (_home, mut pty) = demo();
    pty.keys("q");
    pty.wait_exit();
    let sent = String::from_utf8_lossy(pty.bytes_seen()).into_owned();
    for question in
        ["\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[>0c", "\x1b[?u", "$p", "\x1b]10;?", "\x1b]11;?"]
    {
        assert!(!sent.contains(question), "{question:?} was sent");
    }
}

#[test]
fn a_lost_line_ends_it() {
    let (_home, mut pty) = demo();
    pty.hang_up();
    assert_eq!(pty.wait_exit().exit_code(), HANG_UP);
}

#[test]
fn a_lost_line_ends_it_without_the_signal_too() {
    let (_home, mut pty) = demo_in_shell(&WITHOUT_HANGUP);
    pty.hang_up();
    assert_eq!(pty.wait_exit().exit_code(), HANG_UP);
}

#[test]
fn terminating_it_gives_the_terminal_back() {
    let (_home, mut pty) = demo();
    pty.kill(Signal::TERM);
    assert_eq!(pty.wait_exit().exit_code(), HANG_UP);
    given_back(&pty);
}

#[test]
fn a_line_that_takes_nothing_does_not_hold_it() {
    for signal in [Signal::HUP, Signal::TERM] {
        let (_home, mut pty) = demo();
        pty.stall();
        // A frame that nobody takes.
        pty.keys("?");
        pty.wait_held_up();
        pty.kill(signal);
        pty.wait_exit();
    }
}

#[test]
fn ctrl_z_stops_it_and_the_shell_continues_it() {
    let (_home, mut pty) = demo_in_shell(&AS_JOB);
    pty.bytes(b"\x1a");
    pty.wait_for("the shell", |text| text.contains("stopped 147"));
    given_back(&pty);
    pty.keys("go\n");
    pty.wait_until("the screen again", vt100::Screen::alternate_screen);
    ready(&mut pty);
    pty.keys("q");
    pty.wait_exit();
    assert!(pty.text().contains("ended 0"), "{}", pty.text());
    given_back(&pty);
}

#[test]
fn continued_by_another_it_repaints() {
    let (_home, mut pty) = demo();
    pty.kill(Signal::STOP);
    let before = pty.bytes_seen().len();
    pty.kill(Signal::CONT);
    // A repaint erases the whole screen; an update of figures erases nothing.
    loop {
        let last = pty.bytes_seen().len();
        if pty.bytes_seen()[before..].windows(4).any(|part| part == b"\x1b[2J") {
            break;
        }
        pty.wait_more(last);
    }
    ready(&mut pty);
    pty.keys("q");
    pty.wait_exit();
}

#[test]
fn every_size_is_drawn() {
    let (_home, mut pty) = demo();
    for (columns, rows) in [(20, 5), (60, 15), (200, 60), (1, 1)] {
        let before = pty.bytes_seen().len();
        pty.resize(columns, rows);
        pty.wait_more(before);
    }
    pty.resize(80, 24);
    ready(&mut pty);
    pty.keys("q");
    assert!(pty.wait_exit().success());
}

/// Resized and resized back in one go, the terminal has cut its lines and the size is the same.
#[test]
fn a_window_change_to_the_same_size_is_drawn_whole() {
    let (_home, mut pty) = demo();
    let frames = |pty: &Pty| String::from_utf8_lossy(pty.bytes_seen()).matches(" amigrate ").count();
    let (mut seen, before) = (pty.bytes_seen().len(), frames(&pty));
    pty.kill(Signal::WINCH);
    while frames(&pty) == before {
        pty.wait_more(seen);
        seen = pty.bytes_seen().len();
    }
    pty.keys("q");
    assert!(pty.wait_exit().success());
}

#[test]
fn too_small_it_says_so_and_quits() {
    let (_home, program) = program(&["demo"]);
    let mut pty = program.start(20, 5);
    pty.wait_for("anything", |text| !text.trim().is_empty());
    pty.keys("q");
    assert!(pty.wait_exit().success());
    given_back(&pty);
}

#[test]
fn garbage_and_pastes_do_no_harm() {
    let (_home, mut pty) = demo();
    // A paste outside a text field is no command: the `q` in it does not quit.
    pty.bytes(b"\x1b[200~q\nq\x1b[201~");
    // Unsolicited terminal responses, broken sequences, invalid UTF-8.
    pty.bytes(
        b"\x1b[24;80R\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c\xff\xfe\x80\x1b[999;999;999~\x1b[<0;9\x1bP1$r\x1b\\",
    );
    // Help opens, so the program has read everything before it and still runs.
    pty.keys("?");
    pty.wait_for("the help", |text| text.contains(" Help "));
    pty.keys("\x1b");
    ready(&mut pty);
    pty.keys("q");
    assert!(pty.wait_exit().success());
}

#[test]
fn without_a_terminal_it_prints_lines_or_says_why_not() {
    let home = tempfile::tempdir().expect("a directory");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_amigrate"))
        .arg("nonsense")
        .env_clear()
        .env("HOME", home.path())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    assert!(!output.status.success());
    assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "escapes without a terminal");
    assert!(!output.stderr.is_empty());
}

/// The bytes of the frame that contains this, as far as they were read.
fn frame_with<'a>(bytes: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let find = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|found| found == part);
    let begin = find(bytes, part)?;
    let begin =
        begin - bytes[..begin].windows(8).rev().position(|found| found == b"\x1b[?2026h").map_or(begin, |n| n + 8);
    let length = find(&bytes[begin..], b"\x1b[?2026l")?;
    Some(&bytes[begin..begin + length])
}

#[test]
fn a_whole_frame_is_at_most_4_kib() {
    const BUDGET: usize = 4_096;
    let (_home, program) = program(&["demo", "--time-scale", "0.001"]);
    let mut pty = still_demo(program);
    let first = frame_with(pty.bytes_seen(), b"amigrate").expect("a first frame").len();
    let before = pty.bytes_seen().len();
    // Drawn again, with everything on it.
    pty.keys("\x0c");
    let whole = loop {
        if let Some(frame) = frame_with(&pty.bytes_seen()[before..], b"\x1b[2J") {
            break frame.len();
        }
        pty.wait_more(pty.bytes_seen().len());
    };
    println!("first frame {first} bytes, a full one {whole}");
    assert!(first > 200 && first <= BUDGET && whole > 1_500 && whole <= BUDGET, "{first} and {whole}");
    pty.keys("q");
    assert!(pty.wait_exit().success());
}
