//! Line mode on a terminal: `amigrate demo --plain`.

use rustix::process::Signal;
use tempfile::TempDir;

use super::{AS_JOB, WITHOUT_HANGUP, program::program};
use crate::support::pty::{Program, Pty};

/// Waits for the first answer.
fn ready(pty: &mut Pty) {
    pty.wait_for("the images", |text| text.contains("Keys: c copy") && text.trim_end().ends_with("\n:"));
}

fn prompt(arguments: &[&str]) -> (TempDir, Pty) {
    let (home, program) = program(&[&["demo", "--plain"], arguments].concat());
    let mut pty = program.start(200, 60);
    ready(&mut pty);
    (home, pty)
}

/// Types a line, and waits for an answer with this in it and for the next prompt.
#[track_caller]
fn say(pty: &mut Pty, line: &str, expected: &str) -> String {
    let before = pty.bytes_seen().len();
    pty.keys(&format!("{line}\n"));
    wait_said(pty, before, expected)
}

/// Waits for this among what is written after so many bytes, and for the next prompt.
#[track_caller]
fn wait_said(pty: &mut Pty, before: usize, expected: &str) -> String {
    loop {
        let said = String::from_utf8_lossy(&pty.bytes_seen()[before..]).into_owned();
        if said.contains(expected) && said.ends_with("\n: ") {
            return said;
        }
        pty.wait_more(pty.bytes_seen().len());
    }
}

/// Starts a copy and cancels it: where time all but stands still, there is work to do until the program ends.
fn start_work(pty: &mut Pty) {
    for (line, expected) in [
        ("/app-web-2026.00015", "Images: 1 of 64"),
        ("copy", "Copy 1 image"),
        ("us-east-2", "Destinations: us-east-2"),
        ("Ctrl-s", "Ready: Ctrl-s starts 1 copy."),
        ("Ctrl-s", "1 copy queued."),
    ] {
        say(pty, line, expected);
    }
    // Else the question would have to be asked again, once the image has an id.
    wait_said(pty, 0, "to us-east-2: copying");
    say(pty, "cancel", "Cancel a copy");
    let before = pty.bytes_seen().len();
    pty.keys("y\n");
    wait_said(pty, before, "to us-east-2: cancelling");
}

/// A braille display has 40 cells, or fewer.
#[test]
fn the_size_of_the_terminal_does_not_matter() {
    let (_home, program) = program(&["demo", "--plain"]);
    let mut pty = program.start(20, 3);
    wait_said(&mut pty, 0, "Keys: c copy");
    say(&mut pty, "PgDn", "20: current,");
    pty.resize(12, 2);
    say(&mut pty, "help", "Line mode.");
    say(&mut pty, "Tab", "Jobs");
    pty.keys("q\n");
    assert!(pty.wait_exit().success());
}

#[test]
fn nothing_of_the_terminal_is_changed_and_wrong_lines_do_no_harm() {
    let (_home, mut pty) = prompt(&[]);
    say(&mut pty, "nonsense", "There is no command nonsense.");
    say(&mut pty, &"x".repeat(3_000), "There is no command xxx");
    say(&mut pty, "help", "region REGION");
    assert!(!pty.bytes_seen().contains(&0x1b));
    pty.keys("q\n");
    assert!(pty.wait_exit().success(), "{}", pty.text());
    assert!(!pty.bytes_seen().contains(&0x1b) && !pty.bytes_seen().contains(&0x07));
}

#[test]
fn ctrl_c_and_ctrl_d_ask_and_a_second_one_quits() {
    for key in ["\x03", "\x04"] {
        let (_home, mut pty) = prompt(&["--time-scale", "0.001"]);
        start_work(&mut pty);
        let before = pty.bytes_seen().len();
        pty.keys(key);
        wait_said(&mut pty, before, "Everything in the demo is lost.");
        pty.keys(key);
        assert!(pty.wait_exit().success(), "{}", pty.text());
    }
}

#[test]
fn signals_end_it_as_they_end_the_screen() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let (_home, mut pty) = prompt(&[]);
        pty.kill(signal);
        assert_eq!(pty.wait_exit().exit_code(), status, "{signal:?}");
    }
}

#[test]
fn a_hang_up_ends_it_though_the_signal_is_ignored() {
    let home = tempfile::tempdir().expect("a directory");
    let demo = [env!("CARGO_BIN_EXE_amigrate"), "demo", "--plain", "--time-scale", "0.001"];
    let line = [&WITHOUT_HANGUP[..], &demo].concat();
    let mut pty = Program::new("/bin/sh", &line).home(home.path()).start(200, 60);
    ready(&mut pty);
    // The pseudo-terminal types Ctrl-D before it closes, which asks because there is work to do.
    start_work(&mut pty);
    pty.hang_up_echoing();
    assert_eq!(pty.wait_exit().exit_code(), 129);
}

#[test]
fn ctrl_z_stops_it_and_the_prompt_is_there_again() {
    let home = tempfile::tempdir().expect("a directory");
    let line = [&AS_JOB[..], &[env!("CARGO_BIN_EXE_amigrate"), "demo", "--plain"]].concat();
    let mut pty = Program::new("/bin/sh", &line).home(home.path()).start(200, 60);
    ready(&mut pty);
    pty.bytes(b"\x1a");
    pty.wait_for("the shell", |text| text.contains("stopped 147"));
    let before = pty.bytes_seen().len();
    pty.keys("go\n");
    while !pty.bytes_seen()[before..].ends_with(b"\n: ") {
        pty.wait_more(pty.bytes_seen().len());
    }
    say(&mut pty, "2", "2: current,");
    pty.keys("q\n");
    pty.wait_exit();
    assert!(pty.text().contains("ended 0"), "{}", pty.text());
}
