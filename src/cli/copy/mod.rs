//! `amigrate copy`: copies images to other regions.

mod access;
mod arguments;
mod check;
mod differences;
mod documents;
mod drafts;
mod known;
mod making;
mod options;
mod plan_entry;
mod plan_file;
mod roles;
mod sources;
mod start;
mod words;

use std::io;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    follow::Signals,
    output::{Format, Printer, Record, ended, print_document, print_out, report},
    records::{
        AccountRecord, AccountsDocument, CheckDocument, CopyDocument, CopyRecord, CopyResult, FailureRecord,
        RequestedDocument, RequestedRecord,
    },
    setup::{Setup, block_on},
};
use crate::{
    domain::{Failure, draft::Draft, plan::Plan, price, text::count},
    engine::BatchId,
    labels,
};
pub(super) use arguments::CopyArgs;
use check::{Checked, Skipped};
use documents::Documents;
use drafts::Asked;
pub(super) use drafts::preset;
pub(super) use known::Known;
pub(super) use making::{Made, make_all};
use making::{Prepared, Start, make, note_queued, prepare};
pub(super) use options::CopyOptions;
use options::IfExists;
pub(super) use plan_entry::PlanEntry;
use plan_entry::PlanFile;
pub(super) use plan_file::PlanText;
use roles::Part;

pub(super) fn run(setup: &Setup, args: &CopyArgs) -> Result<ExitStatus, CommandError> {
    let _log = setup.start_log()?;
    if setup.config.read_only && !args.only_reads() {
        return Err(CommandError::read_only("copy images"));
    }
    let asked = Asked::read(setup, args)?;
    block_on(async {
        if asked.has_roles() {
            return copy_in_accounts(setup, args, &asked).await;
        }
        let connection = Connection::open(setup).await?;
        let planned = planned(setup, args, &asked, &connection).await?;
        if args.print_plan {
            let plan = PlanFile { copies: drafts::entries_of(&planned.drafts, None) };
            print_out(&plan_file::text(&plan, setup.output.format)?)?;
            return Ok(ExitStatus::Done);
        }
        copy_with(setup, args, planned, connection, &mut Documents::Printed).await
    })
}

/// Copies with roles, in one account after the other.
async fn copy_in_accounts(setup: &Setup, args: &CopyArgs, asked: &Asked) -> Result<ExitStatus, CommandError> {
    let parts = match roles::sign_in(setup, asked).await? {
        Ok(parts) => parts,
        Err(status) => {
            setup.output.note("Nothing was started.");
            return Ok(status);
        }
    };
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        match planned(&part.setup, args, &part.asked, &part.connection).await {
            Ok(planned) => all.push((part, planned)),
            Err(error) => {
                say_account(&part.setup);
                return Err(error);
            }
        }
    }
    if args.print_plan {
        let entries = |(part, planned): &(Part, Planned)| drafts::entries_of(&planned.drafts, part.setup.role.as_ref());
        let plan = PlanFile { copies: all.iter().flat_map(entries).collect() };
        print_out(&plan_file::text(&plan, setup.output.format)?)?;
        return Ok(ExitStatus::Done);
    }
    let as_one = setup.output.format == Format::Json && all.len() > 1;
    let (mut statuses, mut document) = (Vec::new(), AccountsDocument::default());
    for (Part { setup, connection, .. }, planned) in all {
        say_account(&setup);
        let account_id = connection.account.account().map(|account| account.to_string());
        let mut documents = if as_one { Documents::Collected(None) } else { Documents::Printed };
        let (status, failure) = match copy_with(&setup, args, planned, connection, &mut documents).await {
            Ok(status) => (status, None),
            // What was started in another account is started.
            Err(CommandError::Failure(failure, status)) => {
                report(&failure);
                (status, Some(FailureRecord::from(&*failure)))
            }
            Err(error) => return Err(error),
        };
        let role_arn = setup.role.as_ref().map(ToString::to_string);
        document.accounts.push(AccountRecord { account_id, role_arn, result: documents.take(), failure });
        statuses.push(status);
        if roles::ends_the_command(status) {
            break;
        }
    }
    let status = match statuses.last() {
        Some(last) if roles::ends_the_command(*last) => *last,
        _ => roles::combined(&statuses),
    };
    ended(if as_one { print_document(Format::Json, &document, io::stdout()) } else { Ok(()) }, status)
}

/// Says in which account what follows is done, if it is a role's.
fn say_account(setup: &Setup) {
    if let Some(role) = &setup.role {
        setup.output.note(&format!("In account {} ({role}):", role.account()));
    }
}

/// What is to be copied in an account.
struct Planned {
    drafts: Vec<Draft>,
    plan: Plan,
    known: Known,
}

/// Looks up what is to be copied, once its owner has shared it if that is requested.
async fn planned(
    setup: &Setup,
    args: &CopyArgs,
    asked: &Asked,
    connection: &Connection,
) -> Result<Planned, CommandError> {
    let mut shared = false;
    if let Some(profile) = &args.share_from {
        let images = asked.to_share(connection)?;
        shared = access::share(setup, connection, profile, &images, args.only_reads()).await?;
    }
    let drafts = asked.drafts(setup, connection).await;
    let drafts = drafts.map_err(|error| if shared { access::just_shared(error) } else { error })?;
    let known = known(setup, args, connection)?;
    let plan = asked.plan(setup, &drafts, &known)?;
    Ok(Planned { drafts, plan, known })
}

