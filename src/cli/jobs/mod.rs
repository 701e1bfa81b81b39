//! `amigrate jobs`: the copies as they are stored, for scripts and to see what a background process does. The process that runs the
//! queue is not disturbed, and no request is sent to AWS unless the account is unknown.

mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    time::Duration,
};

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{
    exit::{CommandError, ExitStatus},
    follow::{Signal, Signals},
    output::{Column, Format, Printer, Record},
    records::JobRecord,
    selection::{Selection, has_ended},
    setup::{Setup, block_on},
    targets::{Known, Target},
};
use crate::{
    config::settings::nearest,
    domain::{AccountKey, Failure, text::clean},
    driver::RECENT,
    engine::{BatchId, Command, Job, JobPhase, Status},
    store::{DriverLock, Store},
    term::session,
};

/// Interval between two looks at the store with `--watch`.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);
/// State of a copy that no process has taken up.
const REQUESTED: &str = "requested";
const WHAT: &str = "list the copies";

/// What is printed.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate jobs 7
  amigrate jobs --state copying,failed
  amigrate jobs --batch batch-1a2b3c --output json
  amigrate jobs --history --output csv > copies.csv")]
pub(super) struct JobsArgs {
    /// Everything about these: numbers of copies, as `amigrate jobs` prints them, or ids of their images
    #[arg(value_name = "JOB", conflicts_with_all = ["watch", "state", "batch", "history", "all_accounts"])]
    jobs: Vec<Target>,
    /// Print each copy again whenever it changes, until interrupted
    #[arg(long, conflicts_with = "history")]
    watch: bool,
    /// Only copies in these states, between commas, such as `copying,failed`
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = state)]
    state: Vec<&'static str>,
    /// Only copies of this batch; without --history also those that ended long ago
    #[arg(long, value_name = "BATCH")]
    batch: Option<String>,
    /// Ended copies, newest first
    #[arg(long)]
    history: bool,
    /// Every account's, not only the one that the profile had last
    #[arg(long, alias = "all")]
    all_accounts: bool,
}

pub(super) fn run(setup: &Setup, args: &JobsArgs) -> Result<ExitStatus, CommandError> {
    if args.watch && setup.output.format == Format::Json {
        let failure = Failure::new("watch the copies as JSON", "a document ends, and this does not");
        return Err(CommandError::usage(failure.hint("Use `--output jsonl`, or `amigrate watch --output json`.")));
    }
    let store = open_store(setup)?;
    let accounts = if args.all_accounts { store.accounts()? } else { vec![account(setup, &store)?] };
    if let ([_, ..], [account]) = (args.jobs.as_slice(), accounts.as_slice()) {
        return named(setup, args, &store, account);
    }
    match (&args.batch, accounts.as_slice()) {
        (Some(name), [account]) if !args.history => {
            _ = Known::read(&store, account, &[], Some(name))?.batch(WHAT, name)?;
        }
        (Some(name), all) => check_batch(&store, all, name)?,
        (None, _) => {}
    }
    if args.watch {
        return block_on(watch(setup, args, &store, &accounts));
    }
    let mut all = Vec::new();
    for account in &accounts {
        all.extend(records(&store, account, args)?);
    }
    print(setup, args, &all)?;
    if all.is_empty() {
        setup.output.note("No copies found.");
    }
    if !args.history {
        for account in &accounts {
            note_if_nobody_runs(setup, &store, account);
        }
    }
    Ok(ExitStatus::Done)
}

/// Prints everything about the copies that are named.
fn named(setup: &Setup, args: &JobsArgs, store: &Store, account: &AccountKey) -> Result<ExitStatus, CommandError> {
    let (known, now) = (Known::read(store, account, &args.jobs, None)?, Timestamp::now());
    let (ids, images) = known.find(WHAT, &args.jobs)?;
    if let Some(image) = images.first() {
        let failure = Failure::new(WHAT, format!("no copy here has made {image}"));
        return Err(CommandError::usage(failure.hint(format!("`amigrate show {image}` shows any image."))));
    }
    let jobs = known.select(&Selection::Jobs(ids));
    if setup.output.format == Format::Table {
        let pages = jobs.iter().map(|job| text::page(setup.output, job, known.status(), now).into_text());
        let text = pages.collect::<Vec<_>>().join("\n");
        let mut out = io::stdout();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| CommandError::write(&e))?;
    } else {
        let records: Vec<_> = jobs.iter().map(|job| JobRecord::new(account, job, known.status(), now)).collect();
        print(setup, args, &records)?;
    }
    if !jobs.iter().all(|job| has_ended(job)) {
        note_if_nobody_runs(setup, store, account);
    }
    Ok(ExitStatus::Done)
}

