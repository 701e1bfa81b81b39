//! The confirmation before images are retired: their number, typed on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Sync;
use crate::{
    cli::exit::{CommandError, ExitStatus},
    domain::{
        Failure,
        sync::{RetireMode, SyncPlan},
        text::{clean, count},
    },
};

impl Sync<'_> {
    /// Asks before images are retired, unless `--yes` was given. It is asked before the copies, for which nobody waits at the terminal.
    ///
    /// # Errors
    /// If something else was typed, or there is no terminal to ask on.
    pub(super) fn confirm_retiring(&self, plan: &SyncPlan) -> Result<(), CommandError> {
        let retired: Vec<_> = plan.retired().collect();
        if retired.is_empty() || self.args.yes {
            return Ok(());
        }
        let what = format!("retire {}", count(retired.len(), "image", "images"));
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let failure = Failure::new(what, "this must be confirmed, and there is no terminal to ask on");
            let hint = "Give --yes if you are sure; without --apply the plan is printed.";
            return Err(CommandError::usage(failure.hint(hint)));
        }
        let mut lines = String::new();
        for (image, mode) in &retired {
            let line = format!("{} {} \"{}\" in {}", mode.as_str(), image.id, image.name, image.region);
            lines.extend([clean(&line).as_ref(), "\n"]);
        }
        if retired.iter().any(|(_, mode)| *mode == RetireMode::Deregister) {
            lines.push_str("Deregistering cannot be undone; snapshots are deleted too.\n");
        }
        let mut err = io::stderr().lock();
        let asked = write!(err, "{lines}Type {} to {what}: ", retired.len()).and_then(|()| err.flush());
        asked.map_err(|error| CommandError::write(&error))?;
        let mut typed = String::new();
        let read = io::stdin().lock().read_line(&mut typed);
        read.map_err(|error| Failure::new(what.clone(), error.to_string()))?;
        if typed.trim() == retired.len().to_string() {
            return Ok(());
        }
        let failure = Failure::new(what, "it was not confirmed: nothing is changed");
        Err(CommandError::Failure(Box::new(failure), ExitStatus::Failed))
    }
}
