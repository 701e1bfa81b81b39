//! The signals that end or suspend a command which follows copies.

use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

use crate::{
    cli::{exit::ExitStatus, setup::stop_signal},
    domain::Failure,
};

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGTSTP.
    Stop,
}

impl Signal {
    /// Returns the exit status of a command that ends by it.
    pub(in crate::cli) fn status(self) -> ExitStatus {
        if self == Self::Interrupt { ExitStatus::Interrupted } else { ExitStatus::Terminated }
    }
}

/// Listens for signals.
pub(in crate::cli) struct Signals {
    interrupt: Listener,
    terminate: Listener,
    hang_up: Listener,
    stop: Listener,
}

impl Signals {
    /// Begins to listen: from now on these signals no longer end the process by themselves.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::cli) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|e| Failure::new("listen for signals", e.to_string()));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
            stop: listen(stop_signal())?,
        })
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::HangUp,
            _ = self.stop.recv() => Signal::Stop,
        }
    }
}
