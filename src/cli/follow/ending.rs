//! How following copies ended, and the exit status that comes of it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{describe, outages, signals::EndSignal};
use crate::{
    cli::{
        account_flags::AccountFlags,
        drive::in_background,
        exit::ExitStatus,
        output::{OutputOptions, report},
        queue::OpenQueue,
        records::JobRecord,
        selection::{Selection, has_ended},
        setup::Setup,
    },
    domain::{
        AccountKey, Failure, ImageId, Region,
        text::{count, duration},
    },
    engine::{BatchId, Command, Job, Status},
    labels,
};

/// Why the driver has ended by itself.
pub(super) async fn of_driver(queue: &mut OpenQueue) -> Failure {
    match (&mut queue.run).await {
        Ok(Err(failure)) => failure,
        Ok(Ok(())) => Failure::new("run the queue", "it ended early; please report this"),
        Err(error) => Failure::new("run the queue", error.to_string()),
    }
}

/// Why following copies ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Ending {
    /// Nothing is left to wait for.
    Done,
    TimedOut,
    /// By a signal.
    Signalled(EndSignal),
}

/// Who carries on what EC2 does not do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum CarriedOn {
    /// Nobody, until an amigrate runs.
    Nowhere,
    /// A process that was started for it.
    InBackground,
    /// Another process, which runs the queue.
    ByProcess(u32),
}

/// The copies at the end.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Followed {
    /// The copies that were followed, by number.
    pub(in crate::cli) jobs: Vec<Arc<Job>>,
    /// Commands about copies that are stored, and that no process has taken up.
    pub(super) untaken: Vec<Command>,
    pub(in crate::cli) status: Status,
    pub(in crate::cli) ending: Ending,
    pub(super) selection: Selection,
    pub(super) timeout: Option<Duration>,
    pub(super) carried_on: CarriedOn,
    /// Hooks of copies that have ended, which are not begun.
    pub(super) hooks_due: usize,
    /// What commands about these copies need.
    pub(super) flags: AccountFlags,
}

impl Followed {
    /// Returns why each copy is not what was requested, if it has ended.
    pub(in crate::cli) fn failures(&self) -> Vec<Failure> {
        self.jobs.iter().filter_map(|job| describe::failure(job)).map(|one| self.flags.of_failure(one)).collect()
    }

    /// Returns true if it is stored that this image is to be deregistered, and no process has taken that up.
    pub(in crate::cli) fn is_to_be_deregistered(&self, image: &ImageId, region: &Region) -> bool {
        let names = |command: &Command| match command {
            Command::DeregisterImages(images) => images.iter().any(|one| (&one.image, &one.region) == (image, region)),
            _ => false,
        };
        self.untaken.iter().any(names)
    }

    /// Returns the records of the copies as they are now.
    pub(in crate::cli) fn records(&self, account: &AccountKey) -> Vec<JobRecord> {
        let now = Timestamp::now();
        self.jobs.iter().map(|job| JobRecord::new(account, job, &self.status, now)).collect()
    }

    /// Says on standard error what has failed, and how to continue where it did not end by itself. Returns the exit status.
    pub(in crate::cli) fn report(&self, output: OutputOptions) -> ExitStatus {
        let failures = self.failures();
        failures.iter().for_each(report);
        for job in &self.jobs {
            for text in labels::differences(&job.request_check) {
                output.note(&format!("{}: not as requested: {text}", describe::title(job)));
            }
        }
        match self.ending {
            Ending::Done => {
                self.note_unfinished(output);
                self.note_hooks(output);
                ExitStatus::of_all(&failures)
            }
            Ending::TimedOut => {
                let time = self.timeout.unwrap_or_default().as_secs();
                let time = duration(i64::try_from(time).unwrap_or(i64::MAX));
                let mut why = format!("not done after {time}; {}", self.what_continues());
                for (region, status) in &self.status.regions {
                    let followed = |job: &&Arc<Job>| !has_ended(job) && job.request.destination == *region;
                    if let Some(problem) =
                        status.problem.as_ref().filter(|_| self.jobs.iter().any(|job| followed(&job)))
                    {
                        why.extend(["; ", &outages::text(region, problem)]);
                    }
                }
                let failure = Failure::new("wait for the copies", why);
                let failure = failure.hint(format!("`amigrate wait {}` resumes.", self.arguments()));
                report(&self.flags.of_failure(failure));
                self.note_hooks(output);
                ExitStatus::TimedOut
            }
            Ending::Signalled(signal) => {
                self.note_left(output);
                self.note_hooks(output);
                signal.status()
            }
        }
    }

    /// Starts a process in the background for what is left to do, if the settings allow it.
    pub(super) async fn leave_to_background(&mut self, setup: &Setup, account: &AccountKey) {
        let has_hook = !setup.config.hooks.job_ended.is_empty();
        let goes_on = self.left() + self.hooks_due > 0 || has_hook && self.jobs.iter().any(|job| !has_ended(job));
        if !goes_on || !setup.config.jobs.background_on_hangup || setup.config.read_only {
            return;
        }
        match in_background(setup, account).await {
            Ok(()) => self.carried_on = CarriedOn::InBackground,
            Err(failure) => report(&failure),
        }
    }

