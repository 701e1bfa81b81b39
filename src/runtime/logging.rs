//! The log: files that only this user can read, written by several processes; never the terminal.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::scrub::scrub;
use crate::{aws::SDK_CREDENTIALS_TARGET, domain::Failure};

/// A file is rotated at this size in bytes.
const MAX_BYTES: u64 = 10 * 1024 * 1024;
/// How many files are kept, with the one that is written.
const FILES: u32 = 5;
/// Lines that wait to be written before others are dropped. Their queue is allocated at once: at its default length it takes 4 MiB.
const BUFFERED_LINES: usize = 4_096;
/// Bytes that wait to be written before lines are dropped: at the level `debug` a page of a thousand images is a line of about a
/// megabyte.
const BUFFERED_BYTES: usize = 32 * 1024 * 1024;

/// Starts the log in this file. Dropping the guard flushes it.
///
/// # Errors
/// If the level is unknown or the file cannot be opened.
pub fn start(file: &Path, level: &str) -> Result<WorkerGuard, Failure> {
    start_with(file, level, || RotatedFile::open(file, MAX_BYTES, FILES))
}

/// Starts the log in this program's own directory, which only this user can read.
///
/// # Errors
/// As [`start`].
pub fn start_default(dir: &Path, level: &str) -> Result<WorkerGuard, Failure> {
    let file = dir.join("amigrate.log");
    start_with(&file, level, || RotatedFile::open_own(&file, MAX_BYTES, FILES))
}

fn start_with(
    file: &Path,
    level: &str,
    open: impl FnOnce() -> io::Result<RotatedFile>,
) -> Result<WorkerGuard, Failure> {
    let failed = |why: String| Failure::new(format!("write the log {}", file.display()), why);
    let filter = EnvFilter::try_new(filter(level)).map_err(|e| failed(e.to_string()))?;
    let out = open().map_err(|e| failed(e.to_string()))?;
    let waiting = Waiting::default();
    let out = Counted { out, waiting: waiting.clone() };
    let (queue, guard) = NonBlockingBuilder::default().buffered_lines_limit(BUFFERED_LINES).finish(out);
    let writer = Bounded { queue, waiting };
    // A second start, as in tests, leaves the first log in place.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).try_init();
    Ok(guard)
}

/// Returns what is logged. Credentials that fail are told by this program, in its own words.
fn filter(level: &str) -> String {
    format!("warn,{SDK_CREDENTIALS_TARGET}=off,amigrate={level}")
}

/// The lines and bytes that wait to be written.
#[derive(Debug, Clone, Default)]
struct Waiting(Arc<Mutex<(usize, usize)>>);

impl Waiting {
    /// Adds a line. Returns false if there is no room for it.
    fn add(&self, line: usize) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, bytes) = *waiting;
        // One that is larger than all the room must go through, too.
        let fits = lines == 0 || lines < BUFFERED_LINES && bytes.saturating_add(line) <= BUFFERED_BYTES;
        if fits {
            *waiting = (lines + 1, bytes + line);
        }
        fits
    }

    fn remove(&self, line: usize) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = (waiting.0.saturating_sub(1), waiting.1.saturating_sub(line));
    }
}

/// The end of the queue that lines are put into: it takes as many as there is room for, and drops others.
#[derive(Debug, Clone)]
struct Bounded {
    queue: NonBlocking,
    waiting: Waiting,
}

impl Write for Bounded {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The queue itself is never full: what is in it is counted until it is written.
        if self.waiting.add(line.len()) { self.queue.write(line) } else { Ok(line.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.queue.flush()
    }
}

impl<'a> MakeWriter<'a> for Bounded {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The other end of the queue.
struct Counted<W> {
    out: W,
    waiting: Waiting,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.out.write_all(line);
        self.waiting.remove(line.len());
        written.map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file that is renamed to `NAME.1`, `NAME.2` and so on when it is full. Crates that rotate logs assume a single process; here
/// each write takes a lock and checks whether another process has rotated the file.
struct RotatedFile {
    path: PathBuf,
    file: File,
    lock: File,
    max_bytes: u64,
    files: u32,
}

impl RotatedFile {
    fn open(path: &Path, max_bytes: u64, files: u32) -> io::Result<Self> {
        if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty() && !d.exists()) {
            // An existing directory was chosen by the user and may be shared.
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let lock = private(&with(path, ".lock"))?;
        Ok(Self { path: path.to_owned(), file: private(path)?, lock, max_bytes, files })
    }

    /// Opens a file in this program's own directory, and removes other users' permissions from that.
    fn open_own(path: &Path, max_bytes: u64, files: u32) -> io::Result<Self> {
        if let Some(dir) = path.parent()
            && let Ok(found) = fs::metadata(dir)
            && found.mode() & 0o077 != 0
            && found.uid() == rustix::process::geteuid().as_raw()
        {
            fs::set_permissions(dir, Permissions::from_mode(found.mode() & 0o7700))?;
        }
        Self::open(path, max_bytes, files)
    }

