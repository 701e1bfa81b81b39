//! The pages of storage in line mode: a line for each row.

use super::{StoragePage, StorageScreen, entry::Entry, view};
use crate::tui::{
    line_mode::text::{LineModeLine, LineModeScreen, page},
    model::Model,
};

impl StorageScreen {
    /// Identifies the entry in a row across refreshes.
    pub(in crate::tui) fn row_id(&self, row: usize) -> Option<String> {
        self.entry(row).map(id)
    }

    /// Returns the row of an entry; `None` if it is no longer shown.
    pub(in crate::tui) fn row_of(&self, wanted: &str) -> Option<usize> {
        self.shown().position(|entry| id(entry) == wanted)
    }
}

fn id(entry: &Entry) -> String {
    format!("{} {}", entry.region, entry.id)
}

pub fn screen(screen: &StorageScreen, model: &Model) -> LineModeScreen {
    if screen.editing {
        let mut plain = LineModeScreen::new("Filter of the list");
        plain.lines.push(LineModeLine::new(format!("Text: {}", screen.filter.value())).at_cursor(true));
        return plain;
    }
    let mut parts = vec![view::counts(screen, model)];
    if !screen.filter.value().is_empty() {
        parts.push(format!("filter {}", screen.filter.value()));
    }
    parts.extend(view::activity(screen));
    parts.extend(view::title_notes(screen));
    parts.push(format!("by {}", screen.order()));
    let mut plain = LineModeScreen::new(parts.join(", "));
    let rows = page(screen.list.cursor, screen.rows.len());
    for at in rows.clone() {
        let Some(entry) = screen.entry(at) else { continue };
        let figures = match screen.page {
            StoragePage::Orphans => {
                let month = entry.monthly_cost(&model.start.prices);
                let month = month.map_or_else(|| "price unknown".into(), |month| format!("{month} a month"));
                vec![format!("{} GiB", entry.size()), month, format!("{} old", entry.age(model.now))]
            }
            StoragePage::RecycleBin => {
                vec![entry.exits().map(|at| format!("until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default()]
            }
        };
        let cells = [entry.id.clone(), entry.region.to_string()].into_iter().chain(figures).chain([entry.about()]);
        let line = LineModeLine::row(at, screen.is_marked(entry), cells);
        plain.lines.push(line.at_cursor(at == screen.list.cursor));
    }
    if screen.rows.is_empty() {
        for line in view::empty_text(screen, model) {
            plain.say(line);
        }
    }
    plain.say_rest(&rows, screen.rows.len());
    for (line, _) in view::status(screen) {
        plain.say(line);
    }
    plain
}
