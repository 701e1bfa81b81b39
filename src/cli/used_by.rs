//! `amigrate used-by`: who uses an image; other accounts by a usage report.

use std::{io, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    connection::Connection,
    deregister::copying,
    exit::{CommandError, ExitStatus},
    follow::Signals,
    image_args, jobs,
    output::{Format, Printer, Record, ended, print_document, report},
    records::{UseRow, UsedByDocument},
    setup::{Setup, block_on},
    timeout,
};
use crate::{
    domain::{Failure, Image, Retry, image_usage::ImageUsage, text::clean, usage_report::Reported},
    driver::{AwaitedReport, RECENT},
    engine::JobId,
    labels,
};

/// What is done, for failures.
const VERB: &str = "show who uses";

/// Arguments of `amigrate used-by`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate used-by ami-0123456789abcdef0
  amigrate used-by 'latest:web-*' --region eu-west-1 --output json
  amigrate used-by ami-0123456789abcdef0 --report --timeout 30m")]
pub(super) struct UsedByArgs {
    /// An image of yours: its id, its name, or latest:PATTERN for the newest available image with such a name. Without --region an
    /// id is looked for in every enabled region, a name in the profile's region
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Request a usage report of all accounts, wait for it, and delete it once it has been read. One of the last day is read
    /// instead, and stays
    #[arg(long)]
    report: bool,
    /// How long to wait for the report at most, such as 90s, 15m, 2h or 1h30m; then the status is 4, and EC2 continues making it
    #[arg(long, value_name = "DURATION", value_parser = timeout::parse, allow_hyphen_values = true, requires = "report")]
    timeout: Option<Duration>,
}

pub(super) fn run(setup: &Setup, args: &UsedByArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only && args.report {
        return Err(CommandError::read_only("request a usage report"));
    }
    let _log = setup.start_log()?;
    block_on(async {
        let begun = Instant::now();
        let connection = Connection::open(setup).await?;
        let image = own_image(setup, &connection, &args.image).await?;
        let read = connection.session.image_usage_with_reports(&image.region, std::slice::from_ref(&image)).await;
        let unread = || Failure::new(format!("{VERB} {}", image.id), "nothing was read of it");
        let mut usage = read.into_iter().next().ok_or_else(unread)?;
        let mut early = None;
        if args.report {
            let awaited = Awaited { setup, connection: &connection, image: &image };
            (usage.reported, early) = awaited.read(args.timeout.map(|limit| begun + limit)).await?;
        }
        let copying = copying_jobs(setup, &connection, &image);
        let printed = print(setup, &image, &usage, &copying);
        if setup.output.format == Format::Table {
            explain(setup, &image, &usage, &copying, args.report);
        }
        for failure in usage.failures() {
            report(failure);
        }
        ended(printed, early.unwrap_or_else(|| ExitStatus::of_all(usage.failures())))
    })
}

/// Finds the image, which must be the account's own: EC2 tells nobody else who uses it.
async fn own_image(setup: &Setup, connection: &Connection, word: &str) -> Result<Image, CommandError> {
    let found = image_args::find(setup, connection, VERB, &[word.to_owned()]).await?;
    let what = || format!("{VERB} {}", clean(word));
    let image = found.into_iter().next().ok_or_else(|| Failure::new(what(), "the image was not found"))?;
    let account = connection.session.account().await?.id;
    if image.owner_id == account {
        return Ok(image);
    }
    let owner = image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str());
    let why = format!("it belongs to {}, not to {account}", clean(owner));
    Err(CommandError::usage(Failure::new(what(), why).hint("EC2 tells only the owner of an image who uses it.")))
}

/// Copies under way here that read the image; none if there is no store: nothing is copied then.
fn copying_jobs(setup: &Setup, connection: &Connection, image: &Image) -> Vec<JobId> {
    let loaded = jobs::open_store(setup).and_then(|store| store.load(&connection.account, Timestamp::now() - RECENT));
    loaded.map(|loaded| copying(&loaded, image)).unwrap_or_default()
}

