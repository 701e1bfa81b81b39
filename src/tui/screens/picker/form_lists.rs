//! Pickers of the copy form: the sources' tags, completion times, presets.

use std::sync::Arc;

use super::{Item, PAGE, Picker, PickerKind, Value};
use crate::{
    domain::{completion::CompletionDuration, plan::CompletionChoice, preset::Preset, text::count},
    tui::{model::Model, msg::StoredForms, screens::Overlay},
};

/// Opens the picker of the sources' tags that go along: each key, how many of the images have it, and whether it is marked.
pub fn source_tags(model: &mut Model, keys: &[(Arc<str>, usize, bool)], images: usize) {
    let item = |(key, having, _): &(Arc<str>, usize, bool)| Item {
        value: Value::Text(key.to_string()),
        label: key.to_string(),
        note: if images == 1 { String::new() } else { format!("on {having} of {}", count(images, "image", "images")) },
        enabled: true,
    };
    let mut picker = Picker::new(PickerKind::SourceTags, keys.iter().map(item).collect(), true);
    picker.marked = (0..keys.len()).filter(|i| keys[*i].2).collect();
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the picker of completion times, each with its fee for all copies. EC2 takes those as well that are too short for full
/// volumes.
pub fn completion(model: &mut Model, choices: &[CompletionChoice], chosen: Option<CompletionDuration>) {
    let item = |choice: &CompletionChoice| {
        let price = choice.price.map_or("price unknown".into(), |price| format!("{price} for all copies"));
        let note = if choice.enough { price } else { format!("{price}, too short if the volumes are full") };
        let label = choice.duration.to_string();
        Item { value: Value::Completion(Some(choice.duration)), label, note, enabled: true }
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
    picker.message = match choices.iter().find(|c| c.enough) {
        Some(least) => {
            format!("At least {} for full volumes. The fee comes on top of transfer and storage.", least.duration)
        }
        None => "Full volumes of this size take longer than any of these.".into(),
    };
    model.overlays.push(Overlay::Picker(picker));
}

/// Label of the values that were started last.
const LAST: &str = "last values";

/// Opens the picker of the presets, after the values that were started last.
pub fn presets(model: &mut Model, stored: StoredForms) {
    let last = stored.last.map(|preset| (LAST.to_owned(), true, preset));
    let named = stored.presets.into_iter().map(|(name, preset)| (name, false, Box::new(preset)));
    let item = |(label, last, preset): (String, bool, Box<Preset>)| Item {
        note: preset_note(&preset),
        value: if last { Value::LastValues(preset) } else { Value::Preset(preset) },
        label,
        enabled: true,
    };
    let items = last.into_iter().chain(named).map(item).collect();
    model.overlays.push(Overlay::Picker(Picker::new(PickerKind::Preset, items, false)));
}

fn preset_note(preset: &Preset) -> String {
    let mut words: Vec<String> = preset.destinations.iter().flatten().map(ToString::to_string).collect();
    words.extend((preset.encrypt == Some(true)).then(|| "encrypted".into()));
    let tags = preset.image_tags.as_ref().map_or(0, Vec::len);
    words.extend((tags > 0).then(|| count(tags, "tag", "tags")));
    words.extend(preset.share_with.as_ref().is_some_and(|with| !with.is_empty()).then(|| "shared".into()));
    words.join(", ")
}

/// The preset under the cursor, if presets are on top.
pub(super) fn current_preset(picker: &Picker) -> Option<&str> {
    let item = &picker.items[picker.current()?];
    matches!(item.value, Value::Preset(_)).then_some(item.label.as_str())
}

/// Takes a preset out of its open picker.
pub fn remove_preset_row(model: &mut Model, name: &str) {
    if let Some(Overlay::Picker(picker)) = model.overlays.last_mut() {
        picker.items.retain(|item| !matches!(item.value, Value::Preset(_)) || item.label != name);
        picker.apply_filter();
    }
}
