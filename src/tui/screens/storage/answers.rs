//! What is done with answers: lists that were read, and what came of deleting and restoring.

use super::{Page, entry::Entry, update::of_page};
use crate::{
    domain::{
        Failure, Region, SnapshotId,
        orphans::{FoundOrphans, RecycleBin},
        text::count,
    },
    driver::orphans::{Deleted, RestoreOutcome},
    labels,
    tui::{
        model::Model,
        msg::{Effect, StorageReply},
    },
};

/// Takes in an answer.
pub fn on_reply(model: &mut Model, reply: StorageReply, effects: &mut Vec<Effect>) {
    match reply {
        StorageReply::Orphans(result) => on_orphans(model, result.map(|found| *found)),
        StorageReply::OrphansDeleted(results) => on_deleted(model, &results),
        StorageReply::RecycleBins(bins) => on_bins(model, bins),
        StorageReply::Restored(results) => on_restored(model, &results, effects),
    }
}

/// Shows the orphans that were found.
fn on_orphans(model: &mut Model, result: Result<FoundOrphans, Failure>) {
    let now = model.now;
    match result {
        Ok(found) => {
            if let Some(screen) = of_page(model, Page::Orphans) {
                screen.set(Entry::of_orphans(&found), found.failures, now);
            }
        }
        Err(failure) => {
            if let Some(screen) = of_page(model, Page::Orphans) {
                screen.waiting = None;
            }
            model.show_failure("orphans", &failure);
        }
    }
}

/// Shows what the bins hold.
fn on_bins(model: &mut Model, bins: Vec<(Region, Result<RecycleBin, Failure>)>) {
    let now = model.now;
    let Some(screen) = of_page(model, Page::RecycleBin) else { return };
    let (mut entries, mut failures) = (Vec::new(), Vec::new());
    for (region, bin) in bins {
        match bin {
            Ok(bin) => entries.extend(Entry::of_bin(&region, &bin)),
            Err(failure) => failures.push((region, failure)),
        }
    }
    screen.set(entries, failures, now);
}

/// Takes what was deleted off the list, and says what was not.
fn on_deleted(model: &mut Model, results: &[(Region, SnapshotId, Result<Deleted, Failure>)]) {
    let mut gone = 0;
    if let Some(screen) = of_page(model, Page::Orphans) {
        screen.waiting = None;
        for (region, id, result) in results {
            let entry = (region.clone(), id.to_string());
            match result {
                Ok(Deleted::Deleted | Deleted::Gone) => {
                    screen.entries.retain(|one| one.reference() != entry);
                    screen.marked.remove(&entry);
                }
                Ok(Deleted::Kept(reason)) => {
                    screen.outcomes.insert(entry, format!("not deleted: {}", labels::orphans::kept(reason)));
                }
                Err(failure) => _ = screen.outcomes.insert(entry, format!("not deleted: {}", failure.why)),
            }
        }
        screen.choose_rows();
    }
    for (_, _, result) in results {
        match result {
            Ok(Deleted::Deleted | Deleted::Gone) => gone += 1,
            Ok(Deleted::Kept(_)) => {}
            Err(failure) => model.show_failure("orphans", failure),
        }
    }
    let kept = results.len() - gone;
    let deleted = count(gone, "snapshot deleted", "snapshots deleted");
    match kept {
        0 => model.show_notice(format!("{deleted}.")),
        _ => model.show_error(format!("{deleted}, {kept} not: each says why.")),
    }
}

/// Says what was restored, and reads the bins and the images again.
fn on_restored(model: &mut Model, results: &[(Region, String, RestoreOutcome)], effects: &mut Vec<Effect>) {
    if let Some(screen) = of_page(model, Page::RecycleBin) {
        screen.waiting = None;
    }
    let failed = |outcome: &RestoreOutcome| matches!(outcome, RestoreOutcome::Failed(_));
    for (_, _, outcome) in results {
        if let RestoreOutcome::Failed(failure) = outcome {
            model.show_failure("recycle bin", failure);
        }
    }
    let not = results.iter().filter(|(_, _, outcome)| failed(outcome)).count();
    let restored = count(results.len() - not, "resource restored", "resources restored");
    if not == 0 {
        model.show_notice(format!("{restored}."));
    } else {
        model.show_error(format!("{restored}, {not} not: ! says why."));
    }
    super::update::read(model, Page::RecycleBin, effects);
    crate::tui::browse::refresh(model, effects);
}
