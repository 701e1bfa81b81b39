//! What the terminal says: a reader thread of our own, and the two signals that concern the terminal.
//!
//! The thread polls standard input before it reads, so that a hang-up is a message and never a busy loop. What the
//! bytes mean is the decoder's.

use std::{
    io::{self, PipeReader, PipeWriter},
    os::fd::{AsFd, BorrowedFd},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::UnboundedSender,
    task::AbortHandle,
};

pub use super::event::{Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use super::{decode::Decoder, session};
use crate::domain::Failure;

/// How long an ESC may be ahead of its sequence: longer than a packet is torn, shorter than is noticed.
const ESC_WAIT: Duration = Duration::from_millis(50);
/// How long a paste may pause before its end is no longer waited for.
const PASTE_WAIT: Duration = Duration::from_secs(2);

/// Holds the reader; dropping it stops the thread and the signal tasks.
///
/// Suspending needs no pause of it: while the process is stopped it reads nothing, and before that nothing is lost.
#[derive(Debug)]
pub struct InputThread {
    /// Closing it wakes and ends the thread.
    wake: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    signals: AbortHandle,
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.signals.abort();
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // It never blocks but in its poll, which has just been woken.
            let _ = thread.join();
        }
    }
}

/// Starts reading. Everything arrives at `sender` in order; after [`Input::Hangup`] nothing does.
///
/// `size` is the one the screen was made for; if it has changed since, that is told first.
///
/// # Errors
/// If the thread or the signal handlers cannot be had; outside a tokio runtime.
pub fn spawn(sender: UnboundedSender<Input>, size: (u16, u16)) -> Result<InputThread, Failure> {
    let failed = |error: io::Error| Failure::new("listen to the terminal", error.to_string());
    let runtime = tokio::runtime::Handle::try_current().map_err(|error| failed(io::Error::other(error.to_string())))?;
    let resized = signal(SignalKind::window_change()).map_err(failed)?;
    let continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())).map_err(failed)?;
    let (stop, wake) = io::pipe().map_err(failed)?;
    let signals = runtime.spawn(watch(resized, continued, sender.clone(), size)).abort_handle();
    let thread = thread::Builder::new()
        .name("terminal input".into())
        .spawn(move || {
            if listen(rustix::stdio::stdin(), &stop, |input| sender.send(input).is_ok()).is_err() {
                let _ = sender.send(Input::Hangup);
            }
        })
        .map_err(failed)?;
    Ok(InputThread { wake: Some(wake), thread: Some(thread), signals })
}

/// Sizes and continuations until nobody listens any more. Signals that come while one is handled count as one, and the
/// size is asked for afterwards: of a burst, only the last size is told, and only if it is another.
async fn watch(mut resized: Signal, mut continued: Signal, sender: UnboundedSender<Input>, mut known: (u16, u16)) {
    let mut went_on = false;
    loop {
        // First of all, and after being stopped: the window may have changed before anybody listened.
        let size = session::size();
        let changed = std::mem::replace(&mut known, size) != size;
        let resize = changed.then_some(Input::Resize(size.0, size.1));
        let told =
            resize.into_iter().chain(went_on.then_some(Input::Continued)).all(|input| sender.send(input).is_ok());
        if !told {
            return;
        }
        let received = tokio::select! {
            received = resized.recv() => received.map(|()| false),
            received = continued.recv() => received.map(|()| true),
        };
        let Some(received) = received else { return };
        went_on = received;
    }
}

/// Reads until stopped, or until nobody listens any more.
///
/// # Errors
/// When the terminal is gone.
fn listen(stdin: BorrowedFd<'_>, stop: &PipeReader, mut tell: impl FnMut(Input) -> bool) -> Result<(), Errno> {
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4_096];
    loop {
        let patience = match (decoder.pending(), decoder.pasting()) {
            (false, _) => None,
            (true, false) => Some(ESC_WAIT),
            (true, true) => Some(PASTE_WAIT),
        };
        let inputs = match wait(stdin, stop.as_fd(), patience)? {
            Ready::Stop => return Ok(()),
            Ready::Nothing => decoder.give_up(),
            Ready::Bytes => match rustix::io::read(stdin, &mut buffer) {
                // The end of a terminal is its hang-up.
                Ok(0) => return Err(Errno::IO),
                Ok(n) => decoder.feed(&buffer[..n]),
                Err(Errno::INTR | Errno::AGAIN) => Vec::new(),
                Err(error) => return Err(error),
            },
        };
        if !inputs.into_iter().all(&mut tell) {
            return Ok(());
        }
    }
}

/// Why waiting ended.
enum Ready {
    Bytes,
    Nothing,
    Stop,
}

fn wait(stdin: BorrowedFd<'_>, stop: BorrowedFd<'_>, patience: Option<Duration>) -> Result<Ready, Errno> {
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    let mut fds = [PollFd::from_borrowed_fd(stdin, PollFlags::IN), PollFd::from_borrowed_fd(stop, PollFlags::IN)];
    loop {
        match poll(&mut fds, patience.as_ref()) {
            // A signal: waiting anew only makes an Esc later.
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
            Ok(0) => return Ok(Ready::Nothing),
            Ok(_) => break,
        }
    }
    let [input, stop] = fds.map(|fd| fd.revents());
    if !stop.is_empty() {
        Ok(Ready::Stop)
    } else if input.contains(PollFlags::IN) {
        // Keys typed before the hang-up are still read; the hang-up is seen the next time.
        Ok(Ready::Bytes)
    } else if input.intersects(gone) {
        Err(Errno::IO)
    } else {
        Ok(Ready::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::mpsc};

    use super::*;

    fn chr(c: char) -> Input {
        Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
    }

    #[test]
    fn keys_arrive_and_the_end_is_a_hang_up() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        user.write_all(b"ab\x1b").unwrap();
        drop(user);
        let mut heard = Vec::new();
        let ended = listen(terminal.as_fd(), &stop, |input| {
            heard.push(input);
            true
        });
        assert_eq!(ended, Err(Errno::IO));
        assert_eq!(heard, [chr('a'), chr('b')]);
    }

    #[test]
    fn a_descriptor_always_ready_and_always_empty_is_a_hang_up_too() {
        let empty = std::fs::File::open("/dev/null").unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        assert_eq!(listen(empty.as_fd(), &stop, |_| true), Err(Errno::IO));
    }

    #[test]
    fn an_esc_is_a_key_once_nothing_follows() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, wake) = io::pipe().unwrap();
        let (sender, heard) = mpsc::channel();
        let thread = thread::spawn(move || listen(terminal.as_fd(), &stop, |input| sender.send(input).is_ok()).is_ok());
        user.write_all(b"\x1b").unwrap();
        assert_eq!(heard.recv().unwrap(), Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        user.write_all(b"x").unwrap();
        assert_eq!(heard.recv().unwrap(), chr('x'));
        // Stopped, it ends although the terminal is there and silent.
        drop(wake);
        assert!(thread.join().unwrap());
    }

    #[test]
    fn it_ends_when_nobody_listens() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        user.write_all(b"abc").unwrap();
        assert_eq!(listen(terminal.as_fd(), &stop, |_| false), Ok(()));
    }

    #[test]
    fn outside_a_runtime_it_says_so() {
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        assert_eq!(spawn(sender, (80, 24)).unwrap_err().what, "listen to the terminal");
    }
}
