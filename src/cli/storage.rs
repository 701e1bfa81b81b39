//! `amigrate storage`: what the account's own images hold in EBS snapshots, and what that costs at most.

use std::io;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus, OrUsage},
    list::{prefer_sts_failure, read_filter},
    output::{Printer, ended, report},
    records::{HeldRecord, StorageMember, StorageRecord},
    region_failures::{self, RegionFailure, report_all},
    regions::{ManyRegions, Selection, in_each},
    setup::{Setup, block_on},
};
use crate::{
    domain::{
        Image,
        filter::Scratch,
        storage_held::{GroupBy, Input, RegionStorage, Row, StorageHeld},
    },
    labels,
};

/// Arguments of `amigrate storage`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate storage --all-regions
  amigrate storage --by region --output csv
  amigrate storage --by image --regions us-east-1,eu-west-1 --match 'tag:Team=web'
  amigrate storage --output json | jq .total")]
pub(super) struct StorageArgs {
    #[command(flatten)]
    regions: ManyRegions,
    /// What a row is
    #[arg(long, value_enum, value_name = "GROUP", default_value = "family")]
    by: By,
    /// Only images that pass a filter, which is written as for `amigrate list --match`
    #[arg(long = "match", value_name = "FILTER")]
    matching: Option<String>,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// Images that are versions of one thing, as `amigrate coverage` groups them
    Family,
    Region,
    Account,
    Image,
}

impl From<By> for GroupBy {
    fn from(by: By) -> Self {
        match by {
            By::Family => Self::Family,
            By::Region => Self::Region,
            By::Account => Self::Account,
            By::Image => Self::Image,
        }
    }
}

pub(super) fn run(setup: &Setup, args: &StorageArgs) -> Result<ExitStatus, CommandError> {
    let filter = read_filter(args.matching.as_deref()).or_usage()?;
    let prices = setup.config.prices()?;
    let _log = setup.start_log()?;
    let selection = args.regions.selection(setup);
    let ReadStorage { regions, has_all_regions, failures } = block_on(async {
        let connection = Connection::open(setup).await?;
        read(setup, &connection, &selection).await
    })?;
    let pattern = setup.config.coverage.pattern();
    let mut scratch = Scratch::default();
    let mut counts = |image: &Image| filter.is_empty() || filter.passes(image, &mut scratch);
    let held = StorageHeld::compute(Input {
        regions,
        has_all_regions,
        pattern: &pattern,
        prices: &prices,
        counts: &mut counts,
    });
    let rows = held.rows(args.by.into(), None);
    let printed = print(setup, args.by.into(), &held, &rows, &failures);
    let total = held.total();
    if total.images > 0 {
        setup.output.note(&labels::storage_held::total(&total, &prices));
    } else if failures.is_empty() {
        setup.output.note("No images found.");
    }
    let shared = rows.iter().map(|row| row.held.shared).max().unwrap_or_default();
    let notes = labels::storage_held::notes(&held).into_iter();
    notes.chain(labels::storage_held::shared(shared)).for_each(|note| setup.output.note(&note));
    report_all("read the storage", &failures, report);
    ended(printed, region_failures::status(&failures))
}

/// What was read.
struct ReadStorage {
    regions: Vec<RegionStorage>,
    /// False if not all enabled regions are known, and all are meant.
    has_all_regions: bool,
    /// Why something could not be read.
    failures: Vec<RegionFailure>,
}

/// Reads the regions of a selection, as far as they can be read, and why some cannot.
async fn read(setup: &Setup, connection: &Connection, selection: &Selection) -> Result<ReadStorage, CommandError> {
    let session = &connection.session;
    let answers = in_each(selection, session, setup, |region| {
        let session = session.clone();
        async move { session.region_storage(&region).await }
    });
    let answers = answers.await?;
    let has_all_regions = answers.others.is_none();
    let mut failures: Vec<RegionFailure> = answers.others.map(RegionFailure::of_no_region).into_iter().collect();
    let regions: Vec<RegionStorage> = answers.by_region.into_iter().map(|(_, read)| read).collect();
    let failed = |read: &RegionStorage| Some(RegionFailure::of(&read.region, read.failure.clone()?));
    failures.extend(regions.iter().filter_map(failed));
    Ok(ReadStorage { regions, has_all_regions, failures: prefer_sts_failure(session, failures).await })
}

fn print(
    setup: &Setup,
    by: GroupBy,
    held: &StorageHeld,
    rows: &[Row],
    failures: &[RegionFailure],
) -> Result<(), CommandError> {
    let mut printer = Printer::new(setup.output, StorageRecord::columns_of(by, setup.output.terminal), io::stdout());
    rows.iter().try_for_each(|row| printer.print(&StorageRecord::new(row)))?;
    printer.finish(&[
        ("total", StorageMember::Held(HeldRecord::new(&held.total()))),
        ("not_in_images", StorageMember::Held(HeldRecord::new(&held.not_in_images))),
        ("failures", StorageMember::Failures(region_failures::records(failures))),
    ])
}
