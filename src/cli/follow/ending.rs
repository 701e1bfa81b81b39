//! How following copies ended, and the exit status that comes of it.

use std::{sync::Arc, time::Duration};

use super::{describe, signals::EndSignal};
use crate::{
    cli::{
        exit::{CommandError, ExitStatus},
        output::{OutputOptions, report},
        selection::{Selection, has_ended},
    },
    domain::{
        Failure,
        text::{count, duration},
    },
    engine::{Job, Status},
    labels,
};

/// Why following copies ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Ending {
    /// Nothing is left to wait for.
    Done,
    TimedOut,
    /// By a signal; by a hang-up only where that does not leave the queue to the background.
    Signalled(EndSignal),
}

/// The copies at the end.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Followed {
    /// The copies that were followed, by number.
    pub(in crate::cli) jobs: Vec<Arc<Job>>,
    pub(in crate::cli) status: Status,
    pub(in crate::cli) ending: Ending,
    pub(super) selection: Selection,
    pub(super) timeout: Option<Duration>,
}

impl Followed {
    /// Returns why each copy is not what was asked for, if it has ended.
    pub(in crate::cli) fn failures(&self) -> Vec<Failure> {
        self.jobs.iter().filter_map(|job| describe::failure(job)).collect()
    }

    /// Returns what came of printing the copies. After a signal the command ends by that, even if the terminal is gone.
    pub(in crate::cli) fn printed(&self, result: Result<(), CommandError>) -> Result<(), CommandError> {
        if matches!(self.ending, Ending::Signalled(_)) { Ok(()) } else { result }
    }

    /// Says on standard error what has failed, and how to go on where it did not end by itself. Returns the exit status.
    pub(in crate::cli) fn report(&self, output: OutputOptions) -> ExitStatus {
        let failures = self.failures();
        failures.iter().for_each(report);
        for job in &self.jobs {
            for text in labels::differences(&job.comparison) {
                output.note(&format!("{}: not as requested: {text}", describe::title(job)));
            }
        }
        match self.ending {
            Ending::Done => ExitStatus::of_all(&failures),
            Ending::TimedOut => {
                let time = self.timeout.unwrap_or_default().as_secs();
                let time = duration(i64::try_from(time).unwrap_or(i64::MAX));
                let why = format!("not done after {time}; {}", self.what_goes_on());
                report(
                    &Failure::new("wait for the copies", why)
                        .hint(format!("`amigrate wait {}` resumes.", self.arguments())),
                );
                ExitStatus::TimedOut
            }
            Ending::Signalled(signal) => {
                self.note_left(output);
                signal.status()
            }
        }
    }

    /// Says which copies go on only while an amigrate runs, if nobody waits for them.
    pub(in crate::cli) fn note_unfinished(&self, output: OutputOptions) {
        let left = self.jobs.iter().filter(|job| job.needs_driving()).count();
        if self.ending == Ending::Done && left > 0 {
            output.note(&format!(
                "{} left to do by amigrate: `amigrate watch {}` or `amigrate drive` goes on.",
                count(left, "copy has something", "copies have something"),
                self.arguments()
            ));
        }
    }

    /// Says how to watch or cancel the copies that go on.
    fn note_left(&self, output: OutputOptions) {
        let arguments = self.arguments();
        output.note(&format!(
            "Not cancelled: {}. `amigrate watch {arguments}` shows them, `amigrate cancel {arguments}` cancels them.",
            self.what_goes_on()
        ));
    }

    /// What becomes of the copies that have not ended.
    fn what_goes_on(&self) -> String {
        let open: Vec<_> = self.jobs.iter().filter(|job| !has_ended(job)).collect();
        let queued = open.iter().filter(|job| job.needs_driving()).count();
        let goes_on = format!("{} in progress", count(open.len() - queued, "copy is", "copies are"));
        let waits = format!(
            "{} that {} on only while an amigrate runs, such as `amigrate drive`",
            count(queued, "copy", "copies"),
            if queued == 1 { "goes" } else { "go" }
        );
        match (open.len() - queued, queued) {
            (0, 0) => "nothing of it was cancelled".into(),
            (_, 0) => goes_on,
            (0, _) => format!("{} {waits}", if queued == 1 { "there is" } else { "there are" }),
            _ => format!("{goes_on}, and {} {waits}", if queued == 1 { "there is" } else { "there are" }),
        }
    }

    /// The arguments that select the copies in another command.
    fn arguments(&self) -> String {
        let first = self.jobs.first().map(|job| &job.batch);
        let one_batch = first.filter(|batch| self.jobs.iter().all(|job| job.batch == **batch));
        match (&self.selection, one_batch) {
            (_, None) if self.jobs.is_empty() => "--all".into(),
            (Selection::Tokens(_), Some(batch)) if self.jobs.len() > 1 => format!("--batch {batch}"),
            (selection, _) => selection.arguments(self.jobs.iter().filter(|job| !has_ended(job)).map(|job| job.id)),
        }
    }
}
