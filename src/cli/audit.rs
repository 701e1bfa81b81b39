//! `amigrate audit`: the requests that changed something in AWS, as they are stored. AWS is asked nothing unless the account is not
//! known.

use std::io::{self, Write as _};

use super::{
    exit::{CommandError, ExitStatus},
    jobs,
    output::{Format, Printer, Record},
    records::AuditRecord,
    setup::Setup,
};
use crate::{
    domain::{AccountKey, Failure, text::clean},
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
    if setup.output.format == Format::Table && args.all_accounts {
        for account in &accounts {
            // No line of a request begins like this.
            writeln!(io::stdout(), "# {}", clean(account.as_str())).map_err(|e| CommandError::write(&e))?;
            print(setup, &records(&store, account, args)?)?;
        }
        return Ok(ExitStatus::Done);
    }
    let mut all = Vec::new();
    for account in &accounts {
        all.extend(records(&store, account, args)?);
    }
    print(setup, &all)?;
    Ok(ExitStatus::Done)
}

fn records(store: &Store, account: &AccountKey, args: &AuditArgs) -> Result<Vec<AuditRecord>, Failure> {
    let entries = store.audit(account, args.job.map(JobId))?;
    Ok(entries.iter().map(|entry| AuditRecord::new(account, entry)).collect())
}

fn print(setup: &Setup, records: &[AuditRecord]) -> Result<(), CommandError> {
    let mut printer = Printer::new(setup.output, AuditRecord::columns().iter().collect(), io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish::<()>(&[])
}
