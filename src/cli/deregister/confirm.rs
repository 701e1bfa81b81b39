//! The confirmation: the image's name or id, or the number of images, typed on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::targets::Target;
use crate::{
    cli::exit::{CommandError, ExitStatus},
    domain::{
        Failure,
        text::{clean, count},
    },
    labels,
};

/// Asks for the confirmation.
///
/// # Errors
/// If something else was typed, or there is no terminal to ask on.
pub(super) fn confirm(targets: &[&Target], keep_snapshots: bool) -> Result<(), CommandError> {
    let images = count(targets.len(), "image", "images");
    let what = format!("deregister {images}");
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let failure = Failure::new(what, "this must be confirmed, and there is no terminal to ask on");
        return Err(CommandError::usage(failure.hint("Give --yes if you are sure.")));
    }
    let answers = answers(targets);
    let snapshots = if keep_snapshots { "their snapshots are kept" } else { "their snapshots are deleted" };
    let prompt = match targets {
        [_] => "Type its name or id to confirm: ".to_owned(),
        _ => format!("Type {} to confirm: ", targets.len()),
    };
    let mut err = io::stderr().lock();
    let warning = labels::orphans::DEREGISTERING_CANNOT_BE_UNDONE;
    let asked = write!(err, "Deregister {images}; {snapshots}. {warning} {prompt}").and_then(|()| err.flush());
    asked.map_err(|error| CommandError::write(&error))?;
    let mut typed = String::new();
    let read = io::stdin().lock().read_line(&mut typed);
    read.map_err(|error| Failure::new(what.clone(), error.to_string()))?;
    let typed = typed.trim();
    if answers.iter().any(|answer| answer == typed) {
        return Ok(());
    }
    let failure = Failure::new(what, "it was not confirmed; nothing was changed");
    Err(CommandError::Failure(Box::new(failure), ExitStatus::Failed))
}

/// Returns what may be typed. A name is typed as it is shown.
fn answers(targets: &[&Target]) -> Vec<String> {
    match targets {
        [one] => one
            .image
            .iter()
            .flat_map(|i| [clean(&i.name).trim().to_owned(), i.id.to_string()])
            .filter(|a| !a.is_empty())
            .collect(),
        many => vec![many.len().to_string()],
    }
}
