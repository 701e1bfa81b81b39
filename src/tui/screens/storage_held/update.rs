//! Actions of the page of storage, and what is read for it.

use super::{StorageHeldScreen, view};
use crate::{
    domain::{
        Region,
        storage_held::{Group, Input as StorageInput, RegionStorage, StorageHeld},
    },
    tui::{
        bindings::Action,
        model::{Model, PendingReply, StorageWork},
        msg::{Effect, StorageRequest},
        screens::{Overlay, list_screens, pager::Pager},
        widgets::list_page::ListScreen as _,
    },
};

/// Returns the screen, if it is on top.
fn screen(model: &mut Model) -> Option<&mut StorageHeldScreen> {
    match model.overlays.last_mut() {
        Some(Overlay::StorageHeld(screen)) => Some(screen),
        _ => None,
    }
}

/// Returns the open screen, wherever it is.
fn opened(model: &mut Model) -> Option<&mut StorageHeldScreen> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::StorageHeld(screen) => Some(screen.as_mut()),
        _ => None,
    })
}

/// Opens the page, or goes back to it.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    if !list_screens::may_open_page(model) {
        return;
    }
    match model.overlays.iter().position(|overlay| matches!(overlay, Overlay::StorageHeld(_))) {
        Some(at) => model.overlays.truncate(at + 1),
        None => {
            model.overlays.push(Overlay::StorageHeld(Box::default()));
            read(model, effects);
        }
    }
    list_screens::refresh(model);
}

/// Reads the listed regions.
fn read(model: &mut Model, effects: &mut Vec<Effect>) {
    let regions: Vec<Region> = model.catalogue.listings().map(|(region, _)| region.clone()).collect();
    if model.account.is_none() || regions.is_empty() {
        return model.show_error("Not signed in yet: R reads this page once the images are listed.");
    }
    let number = regions.len();
    match opened(model) {
        Some(screen) if screen.reading.is_none() => screen.reading = Some(number),
        _ => return,
    }
    let id = model.expect_reply(PendingReply::Storage(StorageWork::ReadHeld));
    effects.push(Effect::Storage { id, request: StorageRequest::ReadHeld(regions) });
}

/// Sums what was read.
pub fn on_reply(model: &mut Model, regions: Vec<RegionStorage>) {
    let (now, pattern) = (model.now, model.start.config.coverage.pattern());
    let failures = regions.iter().filter_map(|one| Some((one.region.clone(), one.failure.clone()?))).collect();
    let prices = &model.start.prices;
    // Those that are listed are meant; the title says how many they are.
    let input = StorageInput { regions, has_all_regions: true, pattern: &pattern, prices, counts: &mut |_| true };
    let held = StorageHeld::compute(input);
    if let Some(screen) = opened(model) {
        screen.set(held, failures, now);
    }
}

/// Runs an action. Returns false if the screen has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    if let Some(used) = list_screens::act(model, action) {
        return used;
    }
    let Some(screen) = screen(model) else { return false };
    match action {
        Action::Back if screen.close() => {}
        Action::Back | Action::Storage => _ = model.overlays.pop(),
        Action::Sort => {
            screen.sort = screen.sort.next();
            screen.choose_rows();
            let by = screen.sort.label();
            model.show_notice(format!("Sorted by {by}."));
        }
        Action::GroupBy => {
            screen.group_by_next();
            let by = screen.shown.by.as_str();
            model.show_notice(format!("Grouped by {by}."));
        }
        Action::Expand => expand(model),
        Action::Details => details(model),
        Action::Refresh => read(model, effects),
        Action::YankId => {
            if let Some(name) = screen.row(screen.table.list.cursor).map(|row| row.group.name().to_owned()) {
                model.yank(name, effects);
            }
        }
        _ => return false,
    }
    true
}

/// Shows the images of the row under the cursor; of an image, its details.
fn expand(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let Some(row) = screen.row(screen.table.list.cursor) else { return };
    match (&row.group, row.images.first()) {
        (Group::Image(..), Some(image)) => {
            let page = Pager::image(image.clone());
            model.overlays.push(Overlay::Pager(page));
        }
        (_, None) => model.show_notice("Nothing could be read of this region."),
        (group, Some(_)) => {
            let group = group.clone();
            screen.open(group);
        }
    }
}

/// Shows all that is known of the row under the cursor, and how it is summed.
fn details(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let Some(row) = screen.row(screen.table.list.cursor) else { return };
    let page = Pager::listing(format!("Storage of {}", super::name(row)), view::details(screen, row));
    model.overlays.push(Overlay::Pager(page));
}