    /// Reopens the file if another process has rotated it, and rotates it if it is full.
    fn rotate_if_full(&mut self, bytes: u64) -> io::Result<()> {
        let current = fs::metadata(&self.path).ok().map(|m| (m.dev(), m.ino()));
        let ours = self.file.metadata()?;
        if current != Some((ours.dev(), ours.ino())) {
            self.file = private(&self.path)?;
        }
        let length = self.file.metadata()?.len();
        if length == 0 || length + bytes <= self.max_bytes {
            return Ok(());
        }
        for n in (1..self.files).rev() {
            let from = if n == 1 { self.path.clone() } else { with(&self.path, &format!(".{}", n - 1)) };
            match fs::rename(from, with(&self.path, &format!(".{n}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = private(&self.path)?;
        Ok(())
    }
}

impl Write for RotatedFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let bytes = line.len();
        let mut line = line.to_vec();
        scrub(&mut line);
        // Where the file system has no locks the log is written without one.
        let locked = self.lock.lock().is_ok();
        let written = self.rotate_if_full(line.len() as u64).and_then(|()| self.file.write_all(&line));
        if locked {
            self.lock.unlock()?;
        }
        written.map(|()| bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Opens a file for appending that only this user can read from its first byte on, and removes other users' permissions
/// from an existing one.
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && found.mode() & 0o077 != 0 && found.uid() == rustix::process::geteuid().as_raw() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn what_the_sdk_knows_of_credentials_is_not_logged() {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl Write for Lines {
            fn write(&mut self, line: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(line)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let out = lines.clone();
        let filter = EnvFilter::try_new(filter("trace")).unwrap();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || out.clone()).finish();
        tracing::subscriber::with_default(log, || {
            // As `SDK_CREDENTIALS_TARGET` has it: a target is a literal.
            tracing::warn!(target: concat!("aws", "_config", "::profile::credentials"), "external_id: Some(\"S3CRET\")");
            tracing::error!(target: concat!("aws", "_config"), "Stderr: token S3CRET");
            tracing::warn!(target: "hyper", "kept");
            tracing::info!(target: "amigrate::driver", "kept too");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("kept too") && text.contains("hyper") && !text.contains("S3CRET"), "{text}");
    }

    #[test]
    fn what_waits_is_bounded_by_lines_and_by_bytes() {
        let waiting = Waiting::default();
        assert!((0..BUFFERED_LINES).all(|_| waiting.add(1)) && !waiting.add(1));
        waiting.remove(1);
        assert!(waiting.add(1));
        let waiting = Waiting::default();
        assert!(waiting.add(2 * BUFFERED_BYTES), "nothing else waits");
        assert!(!waiting.add(1));
        waiting.remove(2 * BUFFERED_BYTES);
        let megabytes = (0..100).filter(|_| waiting.add(1024 * 1024)).count();
        assert_eq!(megabytes, BUFFERED_BYTES / 1024 / 1024);
    }

    /// A file on a disk that has stopped.
    struct Stuck(std::sync::mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn large_lines_do_not_pile_up_behind_a_stalled_disk() {
        let (go_on, stopped) = std::sync::mpsc::channel();
        let waiting = Waiting::default();
        let out = Counted { out: Stuck(stopped), waiting: waiting.clone() };
        let (queue, guard) = NonBlockingBuilder::default().buffered_lines_limit(BUFFERED_LINES).finish(out);
        let log = Bounded { queue, waiting: waiting.clone() };
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..100 {
            log.make_writer().write_all(&line).unwrap();
        }
        assert_eq!(waiting.0.lock().unwrap().1, BUFFERED_BYTES);
        drop(go_on);
        drop(guard);
        // What is written makes room.
        let mut out = Counted { out: io::sink(), waiting: Waiting::default() };
        assert!(out.waiting.add(line.len()));
        out.write_all(&line).unwrap();
        assert_eq!(*out.waiting.0.lock().unwrap(), (0, 0));
    }

    #[test]
    fn files_are_private_from_the_first_byte_and_so_is_a_new_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/amigrate/a.log");
        let mut log = RotatedFile::open(&path, 100, 5).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700), "before anything is written");
        log.write_all(b"x").unwrap();
        // One of an older version, readable by everybody.
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        RotatedFile::open(&path, 100, 5).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_directory_of_ones_own_becomes_private_and_somebody_elses_choice_stays() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().join("a.log");
        RotatedFile::open(&path, 100, 5).unwrap();
        assert_eq!(mode(dir.path()), 0o755);
        RotatedFile::open_own(&path, 100, 5).unwrap();
        assert_eq!(mode(dir.path()), 0o700);
        RotatedFile::open_own(&dir.path().join("new/a.log"), 100, 5).unwrap();
        assert_eq!(mode(&dir.path().join("new")), 0o700);
    }

    #[test]
    fn full_files_are_put_aside_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        // Two processes, as far as the files know.
        let mut logs = [RotatedFile::open(&path, 100, 5).unwrap(), RotatedFile::open(&path, 100, 5).unwrap()];
        for n in 0..100 {
            logs[n % 2].write_all(format!("line {n:03} of twenty.\n").as_bytes()).unwrap();
        }
        let names: Vec<PathBuf> = (1..=9).map(|n| with(&path, &format!(".{n}"))).collect();
        let there: Vec<&PathBuf> = names.iter().filter(|p| p.exists()).collect();
        assert_eq!(there.len(), 4, "five with the one that is written: {there:?}");
        let all = there.into_iter().rev().chain([&path]);
        let text: String = all.map(|p| fs::read_to_string(p).unwrap()).collect();
        let kept: Vec<usize> = text.lines().map(|l| l[5..8].parse().unwrap()).collect();
        assert_eq!(kept, (100 - kept.len()..100).collect::<Vec<_>>(), "in order, none lost among the last");
        assert!(kept.len() > 16, "{}", kept.len());
        for path in [&path, &names[0], &names[3]] {
            assert!(fs::metadata(path).unwrap().len() <= 100);
            assert_eq!(mode(path), 0o600);
        }
    }
}
