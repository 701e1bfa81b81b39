//! The hooks of copies that have ended: a command waits for those that it has started.

use super::{Ending, Follower, Signals};
use crate::{
    cli::{drive::release, queue::OpenQueue},
    driver::JobUpdate,
};

impl Follower<'_> {
    /// Waits until the hooks of ended copies are done, or a signal comes, and says which have failed. With `to_background`, those that
    /// are not begun are left. Returns how it ended, if by a signal.
    pub(super) async fn finish_hooks(
        &mut self,
        queue: &mut OpenQueue,
        to_background: bool,
        signals: &mut Signals,
    ) -> Option<Ending> {
        let handle = queue.handle.clone();
        if to_background {
            release(&handle).await;
        }
        let done = async { if to_background { handle.running_hooks_done().await } else { handle.hooks_done().await } };
        let mut done = std::pin::pin!(done);
        loop {
            tokio::select! {
                biased;
                update = queue.updates.recv() => match update {
                    Some(JobUpdate::HookFailed(failure)) => self.report(&failure),
                    Some(_) => {}
                    None => return None,
                },
                signal = signals.next() => {
                    if let Some(ending) = self.signalled(signal, queue).await {
                        return Some(ending);
                    }
                }
                () = &mut done => return None,
            }
        }
    }
}
