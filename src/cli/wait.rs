//! `amigrate wait`: returns when copies have ended, or images are available.

use std::{collections::BTreeSet, io, time::Duration};

use tokio::time::Instant;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{Ending, FollowOptions, Followed, Signals, Until, follow, on_stderr},
    jobs::open_store,
    one_image,
    output::{Format, Printer, Record, ended, report},
    queue::OpenQueue,
    records::{FailureRecord, ImageRecord, JobRecord},
    selection::Selection,
    setup::{Setup, block_on},
    targets::{Known, Target},
    timeout,
    watch::{NONE_UNDER_WAY, print_final},
};
use crate::{
    domain::{AccountKey, Failure, Image, ImageId},
    engine::JobId,
};

const WHAT: &str = "wait";

/// Arguments of `amigrate wait`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate wait 7 8 --timeout 2h
  amigrate wait ami-0123456789abcdef0 --region eu-west-1
  amigrate wait --batch batch-1a2b3c --output ids")]
#[command(group(clap::ArgGroup::new("copies").required(true)))]
pub(super) struct WaitArgs {
    /// Numbers of copies, as `amigrate jobs` prints them, or ids of images, of copies or not
    #[arg(value_name = "JOB|IMAGE", group = "copies")]
    targets: Vec<Target>,
    /// The copies of this batch
    #[arg(long, value_name = "BATCH", group = "copies")]
    batch: Option<String>,
    /// All copies that have not ended
    #[arg(long, group = "copies")]
    all: bool,
    /// How long at most, such as 90s, 15m, 2h or 1h30m; then the status is 4, and the copies continue
    #[arg(long, value_name = "DURATION", value_parser = timeout::parse, allow_hyphen_values = true)]
    timeout: Option<Duration>,
}

pub(super) fn run(setup: &Setup, args: &WaitArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    let begun = Instant::now();
    block_on(async {
        let connection = Connection::open(setup).await?;
        let account = connection.account.clone();
        let (selection, images) = select(setup, &account, args)?;
        let images = one_image::find(setup, &connection, WHAT, &images).await?;
        let mut signals = Signals::listen()?;
        let followed = match selection {
            None => None,
            Some(selection) => {
                let queue = OpenQueue::open(setup, &connection, setup.driver_settings())?;
                let progress = on_stderr(setup.output);
                let options =
                    FollowOptions { until: Until::Ended, timeout: args.timeout, progress, to_background: false };
                Some(follow(setup, queue, selection, options, &mut signals).await?)
            }
        };
        if let Some(followed) = followed.as_ref().filter(|followed| followed.ending != Ending::Done) {
            return Ok(followed.report(setup.output));
        }
        let left = args.timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
        match one_image::ended_within(setup, &connection, images, left, &mut signals).await? {
            Ok(images) => finish(setup, &account, followed.as_ref(), &images),
            Err(ending) => Ok(one_image::ended_early(setup, ending, &ids, args.timeout)),
        }
    })
}

/// The copies that are waited for, and the images that no copy here has made.
fn select(
    setup: &Setup,
    account: &AccountKey,
    args: &WaitArgs,
) -> Result<(Option<Selection>, Vec<ImageId>), CommandError> {
    let known = Known::read(&open_store(setup)?, account, &args.targets, args.batch.as_deref())?;
    if let Some(batch) = &args.batch {
        return Ok((Some(known.batch(WHAT, batch)?), Vec::new()));
    }
    if args.all {
        return Ok((Some(Selection::All), Vec::new()));
    }
    let (jobs, images): (BTreeSet<JobId>, _) = known.find(WHAT, &args.targets)?;
    Ok(((!jobs.is_empty()).then_some(Selection::Jobs(jobs)), images))
}

/// Prints the copies and images as they are in the end, and says what has failed.
fn finish(
    setup: &Setup,
    account: &AccountKey,
    followed: Option<&Followed>,
    images: &[Image],
) -> Result<ExitStatus, CommandError> {
    let failures: Vec<Failure> = images.iter().filter_map(one_image::failure).collect();
    let Some(followed) = followed else {
        let columns = ImageRecord::columns().iter().filter(|column| column.default).collect();
        let print = || {
            let mut printer = Printer::new(setup.output, columns, io::stdout());
            images.iter().try_for_each(|image| printer.print(&ImageRecord::from(image)))?;
            let records: Vec<FailureRecord> = failures.iter().map(FailureRecord::from).collect();
            printer.finish(&[("failures", records)])
        };
        let printed = print();
        failures.iter().for_each(report);
        return ended(printed, ExitStatus::of_all(&failures));
    };
    if followed.jobs.is_empty() {
        setup.output.note(NONE_UNDER_WAY);
    }
    let printed = if images.is_empty() {
        print_final(setup, account, followed, &followed.failures())
    } else {
        print_both(setup, account, followed, images, &failures)
    };
    failures.iter().for_each(report);
    followed.report(setup.output);
    ended(printed, ExitStatus::of_all(followed.failures().iter().chain(&failures)))
}

/// Prints copies and images: in one JSON document, or one list after the other.
fn print_both(
    setup: &Setup,
    account: &AccountKey,
    followed: &Followed,
    images: &[Image],
    failures: &[Failure],
) -> Result<(), CommandError> {
    let failures: Vec<FailureRecord> = followed.failures().iter().chain(failures).map(FailureRecord::from).collect();
    let images: Vec<ImageRecord> = images.iter().map(ImageRecord::from).collect();
    let mut printer = Printer::new(setup.output, JobRecord::columns().iter().collect(), io::stdout());
    followed.records(account).iter().try_for_each(|record| printer.print(record))?;
    if setup.output.format == Format::Json {
        let json = |value: Result<serde_json::Value, serde_json::Error>| {
            value.map_err(|e| Failure::new("write the output as JSON", e.to_string()))
        };
        let more =
            [("images", json(serde_json::to_value(&images))?), ("failures", json(serde_json::to_value(&failures))?)];
        return printer.finish(&more);
    }
    printer.finish::<()>(&[])?;
    let columns = ImageRecord::columns().iter().filter(|column| column.default).collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    images.iter().try_for_each(|image| printer.print(image))?;
    printer.finish::<()>(&[])
}
