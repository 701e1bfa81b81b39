//! The page of storage in line mode: a line for each row.

use super::{StorageHeldScreen, view};
use crate::{
    domain::storage_held::{Group, Row},
    labels,
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen, page},
        model::Model,
    },
};

impl StorageHeldScreen {
    /// Identifies the row across refreshes.
    pub(in crate::tui) fn row_id(&self, row: usize) -> Option<String> {
        self.row(row).map(id)
    }

    /// Returns the place of a row; `None` if it is no longer shown.
    pub(in crate::tui) fn row_of(&self, wanted: &str) -> Option<usize> {
        self.rows().position(|row| id(row) == wanted)
    }

    /// Returns the page's name, for line mode.
    pub(in crate::tui) fn name(&self) -> String {
        let within = self.shown.within.as_ref().map_or("", Group::name);
        format!("storage by {} {within}", self.shown.by.as_str())
    }
}

fn id(row: &Row) -> String {
    match &row.group {
        Group::Family(owner, name) => format!("{owner} {name}"),
        Group::Image(region, image) => format!("{region} {image}"),
        group => group.name().to_owned(),
    }
}

pub fn screen(screen: &StorageHeldScreen, model: &Model) -> LineModeScreen {
    if screen.editing {
        let mut plain = LineModeScreen::new("Filter of the list");
        plain.lines.push(LineModeLine::new(format!("Text: {}", screen.filter().value())).at_cursor(true));
        return plain;
    }
    let mut parts = vec![view::counts(screen, false)];
    if !screen.filter().value().is_empty() {
        parts.push(format!("filter {}", screen.filter().value()));
    }
    parts.extend(view::doing(screen));
    parts.extend(view::not_read(screen));
    parts.push(format!("by {}", screen.sort.label()));
    let mut plain = LineModeScreen::new(parts.join(", "));
    let rows = page(screen.list.cursor, screen.rows.len());
    for at in rows.clone() {
        let Some(row) = screen.row(at) else { continue };
        let figures = [view::about(row), labels::storage_held::at_most(&row.held)];
        let cells = [super::name(row)].into_iter().chain(figures).chain([labels::storage_held::cost(&row.held)]);
        plain.lines.push(LineModeLine::row(at, false, cells).at_cursor(at == screen.list.cursor));
    }
    if screen.rows.is_empty() {
        for line in view::advice(screen, model) {
            plain.say(line);
        }
    }
    plain.say_rest(&rows, screen.rows.len());
    for (line, _) in view::status(screen) {
        plain.say(line);
    }
    plain
}
