//! A process that goes on without a terminal: how it is started, how it leaves the terminal's session, and how whoever
//! starts it knows that it did.
//!
//! A terminal that goes away sends SIGHUP to the shell's foreground job, and the shell to all its jobs. A child belongs to
//! its parent's job until it has left the session itself, and a handler is not inherited: without more, the signal that
//! makes a screen start its successor kills that successor too. So SIGHUP is blocked where the child is started: a signal
//! mask is inherited by fork and exec, and there is no moment at which the child could be hung up.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    process::{ChildStdout, Command, Stdio},
    thread,
};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::process::{Pid, getppid};
use tokio::sync::oneshot;

use crate::domain::Failure;

/// Tells a process that it was started to leave the terminal, and by which process.
const DETACHED: &str = "AMIGRATE_DETACHED";

/// The process that started this one to leave the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter(Pid);

impl Starter {
    /// Whoever started this process, if it was started to leave the terminal.
    pub fn of_this_process() -> Option<Self> {
        let pid = std::env::var(DETACHED).ok()?;
        pid.parse().ok().and_then(Pid::from_raw).map(Self)
    }

    /// Whether it is still there. A process whose parent has ended gets another, also where the number is given again.
    pub fn is_there(self) -> bool {
        getppid() == Some(self.0)
    }

    #[cfg(test)]
    pub(super) fn parent() -> Self {
        Self(getppid().unwrap())
    }
}

/// A process that was just started, until it has said that it left the terminal.
#[derive(Debug)]
pub struct Started(oneshot::Receiver<bool>);

impl Started {
    /// Waits until the process has left the terminal.
    ///
    /// # Errors
    /// If it ended before it had.
    pub async fn left(self) -> Result<(), Failure> {
        answered(self.0.await == Ok(true))
    }

    /// The same, on a thread of its own.
    ///
    /// # Errors
    /// If it ended before it had.
    pub fn left_blocking(self) -> Result<(), Failure> {
        answered(self.0.blocking_recv() == Ok(true))
    }
}

fn answered(left: bool) -> Result<(), Failure> {
    if left {
        return Ok(());
    }
    Err(Failure::new("go on in the background", "the process in the background ended at once")
        .hint("Run `amigrate drive` to see why. The queue goes on with the next start."))
}

/// Starts this program with these arguments, away from the terminal, with nothing to read from it or write to it.
///
/// # Errors
/// If it cannot be started.
pub fn spawn(arguments: &[OsString]) -> Result<Started, Failure> {
    let failed = |e: io::Error| {
        Failure::new("go on in the background", e.to_string()).hint("The queue goes on with the next start.")
    };
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env(DETACHED, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = without_hang_ups(|| command.spawn()).map_err(failed)?;
    let (sender, answer) = oneshot::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::Builder::new()
            .name("background".into())
            // Nobody waits any more when the program is leaving.
            .spawn(move || sender.send(says_something(stdout)))
            .map_err(failed)?;
    }
    Ok(Started(answer))
}

/// Runs something with SIGHUP blocked in this thread: the other threads still hear of it.
fn without_hang_ups<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let hang_up: SigSet = [Signal::SIGHUP].into_iter().collect();
    let before = hang_up.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = act();
    before.thread_set_mask()?;
    result
}

fn says_something(mut stdout: ChildStdout) -> bool {
    matches!(stdout.read(&mut [0]), Ok(1))
}

/// Leaves the terminal's session if this process was started for that. To be called before anything else. SIGHUP stays
/// blocked for the process's whole life: nobody's terminal concerns it any more.
pub fn leave_terminal() {
    if std::env::var_os(DETACHED).is_some() {
        // Refused only where this process leads a session or a group already: then it has left the terminal's.
        _ = rustix::process::setsid();
    }
}

/// Tells whoever started this process that it has left the terminal and will go on.
pub fn say_left() {
    if std::env::var_os(DETACHED).is_some() {
        // Whoever started it may have gone already.
        _ = writeln!(io::stdout(), "in the background").and_then(|()| io::stdout().flush());
    }
}
