//! `amigrate orphans`: snapshots that images left behind when they were deregistered.

mod delete;
mod read;

use std::{collections::BTreeSet, io};

use jiff::{SignedDuration, Timestamp};

use super::{
    confirm::can_ask,
    connection::Connection,
    exit::{CommandError, ExitStatus},
    output::{Printer, Record, ended, report},
    records::OrphanRecord,
    region_failures::{self, RegionFailure, report_all},
    regions::{self, ManyRegions, Selection},
    setup::{Setup, block_on},
    sync::age,
};
use crate::{
    domain::{Failure, Region, SnapshotId, orphans::Orphan, price::Prices, text::count},
    driver::orphans::Found,
    labels,
};
use delete::{Deletion, Wanted};
use read::{Search, read_regions};

/// Below this EC2 may not show an image yet whose snapshots it shows.
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Arguments of `amigrate orphans`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate orphans --all-regions
  amigrate orphans --regions us-east-1,eu-west-1 --min-age 30d --output csv
  amigrate orphans --kept
  amigrate orphans --regions eu-west-1 --delete snap-0123456789abcdef0
  amigrate orphans --all-regions --delete --all --max-delete 50 --yes")]
pub(super) struct OrphansArgs {
    #[command(flatten)]
    regions: ManyRegions,
    /// Regions, between commas, not to ask whether the image of a copy's snapshots is there; without it those of the setting
    /// `orphans.ignored_regions`
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    ignore_regions: Option<Vec<Region>>,
    /// Keep snapshots that are younger, such as 12h or 30d; an hour at least
    #[arg(long, value_name = "AGE", value_parser = min_age, default_value = "1d")]
    min_age: SignedDuration,
    /// Print the snapshots too whose image is gone and that a rule keeps, and why
    #[arg(long, conflicts_with = "delete")]
    kept: bool,
    /// Delete orphaned snapshots: these; or all, if none is named and it is confirmed on a terminal. Each is read and checked again right
    /// before it is deleted
    #[arg(long, value_name = "SNAPSHOT", num_args = 0.., value_parser = SnapshotId::new)]
    delete: Option<Vec<SnapshotId>>,
    /// Delete all orphaned snapshots that are found; needed with --yes, or without a terminal, if none is named
    #[arg(long, requires = "delete")]
    all: bool,
    /// Refuse to delete more snapshots than this at once
    #[arg(long, value_name = "N", default_value_t = 10, requires = "delete")]
    max_delete: usize,
    /// Delete without a question
    #[arg(long, short, requires = "delete")]
    yes: bool,
}

impl OrphansArgs {
    /// Returns what is read, and how it is judged.
    ///
    /// # Errors
    /// If a region is to be read and to be ignored.
    fn search(&self, setup: &Setup) -> Result<Search, CommandError> {
        let selection = self.regions.selection(setup);
        let named = match &selection {
            Selection::Named(regions) => regions.iter().collect(),
            Selection::Home | Selection::All => BTreeSet::new(),
        };
        let about = |region: &Region| format!("orphaned snapshots are looked for in {region}");
        let setting = setup.config.orphans.ignored();
        let ignored = regions::ignored(self.ignore_regions.as_deref(), setting, &named, about)?;
        Ok(Search { ignored, selection, min_age: self.min_age })
    }
}

/// Returns what is to be deleted. A list that a script has left empty by mistake does not mean all: where nobody is asked, `--all` must.
///
/// # Errors
/// Wrong usage if it is not clear.
fn wanted(named: &[SnapshotId], all: bool, asks: bool) -> Result<Wanted<'_>, CommandError> {
    let unclear =
        |why: &str, hint: &str| Err(CommandError::usage(Failure::new("delete orphaned snapshots", why).hint(hint)));
    match (named, all) {
        ([], all) if all || asks => Ok(Wanted::All),
        ([], _) => unclear(
            "none is named after --delete, and nobody is asked whether all are meant: nothing is deleted",
            "Name them, or give --all to delete every orphaned snapshot that is found.",
        ),
        (named, false) => Ok(Wanted::Named(named)),
        (_, true) => unclear("some are named, and --all is given", "Give one of both."),
    }
}

