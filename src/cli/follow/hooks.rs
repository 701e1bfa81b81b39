//! The hooks of copies that have ended: a command waits for those that it has started.

use super::{Ending, Follower, Signals, Until};
use crate::{
    cli::{drive::release, queue::OpenQueue},
    driver::JobUpdate,
};

impl Follower<'_> {
    /// Waits until the hooks of ended copies are done, or a signal comes, and says which have failed. A command that does not wait
    /// for copies to end leaves those that are not begun. Returns how it ended, if by a signal.
    pub(super) async fn finish_hooks(&mut self, queue: &mut OpenQueue, signals: &mut Signals) -> Option<Ending> {
        let handle = queue.handle.clone();
        let leaves_due = self.until == Until::Answered;
        if leaves_due {
            release(&handle).await;
        }
        let done = async { if leaves_due { handle.running_hooks_done().await } else { handle.hooks_done().await } };
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
