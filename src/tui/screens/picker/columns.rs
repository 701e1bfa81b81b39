//! The picker of the image list's columns: which, and in which order.

use std::collections::BTreeSet;

use super::{Item, PAGE, Picker, PickerKind, Value};
use crate::{
    domain::ImageColumn,
    tui::{
        bindings::{Action, Context},
        layout,
        model::Model,
        screens::{Overlay, images::columns},
    },
};

/// Opens the picker: the columns shown come first, marked and in their order, then all others, with a column for each tag of the images.
pub fn open(model: &mut Model) {
    let inner = usize::from(layout::now(model).images.width.saturating_sub(2));
    let mut all: Vec<ImageColumn> = if model.images.columns.is_empty() {
        columns::columns(model, inner).into_iter().map(|placed| placed.column).collect()
    } else {
        model.images.columns.clone()
    };
    let shown = all.len();
    let tags: BTreeSet<&str> =
        model.images.rows.all().flat_map(|image| image.tags.iter().map(|tag| &*tag.key)).collect();
    let others = ImageColumn::all().chain(tags.into_iter().map(|key| ImageColumn::Tag(key.into())));
    let others: Vec<ImageColumn> = others.filter(|column| !all.contains(column)).collect();
    all.extend(others);
    let item = |column: ImageColumn| Item {
        label: column.to_string(),
        note: columns::about(&column).into(),
        value: Value::Column(column),
        enabled: true,
    };
    let mut picker = Picker::new(PickerKind::Columns, all.into_iter().map(item).collect(), true);
    picker.marked = (0..shown).collect();
    let [down, up] = [Action::MoveDown, Action::MoveUp].map(|action| model.keymap.key(Context::Picker, action));
    picker.message = format!("{down} and {up} move a column. Without any marked, those are shown that fit.");
    model.overlays.push(Overlay::Picker(picker));
}

/// Moves the row under the cursor down, or up.
pub(super) fn move_row(picker: &mut Picker, down: bool) {
    // Between rows that a filter hides it would move unseen.
    if picker.kind != PickerKind::Columns || picker.shown.len() != picker.items.len() {
        return;
    }
    let at = picker.list.cursor;
    let other = if down { at + 1 } else { at.wrapping_sub(1) };
    if other >= picker.items.len() {
        return;
    }
    picker.items.swap(at, other);
    if picker.marked.contains(&at) != picker.marked.contains(&other) {
        for row in [at, other] {
            if !picker.marked.remove(&row) {
                picker.marked.insert(row);
            }
        }
    }
    picker.list.cursor = other;
    picker.list.clamp(picker.shown.len(), PAGE);
}

/// Shows the chosen columns; none for those that fit.
pub(super) fn accept(model: &mut Model, values: &[Value]) {
    let column = |value: &Value| if let Value::Column(column) = value { Some(column.clone()) } else { None };
    let columns: Vec<ImageColumn> = values.iter().filter_map(column).collect();
    if columns.is_empty() {
        model.show_notice("As many columns as fit are shown.");
    } else {
        let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
        let names = names.join(", ");
        let remembered = model.start.remembers && model.start.config.browse.columns.is_empty();
        model.show_notice(if remembered {
            format!("Remembered for this account. For every account: [browse] columns = [{names}]")
        } else {
            format!("To keep these columns: [browse] columns = [{names}]")
        });
    }
    model.images.columns = columns;
    let inner = usize::from(layout::now(model).images.width.saturating_sub(2));
    let shown = columns::columns(model, inner);
    let is_shown = |column: &&ImageColumn| shown.iter().any(|placed| placed.column == **column);
    let hidden: Vec<String> =
        model.images.columns.iter().filter(|column| !is_shown(column)).map(ToString::to_string).collect();
    if !hidden.is_empty() {
        let up = model.keymap.key(Context::Picker, Action::MoveUp);
        model.show_notice(format!(
            "No room at this width for {}: the last columns go first. {up} moves one up in the list of columns.",
            hidden.join(", ")
        ));
    }
}
