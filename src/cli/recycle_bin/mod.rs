//! `amigrate recycle-bin`: what the Recycle Bin holds, and restoring it.

mod bins;
mod restore;

use std::collections::BTreeMap;

use super::{
    connection::Connection,
    exit::{CommandError, ExitStatus},
    list::prefer_sts_failure,
    output::{ended, report},
    records::RecycleBinRecord,
    region_failures::{self, RegionFailure, report_all},
    regions::{Selection, in_each},
    setup::{Setup, block_on},
};
use crate::domain::text::count;
use bins::{Bins, RecycleBinId, print, recycle_bin_id};

/// Arguments of `amigrate recycle-bin`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate recycle-bin --all-regions
  amigrate recycle-bin list --regions eu-west-1 --output json
  amigrate recycle-bin restore ami-0123456789abcdef0 snap-0fedcba9876543210")]
pub(super) struct RecycleBinArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    regions: RegionArgs,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Print the images and snapshots in the Recycle Bin, and until when EC2 keeps them
    List,
    /// Restore images, each after its snapshots, and snapshots; returns once EC2 shows them again
    Restore {
        /// Ids of images and snapshots in the Recycle Bin
        #[arg(required = true, value_name = "ID", value_parser = recycle_bin_id)]
        ids: Vec<RecycleBinId>,
    },
}

/// Where to look: as [`ManyRegions`](super::regions::ManyRegions), for the subcommands as well.
#[derive(Debug, Clone, clap::Args)]
struct RegionArgs {
    /// Regions between commas, or all; without it those of the setting browse.regions, else every enabled one
    #[arg(long, value_name = "REGIONS", global = true)]
    regions: Option<Selection>,
    /// Every region that is enabled for the account
    #[arg(long, conflicts_with = "regions", global = true)]
    all_regions: bool,
}

pub(super) fn run(setup: &Setup, args: &RecycleBinArgs) -> Result<ExitStatus, CommandError> {
    let selection = Selection::of_many(args.regions.regions.as_ref(), args.regions.all_regions, setup);
    match &args.action {
        Some(Action::Restore { .. }) if setup.config.read_only => {
            Err(CommandError::read_only("restore from the Recycle Bin"))
        }
        Some(Action::Restore { ids }) => {
            let _log = setup.start_log()?;
            block_on(async {
                let connection = Connection::open(setup).await?;
                let bins = read(setup, &connection, &selection).await?;
                restore::Restoring::new(setup, &connection, bins, ids)?.run().await
            })
        }
        Some(Action::List) | None => {
            let _log = setup.start_log()?;
            let bins = block_on(async {
                let connection = Connection::open(setup).await?;
                read(setup, &connection, &selection).await
            })?;
            list(setup, &bins)
        }
    }
}

async fn read(setup: &Setup, connection: &Connection, selection: &Selection) -> Result<Bins, CommandError> {
    let session = &connection.session;
    let answers = in_each(selection, session, setup, |region| {
        let session = session.clone();
        async move { session.recycle_bin(&region).await }
    });
    let answers = answers.await?;
    let mut failures: Vec<RegionFailure> = answers.others.map(RegionFailure::of_no_region).into_iter().collect();
    let mut by_region = BTreeMap::new();
    for (region, answer) in answers.by_region {
        match answer {
            Ok(bin) => _ = by_region.insert(region, bin),
            Err(failure) => failures.push(RegionFailure::of(&region, failure)),
        }
    }
    Ok(Bins { by_region, failures: prefer_sts_failure(session, failures).await })
}

fn list(setup: &Setup, bins: &Bins) -> Result<ExitStatus, CommandError> {
    let mut records = Vec::new();
    for (region, bin) in &bins.by_region {
        records.extend(bin.images.iter().map(|image| RecycleBinRecord::image(image, region)));
        records.extend(bin.snapshots.iter().map(|snapshot| RecycleBinRecord::snapshot(snapshot, region)));
    }
    let printed = print(setup, &records, &bins.failures, &[]);
    if records.is_empty() && bins.failures.is_empty() {
        let regions = count(bins.by_region.len(), "region", "regions");
        setup.output.note(&format!("The Recycle Bin is empty in {regions}."));
    }
    report_all("list the Recycle Bin", &bins.failures, report);
    ended(printed, region_failures::status(&bins.failures))
}