/// Says that the states are old if copies are under way and nobody looks after them.
pub(super) fn note_if_nobody_runs(setup: &Setup, store: &Store, account: &AccountKey) {
    let Ok(loaded) = store.load(account, Timestamp::now()) else { return };
    if loaded.commands.is_empty() && loaded.jobs.iter().all(has_ended) {
        return;
    }
    let lock = setup.store_dir().and_then(|dir| DriverLock::try_take(&dir, account));
    if !matches!(lock, Ok(Some(_))) {
        return;
    }
    let seen = store.heartbeat(account).ok().flatten();
    let seen = seen.map(|last| format!("as of {}", last.time.strftime("%Y-%m-%d %H:%M:%S UTC")));
    let waits = !loaded.commands.is_empty() || loaded.jobs.iter().any(|job| job.needs_driving() || job.is_unfinished());
    let text = if waits {
        let seen = seen.map(|seen| format!("; states are {seen}")).unwrap_or_default();
        format!("Nobody runs the queue{seen}. `amigrate watch` brings the copies up to date.")
    } else {
        // EC2 continues these by itself.
        let seen = seen.unwrap_or_else(|| "not up to date".into());
        format!("States are {seen}. `amigrate watch` brings the copies up to date.")
    };
    setup.output.note(&setup.account_flags().complete(&text));
}

impl JobsArgs {
    /// The columns of a table; those of several accounts say whose a copy is.
    fn columns(&self) -> Vec<&'static Column<JobRecord>> {
        self.all_accounts.then_some(JobRecord::ACCOUNT).into_iter().chain(JobRecord::columns()).collect()
    }
}

/// Wrong usage if no copy of these accounts has this batch, ended or not.
fn check_batch(store: &Store, accounts: &[AccountKey], name: &str) -> Result<(), CommandError> {
    let mut batches = BTreeSet::new();
    for account in accounts {
        let loaded = store.load(account, Timestamp::UNIX_EPOCH)?;
        batches.extend(loaded.jobs.into_iter().map(|job| job.batch));
        batches.extend(store.history(account, usize::MAX)?.iter().map(|job| job.batch.clone()));
        batches.extend(loaded.commands.iter().filter_map(|(_, command)| match command {
            Command::Copy(requests) => BatchId::of_copies(requests),
            _ => None,
        }));
    }
    if batches.iter().any(|batch| batch.as_str() == name) {
        return Ok(());
    }
    let hint = match nearest(name, batches.iter().map(BatchId::as_str)) {
        Some(near) => format!("Is it `{near}`?"),
        None => "`amigrate jobs` and `amigrate jobs --history` print the batches.".into(),
    };
    Err(CommandError::usage(Failure::new(WHAT, format!("there is no batch `{}`", clean(name))).hint(hint)))
}

/// The store of this user's jobs.
pub(super) fn open_store(setup: &Setup) -> Result<Store, Failure> {
    Store::open_to_read(&setup.store_dir()?, Timestamp::now())
}

/// The account that the profile signed in to last. Signs in if there is none, and if the credentials come from the
/// environment, which may be any account's.
pub(super) fn account(setup: &Setup, store: &Store) -> Result<AccountKey, Failure> {
    let source = setup.session_source();
    block_on(async {
        if let Some(key) = source.profile_key(None).await
            && let Some(account) = store.account_of_profile(&key)?
        {
            return Ok(account);
        }
        source.sign_in(None).await.map(|(_, account)| account)
    })
}

