//! Actions of the pages of storage.

use std::collections::BTreeSet;

use super::{Activity, StoragePage, StorageScreen, entry::Entry};
use crate::{
    domain::{Region, orphans::Orphan, text::count},
    tui::{
        bindings::{Action, Context},
        model::{Model, PendingReply, StorageWork},
        msg::{Effect, StorageRequest},
        screens::{Overlay, confirm::Confirmation, input::InputLine, list_screens},
        widgets::list_page::ListScreen,
    },
};

/// Returns the screen, if it is on top.
fn screen(model: &mut Model) -> Option<&mut StorageScreen> {
    match model.overlays.last_mut() {
        Some(Overlay::Storage(screen)) => Some(screen),
        _ => None,
    }
}

/// Returns the open screen of a page, wherever it is.
pub(super) fn of_page(model: &mut Model, page: StoragePage) -> Option<&mut StorageScreen> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Storage(screen) if screen.page == page => Some(screen.as_mut()),
        _ => None,
    })
}

/// Opens a page, or goes back to it.
pub fn open(model: &mut Model, page: StoragePage, effects: &mut Vec<Effect>) {
    if !list_screens::may_open_page(model) {
        return;
    }
    let there = |overlay: &Overlay| matches!(overlay, Overlay::Storage(screen) if screen.page == page);
    match model.overlays.iter().position(there) {
        Some(at) => model.overlays.truncate(at + 1),
        None => {
            let mut screen = StorageScreen::new(page);
            // The page may have been left meanwhile. What is read before the end of it would be out of date.
            screen.waiting = under_way(model, page);
            let reads = screen.waiting.is_none();
            model.overlays.push(Overlay::Storage(Box::new(screen)));
            if reads {
                read(model, page, effects);
            }
        }
    }
    list_screens::refresh(model);
}

/// Returns what is being changed of a page.
fn under_way(model: &Model, page: StoragePage) -> Option<Activity> {
    model.pending.values().find_map(|pending| match (pending, page) {
        (PendingReply::Storage(StorageWork::Delete(snapshots)), StoragePage::Orphans) => {
            Some(Activity::Deleting(*snapshots))
        }
        (PendingReply::Storage(StorageWork::Restore(number)), StoragePage::RecycleBin) => {
            Some(Activity::Restoring(*number))
        }
        _ => None,
    })
}

/// Reads a page of the listed regions.
pub(super) fn read(model: &mut Model, page: StoragePage, effects: &mut Vec<Effect>) {
    let regions: Vec<Region> = model.catalogue.listings().map(|(region, _)| region.clone()).collect();
    if model.account.is_none() || regions.is_empty() {
        let refresh = model.keymap.key(Context::Everywhere, Action::Refresh);
        return model.show_error(format!("Not signed in yet: {refresh} reads this page once the images are listed."));
    }
    let waits = of_page(model, page).is_some_and(|screen| screen.waiting.is_some());
    if waits {
        return;
    }
    let number = regions.len();
    let (work, request) = match page {
        StoragePage::Orphans => {
            (StorageWork::FindOrphans, StorageRequest::FindOrphans { regions, ignored: ignored(model) })
        }
        StoragePage::RecycleBin => (StorageWork::ReadBins, StorageRequest::ReadBins(regions)),
    };
    send(model, work, request, effects);
    if let Some(screen) = of_page(model, page) {
        screen.waiting = Some(Activity::Reading(number));
    }
}

/// Returns the regions of the setting that are not asked for images. Those that are listed are read all the same.
fn ignored(model: &Model) -> BTreeSet<Region> {
    let mut ignored = model.start.config.orphans.ignored();
    model.catalogue.listings().for_each(|(region, _)| _ = ignored.remove(region));
    ignored
}

fn send(model: &mut Model, work: StorageWork, request: StorageRequest, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Storage(work));
    effects.push(Effect::Storage { id, request });
}

