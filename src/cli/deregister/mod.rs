//! `amigrate deregister`: deregisters images of the account, and deletes their snapshots. Says first who uses them. Each image is a job of
//! the queue: stored before anything is sent, on record, and continued after a crash.

mod confirm;
mod keep;
mod outcome;
mod targets;

use std::{collections::BTreeSet, io, time::Duration};

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{FollowOptions, Signals, Silent, Until, follow},
    output::{Printer, Record, ended, report},
    queue::OpenQueue,
    records::{DeregistrationRecord, DeregistrationResult, FailureRecord},
    selection::Selection,
    setup::{Setup, block_on},
};
use crate::{
    domain::{AccountKey, Failure, Image, ImageDeregistration, ImageId, Region},
    driver::StoreHandle,
    engine::Command,
    labels,
};
pub(super) use targets::copying;

use outcome::Outcome;
use targets::Target;

/// Arguments of `amigrate deregister`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate deregister web-2025.04 --region eu-west-1 --dry-run
  amigrate deregister ami-0123456789abcdef0 ami-0fedcba9876543210 --region eu-west-1 --yes
  amigrate deregister ami-0123456789abcdef0 --keep-snapshots")]
pub(super) struct DeregisterArgs {
    /// Ids or names of images in the region; - reads them from standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// Keep the snapshots of the images, tagged amigrate:kept so that `amigrate orphans` calls them no orphans
    #[arg(long)]
    keep_snapshots: bool,
    /// Say who uses the images and whether they may be deregistered, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask for no confirmation
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(setup: &Setup, args: &DeregisterArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only && !args.dry_run {
        return Err(CommandError::read_only("deregister images"));
    }
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let targets = targets::find(setup, &connection, &args.images).await?;
        for target in &targets {
            print_target(setup, target);
        }
        if args.dry_run {
            return dry_run(setup, &connection, targets).await;
        }
        let wanted = targets.iter().filter(|target| target.refusal.is_none());
        let wanted: Vec<&Target> = wanted.collect();
        if wanted.is_empty() {
            let outcomes: Vec<Outcome> = targets.iter().map(refused).collect();
            return print(setup, &outcomes);
        }
        if !args.yes {
            confirm::confirm(&wanted, args.keep_snapshots)?;
        }
        if args.keep_snapshots {
            keep::tag(setup, &connection, &targets).await?;
        }
        deregister(setup, &connection, &targets, args.keep_snapshots).await
    })
}

/// Says on standard error who uses an image.
fn print_target(setup: &Setup, target: &Target) {
    let Some(image) = &target.image else { return };
    if target.refusal.is_some() {
        return;
    }
    setup.output.note(&format!("{} \"{}\" in {}", image.id, image.name, image.region));
    for line in labels::usage(image, target.usage.as_ref()) {
        setup.output.note(&format!("  {line}"));
    }
}

fn refused(target: &Target) -> Outcome {
    let failure = target.refusal.clone();
    let message = failure.as_ref().map(|failure| failure.why.clone());
    (DeregistrationRecord { message, ..target.record(DeregistrationResult::Refused) }, failure)
}

async fn dry_run(setup: &Setup, connection: &Connection, targets: Vec<Target>) -> Result<ExitStatus, CommandError> {
    let mut outcomes = Vec::with_capacity(targets.len());
    for mut target in targets {
        if let (None, Some(image)) = (&target.refusal, &target.image) {
            target.refusal = connection.session.may_deregister(&image.region, &image.id).await.err();
        }
        outcomes.push(match target.refusal {
            Some(_) => refused(&target),
            None => (target.record(DeregistrationResult::WouldDeregister), None),
        });
    }
    print(setup, &outcomes)
}

/// Runs the queue until these images, which it removes already, are gone. Returns the status if a signal ended it.
///
/// # Errors
/// If there is no store.
pub(super) async fn complete_removal(
    setup: &Setup,
    connection: &Connection,
    images: BTreeSet<(Region, ImageId)>,
    timeout: Option<Duration>,
    signals: &mut Signals,
) -> Result<Option<ExitStatus>, CommandError> {
    let queue = OpenQueue::open(setup, connection, setup.driver_settings())?;
    let options = FollowOptions { until: Until::Ended, timeout, progress: Box::new(Silent), to_background: false };
    let followed = follow(setup, queue, Selection::Images(images), options, signals).await?;
    Ok(outcome::interrupted(setup, &followed))
}

