//! The stages of copying in an account: looked up, shared, reviewed, started.

use std::io;

use super::{
    access::{self, Shares},
    arguments::CopyArgs,
    check::{Checked, Refused, Skipped},
    documents::Documents,
    drafts::Asked,
    given::Given,
    known::Known,
    making::{Prepared, Start, make, note_queued, prepare, refused_before_sharing},
    options::IfExists,
    start::{self, Amount},
};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        follow::Signals,
        output::{Format, Printer, Record, ended, report},
        records::{CheckDocument, CopyDocument, CopyRecord, CopyResult, RequestedDocument, RequestedRecord},
        setup::Setup,
    },
    domain::{Failure, draft::Draft, plan::Plan, price, text::count},
    engine::BatchId,
    labels,
};

pub(super) const NOTHING_STARTED: &str = "Nothing was started.";

/// What is to be copied in an account.
pub(super) struct Planned {
    pub(super) drafts: Vec<Draft>,
    plan: Plan,
    known: Known,
}

/// What was looked up.
pub(super) struct LookedUp {
    /// As the owner of images that are not shared yet sees them.
    pub(super) planned: Planned,
    /// With `--share-from`.
    shares: Option<Shares>,
}

/// Looks up what is to be copied. Nothing is changed: mistakes are found before anything is shared.
pub(super) async fn look_up(
    setup: &Setup,
    args: &CopyArgs,
    asked: &Asked,
    connection: &Connection,
) -> Result<LookedUp, CommandError> {
    let shares = match &args.share_from {
        Some(profile) => Some(Shares::find(setup, connection, profile, &asked.to_share(connection)?).await?),
        None => None,
    };
    let unshared = shares.as_ref().filter(|shares| shares.is_missing());
    let planned = planned(setup, args, asked, connection, unshared).await?;
    if let Some(shares) = &shares {
        shares.note(setup, args.only_reads());
    }
    Ok(LookedUp { planned, shares })
}

async fn planned(
    setup: &Setup,
    args: &CopyArgs,
    asked: &Asked,
    connection: &Connection,
    shares: Option<&Shares>,
) -> Result<Planned, CommandError> {
    let drafts = asked.drafts(setup, connection, shares).await?;
    let known = known(setup, args, connection)?;
    let plan = asked.plan(setup, &drafts, &known)?;
    Ok(Planned { drafts, plan, known })
}

impl LookedUp {
    /// Returns true if something is to be shared first.
    pub(super) fn is_to_be_shared(&self) -> bool {
        self.shares.as_ref().is_some_and(Shares::is_missing)
    }

    /// Returns true if it was said what would be shared: the account that copies cannot be asked about these copies before.
    pub(super) fn would_share(&self, args: &CopyArgs) -> bool {
        args.only_reads() && self.is_to_be_shared()
    }

    /// Finds out whether the copies cannot be made whatever is shared. Returns why, with the exit status, if they cannot.
    pub(super) async fn refused(&self, setup: &Setup, args: &CopyArgs, connection: &Connection) -> Option<Refused> {
        let Planned { plan, known, .. } = &self.planned;
        refused_before_sharing(setup, connection, plan.clone(), known, &args.options()).await
    }

    /// Returns how much is started, as far as that is known before it is reviewed.
    pub(super) fn amount(&self) -> Amount {
        Amount::of_copies(&self.planned.plan.copies)
    }

    /// Returns what is shared first, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        self.shares.as_ref().map(Shares::lines).unwrap_or_default()
    }

    /// Returns the copies without a review.
    pub(super) fn unreviewed(self) -> Start {
        Start { copies: self.planned.plan.copies, queued: Vec::new(), skipped: Vec::new(), left_out: Vec::new() }
    }

    /// Returns how many images are shared first.
    pub(super) fn images_to_share(&self) -> usize {
        self.shares.as_ref().map_or(0, Shares::number)
    }

    /// Shares what is to be shared, adds it to `given`, and looks the images up again then, as the account that copies sees them. What was
    /// given has taken effect afterwards.
    ///
    /// # Errors
    /// If something could not be shared, or EC2 or KMS does not know of it yet.
    pub(super) async fn shared(
        self,
        setup: &Setup,
        args: &CopyArgs,
        asked: &Asked,
        connection: &Connection,
        given: &mut Given,
    ) -> Result<Planned, CommandError> {
        let Some(shares) = self.shares.filter(|_| !args.only_reads()) else { return Ok(self.planned) };
        shares.give(setup, given).await?;
        shares.wait(setup, &connection.session).await?;
        if !shares.is_missing() {
            return Ok(self.planned);
        }
        planned(setup, args, asked, connection, None).await.map_err(access::just_shared)
    }
}

