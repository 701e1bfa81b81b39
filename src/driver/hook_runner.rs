//! Supervises hooks: a few at a time, each for a limited time.

use std::{io, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use super::{hook_process::RunningHook, hooks::HookSettings};
use crate::domain::Failure;

/// Hooks that run at the same time.
const MAX_CONCURRENT: usize = 8;

/// How many hooks this process has not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct HooksLeft {
    /// Stored and not begun. None while another process runs the queue: they are that one's.
    pub(super) due: usize,
    pub(super) running: usize,
}

impl HooksLeft {
    pub(super) fn none(self) -> bool {
        self == Self::default()
    }
}

/// The hooks of one process. Dropping it leaves those that run to themselves.
pub(super) struct HookRunner {
    pub(super) settings: HookSettings,
    due: usize,
    pub(super) running: JoinSet<Result<(), Failure>>,
    left: watch::Sender<HooksLeft>,
}

impl HookRunner {
    /// Also returns how many hooks are not done, as it changes.
    pub(super) fn new(settings: HookSettings) -> (Self, watch::Receiver<HooksLeft>) {
        let (left, receiver) = watch::channel(HooksLeft::default());
        (Self { settings, due: 0, running: JoinSet::new(), left }, receiver)
    }

    /// Returns true if there is a hook.
    pub(super) fn is_configured(&self) -> bool {
        !self.settings.job_ended.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.due == 0 && self.running.is_empty()
    }

    /// How many are due and not begun.
    pub(super) fn due(&self) -> usize {
        self.due
    }

    /// How many of those that are due may be begun now.
    pub(super) fn startable(&self) -> usize {
        MAX_CONCURRENT.saturating_sub(self.running.len()).min(self.due)
    }

    /// Notes how many are due. Returns true if that has changed.
    pub(super) fn set_due(&mut self, due: usize) -> bool {
        let changed = self.due != due;
        self.due = due;
        self.publish_left();
        changed
    }

    /// Waits for the end of a hook that was begun for such a copy.
    pub(super) fn supervise(&mut self, title: &str, begun: io::Result<RunningHook>) {
        let what = format!("run the hook job_ended for the {title}");
        let timeout: Duration = self.settings.timeout;
        self.running.spawn(async move {
            let ended = match begun {
                Ok(hook) => hook.wait(timeout).await,
                Err(error) => Err(error.to_string()),
            };
            ended.map_err(|why| {
                Failure::new(what, why).hint("The copy itself is not affected. See `hooks.job_ended` in the settings.")
            })
        });
        self.publish_left();
    }

    /// Waits for the next hook to end, and returns how it did; forever while none runs.
    pub(super) async fn next(&mut self) -> Result<(), Failure> {
        let Some(ended) = self.running.join_next().await else { return std::future::pending().await };
        ended.unwrap_or_else(|error| Err(Failure::new("run the hook job_ended", error.to_string())))
    }

    /// Call after the failure was published: a waiter may exit the process then.
    pub(super) fn publish_left(&self) {
        self.left.send_replace(HooksLeft { due: self.due, running: self.running.len() });
    }
}
