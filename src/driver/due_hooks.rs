//! Runs the hooks that are due. Each is removed from the store before it is begun, so that it is run at most once, whatever ends
//! this process; those that are not begun yet are run by whichever process runs the queue next.

use super::{
    context::Driver,
    hook_process::{RunningHook, begin},
    update::JobUpdate,
};
use crate::domain::Failure;

impl Driver {
    /// Notes how many hooks are due, for this process to begin.
    pub(super) fn set_due_hooks(&mut self, due: usize) {
        if self.hooks.set_due(due) {
            (self.publish)(JobUpdate::HooksDue(due));
        }
    }

    /// Begins those that are due, the oldest first, while there is room.
    pub(super) async fn start_hooks(&mut self) {
        let startable = self.hooks.startable();
        if startable == 0 {
            return;
        }
        let (account, settings) = (self.config.account.clone(), self.hooks.settings.clone());
        let begun = self.store.with(move |store| {
            let taken = store.take_hooks(&account, startable)?;
            // Started inside the store's task: if the caller is dropped meanwhile, hooks already taken from the store would never run.
            let begun = taken.hooks.into_iter().map(|hook| (begin(&settings, &hook), hook.title));
            Ok((begun.collect::<Vec<(std::io::Result<RunningHook>, String)>>(), taken.left))
        });
        match begun.await {
            Ok((begun, left)) => {
                for (begun, title) in begun {
                    self.hooks.supervise(&title, begun);
                }
                self.set_due_hooks(left);
            }
            // Tried again with the next heartbeat.
            Err(failure) => tracing::warn!(%failure, "hooks could not be begun"),
        }
    }

    /// Publishes how a hook has ended.
    pub(super) fn hook_ended(&mut self, ended: Result<(), Failure>) {
        if let Err(failure) = ended {
            tracing::warn!(%failure, "a hook has failed");
            (self.publish)(JobUpdate::HookFailed(failure));
        }
        self.hooks.publish_left();
    }
}
