//! The picker of the account that images are copied into.

use super::{Item, Picker, PickerKind, Value};
use crate::tui::{model::Model, screens::Overlay};

/// Opens the picker with the other accounts on the screen.
pub fn open(model: &mut Model) {
    let item = |other: &crate::tui::others::OtherAccount| Item {
        value: Value::Account(other.id),
        label: other.name.clone(),
        note: other.account.as_ref().map_or_else(|| "not signed in".into(), ToString::to_string),
        enabled: other.account.is_some(),
    };
    let items = model.others.iter().map(item).collect();
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Account, items, false)));
}
