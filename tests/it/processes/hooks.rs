//! The hook of ended copies after the screen: a process in the background stays for it, and runs what was not begun.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Command,
    sync::mpsc,
    thread,
};

use rustix::process::Signal;

use super::{
    exits::Background,
    fixture::{PATIENCE, ProcessFixture},
};
use crate::support::pty::Pty;

#[test]
fn the_background_stays_for_copies_that_go_on_and_runs_their_hooks_once() {
    let mut fixture = ProcessFixture::slow();
    let (hook, log) = (fixture.home.path().join("hook"), fixture.home.path().join("hooks.log"));
    let lines = format!("#!/bin/sh\necho \"$AMIGRATE_JOB $AMIGRATE_STATE\" >> {}\n", log.display());
    fs::write(&hook, lines).expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("its mode is set");
    fixture.settings.push(("AMIGRATE_HOOKS_JOB_ENDED", hook.to_str().expect("UTF-8").to_owned()));
    let mut screen = fixture.screen_ready();
    fixture.ask_copies("queue", 1);
    screen.wait_for("the copies", |t| t.matches("0/1").count() == 3);
    screen.keys("q");
    assert!(screen.wait_exit().success(), "nothing is queued, so nothing is asked: {}", screen.text());
    assert!(screen.text().contains("runs the hook when copies end"), "{}", screen.text());
    fixture.changed.wait_for("the background to drive", PATIENCE, || (!fixture.nobody_drives()).then_some(()));
    let background = Background::the_one(&fixture);
    fixture.ec2.hurry();
    background.wait_for_its_end();
    let ended = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(ended(), ["1 available", "2 available", "3 available"]);
    // Nothing has ended since.
    let mut again = fixture.screen_ready();
    again.keys("q");
    assert!(again.wait_exit().success(), "{}", again.text());
    assert_eq!(ended().len(), 3);
}

/// Sets a hook of these lines.
fn set_hook(fixture: &mut ProcessFixture, lines: &str) {
    let hook = fixture.home.path().join("hook");
    fs::write(&hook, format!("#!/bin/sh\n{lines}\n")).expect("a file");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).expect("its mode is set");
    fixture.settings.push(("AMIGRATE_HOOKS_JOB_ENDED", hook.to_str().expect("UTF-8").to_owned()));
    fixture.settings.push(("AMIGRATE_HOOKS_TIMEOUT_SECONDS", "600".into()));
}

/// A FIFO whose opening blocks nobody.
fn fifo(path: &Path) -> File {
    assert!(Command::new("mkfifo").arg(path).status().expect("it runs").success());
    File::options().read(true).write(true).open(path).expect("it opens")
}

/// Hooks that say when they begin, wait until they may continue, and say that they end.
struct Hooks {
    said: mpsc::Receiver<String>,
    go: File,
}

impl Hooks {
    fn of(fixture: &mut ProcessFixture) -> Self {
        let (said, go) = (fixture.home.path().join("said"), fixture.home.path().join("go"));
        let lines = format!(
            "tty=detached; (: > /dev/tty) 2> /dev/null && tty=attached\n\
             files=limited; [ \"$(ulimit -S -f)\" = unlimited ] && files=unlimited\n\
             echo \"begun\" > {said}\n\
             timeout 300 dd bs=1 count=1 if={go} > /dev/null 2>&1\n\
             echo \"$AMIGRATE_JOB $AMIGRATE_STATE $AMIGRATE_ACCOUNT $AMIGRATE_ENDPOINT $tty $files ${{AMIGRATE_LAUNCH_HOOK-}}\" > {said}",
            said = said.display(),
            go = go.display(),
        );
        set_hook(fixture, &lines);
        let (from, go) = (fifo(&said), fifo(&go));
        let (sender, said) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(from).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).take_while(Result::is_ok).count()
        });
        Self { said, go }
    }

    /// What the next ones say.
    #[track_caller]
    fn say(&self, count: usize) -> Vec<String> {
        (0..count).map(|n| self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("only {n} of {count}"))).collect()
    }

    fn let_go(&mut self, count: usize) {
        self.go.write_all(&vec![0; count]).expect("the pipe takes it");
    }
}

/// A screen with twelve copies that have ended: eight hooks run, four are due.
fn with_hooks_due(settings: &[(&'static str, &str)]) -> (ProcessFixture, Hooks, Pty) {
    let mut fixture = ProcessFixture::new();
    fixture.settings.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let hooks = Hooks::of(&mut fixture);
    let mut screen = fixture.screen_ready();
    fixture.ask_copies("queue", 4);
    screen.wait_for("every copy to end", |_| {
        let jobs = fixture.jobs();
        jobs.len() == 12 && jobs.iter().all(|job| job.state.ended())
    });
    assert_eq!(hooks.say(8), ["begun"; 8]);
    assert_eq!(fixture.loaded().due_hooks, 4);
    (fixture, hooks, screen)
}

/// The four that were due are run by the process that runs the queue now, and every hook has run once, without the terminal.
fn all_run_once(fixture: &ProcessFixture, mut hooks: Hooks) {
    assert_eq!(hooks.say(4), ["begun"; 4]);
    assert_eq!(fixture.loaded().due_hooks, 0);
    hooks.let_go(12);
    let mut said = hooks.say(12);
    said.sort_by_key(|line| line.split(' ').next().and_then(|n| n.parse::<u32>().ok()));
    let url = &fixture.ec2.url;
    let expected = |n: u32| format!("{n} available 123456789012 {url} detached limited ");
    assert_eq!(said, (1..=12).map(expected).collect::<Vec<_>>());
}

#[test]
fn hooks_that_were_not_begun_when_the_screen_is_left_run_in_the_background() {
    let (fixture, hooks, mut screen) = with_hooks_due(&[]);
    screen.keys("q");
    assert!(screen.wait_exit().success(), "{}", screen.text());
    assert!(screen.text().contains("process in the background runs"), "{}", screen.text());
    all_run_once(&fixture, hooks);
}

#[test]
fn hooks_that_were_not_begun_when_the_screen_is_ended_run_with_the_next_amigrate() {
    let (fixture, hooks, mut screen) = with_hooks_due(&[]);
    screen.kill(Signal::TERM);
    screen.wait_exit();
    assert_eq!(fixture.loaded().due_hooks, 4);
    let mut next = fixture.drive();
    all_run_once(&fixture, hooks);
    assert!(next.wait().success(), "{}", next.errors());
}
