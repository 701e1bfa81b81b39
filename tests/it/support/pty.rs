//! A program in a pseudo-terminal, and the terminal that shows it. Waiting is for conditions; the deadline only ends
//! what hangs.
//!
//! Our own rather than `termlens` (0.11.7), which is built on the same portable-pty and vt100, but gives no access to the raw
//! output (the tests count bytes and SGR codes), cannot close the terminal while the program runs (a hang-up), and does not
//! name the terminal (needed to stop its output, as a silent connection does).

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    os::unix::fs::DirBuilderExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::{
    process::{Pid, Signal, kill_process},
    termios::{Action, tcflow},
};

/// Much longer than anything takes; only a program that hangs reaches it.
const DEADLINE: Duration = Duration::from_mins(5);

/// A command with nothing of this process's environment but `PATH`.
pub(crate) struct Program {
    command: CommandBuilder,
}

impl Program {
    /// This program with these arguments, on a capable UTF-8 terminal.
    pub(crate) fn new(path: &str, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new(path);
        command.args(arguments);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        Self { command }.env("TERM", "xterm-256color").env("LANG", "C.UTF-8")
    }

    /// With this variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With all user directories inside this one, and no way to a real account.
    pub(crate) fn home(self, home: &std::path::Path) -> Self {
        let state = home.join("amigrate");
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&state).expect("a directory");
        let remembered = state.join("screen.json");
        if !remembered.exists() {
            std::fs::write(remembered, r#"{"welcomed": true}"#).expect("a file");
        }
        let home = home.to_str().expect("a temporary directory has a plain name");
        ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"]
            .into_iter()
            .fold(self, |program, name| program.env(name, home))
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// Starts it.
    pub(crate) fn start(self, columns: u16, rows: u16) -> Pty {
        Pty::start(self.command, columns, rows)
    }
}

/// The running program and its screen.
pub(crate) struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    reader: Option<JoinHandle<()>>,
    hanging_up: Arc<AtomicBool>,
    output: Receiver<Vec<u8>>,
    exit: Receiver<ExitStatus>,
    exited: bool,
    pid: Pid,
    parser: vt100::Parser,
    seen: Vec<u8>,
}

