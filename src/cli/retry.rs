//! `amigrate retry`: makes failed copies again, with new client tokens, and tries failed post-copy steps again.

mod made_since;

use std::{collections::BTreeSet, time::Duration};

use made_since::UnderWay;

use super::{
    confirm::confirm,
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{Ending, FollowOptions, Signals, Until, follow, on_stderr, title},
    jobs::open_store,
    output::{ended, report},
    queue::OpenQueue,
    selection::Selection,
    setup::{Setup, block_on},
    targets::{Known, Target},
    timeout,
    watch::{print_final, print_none},
};
use crate::{
    domain::{ClientToken, Failure, again::would_fail_again, text::count},
    engine::{Command, Job, JobId, JobState, Note, Origin},
    labels,
};

const WHAT: &str = "retry copies";

/// Arguments of `amigrate retry`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate retry 7
  amigrate retry --batch batch-1a2b3c
  amigrate retry --failed --yes --wait --timeout 2h")]
#[command(group(clap::ArgGroup::new("copies").required(true)))]
pub(super) struct RetryArgs {
    /// Numbers of copies, as `amigrate jobs` prints them, or ids of their images
    #[arg(value_name = "JOB", group = "copies")]
    targets: Vec<Target>,
    /// The failed copies of this batch, and those with failed post-copy steps
    #[arg(long, value_name = "BATCH", group = "copies")]
    batch: Option<String>,
    /// All failed copies that `amigrate jobs` prints, and those with failed post-copy steps
    #[arg(long, group = "copies")]
    failed: bool,
    /// Remove failed images and their snapshots first, without a question
    #[arg(long, short)]
    yes: bool,
    /// Wait until the copies have ended, not only until EC2 has accepted them
    #[arg(long)]
    wait: bool,
    /// How long to wait at most, such as 90s, 15m, 2h or 1h30m; then the status is 4, and the copies continue
    #[arg(long, value_name = "DURATION", value_parser = timeout::parse, allow_hyphen_values = true, requires = "wait")]
    timeout: Option<Duration>,
}

pub(super) fn run(setup: &Setup, args: &RetryArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only {
        return Err(CommandError::read_only(WHAT));
    }
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let account = connection.account.clone();
        let store = open_store(setup)?;
        let mut plan = Plan::make(&Known::read(&store, &account, &args.targets, args.batch.as_deref())?, args)?;
        let under_way = UnderWay::read(&store, &account)?;
        drop(store);
        plan.refused.extend(made_since::take_out(&mut plan.copies, &under_way, &connection.session).await);
        let flags = setup.account_flags();
        plan.refused = std::mem::take(&mut plan.refused).into_iter().map(|failure| flags.of_failure(failure)).collect();
        plan.refused.iter().for_each(report);
        if plan.copies.is_empty() && plan.steps.is_empty() {
            if plan.refused.is_empty() {
                setup.output.note("No copy has failed, and no post-copy step.");
            }
            return ended(print_none(setup, &plan.refused), ExitStatus::of_all(&plan.refused));
        }
        plan.advice().iter().for_each(|text| setup.output.note(text));
        let removed = plan.removed();
        confirm(
            &format!("retry {}", count(plan.copies.len(), "copy", "copies")),
            &removed,
            args.yes || removed.is_empty(),
        )?;
        let mut signals = Signals::listen()?;
        let mut queue = OpenQueue::open(setup, &connection, setup.driver_settings())?;
        plan.commands().into_iter().for_each(|command| queue.send(command));
        let until = if args.wait { Until::Ended } else { Until::Answered };
        let options =
            FollowOptions { until, timeout: args.timeout, progress: on_stderr(setup.output), to_background: false };
        let followed = follow(setup, queue, Selection::Jobs(plan.ids()), options, &mut signals).await?;
        let failures: Vec<Failure> = plan.refused.iter().cloned().chain(followed.failures()).collect();
        let printed = print_final(setup, &account, &followed, &failures);
        let status = followed.report(setup.output);
        ended(printed, if followed.ending == Ending::Done { ExitStatus::of_all(&failures) } else { status })
    })
}

/// What is to be retried.
#[derive(Default)]
struct Plan {
    copies: Vec<Job>,
    /// Available copies with failed post-copy steps.
    steps: Vec<JobId>,
    refused: Vec<Failure>,
}

