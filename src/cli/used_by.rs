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
    /// Request a usage report of all accounts and wait for it. One of the last day is read instead. EC2 keeps reports for 30 days
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
        let mut status = None;
        if args.report {
            let awaited = Awaited { setup, connection: &connection, image: &image };
            (usage.reported, status) = awaited.read(args.timeout.map(|limit| begun + limit)).await?;
        }
        let copying = copying_jobs(setup, &connection, &image);
        let printed = print(setup, &image, &usage, &copying);
        explain(setup, &image, &usage, &copying, args.report);
        for failure in usage.failures() {
            report(failure);
        }
        let status = status.unwrap_or_else(|| ExitStatus::of_all(usage.failures()));
        // Rows cannot say that nobody was counted, and a script must not read that as "nobody".
        let is_missing = args.report && !matches!(usage.reported, Some(Ok(Reported::Available { .. })));
        ended(printed, if is_missing && status == ExitStatus::Done { ExitStatus::Failed } else { status })
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
    Err(CommandError::usage(Failure::new(what(), why).hint("Only the owner of an image can see who uses it.")))
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

/// Says on standard error what the rows leave out: all of it beside a table, of other formats only that other accounts are unknown. JSON
/// has everything.
fn explain(setup: &Setup, image: &Image, usage: &ImageUsage, copying: &[JobId], requested: bool) {
    match setup.output.format {
        Format::Table => {}
        Format::Json | Format::Jsonl => return,
        _ => {
            if let Some(Ok(reported)) = &usage.reported
                && !matches!(reported, Reported::Available { .. })
            {
                let accounts = labels::other_accounts(reported, &image.owner_id);
                setup.output.note(&format!("used by other accounts: {accounts}"));
            }
            return;
        }
    }
    for line in labels::usage(image, Some(usage)) {
        setup.output.note(&line);
    }
    if !copying.is_empty() {
        let numbers: Vec<String> = copying.iter().map(|job| job.0.to_string()).collect();
        setup.output.note(&format!("copies under way here that read it: {}", numbers.join(", ")));
    }
    match &usage.reported {
        Some(Ok(reported @ Reported::Available { .. })) => {
            setup.output.note(&labels::usage_left_out(reported, Timestamp::now()));
        }
        Some(Ok(Reported::None | Reported::Failed { .. })) if !requested => {
            setup.output.note("--report requests a usage report, which EC2 takes minutes to make.");
        }
        _ => {}
    }
}

/// The contents of the report, and the status if the waiting ended early.
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
            output.note(&format!(
                "Requested the usage report {id}: EC2 takes minutes to make it, and keeps it for 30 days."
            ));
            if let Some(failure) = &awaited.audit_failure {
                report(failure);
            }
        } else {
            let created = awaited.report.created.map(|at| at.strftime(" of %Y-%m-%d %H:%M UTC").to_string());
            output.note(&format!("Reading the usage report {id}{}.", created.unwrap_or_default()));
        }
        match self.wait(&mut awaited, deadline, &mut signals).await {
            Ok(Some(status)) => {
                output.note(&format!("EC2 continues making {id}; the same command reads it later."));
                Ok((Some(awaited.read(session).await), Some(status)))
            }
            Ok(None) => Ok((Some(awaited.read(session).await), None)),
            // What else was read is printed.
            Err(failure) => Ok((Some(Err(failure)), None)),
        }
    }

    /// Checks again and again until EC2 has made the report; the intervals are those of copies. Returns the status if it has not.
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
            match awaited.refresh(&self.connection.session, Timestamp::now()).await {
                Err(failure) if failure.retry == Retry::Later => {
                    self.setup.output.note(&format!("{}: {} Trying again.", failure.what, failure.why));
                }
                refreshed => refreshed?,
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