fn min_age(text: &str) -> Result<SignedDuration, Failure> {
    let read = age(text)?;
    if read < LEAST_AGE {
        let why = "it is less than an hour: EC2 may not show an image yet whose snapshots it shows";
        return Err(Failure::new(format!("use the age `{text}`"), why));
    }
    Ok(read)
}

pub(super) fn run(setup: &Setup, args: &OrphansArgs) -> Result<ExitStatus, CommandError> {
    if setup.config.read_only && args.delete.is_some() {
        return Err(CommandError::read_only("delete snapshots"));
    }
    let asks = !args.yes && can_ask();
    let wanted = args.delete.as_deref().map(|named| wanted(named, args.all, asks)).transpose()?;
    let prices = setup.config.prices()?;
    let _log = setup.start_log()?;
    let search = args.search(setup)?;
    if let Some(wanted) = wanted {
        return block_on(async {
            let connection = Connection::open(setup).await?;
            let (found, unread) = read_regions(setup, &connection, &search).await?;
            let (max_delete, yes) = (args.max_delete, args.yes);
            let deletion =
                Deletion { setup, connection: &connection, found, unread, prices: &prices, wanted, max_delete, yes };
            deletion.run().await
        });
    }
    list(setup, args, &search, &prices)
}

fn list(setup: &Setup, args: &OrphansArgs, search: &Search, prices: &Prices) -> Result<ExitStatus, CommandError> {
    let (found, unread) = block_on(async {
        let connection = Connection::open(setup).await?;
        read_regions(setup, &connection, search).await
    })?;
    let now = Timestamp::now();
    let mut records: Vec<OrphanRecord> =
        found.orphans.iter().map(|orphan| OrphanRecord::orphan(orphan, prices, now)).collect();
    if args.kept {
        records.extend(found.kept.iter().map(|kept| OrphanRecord::kept(kept, prices, now)));
    }
    let printed = print(setup, &records, &unread);
    if !found.orphans.is_empty() {
        let gib = found.orphans.iter().map(Orphan::size_gib).sum();
        let months = found.orphans.iter().map(|orphan| orphan.monthly_cost(prices));
        setup.output.note(&format!("{}.", labels::orphans::total(found.orphans.len(), gib, months, prices)));
    } else if unread.is_empty() {
        setup.output.note("No orphaned snapshots found.");
    }
    if !found.kept.is_empty() && !args.kept {
        let snapshots = count(found.kept.len(), "snapshot without its image is", "snapshots without their images are");
        setup.output.note(&format!("{snapshots} kept by a rule; use --kept to see why."));
    }
    report_all("look for orphaned snapshots", &unread, report);
    ended(printed, status(&found, &unread))
}

/// 10 if there are orphans, as for a plan that has something to do.
fn status(found: &Found, unread: &[RegionFailure]) -> ExitStatus {
    match region_failures::status(unread) {
        ExitStatus::Done if !found.orphans.is_empty() => ExitStatus::Found,
        status => status,
    }
}

fn print(setup: &Setup, records: &[OrphanRecord], unread: &[RegionFailure]) -> Result<(), CommandError> {
    let columns = OrphanRecord::columns().iter().filter(|column| column.default).collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish(&[("failures", region_failures::records(unread))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_meant_only_where_somebody_says_so() {
        let one = [SnapshotId::new("snap-0123456789abcdef0").unwrap()];
        let cases: [(&[SnapshotId], bool, bool, Option<Wanted<'_>>); 8] = [
            (&[], false, true, Some(Wanted::All)),
            (&[], false, false, None),
            (&[], true, true, Some(Wanted::All)),
            (&[], true, false, Some(Wanted::All)),
            (&one, false, true, Some(Wanted::Named(&one))),
            (&one, false, false, Some(Wanted::Named(&one))),
            (&one, true, true, None),
            (&one, true, false, None),
        ];
        for (named, all, asks, expected) in cases {
            assert_eq!(wanted(named, all, asks).ok(), expected, "{named:?} {all} {asks}");
        }
    }
}
