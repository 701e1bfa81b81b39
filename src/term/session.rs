//! Entering and leaving the terminal: raw mode, alternate screen, bracketed paste, mouse, cursor.
//!
//! Leaving is idempotent and may happen anywhere: by the guard, by [`restore`] on a signal, by the panic hook.

use std::{
    io::{self, Write},
    os::fd::BorrowedFd,
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

/// What leaving must undo; `None` while the terminal is not entered.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

#[derive(Clone)]
struct Entered {
    /// Terminal settings before entering; `None` if standard input is not a terminal.
    original: Option<Termios>,
    mouse: bool,
}

/// Standard output without buffer or lock, so that a frame is one `write`, and a panic during it can still restore the
/// terminal.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                // Another process made the shared terminal non-blocking.
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

/// Blocks until standard output is writable or closed.
fn wait_writable() -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdout = rustix::stdio::stdout();
    match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the terminal's size as (columns, rows), or 80x24 if the kernel does not know it.
pub fn size() -> (u16, u16) {
    size_of([rustix::stdio::stdout(), rustix::stdio::stdin()])
}

/// The same, of the terminal that standard error is.
pub fn size_of_stderr() -> (u16, u16) {
    size_of([rustix::stdio::stderr(), rustix::stdio::stdin()])
}

fn size_of(files: [BorrowedFd<'_>; 2]) -> (u16, u16) {
    files
        .into_iter()
        .filter_map(|fd| rustix::termios::tcgetwinsize(fd).ok())
        .find(|size| size.ws_col > 0 && size.ws_row > 0)
        .map_or((80, 24), |size| (size.ws_col, size.ws_row))
}

/// Returns the width of standard output, if that is a terminal and reports it.
pub fn columns() -> Option<u16> {
    rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

/// Returns whether standard input and standard output are terminals.
pub fn ttys() -> (bool, bool) {
    (rustix::termios::isatty(rustix::stdio::stdin()), rustix::termios::isatty(rustix::stdio::stdout()))
}

/// The entered terminal. Dropping it leaves the terminal.
#[derive(Debug)]
#[must_use = "dropping it leaves the terminal"]
pub struct TermSession {
    mouse: bool,
}

impl TermSession {
    /// Enters the terminal.
    ///
    /// # Errors
    /// If standard input cannot be put into raw mode or standard output cannot be written.
    pub fn enter(caps: &Caps) -> Result<Self, Failure> {
        let session = Self { mouse: caps.mouse };
        session.acquire().map_err(|error| {
            restore();
            Failure::new("take the terminal", error.to_string())
                .hint("Run it in an interactive terminal, or with `--plain` for lines instead of a screen.")
        })?;
        Ok(session)
    }

    /// Leaves the terminal; no effect if it is left already.
    pub fn leave(&mut self) {
        restore();
    }

    /// Enters the terminal again, after [`Self::leave`] or after another process stopped this one. The screen must be repainted
    /// afterwards.
    pub fn reenter(&mut self) -> io::Result<()> {
        self.acquire()
    }

    /// Stops the process group, as `Ctrl-Z` does in other programs, and enters the terminal again when continued. The screen
    /// must be repainted afterwards. To be called on the main thread, where the process stops before the call returns.
    ///
    /// No effect if there is no shell to continue the process.
    pub fn suspend(&mut self) -> io::Result<()> {
        if !can_be_continued() {
            return Ok(());
        }
        restore();
        // Not SIGTSTP, which this program handles in order to leave the terminal first.
        let stopped = rustix::process::kill_current_process_group(Signal::STOP);
        // Another thread may receive the signal: do not touch the terminal before all threads are stopped.
        thread::sleep(Duration::from_millis(50));
        self.acquire()?;
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

    fn acquire(&self) -> io::Result<()> {
        let stdin = rustix::stdio::stdin();
        let found = rustix::termios::tcgetattr(stdin)?;
        let (again, original) = {
            let mut entered = lock();
            let before = entered.take();
            let again = before.is_some();
            // When entering twice, the current settings are this program's raw mode.
            let original = before.and_then(|entered| entered.original).unwrap_or(found);
            *entered = Some(Entered { original: Some(original.clone()), mouse: self.mouse });
            (again, original)
        };
        let mut raw = original;
        raw.make_raw();
        rustix::termios::tcsetattr(stdin, OptionalActions::Now, &raw)?;
        if !again {
            Tty.write_all(SAVE_TITLE)?;
        }
        Tty.write_all(&enter_bytes(self.mouse))
    }
}

impl Drop for TermSession {
    fn drop(&mut self) {
        restore();
    }
}

/// Leaves the terminal if it is entered. Errors are ignored, because the terminal may be gone.
pub fn restore() {
    let entered = lock().take();
    if let Some(entered) = entered {
        // First, because it cannot block; writing can.
        if let Some(original) = entered.original {
            let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &original);
        }
        let _ = Tty.write_all(&leave_bytes(entered.mouse));
    }
}

/// Stops this process, which has no screen, until it is continued. No effect if there is no shell to continue it.
pub fn stop() {
    if can_be_continued() {
        // A process may always signal itself.
        _ = rustix::process::kill_process(rustix::process::getpid(), Signal::STOP);
        thread::sleep(Duration::from_millis(50));
    }
}

/// Returns true if a shell can continue this process: the session leader is in another process group. Without one, the kernel
/// ignores SIGTSTP but not SIGSTOP.
fn can_be_continued() -> bool {
    let leader = rustix::process::getsid(None).and_then(|leader| rustix::process::getpgid(Some(leader)));
    leader.is_ok_and(|group| group != rustix::process::getpgrp())
}

/// Exits the process with this status unless it has ended within the timeout. Writing to a connection that accepts no bytes
/// blocks, also while the program ends.
pub fn end_within(timeout: Duration, status: i32) {
    thread::spawn(move || {
        thread::sleep(timeout);
        // In another thread, because it may block as well.
        thread::spawn(restore);
        thread::sleep(Duration::from_millis(50));
        std::process::exit(status);
    });
}

/// Makes a panic in any thread restore the terminal, call `log`, print itself, and exit with status 101. Of several at the same time, the
/// first does so.
pub fn install_panic_hook(log: impl Fn(&str) + Send + Sync + 'static) {
    static FIRST: Mutex<()> = Mutex::new(());
    panic::set_hook(Box::new(move |info| {
        // Held until the process has ended: another thread's panic must not end it before the terminal is restored.
        let _first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        // First, because a panic of `log` aborts the process.
        restore();
        let backtrace = std::backtrace::Backtrace::capture();
        let thread = thread::current();
        let report = format!("thread `{}`: {info}\n{backtrace}", thread.name().unwrap_or("unnamed"));
        log(&report);
        let _ = writeln!(
            io::stderr(),
            "amigrate failed because of an internal error; copies under way continue in AWS.\n{report}"
        );
        std::process::exit(101);
    }));
}

fn lock() -> std::sync::MutexGuard<'static, Option<Entered>> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Once for each [`leave_bytes`]: terminals keep a stack of titles.
const SAVE_TITLE: &[u8] = b"\x1b[22;2t";

/// Returns the sequences that switch to the alternate screen and bracketed paste, and hide the cursor.
fn enter_bytes(mouse: bool) -> Vec<u8> {
    let mut out = b"\x1b[?1049h\x1b[?2004h\x1b[?25l".to_vec();
    if mouse {
        out.extend_from_slice(MOUSE_ON);
    }
    out
}

/// Returns the sequences that undo [`SAVE_TITLE`] and [`enter_bytes`], after ending whatever an interrupted frame may have left open.
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
    fn leaving_undoes_entering() {
        for mouse in [false, true] {
            let mut parser = crate::term::test_terminal(20, 4);
            parser.process(b"$ amigrate\r\n");
            let before = parser.screen().clone();
            parser.process(SAVE_TITLE);
            parser.process(&enter_bytes(mouse));
            assert!(parser.screen().alternate_screen());
            assert!(parser.screen().hide_cursor());
            assert!(parser.screen().bracketed_paste());
            assert_eq!(parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None, mouse);
            // A frame interrupted in colours and a string sequence.
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
    fn the_terminal_is_never_queried() {
        // Device status and cursor position, device attributes, modes and colours.
        for sent in [enter_bytes(true), leave_bytes(true)] {
            let text = String::from_utf8(sent).unwrap();
            assert!(!text.contains('?') || !text.contains("$p"), "{text:?}");
            for query in ["\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[?u", "\x1b]10;?", "\x1b]11;?"] {
                assert!(!text.contains(query), "{query:?} in {text:?}");
            }
        }
    }

    #[test]
    fn restoring_without_entering_has_no_effect() {
        restore();
        restore();
        assert!(lock().is_none());
    }
}
