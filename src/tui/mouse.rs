//! The mouse, where it is on. A click gives the focus and selects; on what is selected already it opens. The right button, or a click
//! on the column of marks, marks. The wheel moves in what it is over.

use ratatui::layout::{Position, Rect};

use crate::{
    term::input::{MouseButton, MouseEvent, MouseEventKind},
    tui::{
        bindings::Action,
        layout,
        model::{Model, Pane},
        screens::{Overlay, confirm, coverage, images, jobs, palette, picker},
        widgets::list_page::ListScreen,
    },
};

/// Columns at the left of a pane's rows that hold the cursor's mark and the row's.
const MARKS: u16 = 2;

/// Moves focus and cursor. Returns the action to run.
pub(super) fn on_event(model: &mut Model, event: MouseEvent) -> Option<Action> {
    let at = Position { x: event.column, y: event.row };
    match event.kind {
        MouseEventKind::ScrollDown => {
            focus(model, at);
            Some(Action::Down)
        }
        MouseEventKind::ScrollUp => {
            focus(model, at);
            Some(Action::Up)
        }
        MouseEventKind::Down(MouseButton::Left) => click(model, at, false),
        MouseEventKind::Down(MouseButton::Right) => click(model, at, true),
        _ => None,
    }
}

fn areas(model: &Model) -> layout::Areas {
    layout::now(model)
}

/// Gives the focus to the pane at a position. Returns true if it had it.
fn focus(model: &mut Model, at: Position) -> bool {
    let areas = areas(model);
    let pane = if areas.images.contains(at) { Pane::Images } else { Pane::Jobs };
    if !model.overlays.is_empty() || !(areas.images.contains(at) || areas.jobs.contains(at)) {
        return true;
    }
    let had_focus = std::mem::replace(&mut model.focus, pane) == pane;
    if !had_focus {
        // Keys go to the pane with the focus.
        (model.images.editing, model.jobs.editing) = (false, false);
    }
    had_focus
}

/// The row of a bordered list at a position, below `head` lines.
fn row(area: Rect, head: u16, offset: usize, at: Position) -> Option<usize> {
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 1 + head,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2 + head),
    };
    inner.contains(at).then(|| offset + usize::from(at.y - inner.y))
}

/// The row of a page that is a list at a position; its last lines are about the row and the page.
fn list_row(screen: &dyn ListScreen, area: Rect, at: Position) -> Option<usize> {
    let below = u16::try_from(screen.status_lines()).unwrap_or(u16::MAX);
    let rows = Rect { height: area.height.saturating_sub(below), ..area };
    row(rows, 1, screen.table().list.offset, at)
}

fn click(model: &mut Model, at: Position, right: bool) -> Option<Action> {
    let areas = areas(model);
    if let Some(overlay) = model.overlays.last_mut() {
        return match overlay {
            Overlay::Picker(picker) => {
                let clicked = picker::view::row_at(picker, areas.body, at);
                accepts(clicked, picker.select(clicked), right)
            }
            Overlay::Palette(palette) => {
                let clicked = palette::view::row_at(palette, areas.body, at);
                accepts(clicked, palette.select(clicked), false)
            }
            Overlay::Confirmation(confirmation) => {
                let clicked = confirm::view::choice_at(confirmation, areas.body, at);
                confirmation.select(clicked).then_some(Action::Press)
            }
            Overlay::Coverage(screen) => {
                let (row, column) = coverage::view::cell_at(screen, areas.body, at)?;
                let selected = screen.select(row, column);
                marks_or_opens(areas.body, at, right, selected)
            }
            Overlay::Storage(screen) => {
                let clicked = list_row(screen.as_ref(), areas.body, at).filter(|row| screen.go_to(*row));
                clicked.and_then(|_| marks_or_opens(areas.body, at, right, false))
            }
            Overlay::SyncPlan(screen) => {
                list_row(screen.as_ref(), areas.body, at).filter(|row| screen.go_to(*row));
                None
            }
            Overlay::StorageHeld(screen) => {
                let opens = list_row(screen.as_ref(), areas.body, at).is_some_and(|row| screen.select(row));
                opens.then_some(Action::Expand)
            }
            _ => None,
        };
    }
    let had_focus = focus(model, at);
    let (marks, clicked) = if areas.images.contains(at) {
        (true, images::update::select(model, row(areas.images, 1, model.images.list.offset, at)))
    } else if areas.jobs.contains(at) {
        let (head, offset) = match &model.jobs.history {
            Some(history) => (1, history.offset()),
            None => (0, model.jobs.list.offset),
        };
        (false, jobs::lines::select(model, row(areas.jobs, head, offset, at)))
    } else {
        return None;
    };
    let was_selected = clicked? && had_focus;
    if marks && (right || at.x <= areas.images.x + MARKS) {
        return Some(Action::Mark);
    }
    (was_selected && !right).then_some(if marks { Action::Details } else { Action::Expand })
}

/// The action for a row of a page over the panes; `selected` if it was selected already.
fn marks_or_opens(area: Rect, at: Position, right: bool, selected: bool) -> Option<Action> {
    if right || at.x <= area.x + MARKS {
        return Some(Action::Mark);
    }
    selected.then_some(Action::Details)
}

/// The action for a row of a list of choices; `selected` if it was selected already.
fn accepts(clicked: Option<usize>, selected: bool, right: bool) -> Option<Action> {
    clicked?;
    if right {
        return Some(Action::Mark);
    }
    selected.then_some(Action::Accept)
}
