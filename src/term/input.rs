//! Input thread, and the two signals that concern the terminal (SIGWINCH, SIGCONT).
//!
//! The thread polls standard input before reading, so that a hang-up is an event and never a busy loop.

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
use super::{decode::Decoder, lines::LineDecoder, session};
use crate::domain::Failure;

/// How long to wait for the rest of a sequence after ESC: longer than between packets, too short to notice.
const ESC_TIMEOUT: Duration = Duration::from_millis(50);
/// How long to wait for the rest of a paste.
const PASTE_TIMEOUT: Duration = Duration::from_secs(2);

/// Handle of the input thread. Dropping it stops the thread and the signal task.
#[derive(Debug)]
pub struct InputThread {
    /// Closing it ends the thread.
    wake: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    signals: AbortHandle,
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.signals.abort();
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // It blocks only in its poll, which closing the pipe ends.
            let _ = thread.join();
        }
    }
}

/// Bytes to inputs.
#[derive(Debug)]
enum InputDecoder {
    /// The terminal is in raw mode.
    Keys(Decoder),
    /// The terminal lets the user edit a line before it sends it.
    Lines(LineDecoder),
}

impl InputDecoder {
    /// How long to wait for the rest of what has begun.
    fn timeout(&self) -> Option<Duration> {
        match self {
            Self::Keys(decoder) if decoder.pasting() => decoder.pending().then_some(PASTE_TIMEOUT),
            Self::Keys(decoder) => decoder.pending().then_some(ESC_TIMEOUT),
            Self::Lines(_) => None,
        }
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        match self {
            Self::Keys(decoder) => decoder.feed(bytes),
            Self::Lines(decoder) => decoder.feed(bytes),
        }
    }

    /// What has begun, as nothing follows.
    fn flush(&mut self) -> Vec<Input> {
        match self {
            Self::Keys(decoder) => decoder.flush(),
            Self::Lines(_) => Vec::new(),
        }
    }

    /// The input that an end of file on a terminal that is there stands for; `None` if it is a hang-up.
    fn end(&self) -> Option<Input> {
        matches!(self, Self::Lines(_)).then(LineDecoder::end)
    }
}

/// Starts the input thread, which sends events to `sender`; none follows [`Input::Hangup`]. If the terminal's size is no longer
/// `size`, the new one is sent first.
///
/// # Errors
/// If the thread or the signal handlers cannot be created, or outside a tokio runtime.
pub fn spawn(sender: UnboundedSender<Input>, size: (u16, u16)) -> Result<InputThread, Failure> {
    spawn_decoding(sender, Some(size), InputDecoder::Keys(Decoder::default()))
}

/// Starts the same on a terminal that is not in raw mode: lines come instead of keys, and `Ctrl-D` asks to quit. Its size is nobody's
/// business.
///
/// # Errors
/// As for [`spawn`].
pub fn spawn_lines(sender: UnboundedSender<Input>) -> Result<InputThread, Failure> {
    spawn_decoding(sender, None, InputDecoder::Lines(LineDecoder::default()))
}

fn spawn_decoding(
    sender: UnboundedSender<Input>,
    size: Option<(u16, u16)>,
    decoder: InputDecoder,
) -> Result<InputThread, Failure> {
    let failed = |error: io::Error| Failure::new("listen to the terminal", error.to_string());
    let runtime = tokio::runtime::Handle::try_current().map_err(|error| failed(io::Error::other(error.to_string())))?;
    let resized = signal(SignalKind::window_change()).map_err(failed)?;
    let continued = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw())).map_err(failed)?;
    let (stop, wake) = io::pipe().map_err(failed)?;
    let signals = runtime.spawn(watch_signals(resized, continued, sender.clone(), size)).abort_handle();
    let thread = thread::Builder::new()
        .name("terminal input".into())
        .spawn(move || {
            if read_input(rustix::stdio::stdin(), &stop, decoder, |input| sender.send(input).is_ok()).is_err() {
                let _ = sender.send(Input::Hangup);
            }
        })
        .map_err(failed)?;
    Ok(InputThread { wake: Some(wake), thread: Some(thread), signals })
}

/// Sends size changes, unless no size is known, and continuations until the receiver is closed. Signals that arrive while one is handled count as one, so
/// that of a burst only the last size is sent: also if it is the size before, because the terminal may have cut its lines in between.
async fn watch_signals(
    mut resized: Signal,
    mut continued: Signal,
    sender: UnboundedSender<Input>,
    mut known: Option<(u16, u16)>,
) {
    let (mut has_resized, mut has_continued) = (false, false);
    loop {
        // The window may have changed before the first signal, and while the process was stopped.
        let resize = known.as_mut().and_then(|known| {
            let size = session::size();
            let changed = std::mem::replace(known, size) != size || has_resized;
            changed.then_some(Input::Resize(size.0, size.1))
        });
        let delivered =
            resize.into_iter().chain(has_continued.then_some(Input::Continued)).all(|input| sender.send(input).is_ok());
        if !delivered {
            return;
        }
        let received = tokio::select! {
            received = resized.recv() => received.map(|()| true),
            received = continued.recv() => received.map(|()| false),
        };
        let Some(resize_received) = received else { return };
        (has_resized, has_continued) = (resize_received, !resize_received);
    }
}

