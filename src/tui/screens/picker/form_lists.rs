//! Pickers of the copy form: the sources' tags, completion times.

use super::{Item, PAGE, Picker, PickerKind, Value};
use crate::{
    domain::{completion::CompletionDuration, plan::CompletionChoice, text::count},
    tui::{model::Model, screens::Overlay},
};

/// Opens the picker of the sources' tags that go along: each key, how many of the images have it, and whether it is marked.
pub fn source_tags(model: &mut Model, keys: &[(Box<str>, usize, bool)], images: usize) {
    let item = |(key, having, _): &(Box<str>, usize, bool)| Item {
        value: Value::Text(key.to_string()),
        label: key.to_string(),
        note: if images == 1 { String::new() } else { format!("on {having} of {}", count(images, "image", "images")) },
        enabled: true,
    };
    let mut picker = Picker::new(PickerKind::SourceTags, keys.iter().map(item).collect(), true);
    picker.marked = (0..keys.len()).filter(|i| keys[*i].2).collect();
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the picker of completion times, each with its fee for all copies. Those that are too short for the size cannot be chosen.
pub fn completion(model: &mut Model, choices: &[CompletionChoice], chosen: Option<CompletionDuration>) {
    let item = |choice: &CompletionChoice| {
        let price = choice.price.map_or("price unknown".into(), |price| format!("{price} for all copies"));
        let note = if choice.allowed { price } else { "too short for the size".into() };
        let label = choice.duration.to_string();
        Item { value: Value::Completion(Some(choice.duration)), label, note, enabled: choice.allowed }
    };
    let none = Item {
        value: Value::Completion(None),
        label: "no limit".into(),
        note: "as fast as EC2 copies, no fee".into(),
        enabled: true,
    };
    let items: Vec<Item> = std::iter::once(none).chain(choices.iter().map(item)).collect();
    let mut picker = Picker::new(PickerKind::Completion, items, false);
    let at = picker.items.iter().position(|i| i.value == Value::Completion(chosen));
    picker.list.cursor = at.unwrap_or(0);
    picker.list.clamp(picker.shown.len(), PAGE);
    picker.message = match choices.iter().find(|c| c.allowed) {
        Some(least) => {
            format!("At least {} for the size. The fee comes on top of transfer and storage.", least.duration)
        }
        None => "The copies are too large for any completion time.".into(),
    };
    model.overlays.push(Overlay::Picker(picker));
}
