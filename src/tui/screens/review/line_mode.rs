//! The review in line mode: each destination, what was found, then what starting means.

use super::{Entry, ReviewScreen, access, view};
use crate::{
    domain::{
        review::{Severity, Status},
        text::count,
    },
    labels,
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen},
        model::Model,
    },
};

/// Room for a line.
const ROOM: usize = 1_000;

pub fn screen(screen: &ReviewScreen, model: &Model) -> LineModeScreen {
    let table = &screen.table;
    let mut plain = LineModeScreen::new(view::title(screen));
    plain.say(format!("Images to copy: {}", view::sources(screen, "").0));
    for row in &table.rows {
        let cells = view::columns(screen).filter_map(|column| {
            let cell = row.cell(column);
            let heading = labels::review::column(column).to_lowercase();
            match cell.status {
                Status::NotNeeded => None,
                Status::Waiting => Some(format!("{heading} checking")),
                Status::Unknown => Some(format!("{heading} unknown")),
                _ => Some(format!("{heading} {}", labels::review::cell(column, cell))),
            }
        });
        let cells: Vec<String> = cells.collect();
        let of = count(row.copies, "copy", "copies");
        plain.say(format!("{}: {}", row.region, [vec![of], cells].concat().join(", ")));
    }
    for at in 0..screen.entries() {
        let text = match screen.entry(at) {
            Some(Entry::Finding(finding)) => {
                let word = match finding.severity {
                    Severity::Refusal => "Refused: ",
                    Severity::Warning => "Warning: ",
                    Severity::Unknown => "",
                };
                format!("{word}{}", access::text(finding, screen, &model.keymap))
            }
            Some(Entry::Existing(existing)) => {
                let copy = screen.review.copies().get(existing.copy);
                let text = copy.map(|copy| labels::review::existing(existing, &copy.destination, copy.name.as_str()));
                format!("{} Choice: {}", text.unwrap_or_default(), labels::review::choice(existing))
            }
            None => continue,
        };
        plain.lines.push(LineModeLine::row(at, false, [text]).at_cursor(at == screen.list.cursor));
    }
    let summary = labels::review::full_summary(&table.copies, screen.review.job_tags());
    for (lines, _) in view::outlook_text(screen, &summary, &model.keymap, ROOM) {
        plain.say(lines.join(" "));
    }
    plain
}

impl ReviewScreen {
    /// Returns true once nothing is waited for.
    pub(in crate::tui) fn is_complete(&self) -> bool {
        self.table.settled && !self.changed
    }

    /// Returns true while the confirmation is typed.
    pub(in crate::tui) fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    /// Puts the cursor on an entry. Returns false if there is no such.
    pub(in crate::tui) fn go_to(&mut self, at: usize) -> bool {
        let is_there = at < self.entries();
        if is_there {
            (self.list.cursor, self.moved) = (at, true);
        }
        is_there
    }
}