    /// Says what continues of copies that are not waited for.
    fn note_unfinished(&self, output: OutputOptions) {
        let left = self.left();
        if left > 0 {
            let copies = count(left, "copy has something left to do", "copies have something left to do");
            let text = match self.carried_on {
                CarriedOn::InBackground => format!("{copies}, which a process in the background carries out."),
                CarriedOn::ByProcess(pid) => format!("{copies}, which process {pid} carries out."),
                CarriedOn::Nowhere => {
                    let arguments = self.arguments();
                    format!("{copies}, which `amigrate watch {arguments}` or `amigrate drive` carries out.")
                }
            };
            output.note(&self.flags.complete(&text));
            return;
        }
        let (copies, them) = match self.jobs.iter().filter(|job| !has_ended(job)).count() {
            0 => return,
            1 => ("copy", "it"),
            _ => ("copies", "them"),
        };
        let text = format!("EC2 continues the {copies}. `amigrate wait {}` waits for {them}.", self.arguments());
        output.note(&self.flags.complete(&text));
    }

    /// Says who runs the hooks that are not begun.
    fn note_hooks(&self, output: OutputOptions) {
        let in_background = self.carried_on == CarriedOn::InBackground;
        if let Some(text) = labels::driver::hooks_due(self.hooks_due, in_background) {
            output.note(&text);
        }
    }

    /// Says how to watch or cancel the copies that continue.
    fn note_left(&self, output: OutputOptions) {
        let arguments = self.arguments();
        let text = format!(
            "Not cancelled: {}. `amigrate watch {arguments}` shows them, `amigrate cancel {arguments}` cancels them.",
            self.what_continues()
        );
        output.note(&self.flags.complete(&text));
    }

    /// How many copies EC2 does not complete by itself: those to be sent or removed, those with open post-copy steps, and those that no
    /// process has taken up.
    fn left(&self) -> usize {
        let copies = |command: &Command| match command {
            Command::Copy(requests) => requests.len(),
            Command::DeregisterImages(images) => images.len(),
            // These are counted with the others, unless nothing has come of the command yet.
            other => {
                other.jobs().iter().filter(|id| !self.jobs.iter().any(|j| j.id == **id && j.needs_driving())).count()
            }
        };
        self.jobs.iter().filter(|job| job.needs_driving()).count() + self.untaken.iter().map(copies).sum::<usize>()
    }

    /// Who completes what was requested.
    pub(in crate::cli) fn who_completes_it(&self) -> String {
        match self.carried_on {
            CarriedOn::Nowhere => self.flags.complete("`amigrate drive`, or the next amigrate, completes it"),
            CarriedOn::InBackground => "a process in the background completes it".into(),
            CarriedOn::ByProcess(pid) => format!("process {pid} completes it"),
        }
    }

    /// What becomes of the copies that have not ended.
    fn what_continues(&self) -> String {
        let by_itself = self.jobs.iter().filter(|job| !has_ended(job) && !job.needs_driving()).count();
        let left = self.left();
        let mut parts = Vec::new();
        if by_itself > 0 {
            parts.push(format!("{} in progress", count(by_itself, "copy is", "copies are")));
        }
        if left > 0 {
            let carried_on = || count(left, "copy is", "copies are") + " carried on by";
            parts.push(match self.carried_on {
                CarriedOn::InBackground => format!("{} a process in the background", carried_on()),
                CarriedOn::ByProcess(pid) => format!("{} process {pid}", carried_on()),
                CarriedOn::Nowhere => {
                    let copies = count(left, "copy continues", "copies continue");
                    format!("{copies} only while an amigrate runs, such as `amigrate drive`")
                }
            });
        }
        if parts.is_empty() { "nothing is left to do".into() } else { parts.join(", and ") }
    }

    /// The arguments that select the copies in another command.
    fn arguments(&self) -> String {
        let of_request = |command: &Command| match command {
            Command::Copy(requests) => BatchId::of_copies(requests),
            _ => None,
        };
        let of_requests = self.untaken.iter().filter_map(of_request);
        let batches: BTreeSet<BatchId> = self.jobs.iter().map(|job| job.batch.clone()).chain(of_requests).collect();
        let ids = || self.jobs.iter().map(|job| job.id);
        let open = || self.jobs.iter().filter(|job| !has_ended(job)).map(|job| job.id);
        match (&self.selection, Vec::from_iter(&batches).as_slice()) {
            (Selection::Tokens(tokens), [batch]) if tokens.len() > 1 || self.jobs.is_empty() => {
                format!("--batch {batch}")
            }
            _ if self.jobs.is_empty() => "--all".into(),
            (selection, _) if open().next().is_some() => selection.arguments(open()),
            (selection, _) => selection.arguments(ids()),
        }
    }
}