impl Pty {
    fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let pid = child.process_id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).expect("a process id");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let hanging_up = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&hanging_up);
        let (out, output) = channel();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8_192];
            // Linux reports the end as an error once the other side is closed.
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if out.send(buffer[..n].to_vec()).is_err() || stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let (ended, exit) = channel();
        thread::spawn(move || child.wait().map(|status| ended.send(status)));
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            reader: Some(reader),
            hanging_up,
            output,
            exit,
            exited: false,
            pid,
            parser: vt100::Parser::new(nonzero(rows), nonzero(columns), 0),
            seen: Vec::new(),
        }
    }

    /// Waits until the screen's text meets a condition; `what` is for the failure message.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        self.wait_until(what, |screen| condition(&screen.contents()));
        self.text()
    }

    /// Waits until the terminal meets a condition, which is not asked in the middle of a frame.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if !self.within_frame() && condition(self.parser.screen()) {
                return;
            }
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => {
                    let why = match error {
                        RecvTimeoutError::Timeout => "nothing came of it in time",
                        RecvTimeoutError::Disconnected => "the program has ended",
                    };
                    panic!("waiting for {what}: {why}; the screen:\n{}", self.text());
                }
            }
        }
    }

    /// Waits until more than that many bytes were read.
    #[track_caller]
    pub(crate) fn wait_more(&mut self, than: usize) {
        while self.seen.len() <= than {
            match self.output.recv_timeout(DEADLINE) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("waiting for output: {error}; the screen:\n{}", self.text()),
            }
        }
    }

    /// Returns true if a synchronised update has begun and not ended.
    fn within_frame(&self) -> bool {
        const UPDATE: &[u8] = b"\x1b[?2026";
        let last = self.seen.windows(UPDATE.len()).rposition(|part| part == UPDATE);
        last.is_some_and(|at| self.seen.get(at + UPDATE.len()) == Some(&b'h'))
    }

    fn take(&mut self, bytes: &[u8]) {
        self.seen.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    /// The screen's text as far as it was read.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The terminal as far as it was read.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Every byte read so far.
    pub(crate) fn bytes_seen(&self) -> &[u8] {
        &self.seen
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.bytes(keys.as_bytes());
    }

    /// Sends bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().expect("the line is up");
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("the terminal takes keys");
    }

    /// Makes the window another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.master.as_ref().expect("the line is up").resize(size(columns, rows)).expect("another size");
        self.parser.screen_mut().set_size(nonzero(rows), nonzero(columns));
    }

    /// Sends a signal to the program that was started, and to none of its children.
    pub(crate) fn kill(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program is there");
    }

    /// Stops the terminal's output, so that writers block, as on a connection that hangs.
    pub(crate) fn stall(&self) {
        let name = self.master.as_ref().and_then(|master| master.tty_name()).expect("the terminal has a name");
        let line = std::fs::OpenOptions::new().write(true).open(name).expect("the terminal opens");
        tcflow(line, Action::OOff).expect("the line stops");
    }

    /// Waits until the program's main thread is blocked in a write, where the kernel shows it (Linux).
    #[track_caller]
    pub(crate) fn wait_held_up(&self) {
        let process = format!("/proc/{}", self.pid.as_raw_nonzero());
        let deadline = Instant::now() + DEADLINE;
        while let Ok(place) = std::fs::read_to_string(format!("{process}/wchan")) {
            let asleep = std::fs::read_to_string(format!("{process}/stat")).is_ok_and(|stat| stat.contains(") S "));
            let untold = place == "0" && asleep;
            if place.contains("wait_woken") || place.contains("tty") || untold {
                return;
            }
            assert!(Instant::now() < deadline, "the program is not held up but in {place}");
            thread::yield_now();
        }
    }

    /// Closes the terminal of a screen, as a lost connection does.
    ///
    /// The master's end closes only once the reading thread lets go of it, so the program is made to write something:
    /// it must answer a resize with a frame.
    pub(crate) fn hang_up(&mut self) {
        self.hanging_up.store(true, Ordering::SeqCst);
        let (rows, columns) = self.parser.screen().size();
        self.resize(columns.get() - 1, rows.get() - 1);
        self.close();
    }

    /// Closes the terminal of a program that leaves its keys to the terminal: what wakes the reading thread is the echo of one.
    pub(crate) fn hang_up_echoing(&mut self) {
        self.hanging_up.store(true, Ordering::SeqCst);
        self.keys("\r");
        self.close();
    }

    fn close(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("nothing was written; the screen:\n{}", self.text()),
            }
        }
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader ends");
        }
        self.writer = None;
        self.master = None;
    }

    /// Sends SIGINT until the program has ended: signals that come close together may be one.
    #[track_caller]
    pub(crate) fn interrupt_until_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            // It may have ended meanwhile.
            let _ = kill_process(self.pid, Signal::INT);
            match self.exit.recv_timeout(Duration::from_millis(50)) {
                Ok(status) => {
                    self.exited = true;
                    return status;
                }
                Err(_) => assert!(Instant::now() < deadline, "the program continues; the screen:\n{}", self.text()),
            }
        }
    }

    /// Quits the screen once its work is in the store. The screen may not have been told of the end yet: then it asks, and says
    /// once it was told that nothing is left. Another `q` would be no.
    #[track_caller]
    pub(crate) fn quit(&mut self) {
        self.keys("q");
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                self.take(&bytes);
                if self.text().contains("Nothing is left to do here") {
                    self.keys("\r");
                    break self.wait_exit();
                }
            } else if let Ok(status) = self.exit.try_recv() {
                self.exited = true;
                break status;
            }
            assert!(Instant::now() < deadline, "the program does not end; the screen:\n{}", self.text());
        };
        assert!(status.success(), "{}", self.text());
    }

    /// Waits for the end, and reads what was still written.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self) -> ExitStatus {
        let status = self.exit.recv_timeout(DEADLINE).unwrap_or_else(|_| {
            let rest: Vec<_> = self.output.try_iter().collect();
            for bytes in &rest {
                self.take(bytes);
            }
            panic!("the program does not end; the screen:\n{}", self.text())
        });
        self.exited = true;
        // The reader ends once everything is read; a grandchild that holds the terminal open is not waited for.
        let deadline = Instant::now() + DEADLINE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        status
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if !self.exited {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

/// The numbers of every SGR sequence in these bytes.
pub(crate) fn sgr_codes(bytes: &[u8]) -> Vec<u16> {
    String::from_utf8_lossy(bytes)
        .split("\x1b[")
        .skip(1)
        .filter_map(|part| {
            let end = part.find(|c: char| !matches!(c, '0'..='9' | ';'))?;
            part[end..].starts_with('m').then(|| part[..end].to_owned())
        })
        .flat_map(|codes| codes.split(';').filter_map(|code| code.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Returns true if an SGR code sets a colour.
pub(crate) fn is_colour(code: u16) -> bool {
    matches!(code, 30..=38 | 40..=48 | 90..=107)
}
