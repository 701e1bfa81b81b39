//! `amigrate cancel`: cancels copies. The command is stored first; this process carries it out, or the one that runs the queue.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    confirm::confirm,
    connection::Connection,
    drive::release,
    exit::{CommandError, ExitStatus},
    follow::{
        EndSignal, Ending, FollowOptions, Followed, Signal, Signals, Until, failure_of_cancel, follow, on_stderr, title,
    },
    jobs::open_store,
    one_image,
    output::{ended, report},
    queue::OpenQueue,
    records::JobRecord,
    selection::Selection,
    setup::{Setup, block_on},
    targets::{Known, Target},
    watch::{print_none, print_records},
};
use crate::{
    domain::{AccountKey, Failure, Image, ImageId, ImageState, Region, text::count},
    driver::{RECENT, StoreLocation},
    engine::{BatchId, Command, Job, JobId, JobState, Origin},
    labels,
    store::DriverLock,
    term::session,
};

const WHAT: &str = "cancel copies";
/// How long the queue may take to take in an image whose copy was started elsewhere, or commands that were stored before.
const TAKEN_UP_WITHIN: Duration = Duration::from_mins(1);
/// Interval between checks whether that has happened.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Arguments of `amigrate cancel`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate cancel 7
  amigrate cancel ami-0123456789abcdef0
  amigrate cancel --batch batch-1a2b3c --yes")]
#[command(group(clap::ArgGroup::new("copies").required(true)))]
pub(super) struct CancelArgs {
    /// Numbers of copies, as `amigrate jobs` prints them, or ids of their images
    #[arg(value_name = "JOB|IMAGE", group = "copies")]
    targets: Vec<Target>,
    /// All copies of this batch that have not ended
    #[arg(long, value_name = "BATCH", group = "copies")]
    batch: Option<String>,
    /// All copies of this store that have not ended, without those that were started elsewhere
    #[arg(long, group = "copies")]
    all: bool,
    /// Cancel them without a question
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(setup: &Setup, args: &CancelArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only {
        return Err(CommandError::read_only(WHAT));
    }
    let _log = setup.start_log()?;
    block_on(async {
        let connection = Connection::open(setup).await?;
        let account = connection.account.clone();
        let known = Known::read(&open_store(setup)?, &account, &args.targets, args.batch.as_deref())?;
        let mut plan = Plan::make(&known, args)?;
        plan.images = images(setup, &connection, &plan.unknown).await?;
        let flags = setup.account_flags();
        plan.refused = std::mem::take(&mut plan.refused).into_iter().map(|failure| flags.of_failure(failure)).collect();
        plan.refused.iter().for_each(report);
        if plan.is_empty() {
            if plan.refused.is_empty() {
                setup.output.note("Nothing is left to cancel.");
            }
            return ended(print_none(setup, &plan.refused), ExitStatus::of_all(&plan.refused));
        }
        confirm(&plan.what(), &plan.lines(), args.yes)?;
        let refused = std::mem::take(&mut plan.refused);
        let withdrawn = withdraw(setup, &account, &mut plan).await?;
        if plan.is_empty() {
            let printed = print_records(setup, &withdrawn, &refused);
            return ended(printed, ExitStatus::of_all(&refused));
        }
        let mut signals = Signals::listen()?;
        let mut queue = OpenQueue::open(setup, &connection, setup.driver_settings())?;
        let first: BTreeSet<JobId> = plan.jobs.iter().map(|job| job.id).collect();
        if !first.is_empty() {
            queue.send(Command::Cancel(first.iter().copied().collect()));
        }
        let ids = tokio::select! {
            ids = taken_up(&queue, plan) => ids?,
            signal = end_signal(&mut signals, &queue) => {
                // What is known is cancelled, and the rest continues.
                release(&queue.handle).await;
                return Ok(signal.status());
            }
        };
        let later: Vec<JobId> = ids.difference(&first).copied().collect();
        if !later.is_empty() {
            queue.send(Command::Cancel(later));
        }
        let options = FollowOptions {
            until: Until::Cancelled,
            timeout: None,
            progress: on_stderr(setup.output),
            to_background: false,
        };
        let followed = follow(setup, queue, Selection::Jobs(ids), options, &mut signals).await?;
        finish(setup, &account, &followed, withdrawn, &refused)
    })
}

/// Takes requests back that no process has taken up, if none is running that could do so meanwhile. Returns their records.
async fn withdraw(setup: &Setup, account: &AccountKey, plan: &mut Plan) -> Result<Vec<JobRecord>, CommandError> {
    if plan.requests.is_empty() {
        return Ok(Vec::new());
    }
    let dir = setup.store_dir()?;
    let Some(lock) = DriverLock::try_take(&dir, account)? else { return Ok(Vec::new()) };
    let store = StoreLocation::Dir(dir).open(Timestamp::now(), |_| {})?;
    let (key, requests) = (account.clone(), plan.requests.clone());
    let withdrawn = store.with(move |store| store.withdraw(&key, &requests)).await?;
    drop(lock);
    plan.requests.retain(|command| !withdrawn.contains(command));
    let mut records = Vec::new();
    for command in &withdrawn {
        let Command::Copy(requests) = command else { continue };
        let batch = BatchId::of_copies(requests);
        let record = |request| Some(JobRecord::withdrawn(account, batch.as_ref()?, request));
        records.extend(requests.iter().filter_map(record));
    }
    if !records.is_empty() {
        setup
            .output
            .note(&format!("{} cancelled before anything was sent.", count(records.len(), "copy was", "copies were")));
    }
    Ok(records)
}

/// What is to be cancelled.
#[derive(Default)]
struct Plan {
    jobs: Vec<Job>,
    /// Requests that no process has taken up yet.
    requests: Vec<Command>,
    /// Images that no copy here has made.
    unknown: Vec<ImageId>,
    images: Vec<Image>,
    /// What cannot be cancelled, and why.
    refused: Vec<Failure>,
    /// Copies started elsewhere that `--all` leaves alone.
    elsewhere: usize,
}

impl Plan {
    fn make(known: &Known, args: &CancelArgs) -> Result<Self, CommandError> {
        let can_be = |job: &&Job| job.can_be_cancelled() || job.can_give_up_steps();
        let mut plan = Self::default();
        if args.all {
            let jobs: Vec<Job> = known.all().filter(can_be).cloned().collect();
            let (here, elsewhere): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.origin == Origin::Here);
            (plan.jobs, plan.elsewhere) = (here, elsewhere.len());
            plan.requests = known.awaited(&Selection::All);
        } else if let Some(batch) = &args.batch {
            let batch = known.batch(WHAT, batch)?;
            plan.jobs = known.select(&batch).into_iter().filter(can_be).cloned().collect();
            plan.requests = known.awaited(&batch);
        } else {
            let (ids, images) = known.find(WHAT, &args.targets)?;
            plan.unknown = images;
            for job in known.select(&Selection::Jobs(ids)) {
                match why_not(job) {
                    None => plan.jobs.push(job.clone()),
                    Some(failure) => plan.refused.push(failure),
                }
            }
        }
        Ok(plan)
    }

    fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn requested(&self) -> usize {
        let copies = |command: &Command| if let Command::Copy(requests) = command { requests.len() } else { 0 };
        self.requests.iter().map(copies).sum()
    }

    fn count(&self) -> usize {
        self.jobs.len() + self.images.len() + self.requested()
    }

    fn what(&self) -> String {
        format!("cancel {}", count(self.count(), "copy", "copies"))
    }

    /// What is said before the question.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.jobs.iter().map(line).collect();
        if self.requested() > 0 {
            lines.push(format!("  {} just requested", count(self.requested(), "copy", "copies")));
        }
        let image = |image: &Image| format!("  {} in {} \"{}\": started elsewhere", image.id, image.region, image.name);
        lines.extend(self.images.iter().map(image));
        if self.elsewhere > 0 {
            let copies = count(self.elsewhere, "copy that was", "copies that were");
            lines.push(format!("Without {copies} started elsewhere: name them to cancel them."));
        }
        lines.push("Their new images are deregistered and those images' snapshots are deleted.".into());
        lines.push("Images that become available first are kept.".into());
        lines
    }
}

/// A copy in the question.
fn line(job: &Job) -> String {
    let image = job.image().map_or_else(String::new, |image| format!(" {image}"));
    let percent = job.percent().map_or_else(String::new, |percent| format!(" {percent}%"));
    let state = match &job.state {
        JobState::Available { .. } => "available: its post-copy steps are given up, and the image is kept".to_owned(),
        JobState::InDoubt { .. } => "in doubt: it is given up, and images that may be this copy are kept".to_owned(),
        _ => format!("{}{percent}", job.phase().as_str()),
    };
    let elsewhere = if job.is_external_copy() { ", started elsewhere" } else { "" };
    format!("  {} {}{image}: {state}{elsewhere}", job.id, title(job))
}

/// Returns why a copy cannot be cancelled, if that is so.
fn why_not(job: &Job) -> Option<Failure> {
    if job.can_be_cancelled() || job.can_give_up_steps() {
        return None;
    }
    let failure = |why: String| Failure::new(format!("cancel copy {}, {}", job.id, title(job)), why);
    Some(match &job.state {
        JobState::Available { image } => failure(format!("{image} is available already; nothing was deleted"))
            .hint(format!("`amigrate deregister {image} --region {}` deregisters it.", job.request.destination)),
        state if state.ended() => failure(format!("it has ended: {}", job.phase().as_str())),
        _ => failure("it is being removed already".into()).hint(format!("`amigrate watch {}` shows it.", job.id)),
    })
}

