//! The signals that end or suspend a command which follows copies. A second one that ends it does so at once, whatever the command
//! is waiting for: a request, the store, or a terminal that takes nothing.

use tokio::{
    signal::unix::{Signal as Listener, SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::{
    cli::{exit::ExitStatus, setup::stop_signal},
    domain::Failure,
    term::session,
};

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Signal {
    /// The command is to end.
    End(EndSignal),
    /// SIGTSTP.
    Stop,
}

/// A signal that ends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum EndSignal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

impl EndSignal {
    /// Returns the exit status of a command that ends by it.
    pub(in crate::cli) fn status(self) -> ExitStatus {
        match self {
            Self::Interrupt => ExitStatus::Interrupted,
            Self::Terminate => ExitStatus::Terminated,
            Self::HangUp => ExitStatus::HungUp,
        }
    }
}

/// Receives signals.
pub(in crate::cli) struct Signals(UnboundedReceiver<Signal>);

impl Signals {
    /// Begins to listen: from now on these signals do not end the process by themselves, unless one of them is the second.
    ///
    /// # Errors
    /// If the system refuses.
    pub(in crate::cli) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|e| Failure::new("listen for signals", e.to_string()));
        let listeners = Listeners {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: if ignores_hang_up() { None } else { Some(listen(SignalKind::hangup())?) },
            stop: listen(stop_signal())?,
        };
        let (sender, received) = unbounded_channel();
        tokio::spawn(listeners.forward(sender));
        Ok(Self(received))
    }

    /// Signals that a test sends.
    #[cfg(test)]
    pub(in crate::cli) fn of_test() -> (UnboundedSender<Signal>, Self) {
        let (sender, received) = unbounded_channel();
        (sender, Self(received))
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) -> Signal {
        match self.0.recv().await {
            Some(signal) => signal,
            // The task that sends them ends with the process.
            None => std::future::pending().await,
        }
    }

    /// Returns what `work` comes to, or the signal that ends it before. One that has come already does so before it begins.
    pub(in crate::cli) async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Result<T, EndSignal> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                signal = self.next() => match signal {
                    Signal::End(signal) => return Err(signal),
                    Signal::Stop => session::stop(),
                },
                done = &mut work => return Ok(done),
            }
        }
    }
}

/// Runs something to completion, whatever signals come meanwhile: its outcome must be recorded. Sets the status of a signal that ends
/// the command then.
pub(in crate::cli) async fn run_to_completion<T>(
    work: impl Future<Output = T>,
    signals: &mut Signals,
    interrupted: &mut Option<ExitStatus>,
) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            signal = signals.next() => match signal {
                Signal::End(signal) => *interrupted = Some(signal.status()),
                Signal::Stop => session::stop(),
            },
        }
    }
}

struct Listeners {
    interrupt: Listener,
    terminate: Listener,
    /// `None` if whoever started the program wants it to continue, as `nohup` does.
    hang_up: Option<Listener>,
    stop: Listener,
}

impl Listeners {
    /// Passes signals on. Whoever receives them may hang, or have what it waited for and only print it.
    async fn forward(mut self, sender: UnboundedSender<Signal>) {
        let mut ends = false;
        loop {
            let signal = self.next().await;
            let received = sender.send(signal).is_ok();
            match signal {
                // The terminal is gone, but the queue may continue.
                Signal::End(EndSignal::HangUp) => {}
                Signal::End(signal) if ends || !received => std::process::exit(signal.status() as i32),
                Signal::End(_) => ends = true,
                Signal::Stop if received => {}
                Signal::Stop => session::stop(),
            }
        }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End(EndSignal::Interrupt),
            _ = self.terminate.recv() => Signal::End(EndSignal::Terminate),
            () = received(self.hang_up.as_mut()) => Signal::End(EndSignal::HangUp),
            _ = self.stop.recv() => Signal::Stop,
        }
    }
}

async fn received(listener: Option<&mut Listener>) {
    match listener {
        Some(listener) => _ = listener.recv().await,
        None => std::future::pending().await,
    }
}

/// Returns true if SIGHUP was ignored when the program was started, where the system reports it.
fn ignores_hang_up() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored_in(&status))
}

/// Reads Linux's mask of ignored signals, in which SIGHUP is the lowest bit.
fn ignored_in(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_signal_ends_what_goes_on() {
        let (sender, mut signals) = Signals::of_test();
        sender.send(Signal::End(EndSignal::Interrupt)).unwrap();
        assert_eq!(signals.unless(pending::<()>()).await, Err(EndSignal::Interrupt));
        assert_eq!(signals.unless(ready(7)).await, Ok(7));
        sender.send(Signal::End(EndSignal::Terminate)).unwrap();
        assert_eq!(signals.unless(ready(7)).await, Err(EndSignal::Terminate), "it came before");
    }

    #[test]
    fn an_ignored_hang_up_is_read_from_the_mask() {
        assert!(ignored_in("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0"));
        assert!(!ignored_in("Name:\tx\nSigIgn:\t0000000000001000\nSigCgt:\t1"));
        assert!(!ignored_in(""));
    }
}
