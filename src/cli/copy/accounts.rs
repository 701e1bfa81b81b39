//! Copies with roles, in several accounts: everything is looked up, reviewed and confirmed in all of them before anything is started in one.

use std::io;

use super::{
    arguments::CopyArgs,
    documents::Documents,
    drafts::{self, Asked},
    given::Given,
    plan_entry::PlanFile,
    plan_file,
    roles::{self, Part},
    stages::{LookedUp, NOTHING_STARTED, Ready, Reviewed, look_up, requested, review, start_copies},
    start::{confirm, confirm_sharing},
};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        output::{Format, ended, print_document, print_out, report},
        records::{AccountRecord, AccountsDocument, FailureRecord},
        setup::Setup,
    },
    domain::{
        Failure,
        text::{clean, count},
    },
};

/// Copies in one account after the other.
pub(super) async fn copy(setup: &Setup, args: &CopyArgs, asked: &Asked) -> Result<ExitStatus, CommandError> {
    let parts = match roles::sign_in(setup, asked).await? {
        Ok(parts) => parts,
        Err(status) => {
            setup.output.note(NOTHING_STARTED);
            return Ok(status);
        }
    };
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        match look_up(&part.setup, args, &part.asked, &part.connection).await {
            Ok(looked_up) => all.push((part, looked_up)),
            Err(error) => {
                say_account(&part);
                return Err(error);
            }
        }
    }
    if args.print_plan {
        let entries =
            |(part, one): &(Part, LookedUp)| drafts::entries_of(&one.planned.drafts, part.setup.role.as_ref());
        let plan = PlanFile { copies: all.iter().flat_map(entries).collect() };
        print_out(&plan_file::text(&plan, setup.output.format)?)?;
        return Ok(ExitStatus::Done);
    }
    let mut printed = Output::new(setup, all.len());
    if args.only_reads() {
        return printed.tried(args, all).await;
    }
    let shares = all.iter().any(|(_, looked_up)| looked_up.is_to_be_shared());
    if shares {
        if let Some(status) = refused(args, &all).await {
            setup.output.note(NOTHING_STARTED);
            return Ok(status);
        }
        let lines: Vec<String> = all.iter().flat_map(|(_, looked_up)| looked_up.lines()).collect();
        let (images, amount) =
            all.iter().map(|(_, one)| (one.images_to_share(), one.amount())).unzip::<_, _, Vec<_>, Vec<_>>();
        confirm_sharing(setup, args.yes, images.into_iter().sum(), amount.into_iter().sum(), &lines)?;
    }
    let mut given = Given::default();
    let ready = ready(args, all, &mut printed, &mut given).await.map_err(|error| given.of_error(error))?;
    let Some(ready) = ready else {
        setup.output.note(NOTHING_STARTED);
        given.tell_unless(false);
        return printed.end();
    };
    confirm(setup, args.yes || shares, ready.iter().map(|(_, ready)| ready.amount).sum(), &[])?;
    printed.start(args, ready).await
}

/// Says which copies cannot be made, before anything is shared. Returns the exit status if some cannot.
async fn refused(args: &CopyArgs, all: &[(Part, LookedUp)]) -> Option<ExitStatus> {
    let mut statuses = Vec::new();
    for (part, looked_up) in all {
        if let Some(refused) = looked_up.refused(&part.setup, args, &part.connection).await {
            say_account(part);
            refused.failures.iter().for_each(report);
            statuses.push(refused.status);
        }
    }
    (!statuses.is_empty()).then(|| roles::combined(&statuses))
}

/// Shares what is to be shared, adds it to `given`, and reviews the copies of all accounts. Returns `None` if those of one cannot be made.
async fn ready(
    args: &CopyArgs,
    all: Vec<(Part, LookedUp)>,
    printed: &mut Output,
    given: &mut Given,
) -> Result<Option<Vec<(Part, Ready)>>, CommandError> {
    let mut all_ready = Vec::with_capacity(all.len());
    let number = all.len();
    for (part, looked_up) in all {
        say_account(&part);
        let mut of_part = Given::default();
        let planned = looked_up.shared(&part.setup, args, &part.asked, &part.connection, &mut of_part).await;
        given.extend(&of_part);
        let planned = planned?;
        match review(&part.setup, args, planned, &part.connection, &mut Documents::Printed).await? {
            Reviewed::Ready(ready) => all_ready.push((part, ready.after(of_part))),
            Reviewed::Over(status) | Reviewed::Refused(status) => {
                printed.add(&part, status, None, &mut Documents::Printed);
            }
        }
    }
    Ok((all_ready.len() == number).then_some(all_ready))
}

