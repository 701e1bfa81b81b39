//! Background processes: how one is started, how it detaches from the terminal, and how its parent learns that it did.
//!
//! When a terminal closes, its foreground job gets SIGHUP, and the shell sends it to all its jobs. A child belongs to its
//! parent's job until it has called setsid, and signal handlers are not inherited: the signal that makes a screen start a
//! background process would kill that process too. So the child is started with SIGHUP blocked: fork and exec inherit the
//! signal mask, and at no moment can the signal end the child.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::process::{Pid, getppid};
use tokio::sync::oneshot;

use crate::domain::Failure;

/// Environment variable of a background process: the id of the process that started it.
pub(super) const DETACHED: &str = "AMIGRATE_DETACHED";

/// The process that started this one in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentProcess(Pid);

impl ParentProcess {
    /// `None` if this process was not started in the background.
    pub fn of_this_process() -> Option<Self> {
        let pid = std::env::var(DETACHED).ok()?;
        pid.parse().ok().and_then(Pid::from_raw).map(Self)
    }

    /// Returns true until it has ended. A process whose parent ends gets another one, so a reused id does not matter.
    pub fn is_running(self) -> bool {
        getppid() == Some(self.0)
    }

    #[cfg(test)]
    pub(super) fn parent() -> Self {
        Self(getppid().unwrap())
    }
}

/// A background process that was just started.
#[derive(Debug)]
pub struct Started(oneshot::Receiver<bool>);

impl Started {
    /// Waits until the process has detached from the terminal.
    ///
    /// # Errors
    /// If it ended before.
    pub async fn detached(self) -> Result<(), Failure> {
        check_detached(self.0.await == Ok(true))
    }

    /// Blocks until the process has detached from the terminal.
    ///
    /// # Errors
    /// If it ended before.
    pub fn wait_detached(self) -> Result<(), Failure> {
        check_detached(self.0.blocking_recv() == Ok(true))
    }
}

fn check_detached(detached: bool) -> Result<(), Failure> {
    if detached {
        return Ok(());
    }
    Err(Failure::new("continue in the background", "the background process ended at once")
        .hint("Run `amigrate drive` to see why. The queue continues when amigrate is started next."))
}

/// Starts this program with these arguments in the background, without the terminal's input and output.
///
/// # Errors
/// If it cannot be started.
pub fn spawn(arguments: &[OsString]) -> Result<Started, Failure> {
    let failed = |e: io::Error| {
        Failure::new("continue in the background", e.to_string())
            .hint("The queue continues when amigrate is started next.")
    };
    let mut child = start(arguments, Stdio::null()).map_err(failed)?;
    let (sender, detached) = oneshot::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::Builder::new()
            .name("background".into())
            // Nobody waits for it any more when the program is exiting.
            .spawn(move || sender.send(wait_for_announcement(stdout)))
            .map_err(failed)?;
    }
    Ok(Started(detached))
}

/// Starts this program with these arguments so that it detaches from the terminal, and lives on when that closes. Its standard output is
/// read by this process.
///
/// # Errors
/// If it cannot be started.
pub fn start(arguments: &[OsString], stderr: Stdio) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(arguments)
        .env(DETACHED, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr);
    with_hangup_blocked(|| command.spawn())
}

/// Runs something with SIGHUP blocked in this thread; other threads still receive it.
fn with_hangup_blocked<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let hang_up: SigSet = [Signal::SIGHUP].into_iter().collect();
    let before = hang_up.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = act();
    before.thread_set_mask()?;
    result
}

/// Returns true once the process prints anything, which it does when it has detached; false if it ends without.
fn wait_for_announcement(mut stdout: ChildStdout) -> bool {
    matches!(stdout.read(&mut [0]), Ok(1))
}

/// Detaches a background process from the terminal's session. To be called before anything else. SIGHUP stays blocked for
/// the process's whole life.
pub fn detach() {
    if std::env::var_os(DETACHED).is_some() {
        // Fails only if this process leads a session or group already: then it is detached.
        _ = rustix::process::setsid();
    }
}

/// Tells the parent of a background process that it has detached and will continue.
pub fn announce_detached() {
    if std::env::var_os(DETACHED).is_some() {
        // The parent may have ended already.
        _ = writeln!(io::stdout(), "in the background").and_then(|()| io::stdout().flush());
    }
}