/// Hands the images to the queue, waits for what comes of it, and prints that.
async fn deregister(
    setup: &Setup,
    connection: &Connection,
    targets: &[Target],
    keep_snapshots: bool,
) -> Result<ExitStatus, CommandError> {
    let mut signals = Signals::listen()?;
    let how = HandOver { keep_snapshots, ..HandOver::default() };
    let done = hand_over(setup, connection, targets, how, &mut signals).await;
    let (outcomes, interrupted) = done.map_err(|not| not.error)?;
    let printed = print(setup, &outcomes);
    interrupted.map_or(printed, Ok)
}

/// How images are given to the queue.
#[derive(Debug, Clone, Copy, Default)]
struct HandOver {
    keep_snapshots: bool,
    /// Nothing is deregistered after this.
    not_after: Option<Timestamp>,
    /// How long it is waited for at most.
    timeout: Option<Duration>,
}

/// What came of images, and the status if a signal or the timeout ended the waiting.
type HandedOver = (Vec<Outcome>, Option<ExitStatus>);

/// Why it is not known what comes of images.
pub(super) struct NotFollowed {
    pub(super) error: CommandError,
    /// They may be in the queue, to be deregistered by whichever process runs it.
    pub(super) is_stored: bool,
}

/// Deregisters an image that was looked at just now, and deletes its snapshots; after a time it is left as it is. Returns what came of
/// it, and the status if a signal or the timeout ended the waiting.
///
/// # Errors
/// If there is no store, or the request is rejected.
pub(super) async fn deregister_until(
    setup: &Setup,
    connection: &Connection,
    image: Image,
    not_after: Timestamp,
    timeout: Option<Duration>,
    signals: &mut Signals,
) -> Result<HandedOver, NotFollowed> {
    let how = HandOver { keep_snapshots: false, not_after: Some(not_after), timeout };
    hand_over(setup, connection, &[Target::of_image(image)], how, signals).await
}

/// Hands the images to the queue, and waits for what comes of it. Returns the status if a signal ended it.
async fn hand_over(
    setup: &Setup,
    connection: &Connection,
    targets: &[Target],
    how: HandOver,
    signals: &mut Signals,
) -> Result<HandedOver, NotFollowed> {
    let HandOver { keep_snapshots, not_after, timeout } = how;
    let images = || targets.iter().filter(|target| target.refusal.is_none()).filter_map(|target| target.image.as_ref());
    let selection = Selection::Images(images().map(|image| (image.region.clone(), image.id.clone())).collect());
    let wanted =
        images().map(|image| ImageDeregistration { not_after, ..ImageDeregistration::of(image, keep_snapshots) });
    let command = Command::DeregisterImages(wanted.collect());
    let queue = OpenQueue::open(setup, connection, setup.driver_settings());
    let mut queue = queue.map_err(|failure| NotFollowed { error: failure.into(), is_stored: false })?;
    queue.send(command.clone());
    let (store, account) = (queue.store.clone(), queue.account.clone());
    let options = FollowOptions { until: Until::Ended, timeout, progress: Box::new(Silent), to_background: false };
    let followed = match follow(setup, queue, selection.clone(), options, signals).await {
        Ok(followed) => followed,
        Err(error) => {
            let is_stored = is_stored(&store, account, command, selection).await;
            return Err(NotFollowed { error, is_stored });
        }
    };
    let outcomes = targets.iter().map(|target| match &target.refusal {
        Some(_) => refused(target),
        None => outcome::of(target, &followed),
    });
    Ok((outcomes.collect(), outcome::interrupted(setup, &followed)))
}

/// Returns false if the queue has neither the command nor a job that it is carried out by. Where that cannot be read it may have.
async fn is_stored(store: &StoreHandle, account: AccountKey, command: Command, selection: Selection) -> bool {
    let read = store.with(move |store| {
        let waits = store.commands(&account)?.into_iter().any(|(_, stored)| stored == command);
        let jobs = store.load(&account, Timestamp::now())?.jobs;
        Ok(waits || jobs.iter().any(|job| job.is_being_removed() && selection.includes(job)))
    });
    read.await.unwrap_or(true)
}

/// Prints what came of it, and what has failed.
fn print(setup: &Setup, outcomes: &[Outcome]) -> Result<ExitStatus, CommandError> {
    let columns = DeregistrationRecord::columns().iter().filter(|column| column.default).collect();
    let failures: Vec<&Failure> = outcomes.iter().filter_map(|(_, failure)| failure.as_ref()).collect();
    let print = || {
        let mut printer = Printer::new(setup.output, columns, io::stdout());
        outcomes.iter().try_for_each(|(record, _)| printer.print(record))?;
        let records: Vec<FailureRecord> = failures.iter().map(|failure| FailureRecord::from(*failure)).collect();
        printer.finish(&[("failures", records)])
    };
    let printed = print();
    for failure in &failures {
        report(failure);
    }
    ended(printed, ExitStatus::of_all(failures))
}