/// What is printed of the accounts.
struct Output {
    document: AccountsDocument,
    statuses: Vec<ExitStatus>,
    /// JSON is one document.
    as_one: bool,
}

impl Output {
    fn new(setup: &Setup, accounts: usize) -> Self {
        let as_one = setup.output.format == Format::Json && accounts > 1;
        Self { document: AccountsDocument::default(), statuses: Vec::new(), as_one }
    }

    /// Where the next account's document goes.
    fn documents(&self) -> Documents {
        match (self.as_one, self.statuses.is_empty()) {
            (true, _) => Documents::Collected(None),
            (false, true) => Documents::Printed,
            (false, false) => Documents::Continued,
        }
    }

    fn add(&mut self, part: &Part, status: ExitStatus, failure: Option<FailureRecord>, documents: &mut Documents) {
        let account_id = part.connection.account.account().map(|account| account.to_string());
        let role_arn = part.setup.role.as_ref().map(ToString::to_string);
        self.document.accounts.push(AccountRecord { account_id, role_arn, result: documents.take(), failure });
        self.statuses.push(status);
    }

    /// Says what would be done in each account.
    async fn tried(mut self, args: &CopyArgs, all: Vec<(Part, LookedUp)>) -> Result<ExitStatus, CommandError> {
        for (part, looked_up) in all {
            say_account(&part);
            let mut documents = self.documents();
            let status = if looked_up.would_share(args) {
                requested(&part.setup, None, looked_up.unreviewed(), &mut documents)?
            } else {
                match review(&part.setup, args, looked_up.planned, &part.connection, &mut documents).await? {
                    Reviewed::Over(status) | Reviewed::Refused(status) => status,
                    Reviewed::Ready(_) => ExitStatus::Done,
                }
            };
            self.add(&part, status, None, &mut documents);
        }
        self.end()
    }

    /// Starts the copies in one account after the other. A signal, or the end of the time, ends that.
    async fn start(mut self, args: &CopyArgs, all: Vec<(Part, Ready)>) -> Result<ExitStatus, CommandError> {
        let mut all = all.into_iter();
        for (part, ready) in all.by_ref() {
            say_account(&part);
            let mut documents = self.documents();
            let (status, failure) = match start_copies(&part.setup, args, &part.connection, ready, &mut documents).await
            {
                Ok(status) => (status, None),
                // What was started in another account is started.
                Err(CommandError::Failure(failure, status)) => {
                    report(&part.setup.account_flags().of_failure(*failure.clone()));
                    (status, Some(FailureRecord::from(&*failure)))
                }
                Err(error) => return Err(error),
            };
            self.add(&part, status, failure, &mut documents);
            if roles::ends_the_command(status) {
                break;
            }
        }
        for (part, ready) in all {
            let failure = not_begun(&part, &ready);
            report(&failure);
            self.document.accounts.push(AccountRecord {
                account_id: part.connection.account.account().map(|account| account.to_string()),
                role_arn: part.setup.role.as_ref().map(ToString::to_string),
                result: None,
                failure: Some(FailureRecord::from(&failure)),
            });
        }
        self.end()
    }

    fn end(self) -> Result<ExitStatus, CommandError> {
        let status = match self.statuses.last() {
            Some(last) if roles::ends_the_command(*last) => *last,
            _ => roles::combined(&self.statuses),
        };
        let printed = if self.as_one { print_document(Format::Json, &self.document, io::stdout()) } else { Ok(()) };
        ended(printed, status)
    }
}

/// Returns the failure of an account whose copies were not requested, because the command has ended before.
fn not_begun(part: &Part, ready: &Ready) -> Failure {
    let copies = count(ready.start.copies.len(), "copy", "copies");
    Failure::new(format!("copy in {}", name(part)), format!("not begun: {copies} to make"))
        .hint("The same command makes what is missing.")
}

/// Says in which account what follows is done.
fn say_account(part: &Part) {
    part.setup.output.note(&format!("In {}:", name(part)));
}

fn name(part: &Part) -> String {
    let Part { setup, connection: Connection { account, .. }, .. } = part;
    match (&setup.role, account.account()) {
        (Some(role), _) => format!("account {} ({role})", role.account()),
        (None, Some(account)) => format!("account {account} (without a role)"),
        (None, None) => format!("the account of {}", clean(setup.profile.as_deref().unwrap_or("the environment"))),
    }
}
