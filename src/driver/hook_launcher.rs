//! The start of a hook: this program, started once more, leaves the terminal's session, and then becomes the hook's program.
//!
//! A process group of its own would not do: `/dev/tty` would still be the terminal that the screen is drawn on.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, ExitCode},
};

use nix::sys::signal::SigSet;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, setsid};

use crate::domain::text::clean;

/// Environment variable of a process that is to become the program which its arguments name.
const LAUNCH: &str = "AMIGRATE_LAUNCH_HOOK";
/// Bytes that a file may grow to by a hook: what it prints is kept in one, for an hour at most.
const LARGEST_FILE: u64 = 256 << 20;
/// A shell's exit status if a program cannot be run.
const NOT_RUN: u8 = 127;

/// How a hook's program is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Launcher {
    /// At once, in a process group of its own: the program that runs is not `amigrate`, as in tests.
    #[default]
    Direct,
    /// By this program, in a session of its own: see [`become_hook`].
    ThisProgram,
}

impl Launcher {
    pub(super) fn command(self, program: &str, arguments: &[String]) -> io::Result<Command> {
        let mut command;
        match self {
            Self::Direct => {
                command = Command::new(program);
                command.process_group(0);
            }
            // No process group: setsid fails for the leader of one.
            Self::ThisProgram => {
                command = Command::new(this_program()?);
                command.env(LAUNCH, "1").arg(program);
            }
        }
        command.args(arguments);
        Ok(command)
    }
}

fn this_program() -> io::Result<PathBuf> {
    // This is the running program even after an upgrade has replaced its file.
    let running = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() { Ok(running) } else { std::env::current_exe() }
}

/// Becomes the program of a hook, if this process was started for one; the arguments name it. To be called before anything else.
/// Returns only if the program cannot be run, or none is to be.
pub fn become_hook(arguments: &[OsString]) -> Option<ExitCode> {
    std::env::var_os(LAUNCH)?;
    let (program, arguments) = arguments.get(1..)?.split_first()?;
    // Fails only for the leader of a group, which has been separated already.
    _ = setsid();
    // A process in the background has SIGHUP blocked.
    _ = SigSet::empty().thread_set_mask();
    limit_files();
    let error = Command::new(program).args(arguments).env_remove(LAUNCH).exec();
    _ = writeln!(io::stderr(), "{}: {error}", clean(&program.to_string_lossy()));
    Some(NOT_RUN.into())
}

/// Lowers the soft limit only: a hook that writes larger files can raise it again.
fn limit_files() {
    let limits = getrlimit(Resource::Fsize);
    let current = Some(limits.current.map_or(LARGEST_FILE, |bytes| bytes.min(LARGEST_FILE)));
    _ = setrlimit(Resource::Fsize, Rlimit { current, ..limits });
}
