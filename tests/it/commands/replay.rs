//! `amigrate replay`: what it says of logs that are none, or not whole.

use std::{fs, path::PathBuf};

use super::fixture::{Commands, Ended};

/// The log of a demo that was opened and left.
struct Log {
    commands: Commands,
    path: PathBuf,
}

impl Log {
    fn of_demo() -> Self {
        let mut commands = Commands::new("demo");
        let path = commands.home.path().join("bug.log");
        commands.settings.push(("AMIGRATE_LOG_FILE", path.to_str().expect("UTF-8").to_owned()));
        let log = Self { commands, path };
        log.record();
        log
    }

    /// Opens the demo and leaves it.
    fn record(&self) {
        let mut pty = self.commands.on_terminal(&["demo", "--log-level", "debug"]);
        pty.wait_for("the images", |text| text.contains("ami-") && !text.contains("listing"));
        pty.keys("q");
        assert!(pty.wait_exit().success());
    }

    fn replay(&mut self, more: &[&str]) -> Ended {
        let path = self.path.to_str().expect("UTF-8").to_owned();
        self.commands.run(&[&["replay", path.as_str()], more].concat())
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("a log")
    }

    fn write(&self, text: &str) {
        fs::write(&self.path, text).expect("it is written");
    }
}

const MARKER: &str = "amigrate::recording: ";

fn refused(ended: &Ended, status: i32, why: &str) {
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(status), ""), "{ended:?}");
    assert!(ended.stderr.contains(why), "{ended:?}");
}

#[test]
fn a_screen_is_shown_with_what_is_wrong_with_its_log() {
    let mut log = Log::of_demo();
    let whole = log.text();
    let ended = log.replay(&[]);
    assert!(ended.status == Some(0) && ended.stdout.contains("DEMO"), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 30);
    assert!(ended.stderr.contains("100x30"), "{ended:?}");
    assert_eq!(log.replay(&["--size", "60x20"]).stdout.lines().count(), 20);
    let recorded_by = |version: &str| format!("\"version\":\"{version}\"");
    assert!(
        whole.contains(&recorded_by(env!("CARGO_PKG_VERSION"))) && !ended.stderr.contains("recorded by"),
        "{ended:?}"
    );
    log.write(&whole.replacen(&recorded_by(env!("CARGO_PKG_VERSION")), &recorded_by("0.0.9"), 1));
    for more in [&[][..], &["--redact"]] {
        let ended = log.replay(more);
        assert!(ended.status == Some(0) && ended.stderr.contains("recorded by amigrate 0.0.9"), "{ended:?}");
    }
    log.write(&whole);
    assert_eq!(log.replay(&["--quiet"]).stderr, "");
    refused(&log.replay(&["--run", "1"]), 2, "no screen of process 1");
    refused(&log.replay(&["--message", "999999"]), 2, "the last message is number");
    refused(&log.replay(&["--at", "2020-01-01T00:00:00Z"]), 2, "it begins at");

    // What is sent to others shows the same screen, with other names.
    let redacted = log.replay(&["--redact"]);
    assert!(redacted.status == Some(0) && !redacted.stdout.contains("123456789012"), "{redacted:?}");
    log.write(&redacted.stdout);
    let other = log.replay(&[]);
    assert_eq!(other.stdout.lines().count(), 30);
    assert!(other.stdout.contains("DEMO") && other.stdout != ended.stdout, "{other:?}");
    log.write(&whole);

    // As after a crash.
    let records: Vec<&str> = whole.lines().filter(|line| line.contains(MARKER)).collect();
    let last = records.last().expect("messages");
    log.write(&whole[..whole.rfind(last).expect("it is there") + last.len() - 5]);
    let ended = log.replay(&[]);
    assert!(ended.status == Some(0) && ended.stderr.contains("The last line is cut off"), "{ended:?}");

    // A line that was dropped.
    let dropped = records[records.len() - 2];
    log.write(&whole.replace(&format!("{dropped}\n"), ""));
    let ended = log.replay(&[]);
    assert!(ended.status == Some(0) && ended.stderr.contains("1 line is missing after message"), "{ended:?}");

    // A beginning that was lost when the log was rotated.
    log.write(&whole.replace(&format!("{}\n", records[0]), ""));
    refused(&log.replay(&[]), 1, "the beginning of the recording");

    log.write(&whole.replace("\"format\":1", "\"format\":2"));
    refused(&log.replay(&[]), 1, "in a newer form");
}

#[test]
fn rotated_files_are_read_first_and_runs_are_kept_apart() {
    let mut log = Log::of_demo();
    let first = log.text();
    let pid =
        |text: &str| text.split_once("\"pid\":").expect("a pid").1.split(',').next().expect("a number").to_owned();
    let (middle, _) = first.match_indices('\n').nth(first.lines().count() / 2).expect("lines");
    fs::write(log.path.with_extension("log.1"), &first[..=middle]).expect("a file");
    log.write(&first[middle + 1..]);
    assert!(log.replay(&[]).stdout.contains("DEMO"));
    log.record();
    let ended = log.replay(&[]);
    assert!(ended.stderr.contains(&format!("other runs, of the processes {}", pid(&first))), "{ended:?}");
    let ended = log.replay(&["--run", &pid(&first)]);
    assert!(ended.status == Some(0) && ended.stderr.contains(&format!("Process {},", pid(&first))), "{ended:?}");
}

#[test]
fn what_has_no_recording_is_refused() {
    let mut log = Log { commands: Commands::new("demo"), path: PathBuf::new() };
    log.path = log.commands.home.path().join("other.log");
    refused(&log.replay(&[]), 1, "No such file");
    for text in ["", "not a log\n\u{1b}[31m\n", "amigrate::recording: {}\namigrate::recording: nonsense\n"] {
        log.write(text);
        let ended = log.replay(&[]);
        refused(&ended, 1, "no run of the screen is recorded in it");
        assert!(ended.stderr.contains("--log-level debug"), "{ended:?}");
    }
    fs::write(&log.path, [0xff, 0xfe, 0, b'\n']).expect("a file");
    refused(&log.replay(&[]), 1, "no run of the screen is recorded in it");
}
