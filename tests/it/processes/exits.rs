//! Leaving with a queue: a background process without a terminal continues, and ends when the queue is empty.
//! Linux only: `/proc` lists the processes that have no parent here.

use std::fs;

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};

use super::fixture::{PATIENCE, ProcessFixture};
use crate::support::pty::Pty;

/// A detached process. Dropping this kills it.
pub(crate) struct Background {
    pid: Pid,
    stat: Vec<String>,
}

/// The processes that use this fixture's directory, with their arguments.
fn processes(fixture: &ProcessFixture) -> Vec<(Pid, Vec<Vec<u8>>)> {
    let home = format!("XDG_STATE_HOME={}", fixture.home.path().display());
    let found = |entry: fs::DirEntry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let words = |file: &str| {
            let text = fs::read(entry.path().join(file)).unwrap_or_default();
            text.split(|b| *b == 0).map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        words("environ").iter().any(|v| v == home.as_bytes()).then(|| (pid, words("cmdline")))
    };
    fs::read_dir("/proc").expect("Linux has it").filter_map(|e| found(e.ok()?)).collect()
}

/// The screens that use this fixture's directory.
pub(crate) fn screens(fixture: &ProcessFixture) -> Vec<Pid> {
    let program = env!("CARGO_BIN_EXE_amigrate").as_bytes();
    let screen = |words: &[Vec<u8>]| words[0] == program && words.get(1).is_none_or(Vec::is_empty);
    processes(fixture).into_iter().filter(|(_, words)| screen(words)).map(|(pid, _)| pid).collect()
}

impl Background {
    /// The background processes of this fixture.
    fn all(fixture: &ProcessFixture) -> Vec<Self> {
        let found = |(pid, words): (Pid, Vec<Vec<u8>>)| {
            if words.get(1).is_none_or(|word| word != b"drive") {
                return None;
            }
            let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
            // The name in parentheses may hold anything.
            let stat = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
            Some(Self { pid, stat })
        };
        processes(fixture).into_iter().filter_map(found).collect()
    }

    #[track_caller]
    pub(crate) fn the_one(fixture: &ProcessFixture) -> Self {
        let mut all: Vec<Self> = Self::all(fixture);
        assert_eq!(all.len(), 1, "one process continues in the background");
        all.remove(0)
    }

    /// Its controlling terminal; 0 is none.
    pub(crate) fn terminal(&self) -> &str {
        &self.stat[4]
    }

    #[track_caller]
    pub(crate) fn wait_for_its_end(&self) {
        let Ok(process) = pidfd_open(self.pid, PidfdFlags::empty()) else { return };
        let mut wait = [PollFd::new(&process, PollFlags::IN)];
        let patience = Timespec { tv_sec: PATIENCE.as_secs().try_into().expect("a small number"), tv_nsec: 0 };
        assert_eq!(poll(&mut wait, Some(&patience)).expect("it can be waited for"), 1, "it does not end");
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = kill_process(self.pid, Signal::KILL);
    }
}

