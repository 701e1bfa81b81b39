//! `amigrate recycle-bin restore`: snapshots before their image, each audited, until EC2 shows them again.

use std::collections::BTreeMap;

use super::bins::{Bins, RecycleBinId, print};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        follow::{Signals, run_to_completion},
        output::{ended, report},
        records::{RecycleBinRecord, RestoreResult},
        region_failures::report_all,
        setup::Setup,
    },
    domain::{Failure, ImageId, Region, SnapshotId, orphans::RecycleBin},
    driver::{
        AuditedCalls,
        orphans::{RestoreOutcome, Restorer},
    },
};

/// One run.
pub(super) struct Restoring<'a> {
    setup: &'a Setup,
    connection: &'a Connection,
    bins: Bins,
    ids: &'a [RecycleBinId],
    calls: AuditedCalls,
}

/// What came of it so far, in the order of the calls.
#[derive(Default)]
struct Outcomes {
    records: Vec<RecycleBinRecord>,
    failures: Vec<Failure>,
}

impl Outcomes {
    fn add(&mut self, record: RecycleBinRecord, outcome: RestoreOutcome) {
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
        ids: &'a [RecycleBinId],
    ) -> Result<Self, Failure> {
        let calls = setup.audited_calls(&connection.account)?;
        Ok(Self { setup, connection, bins, ids, calls })
    }

    pub(super) async fn run(self) -> Result<ExitStatus, CommandError> {
        let mut signals = Signals::listen()?;
        let (mut outcomes, mut interrupted) = (Outcomes::default(), None);
        let mut restorers: BTreeMap<&Region, Restorer<'_>> = BTreeMap::new();
        for (region, bin) in &self.bins.by_region {
            restorers.insert(region, Restorer::new(&self.connection.session, &self.calls, region, bin));
        }
        let mut ids: Vec<&RecycleBinId> = self.ids.iter().collect();
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
                outcomes.records.push(record(region, bin, id).with(RestoreResult::NotAttempted));
                continue;
            }
            let work = async {
                match id {
                    RecycleBinId::Snapshot(snapshot) => {
                        restorer.snapshot(snapshot).await;
                        None
                    }
                    RecycleBinId::Image(image) => Some(restorer.image(image).await),
                }
            };
            let of_image = run_to_completion(work, &mut signals, &mut interrupted).await;
            for (snapshot, outcome) in restorer.take_snapshots() {
                outcomes.add(record(region, bin, &RecycleBinId::Snapshot(snapshot)), outcome);
            }
            outcomes.failures.extend(restorer.take_audit_failures());
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

fn holds(bin: &RecycleBin, id: &RecycleBinId) -> bool {
    match id {
        RecycleBinId::Image(id) => bin.image(id).is_some(),
        RecycleBinId::Snapshot(id) => bin.snapshots.iter().any(|snapshot| snapshot.id == *id),
    }
}

/// Returns the record of something that the bin holds.
fn record(region: &Region, bin: &RecycleBin, id: &RecycleBinId) -> RecycleBinRecord {
    let image = |id: &ImageId| bin.image(id).map(|image| RecycleBinRecord::image(image, region));
    let snapshot = |id: &SnapshotId| {
        let found = bin.snapshots.iter().find(|snapshot| snapshot.id == *id);
        found.map(|snapshot| RecycleBinRecord::snapshot(snapshot, region))
    };
    let found = match id {
        RecycleBinId::Image(id) => image(id),
        RecycleBinId::Snapshot(id) => snapshot(id),
    };
    found.unwrap_or_else(|| RecycleBinRecord::unknown(id.to_string(), region))
}