fn print(setup: &Setup, args: &JobsArgs, records: &[JobRecord]) -> Result<(), CommandError> {
    let mut printer = Printer::new(setup.output, args.columns(), io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}

/// The records of an account's copies that the arguments select.
fn records(store: &Store, account: &AccountKey, args: &JobsArgs) -> Result<Vec<JobRecord>, Failure> {
    let now = Timestamp::now();
    let of_batch = |batch: &BatchId| args.batch.as_deref().is_none_or(|name| batch.as_str() == name);
    let in_state = |state: &str| args.state.is_empty() || args.state.contains(&state);
    let wanted = |job: &Job| of_batch(&job.batch) && in_state(job.phase().as_str());
    let record = |job: &Job, status: &Status| JobRecord::new(account, job, status, now);
    if args.history {
        let history = store.history(account, usize::MAX)?;
        return Ok(history.iter().filter(|job| wanted(job)).map(|job| record(job, &Status::default())).collect());
    }
    let loaded = store.load(account, now - RECENT)?;
    let jobs = match &args.batch {
        Some(batch) => store.batch(account, batch)?,
        None => loaded.jobs,
    };
    let mut records: Vec<JobRecord> =
        jobs.iter().filter(|job| wanted(job)).map(|job| record(job, &loaded.status)).collect();
    for (_, command) in &loaded.commands {
        // No process has taken these up, so they have no number yet.
        let Command::Copy(requests) = command else { continue };
        let Some(batch) = BatchId::of_copies(requests) else { continue };
        if of_batch(&batch) && in_state(REQUESTED) {
            records.extend(requests.iter().map(|request| JobRecord::requested(account, &batch, request)));
        }
    }
    Ok(records)
}

/// Prints the copies, and each again that changes, until a signal ends it.
async fn watch(
    setup: &Setup,
    args: &JobsArgs,
    store: &Store,
    accounts: &[AccountKey],
) -> Result<ExitStatus, CommandError> {
    let mut signals = Signals::listen()?;
    let mut output = setup.output;
    output.streams = true;
    let mut printer = Printer::new(output, args.columns(), io::stdout());
    let mut last = BTreeMap::new();
    loop {
        for account in accounts {
            for record in records(store, account, args)? {
                let key = record.key();
                if output.format == Format::Ids && (record.id().is_none() || last.contains_key(&key)) {
                    continue;
                }
                // The time that is left falls while nothing changes.
                let shown = record.without_times();
                if last.get(&key) != Some(&shown) {
                    printer.print(&record)?;
                    last.insert(key, shown);
                }
            }
        }
        io::stdout().flush().map_err(|e| CommandError::write(&e))?;
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::End(signal) => return Ok(signal.status()),
                Signal::Stop => session::stop(),
            },
            () = tokio::time::sleep(WATCH_INTERVAL) => {
                if reader_has_gone() {
                    return Err(CommandError::BrokenPipe);
                }
            }
        }
    }
}

/// Returns true if nobody reads standard output any more: while nothing changes, no write would fail.
fn reader_has_gone() -> bool {
    let out = io::stdout();
    let mut polled = [PollFd::new(&out, PollFlags::empty())];
    poll(&mut polled, Some(&Timespec::default())).is_ok() && polled[0].revents().contains(PollFlags::ERR)
}

/// Reads the name of a state; blanks may be hyphens.
fn state(text: &str) -> Result<&'static str, Failure> {
    let names = || JobPhase::ALL.iter().map(|phase| phase.as_str()).chain([REQUESTED]);
    let wanted = text.trim().replace('-', " ");
    names().find(|name| *name == wanted).ok_or_else(|| {
        let hint = match nearest(&wanted, names()) {
            Some(near) => format!("is it `{near}`?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        Failure::new(format!("select by the state `{}`", clean(text)), format!("there is no such state; {hint}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_named_as_they_are_printed() {
        assert_eq!(state("in-doubt").unwrap(), "in doubt");
        assert_eq!(state(" failed").unwrap(), "failed");
        assert_eq!(state("requested").unwrap(), "requested");
        let near = state("avaliable").unwrap_err();
        assert!(near.why.contains("`available`"), "{near}");
        let far = state("zzzzzzzz").unwrap_err();
        assert!(far.why.contains("copying") && far.why.contains("requested"), "{far}");
    }
}