/// Reads until stopped, or until `send` returns false.
///
/// # Errors
/// If the terminal is gone.
fn read_input(
    stdin: BorrowedFd<'_>,
    stop: &PipeReader,
    mut decoder: InputDecoder,
    mut send: impl FnMut(Input) -> bool,
) -> Result<(), Errno> {
    let mut buffer = [0; 4_096];
    loop {
        let inputs = match wait(stdin, stop.as_fd(), decoder.timeout())? {
            Ready::Stop => return Ok(()),
            Ready::Nothing => decoder.flush(),
            Ready::Bytes => match rustix::io::read(stdin, &mut buffer) {
                // In raw mode, and on a terminal that is closed, perhaps since it was polled, an end of file is a hang-up.
                Ok(0) => vec![decoder.end().filter(|_| !is_gone(stdin)).ok_or(Errno::IO)?],
                Ok(n) => decoder.feed(&buffer[..n]),
                Err(Errno::INTR | Errno::AGAIN) => Vec::new(),
                Err(error) => return Err(error),
            },
        };
        if !inputs.into_iter().all(&mut send) {
            return Ok(());
        }
    }
}

enum Ready {
    Bytes,
    Nothing,
    Stop,
}

/// Returns true if the terminal is closed.
fn is_gone(stdin: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(stdin, PollFlags::IN)];
    let polled = poll(&mut fds, Some(&Timespec::default()));
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    polled.is_ok() && fds.iter().any(|fd| fd.revents().intersects(gone))
}

fn wait(stdin: BorrowedFd<'_>, stop: BorrowedFd<'_>, timeout: Option<Duration>) -> Result<Ready, Errno> {
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut fds = [PollFd::from_borrowed_fd(stdin, PollFlags::IN), PollFd::from_borrowed_fd(stop, PollFlags::IN)];
    loop {
        match poll(&mut fds, timeout.as_ref()) {
            // A signal. Restarting the timeout only delays an Esc.
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
        // Keys typed before a hang-up are read first; the next poll reports the hang-up.
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

    fn keys() -> InputDecoder {
        InputDecoder::Keys(Decoder::default())
    }

    #[test]
    fn in_lines_an_end_of_file_asks_to_quit_and_a_closed_terminal_is_a_hang_up() {
        let empty = std::fs::File::open("/dev/null").unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        let lines = || InputDecoder::Lines(LineDecoder::default());
        let mut received = Vec::new();
        let ended = read_input(empty.as_fd(), &stop, lines(), |input| {
            received.push(input);
            received.len() < 2
        });
        let quit = Input::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert_eq!((ended, received), (Ok(()), vec![quit.clone(), quit]));
        let (terminal, mut user) = io::pipe().unwrap();
        user.write_all(b"mark\ncop").unwrap();
        drop(user);
        let mut received = Vec::new();
        let ended = read_input(terminal.as_fd(), &stop, lines(), |input| {
            received.push(input);
            true
        });
        assert_eq!((ended, received), (Err(Errno::IO), vec![Input::Line("mark".into())]));
    }

    #[test]
    fn keys_arrive_and_end_of_file_is_a_hang_up() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        user.write_all(b"ab\x1b").unwrap();
        drop(user);
        let mut received = Vec::new();
        let ended = read_input(terminal.as_fd(), &stop, keys(), |input| {
            received.push(input);
            true
        });
        assert_eq!(ended, Err(Errno::IO));
        assert_eq!(received, [chr('a'), chr('b')]);
    }

    #[test]
    fn a_descriptor_that_is_always_ready_and_empty_is_a_hang_up() {
        let empty = std::fs::File::open("/dev/null").unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        assert_eq!(read_input(empty.as_fd(), &stop, keys(), |_| true), Err(Errno::IO));
    }

    #[test]
    fn an_esc_is_a_key_if_nothing_follows() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, wake) = io::pipe().unwrap();
        let (sender, received) = mpsc::channel();
        let thread = thread::spawn(move || {
            read_input(terminal.as_fd(), &stop, keys(), |input| sender.send(input).is_ok()).is_ok()
        });
        user.write_all(b"\x1b").unwrap();
        assert_eq!(received.recv().unwrap(), Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        user.write_all(b"x").unwrap();
        assert_eq!(received.recv().unwrap(), chr('x'));
        // It ends when stopped, even while the terminal sends nothing.
        drop(wake);
        assert!(thread.join().unwrap());
    }

    #[test]
    fn it_ends_when_the_receiver_is_gone() {
        let (terminal, mut user) = io::pipe().unwrap();
        let (stop, _wake) = io::pipe().unwrap();
        user.write_all(b"abc").unwrap();
        assert_eq!(read_input(terminal.as_fd(), &stop, keys(), |_| false), Ok(()));
    }

    #[test]
    fn it_fails_outside_a_runtime() {
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        assert_eq!(spawn(sender, (80, 24)).unwrap_err().what, "listen to the terminal");
    }
}
