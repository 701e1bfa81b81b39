//! `amigrate audit`: the requests that changed something in AWS, as they are stored. AWS is asked nothing unless the account is not
//! known.

use std::{collections::BTreeSet, io};

use jiff::Timestamp;

use super::{
    exit::{CommandError, ExitStatus},
    jobs,
    output::{Printer, Record},
    records::AuditRecord,
    setup::Setup,
    targets::no_such_job,
};
use crate::{
    domain::{AccountKey, Failure},
    engine::JobId,
    store::Store,
};

/// What is printed.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct AuditArgs {
    /// Only those of this job, by its number in `amigrate jobs`
    #[arg(long, value_name = "N", conflicts_with = "all_accounts")]
    job: Option<u64>,
    /// Every account's, not only the one that the profile had last
    #[arg(long, alias = "all")]
    all_accounts: bool,
}

pub(super) fn run(setup: &Setup, args: &AuditArgs) -> Result<ExitStatus, CommandError> {
    let store = jobs::open_store(setup)?;
    let accounts = if args.all_accounts { store.accounts()? } else { vec![jobs::account(setup, &store)?] };
    let mut all = Vec::new();
    for account in &accounts {
        all.extend(records(&store, account, args)?);
    }
    if let (true, Some(job), [account]) = (all.is_empty(), args.job.map(JobId), accounts.as_slice()) {
        check_job(&store, account, job)?;
    }
    print(setup, args, &all)?;
    Ok(ExitStatus::Done)
}

fn records(store: &Store, account: &AccountKey, args: &AuditArgs) -> Result<Vec<AuditRecord>, Failure> {
    let entries = store.audit(account, args.job.map(JobId))?;
    Ok(entries.iter().map(|entry| AuditRecord::new(account, entry)).collect())
}

/// Wrong usage if there is no such copy; one that has sent nothing has no entries.
fn check_job(store: &Store, account: &AccountKey, job: JobId) -> Result<(), CommandError> {
    if store.job(account, job)?.is_some() {
        return Ok(());
    }
    let loaded = store.load(account, Timestamp::UNIX_EPOCH)?.jobs;
    let ended = store.history(account, usize::MAX)?;
    let numbers: BTreeSet<JobId> = loaded.iter().map(|job| job.id).chain(ended.iter().map(|job| job.id)).collect();
    Err(CommandError::usage(no_such_job("print the calls", job, numbers.into_iter().collect())))
}

fn print(setup: &Setup, args: &AuditArgs, records: &[AuditRecord]) -> Result<(), CommandError> {
    let account = args.all_accounts.then_some(AuditRecord::ACCOUNT);
    let columns = account.into_iter().chain(AuditRecord::columns()).collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}
