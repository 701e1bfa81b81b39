//! The pages that are open over the panes.

use super::{
    bindings::Action,
    model::Model,
    msg::Effect,
    screens::{
        coverage, list_screens,
        storage::{self, StoragePage},
        storage_held, sync_plan,
    },
};

/// Opens the page of an action, or goes back to it.
pub(super) fn open(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Coverage => coverage::update::open(model),
        Action::Orphans => storage::update::open(model, StoragePage::Orphans, effects),
        Action::RecycleBin => storage::update::open(model, StoragePage::RecycleBin, effects),
        Action::Storage => storage_held::update::open(model, effects),
        Action::SyncPlan => sync_plan::update::open(model, None, effects),
        _ => {}
    }
}

/// Brings the pages that are open up to date. Once a frame.
pub(super) fn refresh(model: &mut Model) {
    coverage::update::refresh(model);
    list_screens::refresh(model);
}