impl Plan {
    fn make(known: &Known, args: &RetryArgs) -> Result<Self, CommandError> {
        let mut plan = Self::default();
        let jobs: Vec<&Job> = if let Some(batch) = &args.batch {
            let batch = known.batch(WHAT, batch)?;
            known.select(&batch).into_iter().filter(|job| has_failed(job)).collect()
        } else if args.failed {
            known.all().filter(|job| has_failed(job)).collect()
        } else {
            let (ids, images) = known.find(WHAT, &args.targets)?;
            if let Some(image) = images.first() {
                let failure = Failure::new(WHAT, format!("no copy here has made {image}"));
                return Err(CommandError::usage(failure.hint("`amigrate jobs` lists the copies and their numbers.")));
            }
            known.select(&Selection::Jobs(ids))
        };
        for job in jobs {
            match why_not(job) {
                Some(failure) => plan.refused.push(failure),
                None if job.can_retry_steps() => plan.steps.push(job.id),
                None => plan.copies.push(job.clone()),
            }
        }
        Ok(plan)
    }

    fn ids(&self) -> BTreeSet<JobId> {
        self.copies.iter().map(|job| job.id).chain(self.steps.iter().copied()).collect()
    }

    fn commands(&self) -> Vec<Command> {
        let token = || ClientToken::from_random(uuid::Uuid::new_v4().as_u128());
        let copies: Vec<_> = self.copies.iter().map(|job| (job.id, token())).collect();
        let mut commands = Vec::new();
        if !copies.is_empty() {
            commands.push(Command::Retry(copies));
        }
        if !self.steps.is_empty() {
            commands.push(Command::RetrySteps(self.steps.clone()));
        }
        commands
    }

    /// The failed images that are removed first.
    fn removed(&self) -> Vec<String> {
        let image = |job: &Job| match &job.state {
            JobState::Failed { image: Some(image), .. } => {
                Some(format!("  {image} of copy {}, {}", job.id, title(job)))
            }
            _ => None,
        };
        let mut lines: Vec<String> = self.copies.iter().filter_map(image).collect();
        if !lines.is_empty() {
            lines.insert(0, "Failed images and their snapshots are removed first:".into());
        }
        lines
    }

    /// Which copies will fail again.
    fn advice(&self) -> Vec<String> {
        let text = |job: &Job| match &job.state {
            JobState::Failed { failure, .. } if would_fail_again(failure) => Some(format!(
                "Copy {}, {}, will fail in the same way unless something was changed in AWS: {}",
                job.id,
                title(job),
                failure.why
            )),
            _ => None,
        };
        self.copies.iter().filter_map(text).collect()
    }
}

/// Returns true for copies that `--failed` and `--batch` retry; not for those that were replaced by others, or whose failed image a
/// person has removed: they are done with.
fn has_failed(job: &Job) -> bool {
    let done_with = job.replaced_by().is_some() || job.failed_and_was_removed();
    let failed = matches!(job.state, JobState::Failed { .. }) && !done_with;
    job.origin == Origin::Here && failed || job.can_retry_steps()
}

/// Returns why a copy cannot be retried, if that is so.
fn why_not(job: &Job) -> Option<Failure> {
    let failure = |why: String| Failure::new(format!("retry copy {}, {}", job.id, title(job)), why);
    match &job.state {
        JobState::Failed { .. } | JobState::Gone { .. } if job.origin == Origin::Elsewhere => {
            Some(failure(labels::note(&Note::SettingsUnknown)))
        }
        JobState::Failed { .. } | JobState::Gone { .. } => None,
        _ if job.can_retry_steps() => None,
        _ if job.has_given_up_steps() => Some(
            failure("its post-copy steps did not fail, but were given up".into())
                .hint("The screen offers to carry them out after all: `t` on the copy."),
        ),
        JobState::InDoubt { .. } => Some(
            failure("it is in doubt".into())
                .hint(format!("Decide with `amigrate resolve {} --mine IMAGE`, `--again` or `--give-up`.", job.id)),
        ),
        JobState::Cancelled => Some(failure("it was cancelled".into()).hint("`amigrate copy` makes a new copy.")),
        _ => Some(failure(format!("it has not failed: {}", job.phase().as_str()))),
    }
}