fn print(setup: &Setup, image: &Image, usage: &ImageUsage, copying: &[JobId]) -> Result<(), CommandError> {
    let (output, now) = (setup.output, Timestamp::now());
    if matches!(output.format, Format::Json | Format::Jsonl) {
        return print_document(output.format, &UsedByDocument::new(image, usage, copying, now), io::stdout());
    }
    let mut printer = Printer::new(output, UseRow::columns().iter().collect(), io::stdout());
    UseRow::all(image, usage, now).iter().try_for_each(|row| printer.print(row))?;
    printer.finish::<UseRow>(&[])
}

/// Says on standard error what the rows leave out.
fn explain(setup: &Setup, image: &Image, usage: &ImageUsage, copying: &[JobId], requested: bool) {
    for line in labels::usage(image, Some(usage)) {
        setup.output.note(&line);
    }
    if !copying.is_empty() {
        let numbers: Vec<String> = copying.iter().map(|job| job.0.to_string()).collect();
        setup.output.note(&format!("copies under way here that read it: {}", numbers.join(", ")));
    }
    match &usage.reported {
        Some(Ok(Reported::Available { .. })) => setup
            .output
            .note("A usage report may leave out instances of the last day and launch templates of the last days."),
        Some(Ok(Reported::None | Reported::Failed { .. })) if !requested => {
            setup.output.note("--report requests a usage report, which EC2 takes minutes to make.");
        }
        _ => {}
    }
}

/// What the report says, and the status if the waiting ended early.
type Read = (Option<Result<Reported, Failure>>, Option<ExitStatus>);

/// A report that the command waits for.
struct Awaited<'a> {
    setup: &'a Setup,
    connection: &'a Connection,
    image: &'a Image,
}

impl Awaited<'_> {
    /// Requests a report, waits for it, and reads it.
    async fn read(&self, deadline: Option<Instant>) -> Result<Read, CommandError> {
        let (session, output) = (&self.connection.session, self.setup.output);
        let calls = self.setup.audited_calls(&self.connection.account)?;
        let mut signals = Signals::listen()?;
        let mut awaited = match AwaitedReport::request(session, &calls, self.image, Timestamp::now()).await {
            Ok(awaited) => awaited,
            Err(failure) => return Ok((Some(Err(failure)), None)),
        };
        let id = awaited.report.id.clone();
        if awaited.made_here {
            output.note(&format!("Requested the usage report {id}: EC2 takes minutes to make it."));
        } else {
            let created = awaited.report.created.map(|at| at.strftime(" of %Y-%m-%d %H:%M UTC").to_string());
            output.note(&format!("Reading the usage report {id}{}, which stays.", created.unwrap_or_default()));
        }
        if let Some(status) = self.wait(&mut awaited, deadline, &mut signals).await? {
            output.note(&format!("EC2 continues making {id}; the same command reads it later."));
            return Ok((Some(awaited.read(session).await), Some(status)));
        }
        let read = awaited.read(session).await;
        if read.is_ok()
            && let Err(failure) = awaited.clean_up(session, &calls).await
        {
            output.note(&format!("{id} could not be deleted: {} EC2 deletes it after 30 days.", failure.why));
        }
        Ok((Some(read), None))
    }

    /// Looks again and again until the report is there; the intervals are those of copies. Returns the status if it is not.
    async fn wait(
        &self,
        awaited: &mut AwaitedReport,
        deadline: Option<Instant>,
        signals: &mut Signals,
    ) -> Result<Option<ExitStatus>, Failure> {
        let poll = &self.setup.config.poll;
        let longest = Duration::from_secs(poll.slowest_seconds.max(poll.fastest_seconds).max(1));
        let mut interval = Duration::from_secs(poll.fastest_seconds.max(1));
        loop {
            match awaited.look(&self.connection.session).await {
                Err(failure) if failure.retry == Retry::Later => {
                    self.setup.output.note(&format!("{}: {} Looking again.", failure.what, failure.why));
                }
                looked => looked?,
            }
            if !awaited.is_pending() {
                return Ok(None);
            }
            let next = Instant::now() + interval;
            if deadline.is_some_and(|deadline| deadline < next) {
                return Ok(Some(ExitStatus::TimedOut));
            }
            if let Err(signal) = signals.unless(tokio::time::sleep_until(next)).await {
                return Ok(Some(signal.status()));
            }
            interval = (interval * 2).min(longest);
        }
    }
}
