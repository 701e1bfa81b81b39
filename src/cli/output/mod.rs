//! What commands print: data on standard output in the format of `--output`, everything else on standard error.

mod layout;
mod page;
mod printer;
mod table;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use super::exit::{CommandError, ExitStatus};
use crate::{
    domain::{Failure, text::clean},
    term::{Caps, CapsOverrides, session},
};

pub(super) use crate::records::{Column, Elision, Record};

pub(super) use page::Page;
pub(super) use printer::{Printer, print_document};
pub(super) use table::Fit;

/// Format of the data on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Format {
    /// Aligned columns with a heading on a terminal, tab-separated fields without a heading otherwise
    #[default]
    Table,
    /// One JSON document
    Json,
    /// A JSON object a line, printed as it is found
    Jsonl,
    /// Comma-separated values with a heading
    Csv,
    /// Nothing but the ids, a line each
    Ids,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    /// Returns what was chosen; `None` if the terminal and the environment decide.
    pub(super) fn forced(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutputOptions {
    pub(super) format: Format,
    /// Colors on standard output.
    pub(super) color: bool,
    /// Print no notes on standard error, only failures.
    pub(super) quiet: bool,
    /// Standard output is a terminal.
    pub(super) terminal: bool,
    /// What a table has to fit into; `None` without a terminal, or if it does not tell its size.
    pub(super) fit: Option<Fit>,
    /// Records are printed as they come: they cannot be aligned with later ones.
    pub(super) streams: bool,
}

impl OutputOptions {
    /// Resolves the flags with the environment.
    pub(super) fn new(
        format: Format,
        color: ColorChoice,
        quiet: bool,
        ascii: bool,
        env: &impl Fn(&str) -> Option<String>,
    ) -> Self {
        let terminal = io::stdout().is_terminal();
        let unicode = Caps::detect(env, CapsOverrides { ascii, ..CapsOverrides::default() }).unicode;
        let ellipsis = if unicode { Fit::UNICODE } else { Fit::ASCII };
        let fit = session::columns().map(|cells| Fit { cells: cells.into(), ellipsis });
        let set = |name| env(name).is_some_and(|value| !value.is_empty());
        let by_terminal = || terminal && !set("NO_COLOR") && env("TERM").as_deref() != Some("dumb");
        let color = color.forced().unwrap_or_else(by_terminal);
        Self { format, color, quiet, terminal, fit, streams: false }
    }

    /// Prints a note for the person at the terminal on standard error, unless `--quiet` was given.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            _ = writeln!(io::stderr(), "{}", clean(text));
        }
    }
}

/// Prints lines to standard output.
pub(super) fn print_out(lines: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush()) {
        // A reader that has closed its end (`| head`) has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new("write", error.to_string())),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Returns how a command ends whose work is done, whatever became of its output: a reader that has gone changes nothing, and output
/// that could not be written is one failure beside the others.
///
/// # Errors
/// If that is the only one.
pub(super) fn ended(printed: Result<(), CommandError>, status: ExitStatus) -> Result<ExitStatus, CommandError> {
    match printed {
        Ok(()) | Err(CommandError::BrokenPipe) => Ok(status),
        Err(error) if status == ExitStatus::Done => Err(error),
        Err(CommandError::Failure(failure, _)) => {
            report(&failure);
            Ok(status)
        }
    }
}

/// Prints what must be told, also with `--quiet`.
pub(super) fn tell(text: &str) {
    _ = writeln!(io::stderr(), "{}", clean(text));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_hides_no_failure() {
        let full = || CommandError::write(&io::Error::from(io::ErrorKind::StorageFull));
        let gone = || CommandError::write(&io::Error::from(io::ErrorKind::BrokenPipe));
        for status in [ExitStatus::Done, ExitStatus::Failed, ExitStatus::TimedOut] {
            assert_eq!(ended(Ok(()), status), Ok(status));
            assert_eq!(ended(Err(gone()), status), Ok(status));
        }
        assert_eq!(ended(Err(full()), ExitStatus::Done), Err(full()));
        assert_eq!(ended(Err(full()), ExitStatus::TimedOut), Ok(ExitStatus::TimedOut));
    }
}
