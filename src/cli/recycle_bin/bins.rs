//! What the bins of regions hold, how it is named, and how it is printed.

use std::{collections::BTreeMap, io};

use crate::{
    cli::{
        exit::CommandError,
        output::{Printer, Record},
        records::{FailureRecord, RecycleBinRecord},
        region_failures::{self, RegionFailure},
        setup::Setup,
    },
    domain::{Failure, ImageId, Region, SnapshotId, orphans::RecycleBin},
};

/// What may be restored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RecycleBinId {
    // The first, because an image may need it.
    Snapshot(SnapshotId),
    Image(ImageId),
}

impl std::fmt::Display for RecycleBinId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Image(id) => id.fmt(f),
            Self::Snapshot(id) => id.fmt(f),
        }
    }
}

pub(super) fn recycle_bin_id(text: &str) -> Result<RecycleBinId, Failure> {
    match SnapshotId::new(text) {
        Ok(id) => Ok(RecycleBinId::Snapshot(id)),
        Err(_) => ImageId::new(text).map(RecycleBinId::Image).map_err(|failure| Failure {
            why: "that is neither the id of an image nor of a snapshot".into(),
            ..failure
        }),
    }
}

/// What the regions hold.
pub(super) struct Bins {
    pub(super) by_region: BTreeMap<Region, RecycleBin>,
    pub(super) failures: Vec<RegionFailure>,
}

/// Prints resources, and what failed.
pub(super) fn print(
    setup: &Setup,
    records: &[RecycleBinRecord],
    unread: &[RegionFailure],
    failures: &[Failure],
) -> Result<(), CommandError> {
    let columns = RecycleBinRecord::columns().iter().filter(|column| column.default).collect();
    let all = region_failures::records(unread).into_iter().chain(failures.iter().map(FailureRecord::from));
    let all: Vec<FailureRecord> = all.collect();
    let mut printer = Printer::new(setup.output, columns, io::stdout());
    records.iter().try_for_each(|record| printer.print(record))?;
    printer.finish(&[("failures", all)])
}
