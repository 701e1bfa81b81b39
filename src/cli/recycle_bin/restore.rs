//! `amigrate recycle-bin restore`: snapshots before their image, each on record, until EC2 shows them again.

use std::collections::BTreeMap;

use super::bins::{BinnedId, Bins, print};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        follow::{Signals, run_to_completion},
        output::{ended, report},
        records::{BinnedRecord, RestoreResult},
        region_failures::report_all,
        setup::Setup,
    },
    domain::{Failure, ImageId, Region, SnapshotId, orphans::RecycleBin},
    driver::{
        OnRecord,
        orphans::{RestoreOutcome, Restorer},
    },
};

/// One run.
pub(super) struct Restoring<'a> {
    setup: &'a Setup,
    connection: &'a Connection,
    bins: Bins,
    ids: &'a [BinnedId],
    record: OnRecord,
}

/// What came of it so far, in the order of the calls.
#[derive(Default)]
struct Outcomes {
    records: Vec<BinnedRecord>,
    failures: Vec<Failure>,
}

impl Outcomes {
    fn add(&mut self, record: BinnedRecord, outcome: RestoreOutcome) {
        let result = match outcome {
            RestoreOutcome::Restored => RestoreResult::Restored,
            RestoreOutcome::Pending => RestoreResult::Pending,
            RestoreOutcome::Failed(failure) => {
                self.failures.push(failure);
                RestoreResult::Failed
            }
        };
        self.records.push(record.with(result));
    }
}

impl<'a> Restoring<'a> {
    /// # Errors
    /// If there is no store to record the calls in.
    pub(super) fn new(
        setup: &'a Setup,
        connection: &'a Connection,
        bins: Bins,
        ids: &'a [BinnedId],
    ) -> Result<Self, Failure> {
        let record = setup.on_record(&connection.account)?;
        Ok(Self { setup, connection, bins, ids, record })
    }

    pub(super) async fn run(self) -> Result<ExitStatus, CommandError> {
        let mut signals = Signals::listen()?;
        let (mut outcomes, mut interrupted) = (Outcomes::default(), None);
        let mut restorers: BTreeMap<&Region, Restorer<'_>> = BTreeMap::new();
        for (region, bin) in &self.bins.by_region {
            restorers.insert(region, Restorer::new(&self.connection.session, &self.record, region, bin));
        }
        let mut ids: Vec<&BinnedId> = self.ids.iter().collect();
        // Snapshots that were named are restored before images, which may need them.
        ids.sort();
        ids.dedup();
        for id in ids {
            let Some(restorer) = restorers.values_mut().find(|one| holds(one.bin, id)) else {
                let why = "it is not in the Recycle Bin of the regions that were read";
                let failure = Failure::new(format!("restore {id}"), why);
                outcomes.failures.push(failure.hint("`amigrate recycle-bin --all-regions` lists what is."));
                continue;
            };
            let (region, bin) = (restorer.region, restorer.bin);
            if interrupted.is_some() {
                outcomes.records.push(record(region, bin, id).with(RestoreResult::Left));
                continue;
            }
            let work = async {
                match id {
                    BinnedId::Snapshot(snapshot) => {
                        restorer.snapshot(snapshot).await;
                        None
                    }
                    BinnedId::Image(image) => Some(restorer.image(image).await),
                }
            };
            let of_image = run_to_completion(work, &mut signals, &mut interrupted).await;
            for (snapshot, outcome) in restorer.take_snapshots() {
                outcomes.add(record(region, bin, &BinnedId::Snapshot(snapshot)), outcome);
            }
            outcomes.failures.extend(restorer.take_not_on_record());
            if let Some(outcome) = of_image {
                outcomes.add(record(region, bin, id), outcome);
            }
        }
        self.print(&outcomes, interrupted)
    }

    fn print(&self, outcomes: &Outcomes, interrupted: Option<ExitStatus>) -> Result<ExitStatus, CommandError> {
        let printed = print(self.setup, &outcomes.records, &self.bins.failures, &outcomes.failures);
        report_all("list the Recycle Bin", &self.bins.failures, report);
        outcomes.failures.iter().for_each(report);
        if outcomes.records.iter().any(|record| record.result == Some(RestoreResult::Pending)) {
            self.setup.output.note("EC2 has accepted what is pending, and does not show it yet.");
        }
        let unread = self.bins.failures.iter().map(|one| &one.failure);
        let status = interrupted.unwrap_or_else(|| ExitStatus::of_all(outcomes.failures.iter().chain(unread)));
        ended(printed, status)
    }
}

fn holds(bin: &RecycleBin, id: &BinnedId) -> bool {
    match id {
        BinnedId::Image(id) => bin.image(id).is_some(),
        BinnedId::Snapshot(id) => bin.snapshots.iter().any(|snapshot| snapshot.id == *id),
    }
}

/// Returns the record of something that the bin holds.
fn record(region: &Region, bin: &RecycleBin, id: &BinnedId) -> BinnedRecord {
    let image = |id: &ImageId| bin.image(id).map(|image| BinnedRecord::image(image, region));
    let snapshot = |id: &SnapshotId| {
        let found = bin.snapshots.iter().find(|snapshot| snapshot.id == *id);
        found.map(|snapshot| BinnedRecord::snapshot(snapshot, region))
    };
    let found = match id {
        BinnedId::Image(id) => image(id),
        BinnedId::Snapshot(id) => snapshot(id),
    };
    found.unwrap_or_else(|| BinnedRecord::unknown(id.to_string(), region))
}
