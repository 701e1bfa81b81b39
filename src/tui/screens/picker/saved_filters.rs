//! The picker of filters: those that are saved, then those that were used last.

use super::{Item, Picker, PickerKind, Value};
use crate::{
    config::NamedFilters,
    tui::{model::Model, screens::Overlay},
};

/// Opens the picker.
pub fn open(model: &mut Model, filters: NamedFilters) {
    let item = |(name, filter): (String, String)| Item {
        value: Value::Filter(filter.clone()),
        label: name,
        note: filter,
        enabled: true,
    };
    let recent = |filter: &String| Item {
        value: Value::RecentFilter(filter.clone()),
        label: filter.clone(),
        note: "used last".into(),
        enabled: true,
    };
    let unsaved = model.images.recent.iter().filter(|recent| !filters.values().any(|saved| saved == *recent));
    let recent: Vec<Item> = unsaved.map(recent).collect();
    let items = filters.into_iter().map(item).chain(recent).collect();
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Filter, items, false)));
}

/// The name under the cursor, if saved filters are on top.
pub(super) fn current(picker: &Picker) -> Option<&str> {
    let item = &picker.items[picker.current()?];
    matches!(item.value, Value::Filter(_)).then_some(item.label.as_str())
}

/// Takes a filter out of its open picker.
pub fn remove_row(model: &mut Model, name: &str) {
    if let Some(Overlay::Picker(picker)) = model.overlays.last_mut() {
        picker.items.retain(|item| !matches!(item.value, Value::Filter(_)) || item.label != name);
        picker.apply_filter();
    }
}