/// Copies that may be started, once that is confirmed.
pub(super) struct Ready {
    known: Known,
    pub(super) start: Start,
    pub(super) amount: Amount,
    /// What was given for them.
    given: Given,
}

impl Ready {
    /// The same with what was given for them.
    pub(super) fn after(self, given: Given) -> Self {
        Self { given, ..self }
    }
}

/// What came of asking AWS about copies.
pub(super) enum Reviewed {
    /// There is nothing more to do.
    Over(ExitStatus),
    /// They cannot be made: why was said.
    Refused(ExitStatus),
    Ready(Box<Ready>),
}

/// Asks AWS about copies. Nothing is changed there.
pub(super) async fn review(
    setup: &Setup,
    args: &CopyArgs,
    planned: Planned,
    connection: &Connection,
    documents: &mut Documents,
) -> Result<Reviewed, CommandError> {
    let Planned { drafts, plan, known } = planned;
    if let Some(status) = access::check(setup, connection, &drafts).await {
        return Ok(Reviewed::Refused(status));
    }
    let options = args.options();
    let Prepared { mut checked, queued, left_out } = prepare(setup, connection, plan, &known, &options).await;
    if args.check {
        checked.skipped.extend(queued.into_iter().map(|(copy, queued)| Skipped::of_queued(copy, queued)));
        return print_check(setup, &checked, documents).map(Reviewed::Over);
    }
    if let Some(status) = checked.report(setup.output) {
        return Ok(Reviewed::Refused(status));
    }
    let copies = checked.copies(connection, &known, args.if_exists != IfExists::Copy);
    let (amount, needs_yes) = (Amount::of_checked(&checked), checked.table.outlook.confirmation.is_needed());
    let start = Start { copies, queued, skipped: checked.skipped, left_out };
    if !args.dry_run {
        return Ok(Reviewed::Ready(Box::new(Ready { known, start, amount, given: Given::default() })));
    }
    if needs_yes && !args.yes {
        setup.output.note("Without a terminal to ask on, these start only with --yes.");
    }
    requested(setup, None, start, documents).map(Reviewed::Over)
}

pub(super) async fn start_copies(
    setup: &Setup,
    args: &CopyArgs,
    connection: &Connection,
    ready: Ready,
    documents: &mut Documents,
) -> Result<ExitStatus, CommandError> {
    let Ready { known, start, given, .. } = ready;
    let of_error = |error| given.of_error(error);
    if args.detach {
        let copies = start.copies.clone();
        let starts = !copies.is_empty();
        let batch = if starts { start::detached(setup, connection, copies).await.map_err(of_error)? } else { None };
        let printed = requested(setup, batch.as_ref(), start, documents);
        given.tell_unless(starts);
        return printed;
    }
    let mut signals = Signals::listen().map_err(|failure| of_error(failure.into()))?;
    let made = make(setup, connection, &known, start, &args.options(), &mut signals).await.map_err(of_error)?;
    let printed = print_copies(setup, made.document(connection), documents);
    let status = made.report(setup);
    given.tell_unless(!made.has_started_nothing());
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
pub(super) fn requested(
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
        print_records(setup, &records, documents)
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
        print_records(setup, &document.destinations, documents)
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
            print_records(setup, &records, documents)
        }
    }
}

fn print_records<R: Record>(setup: &Setup, records: &[R], documents: &Documents) -> Result<(), CommandError> {
    let columns = R::columns().iter().filter(|column| column.default).collect();
    let printer = Printer::new(setup.output, columns, io::stdout());
    let mut printer = if matches!(documents, Documents::Continued) { printer.continuing() } else { printer };
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}
