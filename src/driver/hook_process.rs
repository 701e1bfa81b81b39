//! A hook that runs: how it is begun, waited for and, if it takes too long, ended.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::{fs::OpenOptionsExt as _, process::ExitStatusExt as _},
    process::{ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::{
    io::retry_on_intr,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid},
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{background::DETACHED, hooks::HookSettings};
use crate::{
    config::{Hooks, hooks::variables},
    domain::text::clean,
    store::DueHook,
};

/// Between the request to end and the end of a hook that takes too long.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes at the end of its output in which the last line is looked for.
const OUTPUT_TAIL: u64 = 2_000;
/// What AWS's programs would use before the profile that is named to them.
const BEFORE_PROFILE: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];
/// The AWS CLI and boto3 take a profile from it, and this program does not: it may be another account's.
const OTHER_PROFILE: &str = "AWS_DEFAULT_PROFILE";

/// A hook that runs, without the terminal. It continues if this is dropped.
pub(super) struct RunningHook {
    /// Its first process. It is not reaped before this is dropped, so its pid cannot be reused.
    leader: Pid,
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
    output: Option<File>,
    /// Lets the process be reaped once this is dropped.
    _unreaped: mpsc::Sender<()>,
}

/// Begins a hook in a process group of its own, which no signal of the terminal reaches.
pub(super) fn begin(settings: &HookSettings, hook: &DueHook) -> io::Result<RunningHook> {
    let (program, arguments) = settings.job_ended.split_first().ok_or(io::ErrorKind::NotFound)?;
    Hooks::check(program).map_err(|failure| io::Error::other(failure.why))?;
    let output = output_file().ok();
    let target = || output.as_ref().and_then(|file| file.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
    let mut command = settings.launcher.command(program, arguments)?;
    command
        .envs(hook.variables.iter().map(|(name, text)| (name, text)))
        .env(variables::PROFILE, settings.profile.as_deref().unwrap_or_default())
        .env_remove(DETACHED)
        .env_remove(OTHER_PROFILE)
        .stdin(Stdio::null())
        .stdout(target())
        .stderr(target());
    match &settings.profile {
        Some(profile) => {
            for name in BEFORE_PROFILE {
                command.env_remove(name);
            }
            command.env("AWS_PROFILE", profile);
        }
        None => _ = command.env_remove("AWS_PROFILE"),
    }
    let mut child = command.spawn()?;
    let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let (sender, ended) = oneshot::channel();
    let (unreaped, dropped) = mpsc::channel::<()>();
    thread::Builder::new().name("hook".into()).spawn(move || {
        // Nobody waits for it any more when the program is exiting.
        _ = sender.send(exit_of(leader, WaitIdOptions::empty()).and_then(|exit| exit.ok_or_else(unknown_status)));
        // Fails once it is dropped.
        _ = dropped.recv();
        _ = child.wait();
    })?;
    Ok(RunningHook { leader, ended, output, _unreaped: unreaped })
}

/// A file without a name: a pipe would end the hook when this process ends before it.
fn output_file() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("amigrate-hook-{}", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Returns the exit status without reaping the child; `None` if it has not ended and `more` says not to wait.
fn exit_of(child: Pid, more: WaitIdOptions) -> io::Result<Option<ExitStatus>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | more;
    let exit = retry_on_intr(|| waitid(WaitId::Pid(child), options))?;
    Ok(exit.map(|exit| match (exit.exit_status(), exit.terminating_signal()) {
        (Some(code), _) => ExitStatus::from_raw((code & 0xff) << 8),
        (None, signal) => ExitStatus::from_raw(signal.unwrap_or_default()),
    }))
}

fn unknown_status() -> io::Error {
    io::Error::other("its exit status is unknown")
}

impl RunningHook {
    /// Waits for its end, and ends it if it takes too long. Returns why it failed.
    pub(super) async fn wait(mut self, timeout: Duration) -> Result<(), String> {
        let ended = match tokio::time::timeout(timeout, &mut self.ended).await {
            Ok(ended) => ended.unwrap_or_else(|_| Err(unknown_status())),
            // The time also passes while this process is suspended, and the hook may have ended long ago.
            Err(_) => match exit_of(self.leader, WaitIdOptions::NOHANG) {
                Ok(Some(status)) => Ok(status),
                _ => {
                    self.end().await;
                    return Err(format!("it took longer than {} seconds, and was stopped", timeout.as_secs()));
                }
            },
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                let said = self.last_line().map_or_else(String::new, |line| format!(": {line}"));
                Err(format!("{status}{said}"))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Ends it with all that it has started.
    async fn end(&mut self) {
        self.signal(Signal::TERM);
        _ = tokio::time::timeout(GRACE, &mut self.ended).await;
        // Also what it has left behind.
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // It has no group yet before it has left that of this process.
        _ = kill_process_group(self.leader, signal).or_else(|_| kill_process(self.leader, signal));
    }

    /// The last line that it has printed.
    fn last_line(&mut self) -> Option<String> {
        let file = self.output.as_mut()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_TAIL))).ok()?;
        let mut tail = Vec::new();
        file.take(OUTPUT_TAIL).read_to_end(&mut tail).ok()?;
        let tail = String::from_utf8_lossy(&tail);
        let line = tail.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        Some(clean(line).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::test_kill_process;

    use super::*;
    use crate::{driver::hook_launcher::Launcher, engine::JobId};

    fn begun(shell: &str) -> RunningHook {
        let job_ended = ["sh", "-c", shell].map(str::to_owned).into();
        let settings = HookSettings { job_ended, timeout: Duration::ZERO, launcher: Launcher::Direct, profile: None };
        let hook = DueHook { key: 1, job: JobId(1), title: "copy 1".into(), variables: Vec::new() };
        begin(&settings, &hook).unwrap()
    }

    #[tokio::test]
    async fn one_that_has_ended_is_not_late_whichever_is_noticed_first() {
        for (shell, expected) in [("exit 0", Ok(())), ("echo no; exit 3", Err("exit status: 3: no".to_owned()))] {
            let mut hook = begun(shell);
            exit_of(hook.leader, WaitIdOptions::empty()).unwrap();
            // The thread that waits has not said so yet.
            let (_sender, ended) = oneshot::channel();
            hook.ended = ended;
            assert_eq!(hook.wait(Duration::ZERO).await, expected);
        }
    }

    #[tokio::test]
    async fn its_id_is_no_other_process_s_while_signals_may_be_sent() {
        let mut hook = begun("kill -TERM $$");
        let status = (&mut hook.ended).await.unwrap().unwrap();
        assert_eq!(status.signal(), Some(15));
        assert!(test_kill_process(hook.leader).is_ok(), "it was reaped");
    }
}