async fn copy_with(
    setup: &Setup,
    args: &CopyArgs,
    planned: Planned,
    connection: Connection,
    documents: &mut Documents,
) -> Result<ExitStatus, CommandError> {
    let Planned { drafts, plan, known } = planned;
    // What would be shared was said.
    let would_share = args.share_from.is_some() && args.only_reads();
    if !would_share && let Some(status) = access::check(setup, &connection, &drafts).await {
        setup.output.note("Nothing was started.");
        return Ok(status);
    }
    let options = args.options();
    let Prepared { mut checked, queued, left_out } = prepare(setup, &connection, plan, &known, &options).await;
    if args.check {
        checked.skipped.extend(queued.into_iter().map(|(copy, queued)| Skipped::of_queued(copy, queued)));
        return print_check(setup, &checked, documents);
    }
    if let Some(status) = checked.report(setup.output) {
        setup.output.note("Nothing was started.");
        return Ok(status);
    }
    let copies = checked.copies(&connection, &known, args.if_exists != IfExists::Copy);
    if !args.dry_run {
        start::confirm(setup, args.yes, &checked)?;
        let start = Start { copies, queued, skipped: checked.skipped, left_out };
        return self::start(setup, args, &connection, &known, start, documents).await;
    }
    if checked.table.outlook.confirmation.is_needed() && !args.yes {
        setup.output.note("Without a terminal to ask on, these start only with --yes.");
    }
    requested(setup, None, Start { copies, queued, skipped: checked.skipped, left_out }, documents)
}

async fn start(
    setup: &Setup,
    args: &CopyArgs,
    connection: &Connection,
    known: &Known,
    start: Start,
    documents: &mut Documents,
) -> Result<ExitStatus, CommandError> {
    if args.detach {
        let copies = start.copies.clone();
        let batch = if copies.is_empty() { None } else { start::detached(setup, connection, copies).await? };
        return requested(setup, batch.as_ref(), start, documents);
    }
    let mut signals = Signals::listen()?;
    let made = make(setup, connection, known, start, &args.options(), &mut signals).await?;
    let printed = print_copies(setup, made.document(connection), documents);
    let status = made.report(setup);
    ended(printed.map_err(|error| although_started(error, made.batch.as_ref())), status)
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
fn requested(
    setup: &Setup,
    batch: Option<&BatchId>,
    start: Start,
    documents: &mut Documents,
) -> Result<ExitStatus, CommandError> {
    let Start { copies, queued, mut skipped, left_out } = start;
    note_queued(setup, &queued);
    skipped.extend(queued.into_iter().map(|(copy, queued)| Skipped::of_queued(copy, queued)));
    let failures: Vec<Failure> = skipped.iter().filter_map(|skipped| skipped.failure.clone()).collect();
    let records: Vec<RequestedRecord> = copies.iter().map(|copy| RequestedRecord::new(copy, batch)).collect();
    let printed = if setup.output.format == Format::Json {
        let skipped = skipped.into_iter().map(|skipped| skipped.record).collect();
        documents.add(CopyResult::Requested(RequestedDocument { copies: records, skipped }))
    } else {
        print_records(setup, &records)
    };
    if let Some(batch) = batch {
        let (copies, them) = (count(copies.len(), "copy", "copies"), if copies.len() == 1 { "it" } else { "them" });
        let text = format!("{batch}: {copies} requested; `amigrate wait --batch {batch}` waits for {them}.");
        setup.output.note(&setup.account_flags().complete(&text));
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

/// Prints the review's table and verdicts. Returns the exit status.
fn print_check(setup: &Setup, checked: &Checked, documents: &mut Documents) -> Result<ExitStatus, CommandError> {
    let prices = setup.config.prices()?;
    let cost = price::estimate(&checked.table.copies, &prices);
    let mut document = CheckDocument::new(&checked.review, &checked.table, &cost);
    document.skipped = checked.skipped.iter().map(|skipped| skipped.record.clone()).collect();
    let printed = if setup.output.format == Format::Json {
        documents.add(CopyResult::Checked(Box::new(document.clone())))
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
    for text in labels::review::summary(&checked.table.copies, checked.review.job_tags()) {
        setup.output.note(&text);
    }
    for text in [document.outlook.text, document.cost.text] {
        if !text.is_empty() {
            setup.output.note(&text);
        }
    }
    ended(printed, refused.unwrap_or(ExitStatus::Done))
}

fn print_copies(setup: &Setup, document: CopyDocument, documents: &mut Documents) -> Result<(), CommandError> {
    match setup.output.format {
        Format::Json => documents.add(CopyResult::Made(document)),
        _ => {
            let jobs = document.jobs.into_iter().map(|job| CopyRecord::Job(Box::new(job)));
            let records: Vec<_> = jobs.chain(document.skipped.into_iter().map(CopyRecord::Skipped)).collect();
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