/// A fixture with a screen that drives three copies and has three more queued.
fn busy(settings: &[(&'static str, &str)]) -> (ProcessFixture, Pty) {
    let mut fixture = ProcessFixture::slow();
    fixture.settings.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let mut screen = fixture.screen_ready();
    fixture.ask_copies("queue", 2);
    screen.wait_for("the queue", |t| t.contains("3 queued") && t.matches("0/1").count() == 3);
    (fixture, screen)
}

/// The background drives until the queue is empty, and ends; nothing is lost.
fn goes_on(fixture: &ProcessFixture) {
    // Either process may get the lock.
    fixture.changed.wait_for("the background to drive", PATIENCE, || (!fixture.nobody_drives()).then_some(()));
    let background = Background::the_one(fixture);
    assert_eq!(background.terminal(), "0", "it has no terminal");
    let mut watcher = fixture.screen_ready();
    watcher.wait_for("who drives", |t| t.contains("is running the queue"));
    fixture.ec2.hurry();
    fixture.ec2.wait_for_copies(6);
    watcher.keys("q");
    assert!(watcher.wait_exit().success(), "no question is asked where another drives: {}", watcher.text());
    background.wait_for_its_end();
    assert!(fixture.nobody_drives());
    fixture.finish_copies();
    assert_eq!(fixture.jobs().len(), 6);
    fixture.agrees();
}

#[test]
fn the_queue_goes_on_in_the_background() {
    let (fixture, mut screen) = busy(&[]);
    screen.keys("q");
    screen.wait_for("the question", |t| t.contains("3 copies are queued") && t.contains("Continue in the background"));
    screen.keys("\r");
    assert!(screen.wait_exit().success(), "{}", screen.text());
    goes_on(&fixture);
}

#[test]
fn a_hang_up_leaves_the_queue_to_the_background() {
    let (fixture, mut screen) = busy(&[]);
    screen.hang_up();
    screen.wait_exit();
    goes_on(&fixture);
}

#[test]
fn another_profile_leaves_the_queue_to_the_background() {
    let files = tempfile::tempdir().expect("a directory");
    let (config, none) = (files.path().join("config"), files.path().join("none"));
    fs::write(&config, "[profile elsewhere]\nregion = eu-west-1\n").expect("a file");
    let shown = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let settings = [("AWS_CONFIG_FILE", &*shown(&config)), ("AWS_SHARED_CREDENTIALS_FILE", &*shown(&none))];
    let (fixture, mut screen) = busy(&settings);
    screen.keys("p");
    screen.wait_for("the profiles", |t| t.contains("elsewhere"));
    screen.keys("\r");
    screen.wait_for("the other profile, which has no credentials", |t| !t.contains("3 queued"));
    goes_on(&fixture);
    screen.keys("q");
    assert!(screen.wait_exit().success(), "{}", screen.text());
}

#[test]
fn the_profile_of_a_queue_in_the_background_is_no_flag_and_is_named_on_leaving() {
    let files = tempfile::tempdir().expect("a directory");
    let (config, none) = (files.path().join("config"), files.path().join("none"));
    fs::write(&config, "[profile -ops]\naws_access_key_id = test\naws_secret_access_key = test\n").expect("a file");
    let shown = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let mut fixture = ProcessFixture::slow();
    fixture.settings.extend([("AWS_CONFIG_FILE", shown(&config)), ("AWS_SHARED_CREDENTIALS_FILE", shown(&none))]);
    let mut screen = fixture.screen_by(env!("CARGO_BIN_EXE_amigrate"), &["--profile=-ops"]);
    screen.wait_for("the images", |t| t.contains("app-web-") && !t.contains("listing"));
    fixture.ask_copies("queue", 2);
    screen.wait_for("the queue", |t| t.contains("3 queued") && t.matches("0/1").count() == 3);
    screen.keys("q");
    screen.wait_for("the question", |t| t.contains("Continue in the background"));
    screen.keys("\r");
    assert!(screen.wait_exit().success(), "{}", screen.text());
    let named = screen.text().contains("`amigrate jobs '--profile=-ops'` shows the progress");
    assert!(named, "{}", screen.text());
    goes_on(&fixture);
}

/// Nothing drives now; the next start continues.
fn stands_still_until_the_next_start(fixture: &ProcessFixture) {
    assert!(Background::all(fixture).is_empty(), "something continues in the background");
    assert!(fixture.nobody_drives());
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 3);
    fixture.ec2.hurry();
    fixture.finish_copies();
    assert_eq!(fixture.jobs().len(), 6);
    fixture.agrees();
}

#[test]
fn what_is_left_queued_goes_on_at_the_next_start() {
    let (fixture, mut screen) = busy(&[]);
    screen.keys("q");
    screen.wait_for("the question", |t| t.contains("Leave queued"));
    screen.keys("\t\r");
    assert!(screen.wait_exit().success(), "{}", screen.text());
    stands_still_until_the_next_start(&fixture);
}

#[test]
fn a_hang_up_leaves_nothing_behind_where_that_is_not_wanted() {
    let (fixture, mut screen) = busy(&[("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false")]);
    screen.hang_up();
    screen.wait_exit();
    stands_still_until_the_next_start(&fixture);
}
