//! `amigrate watch`: runs the queue and shows the copies until they have ended.

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{FollowOptions, Followed, Progress, Records, Signals, Until, follow, on_stderr},
    jobs::open_store,
    output::{Format, Printer, Record, ended},
    queue::OpenQueue,
    records::{FailureRecord, JobRecord},
    selection::Selection,
    setup::{Setup, block_on},
    targets::{Known, Target},
};
use crate::{
    domain::{AccountKey, Failure},
    engine::{Job, Status},
};

/// What is said where there is nothing to watch or to wait for.
pub(super) const NONE_UNDER_WAY: &str = "No copy is under way.";

/// Arguments of `amigrate watch`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate watch
  amigrate watch 7 8
  amigrate watch --batch batch-1a2b3c --output jsonl")]
pub(super) struct WatchArgs {
    /// Numbers of copies, as `amigrate jobs` prints them, or ids of their images
    #[arg(value_name = "JOB", conflicts_with_all = ["batch", "all"])]
    jobs: Vec<Target>,
    /// The copies of this batch
    #[arg(long, value_name = "BATCH", conflicts_with = "all")]
    batch: Option<String>,
    /// All copies that have not ended, and those that are requested meanwhile; this is the default
    #[arg(long)]
    all: bool,
}

pub(super) fn run(setup: &Setup, args: &WatchArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let account = connection.account.clone();
        let selection = select(setup, &account, args)?;
        let mut signals = Signals::listen()?;
        let queue = OpenQueue::open(setup, &connection, setup.driver_settings())?;
        let (progress, print_at_end) = progress(setup, &account);
        let options = FollowOptions { until: Until::Ended, timeout: None, progress, to_background: false };
        let followed = follow(setup, queue, selection, options, &mut signals).await?;
        if followed.jobs.is_empty() {
            setup.output.note(NONE_UNDER_WAY);
        }
        let printed = if print_at_end { print_final(setup, &account, &followed, &followed.failures()) } else { Ok(()) };
        ended(printed, followed.report(setup.output))
    })
}

fn select(setup: &Setup, account: &AccountKey, args: &WatchArgs) -> Result<Selection, CommandError> {
    const WHAT: &str = "watch copies";
    let known = Known::read(&open_store(setup)?, account, &args.jobs, args.batch.as_deref())?;
    if let Some(batch) = &args.batch {
        return known.batch(WHAT, batch);
    }
    if args.jobs.is_empty() {
        return Ok(Selection::All);
    }
    let (ids, images) = known.find(WHAT, &args.jobs)?;
    match images.first() {
        None => Ok(Selection::Jobs(ids)),
        Some(image) => Err(CommandError::usage(
            Failure::new(WHAT, format!("no copy here has made {image}"))
                .hint(format!("`amigrate wait {image}` waits for any image.")),
        )),
    }
}

/// How progress is shown, and whether the copies are printed in the end.
fn progress(setup: &Setup, account: &AccountKey) -> (Box<dyn Progress>, bool) {
    let output = setup.output;
    match output.format {
        Format::Jsonl => {
            let mut printer = Printer::new(output, JobRecord::columns().iter().collect(), io::stdout());
            let account = account.clone();
            let print = move |job: &Job, status: &Status| {
                printer.print(&JobRecord::new(&account, job, status, Timestamp::now()))
            };
            (Box::new(Records::new(print)), false)
        }
        _ => (on_stderr(output), true),
    }
}

/// Prints the copies as they are in the end.
pub(super) fn print_final(
    setup: &Setup,
    account: &AccountKey,
    followed: &Followed,
    failures: &[Failure],
) -> Result<(), CommandError> {
    print_records(setup, &followed.records(account), failures)
}

/// Prints that there are no copies, where a document is expected.
pub(super) fn print_none(setup: &Setup, failures: &[Failure]) -> Result<(), CommandError> {
    print_records(setup, &[], failures)
}

/// Prints copies, and what has failed.
pub(super) fn print_records(setup: &Setup, records: &[JobRecord], failures: &[Failure]) -> Result<(), CommandError> {
    let mut printer = Printer::new(setup.output, JobRecord::columns().iter().collect(), io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    let failures: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
    printer.finish(&[("failures", failures)])
}
