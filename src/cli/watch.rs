//! `amigrate watch`: runs the queue and shows the copies until they have ended.

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{
        FollowOptions, Followed, Lines, Progress, Records, Signals, Silent, Until, follow, on_stderr,
        stderr_is_terminal,
    },
    jobs::open_store,
    output::{Format, Printer, Record},
    queue::OpenQueue,
    records::{FailureRecord, JobRecord},
    selection::Selection,
    setup::{Setup, runtime},
    targets::{Known, Target},
};
use crate::{
    domain::{AccountKey, Failure},
    engine::{Job, Status},
};

/// Arguments of `amigrate watch`.
#[derive(Debug, Clone, clap::Args)]
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
    runtime()?.block_on(async {
        let connection = Connection::open(setup).await?;
        let account = connection.account.clone();
        let selection = select(setup, &account, args)?;
        let mut signals = Signals::listen()?;
        let queue = OpenQueue::open(setup, &connection, setup.driver_settings())?;
        let (progress, print_at_end) = progress(setup, &account)?;
        let options = FollowOptions { until: Until::Ended, timeout: None, progress };
        let followed = follow(setup, queue, selection, options, &mut signals).await?;
        if followed.jobs.is_empty() {
            setup.output.note("No copy is under way.");
        }
        if print_at_end {
            print_final(setup, &account, &followed, &followed.failures())?;
        }
        Ok(followed.report(setup.output))
    })
}

fn select(setup: &Setup, account: &AccountKey, args: &WatchArgs) -> Result<Selection, CommandError> {
    const WHAT: &str = "watch copies";
    let known = Known::read(&open_store(setup)?, account, &args.jobs)?;
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
fn progress(setup: &Setup, account: &AccountKey) -> Result<(Box<dyn Progress>, bool), CommandError> {
    let output = setup.output;
    Ok(match output.format {
        Format::Jsonl => {
            let mut printer = Printer::new(output, JobRecord::columns().iter().collect(), io::stdout());
            let account = account.clone();
            let print = move |job: &Job, status: &Status| {
                printer.print(&JobRecord::new(&account, job, status, Timestamp::now()))
            };
            (Box::new(Records::new(print)), false)
        }
        Format::Table if output.quiet => (Box::new(Silent), true),
        Format::Table if !stderr_is_terminal() => (Box::new(Lines::new(io::stdout())), false),
        _ => (on_stderr(output), true),
    })
}

/// Prints the copies as they are in the end.
pub(super) fn print_final(
    setup: &Setup,
    account: &AccountKey,
    followed: &Followed,
    failures: &[Failure],
) -> Result<(), CommandError> {
    let mut printer = Printer::new(setup.output, JobRecord::columns().iter().collect(), io::stdout());
    let now = Timestamp::now();
    for job in &followed.jobs {
        printer.print(&JobRecord::new(account, job, &followed.status, now))?;
    }
    let failures: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
    printer.finish(&[("failures", failures)])
}

/// Prints that there are no copies, where a document is expected.
pub(super) fn print_none(setup: &Setup, failures: &[Failure]) -> Result<(), CommandError> {
    let printer = Printer::<JobRecord, _>::new(setup.output, JobRecord::columns().iter().collect(), io::stdout());
    let failures: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
    printer.finish(&[("failures", failures)])
}
