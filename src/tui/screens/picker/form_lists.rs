//! Pickers of the copy form: the sources' tags.

use super::{Item, Picker, PickerKind, Value};
use crate::{
    domain::text::count,
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
