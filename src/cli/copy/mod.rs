//! `amigrate copy`: copies images to other regions.

mod arguments;
mod check;
mod drafts;
mod known;
mod plan_entry;
mod plan_file;
mod sources;
mod start;

use std::io;

use jiff::Timestamp;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    output::{Format, Printer, Record, print_document, print_out},
    records::{
        CheckDocument, CopyDocument, FailureRecord, JobRecord, RequestedDocument, RequestedRecord, SkippedRecord,
    },
    setup::{Setup, runtime},
};
use crate::{
    domain::{ClientToken, CopyRequest, plan::Plan, price},
    engine::Job,
    labels,
};
pub(super) use arguments::CopyArgs;
use arguments::IfExists;
use check::Checked;
use drafts::Asked;
use known::{Known, Queued};

pub(super) fn run(setup: &Setup, args: &CopyArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    if setup.config.read_only && !args.only_reads() {
        return Err(CommandError::read_only("copy images"));
    }
    let asked = Asked::read(setup, args)?;
    runtime()?.block_on(copy(setup, args, &asked))
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
    let mut checked = check::check(setup, &connection, plan, &known, args.if_exists).await;
    queued.extend(checked.take_own(&known));
    if args.check {
        for (copy, queued) in queued {
            checked.skipped.push(skipped(&copy, queued));
        }
        return print_check(setup, &checked);
    }
    if let Some(status) = checked.report(setup.output) {
        return Ok(status);
    }
    let copies = checked.copies(&connection, &known, args.if_exists != IfExists::Copy);
    if args.dry_run {
        checked.skipped.extend(queued.into_iter().map(|(copy, queued)| skipped(&copy, queued)));
        return print_requested(setup, &copies, checked.skipped);
    }
    start::confirm(setup, args, &checked)?;
    start(setup, args, &connection, &known, Start { copies, queued, skipped: checked.skipped }).await
}

/// What is started, what is under way, and what is there already.
struct Start {
    copies: Vec<CopyRequest>,
    queued: Vec<(CopyRequest, Queued)>,
    skipped: Vec<SkippedRecord>,
}

async fn start(
    setup: &Setup,
    args: &CopyArgs,
    connection: &Connection,
    known: &Known,
    Start { copies, queued, mut skipped }: Start,
) -> Result<ExitStatus, CommandError> {
    for (_, queued) in &queued {
        setup.output.note(&queued.reason);
    }
    if args.detach {
        skipped.extend(queued.into_iter().map(|(copy, queued)| self::skipped(&copy, queued)));
        if !copies.is_empty() {
            start::detached(setup, connection, copies.clone()).await?;
        }
        return print_requested(setup, &copies, skipped);
    }
    let before: Vec<ClientToken> = queued.into_iter().map(|(_, queued)| queued.token).collect();
    if copies.is_empty() && before.is_empty() {
        print_copies(setup, &CopyDocument { skipped, ..CopyDocument::default() })?;
        return Ok(ExitStatus::Done);
    }
    let (mut followed, store) = start::run(setup, connection, copies, before, args).await?;
    let made_elsewhere = start::skip_mismatches(connection, &mut followed, &store, known).await;
    for record in &made_elsewhere {
        setup.output.note(&format!("skip: {}", record.reason));
    }
    skipped.extend(made_elsewhere);
    let (account, now) = (&connection.account, Timestamp::now());
    let record = |job: &std::sync::Arc<Job>| JobRecord::new(account, job, &followed.status, now);
    let jobs: Vec<JobRecord> = followed.jobs.iter().map(record).collect();
    let failures: Vec<FailureRecord> = followed.failures().iter().map(FailureRecord::from).collect();
    print_copies(setup, &CopyDocument { jobs, skipped, failures })?;
    let status = followed.report(setup.output);
    start::leave(setup, &followed).await;
    Ok(status)
}

/// Reads the store. A check needs none.
fn known(setup: &Setup, args: &CopyArgs, connection: &Connection) -> Result<Known, CommandError> {
    match Known::read(setup, &connection.account) {
        Err(failure) if args.only_reads() => {
            setup.output.note(&format!("unknown: which copies are in the queue: {failure}"));
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

fn skipped(copy: &CopyRequest, queued: Queued) -> SkippedRecord {
    SkippedRecord { image_id: queued.image, ..SkippedRecord::new(copy, queued.reason) }
}

/// Prints the review's table and verdicts. Returns the exit status.
fn print_check(setup: &Setup, checked: &Checked) -> Result<ExitStatus, CommandError> {
    let prices = setup.config.prices()?;
    let cost = price::estimate(&checked.table.copies, &prices);
    let mut document = CheckDocument::new(&checked.review, &checked.table, &cost);
    document.skipped.clone_from(&checked.skipped);
    if setup.output.format == Format::Json {
        print_document(Format::Json, &document, io::stdout())?;
    } else {
        print_records(setup, &document.destinations)?;
    }
    let refused = checked.report(setup.output);
    for skipped in checked.skipped.iter().filter(|skipped| skipped.state.is_none()) {
        setup.output.note(&skipped.reason);
    }
    for text in labels::review::summary(&checked.table.copies) {
        setup.output.note(&text);
    }
    for text in [document.outlook.text, document.cost.text] {
        if !text.is_empty() {
            setup.output.note(&text);
        }
    }
    Ok(refused.unwrap_or(ExitStatus::Done))
}

fn print_requested(
    setup: &Setup,
    copies: &[CopyRequest],
    skipped: Vec<SkippedRecord>,
) -> Result<ExitStatus, CommandError> {
    let copies: Vec<RequestedRecord> = copies.iter().map(RequestedRecord::from).collect();
    if setup.output.format == Format::Json {
        print_document(Format::Json, &RequestedDocument { copies, skipped }, io::stdout())?;
    } else {
        print_records(setup, &copies)?;
    }
    Ok(ExitStatus::Done)
}

fn print_copies(setup: &Setup, document: &CopyDocument) -> Result<(), CommandError> {
    match setup.output.format {
        Format::Json => print_document(Format::Json, document, io::stdout()),
        _ => print_records(setup, &document.jobs),
    }
}

fn print_records<R: Record>(setup: &Setup, records: &[R]) -> Result<(), CommandError> {
    let columns = R::columns().iter().filter(|column| column.default).collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}
