//! The rows as they were printed last: a number that is typed means the row that was printed with it, even if it has moved.

use std::collections::BTreeMap;

use super::{
    awaited::awaited,
    places::place,
    screen::screen,
    state::{LineReply, PrintedRows, RowId},
};
use crate::tui::{
    model::{Model, Pane},
    screens::{Overlay, jobs},
};

/// Where the row is that was printed with a number.
pub(super) enum Found {
    At(usize),
    /// It is no longer in the list; with its text.
    Gone(String),
}

/// Keeps the rows that are printed with the reply to the last line, once it is complete. Called once a frame.
pub(in crate::tui) fn on_frame(model: &mut Model) {
    if !model.start.caps.line_mode || model.line_mode.is_answered {
        return;
    }
    if awaited(model).is_subset(&model.line_mode.awaited) {
        model.line_mode.is_answered = true;
        // Lines that are printed instead of the screen have no rows: those printed before still count.
        if !matches!(model.line_mode.reply, LineReply::Lines(_)) {
            keep(model);
        }
    }
}

fn keep(model: &mut Model) {
    let list = list(model);
    let said: Vec<(usize, (RowId, String))> = screen(model)
        .lines
        .iter()
        .filter_map(|line| {
            let row = line.index()?;
            Some((row, (id_at(model, row)?, line.said())))
        })
        .collect();
    let kept = &mut model.line_mode.rows;
    if kept.list != list {
        *kept = PrintedRows { list, rows: BTreeMap::new() };
    }
    kept.rows.extend(said);
}

/// Returns where the row is now that was printed with this number, counted from 0.
pub(super) fn find(model: &Model, row: usize) -> Found {
    let kept = &model.line_mode.rows;
    match kept.rows.get(&row).filter(|_| kept.list == list(model)) {
        Some((id, _)) if id_at(model, row).as_ref() == Some(id) => Found::At(row),
        Some((id, said)) => row_of(model, id).map_or_else(|| Found::Gone(said.clone()), Found::At),
        None => Found::At(row),
    }
}

/// The list with the focus, and what is shown of it.
fn list(model: &Model) -> String {
    let filter = match model.overlays.last() {
        Some(Overlay::Picker(picker)) => picker.filter.value(),
        Some(Overlay::Coverage(screen)) => screen.filter.value(),
        Some(overlay) => overlay.list_screen().map_or("", |screen| screen.table().filter.value()),
        None if model.focus == Pane::Images => model.images.filter.value(),
        None => model.jobs.filter.value(),
    };
    // The rows of the images name their account; jobs have the same numbers in each.
    let account = if place(model) == "images" { None } else { Some(model.id) };
    format!("{} {account:?} {:?} {filter}", place(model), model.images.sort)
}

fn id_at(model: &Model, row: usize) -> Option<RowId> {
    match model.overlays.last() {
        Some(Overlay::Picker(picker)) => picker.label_at(row).map(|label| RowId::Item(label.to_owned())),
        Some(Overlay::Coverage(screen)) => screen.row_id(row).map(RowId::Item),
        Some(overlay) => overlay.list_screen()?.row_id(row).map(RowId::Item),
        None if model.focus == Pane::Images => {
            let list = model.images.rows.list_of(row)?;
            Some(RowId::Image(list.clone(), model.images.rows.get(row)?.id.clone()))
        }
        None => jobs::lines::job_at(model, row).map(RowId::Job),
    }
}

fn row_of(model: &Model, id: &RowId) -> Option<usize> {
    match (id, model.overlays.last()) {
        (RowId::Item(label), Some(Overlay::Picker(picker))) => picker.row_of(label),
        (RowId::Item(id), Some(Overlay::Coverage(screen))) => screen.row_of(id),
        (RowId::Item(id), Some(overlay)) => overlay.list_screen()?.row_of(id),
        (RowId::Image(list, id), None) => model.images.rows.line_of(list, id),
        (RowId::Job(id), None) => jobs::lines::row_of(model, *id),
        _ => None,
    }
}
