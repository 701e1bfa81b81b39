//! The page of storage in line mode: a line for each row.

use super::{StorageHeldScreen, view};
use crate::{
    domain::storage_held::Group,
    labels,
    tui::{
        line_mode::{
            list_page::{ListLines, list_page},
            text::{LineModeLine, LineModeScreen},
        },
        model::Model,
    },
};

impl StorageHeldScreen {
    /// Returns the page's name, for line mode.
    pub(in crate::tui) fn name(&self) -> String {
        let within = self.shown.within.as_ref().map_or("", Group::name);
        format!("storage by {} {within}", self.shown.by.as_str())
    }
}

pub fn screen(screen: &StorageHeldScreen, model: &Model) -> LineModeScreen {
    let order = format!("by {}", screen.sort.label());
    let said = ListLines {
        counts: view::counts(screen, false),
        behind: view::doing(screen).into_iter().chain(view::not_read(screen)).chain([order]).collect(),
        empty: view::advice(screen, model),
        status: view::status(screen).into_iter().map(|(line, _)| line).collect(),
    };
    list_page(&screen.table, said, |at| {
        let row = screen.row(at)?;
        let figures = [view::about(row), labels::storage_held::at_most(&row.held)];
        let cost = labels::storage_held::cost(&row.held);
        Some(LineModeLine::row(at, false, [super::name(row)].into_iter().chain(figures).chain([cost])))
    })
}