/// Finds the images that no copy here has made. They must be the account's own pending copies.
async fn images(setup: &Setup, connection: &Connection, ids: &[ImageId]) -> Result<Vec<Image>, CommandError> {
    let found = one_image::find(setup, connection, WHAT, ids).await?;
    let identity = connection.session.identity();
    for image in &found {
        let refuse = |why: String, hint: String| {
            let failure = Failure::new(format!("cancel {} in {}", image.id, image.region), why);
            Err(CommandError::from(failure.hint(hint)))
        };
        if identity.as_ref().is_some_and(|identity| identity.account.id != image.owner_id) {
            return refuse(format!("it belongs to account {}", image.owner_id), String::new());
        }
        if image.state != ImageState::Pending {
            let hint = format!("`amigrate deregister {} --region {}` deregisters it.", image.id, image.region);
            return refuse(
                format!(
                    "it {}; only a pending copy can be cancelled, and nothing was deleted",
                    image.state.predicate()
                ),
                hint,
            );
        }
        if image.copied_from().is_none() {
            return refuse("it is not known to be a copy".into(), "Only copies can be cancelled.".into());
        }
    }
    Ok(found)
}

/// Waits for a signal that ends the command.
async fn end_signal(signals: &mut Signals, queue: &OpenQueue) -> EndSignal {
    loop {
        match signals.next().await {
            Signal::End(signal) => return signal,
            Signal::Stop => {
                release(&queue.handle).await;
                session::stop();
                queue.handle.resume();
            }
        }
    }
}

/// Waits until the queue has taken up what is to be cancelled, and returns all numbers.
async fn taken_up(queue: &OpenQueue, plan: Plan) -> Result<BTreeSet<JobId>, CommandError> {
    let mut ids: BTreeSet<JobId> = plan.jobs.iter().map(|job| job.id).collect();
    if plan.images.is_empty() && plan.requests.is_empty() {
        return Ok(ids);
    }
    let regions: BTreeSet<Region> = plan.images.iter().map(|image| image.region.clone()).collect();
    if !regions.is_empty() {
        queue.handle.send(Command::ListPendingIn(regions.into_iter().collect()));
    }
    let end = Instant::now() + TAKEN_UP_WITHIN;
    loop {
        let (account, recent) = (queue.account.clone(), queue.clock.now() - RECENT);
        let loaded = queue.store.with(move |store| store.load(&account, recent)).await?;
        let of_image = |image: &Image| loaded.jobs.iter().find(|job| job.images.contains(&image.id));
        let missing: Vec<&Image> = plan.images.iter().filter(|image| of_image(image).is_none()).collect();
        let stored = loaded.commands.iter().any(|(_, command)| plan.requests.contains(command));
        if missing.is_empty() && !stored {
            ids.extend(plan.images.iter().filter_map(of_image).map(|job| job.id));
            let tokens = plan.requests.iter().flat_map(|command| match command {
                Command::Copy(requests) => requests.as_slice(),
                _ => &[],
            });
            let tokens = Selection::Tokens(tokens.map(|request| request.token.clone()).collect());
            ids.extend(loaded.jobs.iter().filter(|job| tokens.includes(job)).map(|job| job.id));
            return Ok(ids);
        }
        if Instant::now() > end {
            let why = match missing.first() {
                Some(image) => format!("{} was not taken in as a copy started elsewhere", image.id),
                None => "the requests were not taken up by the process that runs the queue".into(),
            };
            return Err(Failure::new(WHAT, why).hint("`amigrate jobs` shows what is known of them.").into());
        }
        tokio::time::sleep(STORE_POLL_INTERVAL).await;
    }
}

/// Prints the copies, and says which were not cancelled and why.
fn finish(
    setup: &Setup,
    account: &AccountKey,
    followed: &Followed,
    mut records: Vec<JobRecord>,
    refused: &[Failure],
) -> Result<ExitStatus, CommandError> {
    let flags = setup.account_flags();
    let failures = followed.jobs.iter().filter_map(|job| failure_of_cancel(job));
    let failures: Vec<Failure> = failures.map(|failure| flags.of_failure(failure)).collect();
    if let Ending::Signalled(signal) = followed.ending {
        setup.output.note(&format!("The cancel is stored: {}.", followed.who_completes_it()));
        return Ok(signal.status());
    }
    let all: Vec<Failure> = refused.iter().chain(&failures).cloned().collect();
    records.extend(followed.records(account));
    let printed = print_records(setup, &records, &all);
    for job in &followed.jobs {
        for text in labels::remaining_snapshots(job) {
            setup.output.note(&format!("{}: {text}", title(job)));
        }
    }
    failures.iter().for_each(report);
    ended(printed, ExitStatus::of_all(&all))
}
