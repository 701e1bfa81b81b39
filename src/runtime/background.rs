//! A process that goes on without a terminal.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

use crate::domain::Failure;

/// Starts this program with these arguments, away from the terminal: in a process group of its own, which a hang-up does
/// not reach, and with nothing to read from or write to.
///
/// # Errors
/// If it cannot be started.
pub(super) fn spawn(arguments: &[OsString]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| {
        Failure::new("go on in the background", e.to_string()).hint("The queue goes on with the next start.")
    };
    let program = std::env::current_exe().map_err(failed)?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    Ok(())
}
