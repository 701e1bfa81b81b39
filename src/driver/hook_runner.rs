//! Runs hooks: a few at a time, each for a limited time, without the terminal.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::{fs::OpenOptionsExt as _, process::CommandExt as _},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};
use uuid::Uuid;

use super::{
    background::DETACHED,
    hooks::{EndedJob, HookSettings},
};
use crate::domain::{Failure, text::clean};

/// Hooks that run at the same time.
const AT_ONCE: usize = 8;
/// Between the request to end and the end of a hook that takes too long.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes at the end of its output in which the last line is looked for.
const OUTPUT_TAIL: u64 = 2_000;

/// The hooks of one process. Dropping it leaves those that run to themselves.
pub(super) struct HookRunner {
    settings: HookSettings,
    waiting: VecDeque<EndedJob>,
    running: JoinSet<Result<(), Failure>>,
    /// How many wait or run.
    left: watch::Sender<usize>,
}

impl HookRunner {
    /// Also returns how many hooks are not done, as it changes.
    pub(super) fn new(settings: HookSettings) -> (Self, watch::Receiver<usize>) {
        let (left, receiver) = watch::channel(0);
        (Self { settings, waiting: VecDeque::new(), running: JoinSet::new(), left }, receiver)
    }

    /// Returns true if there is a hook.
    pub(super) fn is_set(&self) -> bool {
        !self.settings.job_ended.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Runs the hooks of copies that have ended, as soon as there is room.
    pub(super) fn start(&mut self, ended: Vec<EndedJob>) {
        if self.is_set() {
            self.waiting.extend(ended);
            self.start_waiting(AT_ONCE);
        }
    }

    /// Begins the next ones, once the end of one was published.
    pub(super) fn start_next(&mut self) {
        self.start_waiting(AT_ONCE);
    }

    /// Begins all at once that wait: this process may be about to end.
    pub(super) fn start_all(&mut self) {
        self.start_waiting(usize::MAX);
    }

    fn start_waiting(&mut self, at_once: usize) {
        while self.running.len() < at_once
            && let Some(job) = self.waiting.pop_front()
        {
            let what = format!("run the hook job_ended for the {}", job.title);
            // Begun here and not in the task, which is never polled if the process ends at once.
            let begun = begin(&self.settings.job_ended, &job);
            let timeout = self.settings.timeout;
            self.running.spawn(async move {
                let ended = match begun {
                    Ok(hook) => hook.wait(timeout).await,
                    Err(error) => Err(error.to_string()),
                };
                ended.map_err(|why| {
                    Failure::new(what, why)
                        .hint("The copy itself is not affected. See `hooks.job_ended` in the settings.")
                })
            });
        }
        self.left.send_replace(self.waiting.len() + self.running.len());
    }

    /// Waits for the next hook to end, and returns how it did; forever while none runs.
    pub(super) async fn next(&mut self) -> Result<(), Failure> {
        let Some(ended) = self.running.join_next().await else { return std::future::pending().await };
        ended.unwrap_or_else(|error| Err(Failure::new("run the hook job_ended", error.to_string())))
    }
}

/// A hook that runs.
struct RunningHook {
    group: Option<Pid>,
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
    output: Option<File>,
}

/// Begins a hook in a process group of its own, which no signal of the terminal reaches.
fn begin(command: &[String], job: &EndedJob) -> io::Result<RunningHook> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
    let output = output_file().ok();
    let target = || output.as_ref().and_then(|file| file.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
    let mut child = Command::new(program)
        .args(arguments)
        .envs(job.variables.iter().map(|(name, text)| (*name, text)))
        .env_remove(DETACHED)
        .stdin(Stdio::null())
        .stdout(target())
        .stderr(target())
        .process_group(0)
        .spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, ended) = oneshot::channel();
    // Nobody waits for it any more when the program is exiting.
    thread::Builder::new().name("hook".into()).spawn(move || sender.send(child.wait()))?;
    Ok(RunningHook { group, ended, output })
}

/// A file without a name: a pipe would end the hook when this process ends before it.
fn output_file() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("amigrate-hook-{}", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

impl RunningHook {
    /// Waits for its end, and ends it if it takes too long. Returns why it failed.
    async fn wait(mut self, timeout: Duration) -> Result<(), String> {
        let signal = |signal| self.group.map(|group| kill_process_group(group, signal));
        let Ok(ended) = tokio::time::timeout(timeout, &mut self.ended).await else {
            _ = signal(Signal::TERM);
            _ = tokio::time::timeout(GRACE, &mut self.ended).await;
            // Also what it has started and left behind.
            _ = signal(Signal::KILL);
            return Err(format!("it took longer than {} seconds, and was ended", timeout.as_secs()));
        };
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => {
                let said = self.last_line().map_or_else(String::new, |line| format!(": {line}"));
                Err(format!("{status}{said}"))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("its end was not seen".into()),
        }
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
