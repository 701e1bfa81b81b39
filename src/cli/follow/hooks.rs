//! The hooks of copies that have ended: a command waits for those that it has started.

use super::{Follower, Signals};
use crate::{cli::queue::OpenQueue, driver::JobUpdate};

impl Follower<'_> {
    /// Waits until the hooks of ended copies are done, or a signal comes, and says which have failed.
    pub(super) async fn finish_hooks(&mut self, queue: &mut OpenQueue, signals: &mut Signals) {
        let handle = queue.handle.clone();
        let mut done = std::pin::pin!(handle.hooks_done());
        loop {
            tokio::select! {
                biased;
                update = queue.updates.recv() => match update {
                    Some(JobUpdate::HookProblem(Some(failure))) => self.report(&failure),
                    Some(_) => {}
                    None => return,
                },
                signal = signals.next() => {
                    if self.signalled(signal, queue).await.is_some() {
                        return;
                    }
                }
                () = &mut done => return,
            }
        }
    }
}
