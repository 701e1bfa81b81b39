//! `amigrate orphans --delete`: each snapshot is read again, and judged by every rule, right before it is deleted.

use std::io;

use jiff::Timestamp;

use crate::{
    cli::{
        confirm::typed_number,
        connection::Connection,
        exit::{CommandError, ExitStatus},
        follow::{Signals, run_to_completion},
        output::{Printer, Record, ended, report},
        records::{FailureRecord, OrphanRecord, OrphanState},
        region_failures::{self, RegionFailure, report_all},
        setup::Setup,
    },
    domain::{
        Failure, SnapshotId,
        orphans::Orphan,
        price::Prices,
        text::{clean, count},
    },
    driver::{
        AuditedCalls,
        orphans::{DeletionOutcome, Found, delete_orphan},
    },
    labels,
};

/// What is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// All orphans that are found.
    All,
    /// These, if they are orphans.
    Named(&'a [SnapshotId]),
}

/// One run.
pub(super) struct Deletion<'a> {
    pub(super) setup: &'a Setup,
    pub(super) connection: &'a Connection,
    pub(super) found: Found,
    /// What of the regions could not be read.
    pub(super) unread: Vec<RegionFailure>,
    pub(super) prices: &'a Prices,
    pub(super) wanted: Wanted<'a>,
    pub(super) max_delete: usize,
    pub(super) yes: bool,
}

