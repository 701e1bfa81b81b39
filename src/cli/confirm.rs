//! The question before something is cancelled or deleted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::exit::{CommandError, ExitStatus};
use crate::domain::{Failure, text::clean};

/// Returns true if there is a terminal to ask on.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether to do `what`, after these lines about it; returns if a person at the terminal agrees, or `yes` was given.
///
/// # Errors
/// Wrong usage if there is no terminal to ask on; and if the answer is not yes.
pub(super) fn confirm(what: &str, lines: &[String], yes: bool) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    if !can_ask() {
        let failure = Failure::new(what, "there is no terminal to ask on");
        return Err(CommandError::usage(failure.hint("Add --yes to do it without a question.")));
    }
    let (first, rest) = what.split_at(what.chars().next().map_or(0, char::len_utf8));
    let question = format!("{}{}? [y/N] ", first.to_uppercase(), clean(rest));
    let mut text: Vec<_> = lines.iter().map(|line| clean(line)).collect();
    text.push(question.into());
    let text = text.join("\n");
    let mut err = io::stderr();
    _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    let mut answer = String::new();
    // Without an answer nothing is done.
    _ = io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new(what, "it was not confirmed; nothing was changed").into())
    }
}

/// Asks for the number of what is deleted or retired, after these lines about it.
///
/// # Errors
/// Wrong usage if there is no terminal to ask on; and if something else was typed.
pub(super) fn typed_number(what: &str, lines: &[String], number: usize, hint: &str) -> Result<(), CommandError> {
    if !can_ask() {
        let failure = Failure::new(what, "this must be confirmed, and there is no terminal to ask on");
        return Err(CommandError::usage(failure.hint(hint)));
    }
    let mut text: Vec<_> = lines.iter().map(|line| clean(line)).collect();
    text.push(format!("Type {number} to {what}: ").into());
    let text = text.join("\n");
    let mut err = io::stderr().lock();
    let asked = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    asked.map_err(|error| CommandError::write(&error))?;
    let mut typed = String::new();
    let read = io::stdin().lock().read_line(&mut typed);
    read.map_err(|error| Failure::new(what, error.to_string()))?;
    if typed.trim() == number.to_string() {
        return Ok(());
    }
    let failure = Failure::new(what, "it was not confirmed; nothing was changed");
    Err(CommandError::Failure(Box::new(failure), ExitStatus::Failed))
}
