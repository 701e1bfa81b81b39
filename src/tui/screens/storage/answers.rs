//! What is done with answers: lists that were read, and what came of deleting and restoring.

use std::collections::BTreeSet;

use super::{
    Read, StoragePage,
    entry::{Entry, EntryRef},
    update::{of_page, read},
};
use crate::{
    domain::{
        Failure, Region, SnapshotId,
        orphans::{FoundOrphans, RecycleBin},
        text::count,
    },
    driver::orphans::{DeletionOutcome, RestoreOutcome},
    labels,
    tui::{
        bindings::{Action, Context},
        model::Model,
        msg::{Effect, Restored, StorageReply},
        screens::storage_held,
        widgets::list_page::ListScreen as _,
    },
};

/// Takes in an answer.
pub fn on_reply(model: &mut Model, reply: StorageReply, effects: &mut Vec<Effect>) {
    match reply {
        StorageReply::Orphans(result) => on_orphans(model, result.map(|found| *found)),
        StorageReply::OrphansDeleted(results) => on_deleted(model, &results, effects),
        StorageReply::RecycleBins(bins) => on_bins(model, bins),
        StorageReply::Held(regions) => storage_held::on_reply(model, regions),
        StorageReply::Restored(done) => on_restored(model, &done, effects),
    }
}

/// Shows the orphans that were found.
fn on_orphans(model: &mut Model, result: Result<FoundOrphans, Failure>) {
    let now = model.now;
    match result {
        Ok(found) => {
            let mut entries = Entry::of_orphans(&found);
            // They may have been listed before they were deleted.
            entries.retain(|entry| !model.deleted_snapshots.contains(&entry.reference()));
            let FoundOrphans { read, failures, unknown, .. } = found;
            if let Some(screen) = of_page(model, StoragePage::Orphans) {
                screen.set(Read { entries, regions: read, failures, unknown }, now);
            }
        }
        Err(failure) => {
            if let Some(screen) = of_page(model, StoragePage::Orphans) {
                screen.waiting = None;
            }
            model.show_failure("orphans", &failure);
        }
    }
}

/// Shows what the bins hold.
fn on_bins(model: &mut Model, bins: Vec<(Region, Result<RecycleBin, Failure>)>) {
    let now = model.now;
    let Some(screen) = of_page(model, StoragePage::RecycleBin) else { return };
    let mut read = Read { entries: Vec::new(), regions: 0, failures: Vec::new(), unknown: Vec::new() };
    for (region, bin) in bins {
        match bin {
            Ok(bin) => {
                read.entries.extend(Entry::of_bin(&region, &bin));
                read.regions += 1;
            }
            Err(failure) => read.failures.push((region, failure)),
        }
    }
    screen.set(read, now);
}

/// Takes what was deleted off the list, and says what was not. A page that was opened meanwhile is read now.
fn on_deleted(
    model: &mut Model,
    results: &[(Region, SnapshotId, Result<DeletionOutcome, Failure>)],
    effects: &mut Vec<Effect>,
) {
    let is_gone = |result: &Result<DeletionOutcome, Failure>| {
        matches!(result, Ok(DeletionOutcome::Deleted { .. } | DeletionOutcome::Gone))
    };
    let gone: BTreeSet<EntryRef> = results
        .iter()
        .filter(|(_, _, result)| is_gone(result))
        .map(|(region, id, _)| (region.clone(), id.to_string()))
        .collect();
    if let Some(screen) = of_page(model, StoragePage::Orphans) {
        screen.waiting = None;
        screen.entries.retain(|entry| !gone.contains(&entry.reference()));
        screen.marked.retain(|entry| !gone.contains(entry));
        for (region, id, result) in results {
            let why = match result {
                Ok(DeletionOutcome::Kept(reason)) => labels::orphans::keep(reason),
                Ok(_) => continue,
                Err(failure) => failure.why.clone(),
            };
            screen.outcomes.insert((region.clone(), id.to_string()), format!("not deleted: {why}"));
        }
        screen.choose_rows();
    }
    let mut unrecorded = 0;
    for (_, _, result) in results {
        if let Err(failure) | Ok(DeletionOutcome::Deleted { audit_failure: Some(failure) }) = result {
            unrecorded += usize::from(result.is_ok());
            model.show_failure("orphans", failure);
        }
    }
    let deleted = count(gone.len(), "snapshot deleted", "snapshots deleted");
    let problems = model.keymap.key(Context::Everywhere, Action::Problems);
    match (results.len() - gone.len(), unrecorded) {
        (0, 0) => model.show_notice(format!("{deleted}.")),
        (0, unrecorded) => {
            model
                .show_error(format!("{deleted}, {unrecorded} not written to the audit. Press {problems} for details."));
        }
        (kept, _) => model.show_error(format!("{deleted}, {kept} not deleted. Select a row to see why.")),
    }
    model.deleted_snapshots.extend(gone);
    if of_page(model, StoragePage::Orphans).is_some_and(|screen| screen.read.is_none()) {
        read(model, StoragePage::Orphans, effects);
    }
}

/// Says what was restored, and reads the bins and the images again.
fn on_restored(model: &mut Model, done: &Restored, effects: &mut Vec<Effect>) {
    if let Some(screen) = of_page(model, StoragePage::RecycleBin) {
        screen.waiting = None;
    }
    let (mut restored, mut pending, mut failed) = (0, 0, 0);
    for (region, id, outcome) in &done.outcomes {
        // It may be an orphan again.
        model.deleted_snapshots.remove(&(region.clone(), id.clone()));
        match outcome {
            RestoreOutcome::Restored => restored += 1,
            RestoreOutcome::Pending => pending += 1,
            RestoreOutcome::Failed(failure) => {
                failed += 1;
                model.show_failure("recycle bin", failure);
            }
        }
    }
    for failure in &done.audit_failures {
        model.show_failure("recycle bin", failure);
    }
    let mut text = vec![count(restored, "resource restored", "resources restored")];
    if pending > 0 {
        text.push(format!("{pending} accepted but not visible yet"));
    }
    let text = text.join(", ");
    if failed == 0 {
        model.show_notice(format!("{text}."));
    } else {
        let problems = model.keymap.key(Context::Everywhere, Action::Problems);
        model.show_error(format!("{text}, {failed} not restored. Press {problems} for details."));
    }
    read(model, StoragePage::RecycleBin, effects);
    crate::tui::browse::refresh(model, effects);
}