impl Deletion<'_> {
    pub(super) async fn run(self) -> Result<ExitStatus, CommandError> {
        let (orphans, mut failures) = self.choose();
        self.check_number(orphans.len())?;
        let mut records = Vec::with_capacity(orphans.len());
        let mut interrupted = None;
        if orphans.is_empty() {
            if failures.is_empty() && self.unread.is_empty() {
                self.setup.output.note("No orphaned snapshots found: nothing is deleted.");
            }
        } else {
            self.confirm(&orphans)?;
            let mut signals = Signals::listen()?;
            let calls = self.setup.audited_calls(&self.connection.account)?;
            for orphan in &orphans {
                let mut printed = OrphanRecord::orphan(orphan, self.prices, Timestamp::now());
                printed.state = OrphanState::NotAttempted;
                if interrupted.is_none() {
                    let done = run_to_completion(self.delete(orphan, &calls), &mut signals, &mut interrupted).await;
                    fill(&mut printed, done, &mut failures);
                }
                records.push(printed);
            }
            self.note_restorable(&mut records).await;
        }
        self.print(&records, &failures, interrupted)
    }

    /// Returns what is to be deleted, and why some that were named are not.
    fn choose(&self) -> (Vec<Orphan>, Vec<Failure>) {
        let Wanted::Named(named) = self.wanted else { return (self.found.orphans.clone(), Vec::new()) };
        let (mut chosen, mut refused): (Vec<Orphan>, Vec<Failure>) = (Vec::new(), Vec::new());
        for id in named {
            if chosen.iter().any(|orphan| orphan.id() == id) {
                continue;
            }
            let kept = || self.found.kept.iter().find(|kept| kept.id() == id);
            let what = format!("delete {id}");
            match self.found.orphans.iter().find(|orphan| orphan.id() == id) {
                Some(orphan) => chosen.push(orphan.clone()),
                None => refused.push(match kept() {
                    Some(kept) => Failure::new(what, labels::orphans::keep(&kept.reason)),
                    None => Failure::new(what, "it is no orphaned snapshot of the regions that were read").hint(
                        "`amigrate orphans --kept` lists those without their image; --regions says where to look.",
                    ),
                }),
            }
        }
        (chosen, refused)
    }

    /// Refuses more at once than was allowed.
    fn check_number(&self, number: usize) -> Result<(), CommandError> {
        if number <= self.max_delete {
            return Ok(());
        }
        let what = format!("delete {}", count(number, "snapshot", "snapshots"));
        let failure =
            Failure::new(what, format!("that is more than {} (--max-delete): nothing is deleted", self.max_delete));
        Err(CommandError::usage(failure.hint("Name those to be deleted, or give a higher --max-delete.")))
    }

    fn confirm(&self, orphans: &[Orphan]) -> Result<(), CommandError> {
        if self.yes {
            return Ok(());
        }
        let mut lines: Vec<String> = orphans.iter().map(labels::orphans::line).collect();
        lines.push(labels::orphans::CANNOT_BE_UNDONE.into());
        let what = format!("delete {}", count(orphans.len(), "snapshot", "snapshots"));
        let hint = "Give --yes if you are sure; without --delete the snapshots are listed.";
        typed_number(&what, &lines, orphans.len(), hint)
    }

    async fn delete(&self, orphan: &Orphan, calls: &AuditedCalls) -> Result<DeletionOutcome, Failure> {
        match self.found.listings.get(&orphan.region) {
            Some(listing) => delete_orphan(&self.connection.session, calls, &self.found.rules, listing, orphan).await,
            None => Err(Failure::new(format!("delete {}", orphan.id()), "its region was not read")),
        }
    }

    /// Says which snapshots the Recycle Bin keeps.
    async fn note_restorable(&self, records: &mut [OrphanRecord]) {
        let deleted = |record: &&mut OrphanRecord| record.state == OrphanState::Deleted;
        let mut restorable = 0;
        for region in self.found.listings.keys() {
            let here = records.iter_mut().filter(deleted).filter(|record| record.region == region.as_str());
            let here: Vec<&mut OrphanRecord> = here.collect();
            if here.is_empty() {
                continue;
            }
            // They are deleted, whether this can be read or not.
            let Ok(bin) = self.connection.session.recycle_bin(region).await else { continue };
            for record in here {
                let Some(in_bin) = bin.snapshots.iter().find(|one| one.id.as_str() == record.snapshot_id) else {
                    continue;
                };
                let until = in_bin.exits.map(|at| format!(" until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default();
                record.message = Some(format!("in the Recycle Bin{until}"));
                restorable += 1;
            }
        }
        if restorable > 0 {
            let snapshots = count(restorable, "snapshot is", "snapshots are");
            self.setup
                .output
                .note(&format!("{snapshots} in the Recycle Bin: `amigrate recycle-bin restore` brings them back."));
        }
    }

    fn print(
        &self,
        records: &[OrphanRecord],
        failures: &[Failure],
        interrupted: Option<ExitStatus>,
    ) -> Result<ExitStatus, CommandError> {
        let columns = OrphanRecord::columns().iter().filter(|column| column.default).collect();
        let all: Vec<FailureRecord> = region_failures::records(&self.unread)
            .into_iter()
            .chain(failures.iter().map(FailureRecord::from))
            .collect();
        let print = || {
            let mut printer = Printer::new(self.setup.output, columns, io::stdout());
            records.iter().try_for_each(|record| printer.print(record))?;
            printer.finish(&[("failures", all)])
        };
        let printed = print();
        report_all("look for orphaned snapshots", &self.unread, report);
        failures.iter().for_each(report);
        let unread = self.unread.iter().map(|one| &one.failure);
        ended(printed, interrupted.unwrap_or_else(|| ExitStatus::of_all(failures.iter().chain(unread))))
    }
}

/// Fills in what came of a snapshot.
fn fill(record: &mut OrphanRecord, done: Result<DeletionOutcome, Failure>, failures: &mut Vec<Failure>) {
    match done {
        Ok(DeletionOutcome::Deleted { audit_failure }) => {
            record.state = OrphanState::Deleted;
            record.message = audit_failure.as_ref().map(|_| "deleted; not written to the audit".into());
            failures.extend(audit_failure);
        }
        Ok(DeletionOutcome::Gone) => {
            record.state = OrphanState::Deleted;
            record.message = Some("somebody else deleted it".into());
        }
        Ok(DeletionOutcome::Kept(reason)) => {
            record.keep(&reason);
            if reason.is_unknown() {
                let what = format!("delete {} in {}", record.snapshot_id, record.region);
                failures.push(Failure::new(what, labels::orphans::keep(&reason)));
            }
        }
        Err(failure) => {
            record.state = OrphanState::Failed;
            record.message = Some(clean(&failure.why).into_owned());
            failures.push(failure);
        }
    }
}
