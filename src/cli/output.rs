//! What commands print, and their exit statuses.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::domain::{Failure, text::clean};

/// The exit status when there are no credentials that work.
pub(super) const NO_CREDENTIALS: u8 = 3;

/// Prints lines to standard output.
pub(super) fn print_out(lines: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush()) {
        // A reader that has closed its end (`| head`) has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new("write", error.to_string())),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints a failure: what, why, and what to do.
pub(super) fn report(failure: &Failure) {
    let mut err = io::stderr().lock();
    let mut lines = failure.lines().into_iter();
    if let Some(first) = lines.next() {
        let _ = writeln!(err, "amigrate: {}", clean(&first));
    }
    for line in lines {
        let _ = writeln!(err, "  {}", clean(&line));
    }
}
