//! The terminal of an interactive shell is killed while the program runs in it as a job: whatever the shell does about
//! its jobs then, a process continues with the queue. Linux only: `/proc` lists the processes that have no parent here.
//! `HANG_UPS` is the number of trials of each shell.

use std::{
    env,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Mutex,
    thread,
    time::Duration,
};

use super::exits::{Background, screens};
use super::fixture::ProcessFixture;
use crate::support::{ec2_server::lock, variables::number};

/// Trials of each shell unless `HANG_UPS` names a number.
const TRIALS: usize = 3;
/// Trials at once: they mostly wait.
const MAX_CONCURRENT: usize = 12;
/// A process that has not begun to drive by then never will.
const LONG: Duration = Duration::from_secs(40);

/// An interactive shell and how it treats its jobs.
struct Shell {
    program: &'static str,
    arguments: &'static [&'static str],
}

const SHELLS: [Shell; 4] = [
    // Whether jobs are hung up when a login shell ends; on a hang-up of the shell itself they are either way.
    Shell { program: "bash", arguments: &["--noprofile", "--norc", "--login", "-i", "-O", "huponexit"] },
    Shell { program: "bash", arguments: &["--noprofile", "--norc", "-i", "+O", "huponexit"] },
    Shell { program: "dash", arguments: &["-i"] },
    Shell { program: "zsh", arguments: &["-f", "-i"] },
];

fn installed(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

#[test]
fn a_process_goes_on_whatever_shell_the_killed_terminal_ran() {
    let (there, missing): (Vec<_>, Vec<_>) = SHELLS.iter().partition(|shell| installed(shell.program).is_some());
    for shell in missing {
        let said = format!("SKIPPED: {} is not installed, so nothing is known of its hang-ups", shell.program);
        assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{said}");
        let _ = writeln!(std::io::stdout(), "{said}");
    }
    let trials = number("HANG_UPS").unwrap_or(TRIALS);
    let queue = Mutex::new((0..trials).flat_map(|_| there.iter()).collect::<Vec<_>>());
    let lost = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..MAX_CONCURRENT {
            scope.spawn(|| {
                while let Some(shell) = { lock(&queue).pop() } {
                    // Every trial is made: how often it goes wrong says more than that it does.
                    if catch_unwind(AssertUnwindSafe(|| trial(shell))).is_err() {
                        lock(&lost).push([&[shell.program], shell.arguments].concat().join(" "));
                    }
                }
            });
        }
    });
    let lost = lock(&lost);
    assert!(lost.is_empty(), "{} of {} hang-ups went wrong: {lost:#?}", lost.len(), trials * there.len());
}

/// The queue is left to a process that has no terminal, and comes to its end.
fn trial(shell: &Shell) {
    let fixture = ProcessFixture::slow();
    let mut terminal = fixture.screen_by(shell.program, shell.arguments);
    terminal.keys(&format!("{}\r", env!("CARGO_BIN_EXE_amigrate")));
    terminal.wait_for("the images", |t| t.contains("123456789012") && t.contains("app-web-") && !t.contains("listing"));
    fixture.ask_copies("queue", 2);
    terminal.wait_for("the queue", |t| t.contains("3 queued") && t.matches("0/1").count() == 3);
    terminal.hang_up();
    terminal.wait_exit();
    fixture.changed.wait_for("the screen to end", LONG, || screens(&fixture).is_empty().then_some(()));
    fixture.changed.wait_for("a process to continue", LONG, || (!fixture.nobody_drives()).then_some(()));
    let background = Background::the_one(&fixture);
    assert_eq!(background.terminal(), "0", "it has no terminal");
    fixture.ec2.hurry();
    fixture.ec2.wait_for_copies(6);
}
