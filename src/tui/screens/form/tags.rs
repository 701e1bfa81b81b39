//! Moving between fields, and lines of tags: adding, removing, and pasting several at once.

use super::{Form, fields::Item, values};
use crate::{domain::text::clean, tui::widgets::editor};

impl Form {
    /// Puts the focus ten items further down, or up, but not round the end.
    pub(super) fn move_page(&mut self, down: bool) {
        const PAGE: usize = 10;
        remove_if_empty(self);
        let rows = self.rows();
        let at = rows.iter().position(|r| r.item == self.focus).unwrap_or(0);
        let to = if down { (at + PAGE).min(rows.len().saturating_sub(1)) } else { at.saturating_sub(PAGE) };
        if let Some(row) = rows.into_iter().nth(to) {
            self.focus(row.item);
        }
    }

    /// Puts the focus on the next item, or the previous one.
    pub(super) fn move_focus(&mut self, forward: bool) {
        let rows = self.rows();
        let at = rows.iter().position(|r| r.item == self.focus).unwrap_or(0);
        // An empty line of tags is removed when it loses the focus; the next line takes its place.
        let removed = remove_if_empty(self);
        let rows = if removed { self.rows() } else { rows };
        let next = match (forward, removed) {
            (true, true) => at,
            (true, false) => at + 1,
            (false, _) => at + rows.len() - 1,
        } % rows.len();
        if let Some(row) = rows.into_iter().nth(next) {
            self.focus(row.item);
        }
    }
}

/// Removes the line with the focus if it is empty and not the last, to which new tags are added.
pub(super) fn remove_if_empty(form: &mut Form) -> bool {
    let empty = form.line.value().trim().is_empty();
    empty && remove(form)
}

/// Removes the line of tags with the focus. Returns false if there is none.
pub(super) fn remove(form: &mut Form) -> bool {
    let Some(field) = form.text_field().cloned() else { return false };
    let mut removed = false;
    if let Some((lines, at)) = values::tag_lines(&mut form.draft, &field)
        && at < lines.len()
    {
        lines.remove(at);
        removed = true;
    }
    if removed {
        form.change(|_| {});
        form.focus(form.focus.clone());
    }
    removed
}

/// Pastes several lines into a line of tags: the first at the cursor, the others below. Returns false for a single line or another
/// field.
pub(super) fn paste_lines(form: &mut Form, text: &str) -> bool {
    let pasted: Vec<String> =
        text.split(['\r', '\n']).map(|line| clean(line.trim()).into_owned()).filter(|line| !line.is_empty()).collect();
    let Some(field) = form.text_field().cloned() else { return false };
    let [first, others @ ..] = pasted.as_slice() else { return false };
    if others.is_empty() || values::tag_lines(&mut form.draft, &field).is_none() {
        return false;
    }
    editor::paste(&mut form.line, first);
    let line = form.line.value().to_owned();
    form.change(|draft| {
        values::set_text(draft, &field, line);
        if let Some((lines, at)) = values::tag_lines(draft, &field) {
            let below = lines.split_off(lines.len().min(at + 1));
            lines.extend(others.iter().cloned());
            lines.extend(below);
        }
    });
    // On to the line below the pasted ones.
    for _ in 0..=others.len() {
        form.move_focus(true);
    }
    matches!(form.focus, Item::Field(..))
}
