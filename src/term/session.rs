//! Entering and leaving the terminal: raw mode, alternate screen, bracketed paste, mouse, cursor.
//!
//! Leaving is idempotent and may happen anywhere: by the guard, by [`restore`] on a signal, by the panic hook.
//! Nothing here waits for an answer from the terminal.

use std::{
    io::{self, Write},
    panic,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    process::Signal,
    termios::{OptionalActions, Termios},
};

use super::caps::Caps;
use crate::domain::Failure;

/// What is to be undone; empty while the terminal is the user's.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

#[derive(Clone)]
struct Entered {
    /// The line discipline's settings as found. Absent if standard input is no terminal.
    original: Option<Termios>,
    mouse: bool,
}

/// Standard output without a buffer and without a lock: a frame goes out in one `write`, and a panic in the middle of
/// one can still restore the terminal.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                // Another process set the shared terminal non-blocking: wait until it takes more, do not lose a frame.
                Err(rustix::io::Errno::AGAIN) => wait_writable()?,
                Err(rustix::io::Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Blocks until standard output takes bytes or is gone.
fn wait_writable() -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdout = rustix::stdio::stdout();
    match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The terminal's size as (columns, rows), from the kernel; 80x24 if it does not know one.
pub fn size() -> (u16, u16) {
    [rustix::stdio::stdout(), rustix::stdio::stdin()]
        .into_iter()
        .filter_map(|fd| rustix::termios::tcgetwinsize(fd).ok())
        .find(|size| size.ws_col > 0 && size.ws_row > 0)
        .map_or((80, 24), |size| (size.ws_col, size.ws_row))
}

/// Whether standard input and standard output are terminals.
pub fn ttys() -> (bool, bool) {
    (rustix::termios::isatty(rustix::stdio::stdin()), rustix::termios::isatty(rustix::stdio::stdout()))
}

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
#[must_use = "dropping it leaves the terminal"]
pub struct TermSession {
    mouse: bool,
}

impl TermSession {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If standard input cannot be put into raw mode or standard output cannot be written.
    pub fn enter(caps: &Caps) -> Result<Self, Failure> {
        let session = Self { mouse: caps.mouse };
        session.take().map_err(|error| {
            restore();
            Failure::new("take the terminal", error.to_string())
                .hint("Run it in an interactive terminal, or with `--plain` for lines instead of a screen.")
        })?;
        Ok(session)
    }

    /// Gives the terminal back; does nothing the second time.
    pub fn leave(&mut self) {
        restore();
    }

    /// Takes the terminal again, after [`Self::leave`] or after the process was stopped by someone else. The whole screen must
    /// be repainted afterwards.
    pub fn reenter(&mut self) -> io::Result<()> {
        self.take()
    }

    /// Stops the process group as `Ctrl-Z` does in other programs, and takes the terminal again once it goes on. The
    /// whole screen must be repainted afterwards. Best called on the main thread, where the kernel stops us before
    /// the call returns.
    ///
    /// Without a shell to continue us nothing is stopped.
    pub fn suspend(&mut self) -> io::Result<()> {
        if !can_be_continued() {
            return Ok(());
        }
        restore();
        // Not SIGTSTP: this program handles that, so that it can put everything in order before it stops.
        let stopped = rustix::process::kill_current_process_group(Signal::STOP);
        // The signal may be taken by another thread: do not touch the terminal before it stops us all.
        thread::sleep(Duration::from_millis(50));
        self.take()?;
        Ok(stopped?)
    }

    /// Switches mouse reports on or off.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if let Some(entered) = lock().as_mut() {
            entered.mouse = on;
        }
        Tty.write_all(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    fn take(&self) -> io::Result<()> {
        let stdin = rustix::stdio::stdin();
        let found = rustix::termios::tcgetattr(stdin)?;
        let original = {
            let mut entered = lock();
            // Entering twice must not take our own raw mode for the user's.
            let original = entered.take().and_then(|entered| entered.original).unwrap_or_else(|| found.clone());
            *entered = Some(Entered { original: Some(original.clone()), mouse: self.mouse });
            original
        };
        let mut raw = original;
        raw.make_raw();
        rustix::termios::tcsetattr(stdin, OptionalActions::Now, &raw)?;
        Tty.write_all(&enter_bytes(self.mouse))
    }
}

impl Drop for TermSession {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back if it is taken. For signal handlers' tasks, the panic hook and the way out; errors are
/// ignored because the terminal may be gone, and there is nobody left to tell.
pub fn restore() {
    let entered = lock().take();
    if let Some(entered) = entered {
        // First what cannot block: a stalled line takes no bytes.
        if let Some(original) = entered.original {
            let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &original);
        }
        let _ = Tty.write_all(&leave_bytes(entered.mouse));
    }
}

/// Stops this process, which has no screen, until it is continued; unless nobody would.
pub fn stop() {
    if can_be_continued() {
        // It is always allowed to signal itself.
        _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
        thread::sleep(Duration::from_millis(50));
    }
}

/// Whether there is a shell: the leader of this session, in another process group than ours. The kernel ignores SIGTSTP
/// where there is none, but not SIGSTOP.
fn can_be_continued() -> bool {
    let leader = rustix::process::getsid(None).and_then(|leader| rustix::process::getpgid(Some(leader)));
    leader.is_ok_and(|group| group != rustix::process::getpgrp())
}

/// Ends the process with this status unless it has ended by itself by then: a line that takes no bytes holds up whoever
/// writes to it, the loop as well as the way out.
pub fn end_within(patience: Duration, status: i32) {
    thread::spawn(move || {
        thread::sleep(patience);
        // Not in this thread: it would be held up as well.
        thread::spawn(restore);
        thread::sleep(Duration::from_millis(50));
        std::process::exit(status);
    });
}

/// From now on a panic in any thread restores the terminal, tells `log`, prints itself, and ends the process with
/// status 101.
pub fn install_panic_hook(log: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| {
        // First the terminal: should the log itself panic, the process aborts.
        restore();
        let backtrace = std::backtrace::Backtrace::capture();
        let thread = thread::current();
        let report = format!("thread `{}`: {info}\n{backtrace}", thread.name().unwrap_or("unnamed"));
        log(&report);
        let _ = writeln!(
            io::stderr(),
            "amigrate met a fault of its own and has ended; copies under way go on in AWS.\n{report}"
        );
        std::process::exit(101);
    }));
}

