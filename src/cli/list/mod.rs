//! `amigrate list`: images of one region or many, as `DescribeImages` tells them.

mod accounts;
mod arguments;
mod columns;
mod fetch;
mod listed;
mod lister;
mod shorthand;
mod sort;
mod terms;

use super::{
    exit::{CommandError, ExitStatus, OrUsage},
    output::report,
    region_failures::{self, report_all},
    regions::Selection,
    setup::{Setup, block_on, http_client},
};
use crate::aws::Session;

pub(super) use arguments::{ListArgs, OWNERS, read_filter};
pub(super) use fetch::{Wanted, fetch, prefer_sts_failure};
use lister::Lister;
use sort::SortKey;
pub(super) use terms::check as check_terms;

pub(super) fn run(setup: &Setup, args: &ListArgs) -> Result<ExitStatus, CommandError> {
    let selection = args.selection(setup);
    let mut listing = args.listing().or_usage()?;
    let sort = args.sort.as_deref().map(SortKey::parse).transpose().or_usage()?;
    let filter = args.filter().or_usage()?;
    listing.narrow(filter.ec2_filters());
    let profiles = args.profiles().or_usage()?;
    let _log = setup.start_log()?;
    // Which come first is known only when all are there.
    let limit = if sort.is_some() { usize::MAX } else { args.limit() };
    let wanted = Wanted { listing, filter, limit };
    block_on(async {
        if let Some(profiles) = profiles {
            return accounts::list(setup, &profiles, &selection, &wanted, Lister::new(setup, args, sort)).await;
        }
        let session = Session::load(setup.session_options(), http_client()?).await?;
        session.check_credentials().await?;
        if selection == Selection::Home && !session.region_was_given() {
            setup.output.note(&format!("No region is configured: {} is listed.", session.home_region()));
        }
        // Whatever these credentials may see is listed, whoever they are: STS need not be waited for.
        let session = session.for_reads();
        let mut lister = Lister::new(setup, args, sort);
        let failures = fetch(setup, &session, &selection, wanted, |page| lister.add(None, page)).await?;
        let printed = lister.finish(&failures)?;
        if printed == 0 && failures.is_empty() {
            setup.output.note(&format!("No images found in {}.", place(&selection, &session)));
        }
        report_all("list images", &failures, report);
        Ok(region_failures::status(&failures))
    })
}

/// Where images were looked for.
fn place(selection: &Selection, session: &Session) -> String {
    match selection {
        Selection::Home => session.home_region().to_string(),
        Selection::Named(named) => named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Selection::All => "any enabled region".into(),
    }
}