/// Runs an action. Returns false if the screen has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    if let Some(used) = list_screens::act(model, action) {
        return used;
    }
    let Some(screen) = screen(model) else { return false };
    let page = screen.page;
    match action {
        Action::Back if !screen.marked.is_empty() => screen.marked.clear(),
        Action::Back => _ = model.overlays.pop(),
        Action::Orphans if page == StoragePage::Orphans => _ = model.overlays.pop(),
        Action::RecycleBin if page == StoragePage::RecycleBin => _ = model.overlays.pop(),
        Action::Sort => {
            screen.sort_next();
            let by = screen.order();
            model.show_notice(format!("Sorted by {by}."));
        }
        Action::Mark => mark(screen),
        Action::MarkAll => mark_all(model),
        Action::MarkNone => screen.marked.clear(),
        Action::ShowKept => {
            screen.shows_kept = !screen.shows_kept;
            screen.choose_rows();
        }
        Action::DeleteSnapshots => ask_to_delete(model),
        Action::Restore => ask_to_restore(model),
        Action::Refresh => read(model, page, effects),
        Action::YankId => {
            if let Some(id) = screen.entry(screen.table.list.cursor).map(|entry| entry.id.clone()) {
                model.yank(id, effects);
            }
        }
        _ => return false,
    }
    true
}

fn mark(screen: &mut StorageScreen) {
    let Some(entry) = screen.entry(screen.table.list.cursor).filter(|entry| !entry.is_kept()).map(Entry::reference)
    else {
        return;
    };
    if !screen.marked.remove(&entry) {
        screen.marked.insert(entry);
    }
    screen.act_on_list(Action::Down);
}

/// Marks all that is shown, and says how much.
fn mark_all(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let all: Vec<_> = screen.shown().filter(|entry| !entry.is_kept()).map(Entry::reference).collect();
    let rows = count(all.len(), "row", "rows");
    screen.marked.extend(all);
    model.show_notice(format!("{rows} marked."));
}

/// Opens the line that confirms the deletion of the marked orphans, or of this one.
fn ask_to_delete(model: &mut Model) {
    if model.start.config.read_only {
        return model.show_error("Read-only session: nothing was deleted.");
    }
    let Some(screen) = screen(model) else { return };
    if screen.waiting.is_some() {
        return model.show_notice("Another operation on this page is still running.");
    }
    let orphans = screen.chosen_orphans();
    if orphans.is_empty() {
        return model.show_notice("Nothing to delete: kept snapshots cannot be deleted here.");
    }
    model.overlays.push(Overlay::InputLine(InputLine::delete_snapshots(orphans)));
}

/// Deletes orphans that were confirmed.
pub fn delete(model: &mut Model, orphans: Vec<Orphan>, effects: &mut Vec<Effect>) {
    let number = orphans.len();
    send(
        model,
        StorageWork::Delete(number),
        StorageRequest::DeleteOrphans { orphans, ignored: ignored(model) },
        effects,
    );
    if let Some(screen) = of_page(model, StoragePage::Orphans) {
        screen.waiting = Some(Activity::Deleting(number));
    }
}

/// Opens the question whether to restore what is marked, or this row.
fn ask_to_restore(model: &mut Model) {
    if model.start.config.read_only {
        return model.show_error("Read-only session: nothing was restored.");
    }
    let Some(screen) = screen(model) else { return };
    if screen.waiting.is_some() {
        return model.show_notice("Another operation on this page is still running.");
    }
    let chosen = screen.chosen();
    let resources: Vec<(Region, String)> = chosen.iter().map(|entry| entry.reference()).collect();
    let lines = chosen.iter().map(|entry| entry.line()).collect();
    let has_image = chosen.iter().any(|entry| entry.is_image());
    if resources.is_empty() {
        return model.show_notice("Nothing to restore.");
    }
    model.overlays.push(Overlay::Confirmation(Confirmation::restore(resources, lines, has_image)));
}

/// Restores what was confirmed.
pub fn restore(model: &mut Model, resources: Vec<(Region, String)>, effects: &mut Vec<Effect>) {
    let number = resources.len();
    send(model, StorageWork::Restore(number), StorageRequest::Restore(resources), effects);
    if let Some(screen) = of_page(model, StoragePage::RecycleBin) {
        screen.waiting = Some(Activity::Restoring(number));
    }
}
