//! `amigrate copy`: copies images to other regions.

mod arguments;
mod check;
mod differences;
mod drafts;
mod known;
mod plan_entry;
mod plan_file;
mod sources;
mod start;
mod words;

use std::io;

use tokio::time::Instant;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::{Ending, Followed, Signals},
    output::{Format, Printer, Record, ended, print_document, print_out, report},
    records::{CheckDocument, CopyDocument, CopyRecord, FailureRecord, RequestedDocument, RequestedRecord},
    setup::{Setup, block_on},
};
use crate::{
    domain::{ClientToken, CopyRequest, Failure, plan::Plan, price, text::count},
    engine::BatchId,
    labels,
};
pub(super) use arguments::CopyArgs;
use arguments::IfExists;
use check::{Checked, Skipped};
use drafts::Asked;
use known::{Known, Queued};

pub(super) fn run(setup: &Setup, args: &CopyArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    if setup.config.read_only && !args.only_reads() {
        return Err(CommandError::read_only("copy images"));
    }
    let asked = Asked::read(setup, args)?;
    block_on(copy(setup, args, &asked))
}

async fn copy(setup: &Setup, args: &CopyArgs, asked: &Asked) -> Result<ExitStatus, CommandError> {
    let connection = Connection::open(setup).await?;
    let drafts = asked.drafts(setup, &connection).await?;
    let known = known(setup, args, &connection)?;
    let plan = asked.plan(setup, &drafts, &known)?;
    if args.print_plan {
        print_out(&plan_file::text(&drafts::plan_of(&drafts), setup.output.format)?)?;
        return Ok(ExitStatus::Done);
    }
    let (plan, mut queued) = without_queued(plan, &known, args.if_exists);
    let mut checked = check::check(setup, &connection, plan.clone(), &known, args.if_exists).await;
    let mut left_out = Vec::new();
    if let Some((rest, refused)) = checked.without_refused(plan).filter(|_| args.skip_refused) {
        refused.iter().for_each(report);
        left_out = refused;
        checked = check::check(setup, &connection, rest, &known, args.if_exists).await;
    }
    queued.extend(checked.take_own(&known));
    if args.check {
        checked.skipped.extend(queued.into_iter().map(|(copy, queued)| Skipped::of_queued(copy, queued)));
        return print_check(setup, &checked);
    }
    if let Some(status) = checked.report(setup.output) {
        setup.output.note("Nothing was started.");
        return Ok(status);
    }
    let copies = checked.copies(&connection, &known, args.if_exists != IfExists::Copy);
    if !args.dry_run {
        start::confirm(setup, args, &checked)?;
        let start = Start { copies, queued, skipped: checked.skipped, left_out };
        return self::start(setup, args, &connection, &known, start).await;
    }
    if checked.table.outlook.confirmation.is_needed() && !args.yes {
        setup.output.note("Without a terminal to ask on, these start only with --yes.");
    }
    requested(setup, None, Start { copies, queued, skipped: checked.skipped, left_out })
}

/// What is started, what is under way, what is there already, and why the rest is left out, which was said.
struct Start {
    copies: Vec<CopyRequest>,
    queued: Vec<(CopyRequest, Queued)>,
    skipped: Vec<Skipped>,
    left_out: Vec<Failure>,
}

async fn start(
    setup: &Setup,
    args: &CopyArgs,
    connection: &Connection,
    known: &Known,
    start: Start,
) -> Result<ExitStatus, CommandError> {
    let begun = Instant::now();
    if args.detach {
        let copies = start.copies.clone();
        let batch = if copies.is_empty() { None } else { start::detached(setup, connection, copies).await? };
        return requested(setup, batch.as_ref(), start);
    }
    let Start { copies, queued, mut skipped, left_out } = start;
    let mut failures = note_queued(setup, &queued);
    let before: Vec<ClientToken> = queued.into_iter().map(|(_, queued)| queued.token).collect();
    let batch = start::batch(&copies);
    let mut signals = Signals::listen()?;
    let mut followed = None;
    if !copies.is_empty() || !before.is_empty() {
        let (mut ended, store) = start::run(setup, connection, copies, before, args, &mut signals).await?;
        let made_elsewhere = start::skip_mismatches(connection, &mut ended, &store, known, &mut signals).await;
        for skipped in &made_elsewhere {
            setup.output.note(&format!("skip: {}", skipped.record.reason));
        }
        skipped.extend(made_elsewhere);
        followed = Some(ended);
    }
    let mut early =
        followed.as_ref().is_some_and(|followed| followed.ending != Ending::Done).then_some(ExitStatus::Failed);
    if args.wait && early.is_none() {
        let left = args.timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        match start::wait_for_skipped(setup, connection, &mut skipped, left, &mut signals).await {
            Ok(status) => early = status,
            Err(failure) => failures.push(failure),
        }
    }
    failures.extend(skipped.iter().filter_map(|skipped| skipped.failure.clone()));
    let all = || failures.iter().chain(&left_out);
    let printed = print_copies(setup, &document(connection, followed.as_ref(), skipped, all()));
    let of_copies = followed.as_ref().map(|followed| (followed.report(setup.output), followed.failures()));
    failures.iter().for_each(report);
    let (status, others) = of_copies.unwrap_or((ExitStatus::Done, Vec::new()));
    let status = match early {
        Some(_) if followed.is_some_and(|followed| followed.ending != Ending::Done) => status,
        Some(early) => early,
        None => ExitStatus::of_all(others.iter().chain(all())),
    };
    ended(printed.map_err(|error| although_started(error, batch.as_ref())), status)
}