fn lock() -> std::sync::MutexGuard<'static, Option<Entered>> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Title put aside, alternate screen, bracketed paste, no cursor.
fn enter_bytes(mouse: bool) -> Vec<u8> {
    let mut out = b"\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?25l".to_vec();
    if mouse {
        out.extend_from_slice(MOUSE_ON);
    }
    out
}

/// The other way round; first whatever an interrupted frame may have left open.
fn leave_bytes(mouse: bool) -> Vec<u8> {
    let mut out = b"\x1b\\\x1b[?2026l\x1b[0m".to_vec();
    if mouse {
        out.extend_from_slice(MOUSE_OFF);
    }
    out.extend_from_slice(b"\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[23;2t");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_gives_back_what_entering_took() {
        for mouse in [false, true] {
            let mut parser = crate::term::shown_by(20, 4);
            parser.process(b"$ amigrate\r\n");
            let before = parser.screen().clone();
            parser.process(&enter_bytes(mouse));
            assert!(parser.screen().alternate_screen());
            assert!(parser.screen().hide_cursor());
            assert!(parser.screen().bracketed_paste());
            assert_eq!(parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None, mouse);
            // A frame cut short in the middle of its colours and its title.
            parser.process(b"\x1b[?2026h\x1b[7;31mhalf a frame\x1b]2;tit");
            parser.process(&leave_bytes(mouse));
            let after = parser.screen();
            assert_eq!(after.contents(), before.contents());
            assert!(!after.alternate_screen());
            assert!(!after.hide_cursor());
            assert!(!after.bracketed_paste());
            assert_eq!(after.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
            assert_eq!((after.fgcolor(), after.inverse()), (vt100::Color::Default, false));
            assert_eq!(after.cursor_position(), before.cursor_position());
        }
    }

    #[test]
    fn nothing_sent_asks_the_terminal_anything() {
        // The questions: device status and cursor position, device attributes, mode and colour reports.
        for sent in [enter_bytes(true), leave_bytes(true)] {
            let text = String::from_utf8(sent).unwrap();
            assert!(!text.contains('?') || !text.contains("$p"), "{text:?}");
            for question in ["\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[?u", "\x1b]10;?", "\x1b]11;?"]
            {
                assert!(!text.contains(question), "{question:?} in {text:?}");
            }
        }
    }

    #[test]
    fn restoring_what_was_never_taken_does_nothing() {
        restore();
        restore();
        assert!(lock().is_none());
    }
}