/// Says which copies are under way already. Returns why some of them are not what was asked for.
fn note_queued(setup: &Setup, queued: &[(CopyRequest, Queued)]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (copy, queued) in queued {
        match queued.verdict(copy) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => setup.output.note(&text),
            Err(failure) => failures.push(failure),
        }
    }
    failures
}

fn document<'a>(
    connection: &Connection,
    followed: Option<&Followed>,
    skipped: Vec<Skipped>,
    failures: impl Iterator<Item = &'a Failure>,
) -> CopyDocument {
    let jobs = followed.map(|followed| followed.records(&connection.account)).unwrap_or_default();
    let of_jobs = followed.map(Followed::failures).unwrap_or_default();
    let failures = of_jobs.iter().map(FailureRecord::from).chain(failures.map(FailureRecord::from)).collect();
    CopyDocument { jobs, skipped: skipped.into_iter().map(|skipped| skipped.record).collect(), failures }
}

/// What could not be printed was done all the same.
fn although_started(error: CommandError, batch: Option<&BatchId>) -> CommandError {
    match (error, batch) {
        (CommandError::Failure(failure, status), Some(batch)) => {
            CommandError::Failure(Box::new(failure.hint(format!("The copies were started: {batch}."))), status)
        }
        (error, _) => error,
    }
}

/// Prints what was requested as this batch, or would be.
fn requested(setup: &Setup, batch: Option<&BatchId>, start: Start) -> Result<ExitStatus, CommandError> {
    let Start { copies, queued, mut skipped, left_out } = start;
    note_queued(setup, &queued);
    skipped.extend(queued.into_iter().map(|(copy, queued)| Skipped::of_queued(copy, queued)));
    let failures: Vec<Failure> = skipped.iter().filter_map(|skipped| skipped.failure.clone()).collect();
    let records: Vec<RequestedRecord> = copies.iter().map(|copy| RequestedRecord::new(copy, batch)).collect();
    let printed = if setup.output.format == Format::Json {
        let skipped = skipped.into_iter().map(|skipped| skipped.record).collect();
        print_document(Format::Json, &RequestedDocument { copies: records, skipped }, io::stdout())
    } else {
        print_records(setup, &records)
    };
    if let Some(batch) = batch {
        let (copies, them) = (count(copies.len(), "copy", "copies"), if copies.len() == 1 { "it" } else { "them" });
        setup.output.note(&format!("{batch}: {copies} requested; `amigrate wait --batch {batch}` waits for {them}."));
    }
    failures.iter().for_each(report);
    let status = ExitStatus::of_all(failures.iter().chain(&left_out));
    ended(printed.map_err(|error| although_started(error, batch)), status)
}

/// Reads the store. A check needs none.
fn known(setup: &Setup, args: &CopyArgs, connection: &Connection) -> Result<Known, CommandError> {
    match Known::read(setup, &connection.account) {
        Err(failure) if args.only_reads() => {
            setup.output.note(&format!("Not known: which copies are in the queue: {failure}"));
            Ok(Known::default())
        }
        read => Ok(read?),
    }
}

/// Takes the copies out of a plan that are under way in this store, if copies are not to be made twice.
fn without_queued(mut plan: Plan, known: &Known, if_exists: IfExists) -> (Plan, Vec<(CopyRequest, Queued)>) {
    let mut queued = Vec::new();
    if if_exists == IfExists::Skip {
        plan.copies.retain(|copy| match known.queued(copy) {
            Some(found) => {
                queued.push((copy.clone(), found));
                false
            }
            None => true,
        });
    }
    (plan, queued)
}

/// Prints the review's table and verdicts. Returns the exit status.
fn print_check(setup: &Setup, checked: &Checked) -> Result<ExitStatus, CommandError> {
    let prices = setup.config.prices()?;
    let cost = price::estimate(&checked.table.copies, &prices);
    let mut document = CheckDocument::new(&checked.review, &checked.table, &cost);
    document.skipped = checked.skipped.iter().map(|skipped| skipped.record.clone()).collect();
    let printed = if setup.output.format == Format::Json {
        print_document(Format::Json, &document, io::stdout())
    } else {
        print_records(setup, &document.destinations)
    };
    let refused = checked.report(setup.output);
    for skipped in &checked.skipped {
        match &skipped.failure {
            Some(failure) => setup.output.note(&failure.to_string()),
            None if skipped.record.state.is_none() => setup.output.note(&skipped.record.reason),
            None => {}
        }
    }
    for text in labels::review::summary(&checked.table.copies) {
        setup.output.note(&text);
    }
    for text in [document.outlook.text, document.cost.text] {
        if !text.is_empty() {
            setup.output.note(&text);
        }
    }
    ended(printed, refused.unwrap_or(ExitStatus::Done))
}

fn print_copies(setup: &Setup, document: &CopyDocument) -> Result<(), CommandError> {
    match setup.output.format {
        Format::Json => print_document(Format::Json, document, io::stdout()),
        _ => {
            let jobs = document.jobs.iter().cloned().map(|job| CopyRecord::Job(Box::new(job)));
            let records: Vec<_> = jobs.chain(document.skipped.iter().cloned().map(CopyRecord::Skipped)).collect();
            print_records(setup, &records)
        }
    }
}

fn print_records<R: Record>(setup: &Setup, records: &[R]) -> Result<(), CommandError> {
    let columns = R::columns().iter().filter(|column| column.default).collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}
