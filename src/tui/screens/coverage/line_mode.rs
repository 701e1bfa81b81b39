//! The coverage screen in line mode: a line for each family, with the regions by what they have.

use super::{CoverageScreen, view};
use crate::{
    domain::{
        coverage::{CellState, Family},
        text::{clean, count},
    },
    labels,
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen, page},
        model::Model,
    },
};

impl CoverageScreen {
    /// Identifies the family in a row across refreshes.
    pub(in crate::tui) fn row_id(&self, row: usize) -> Option<String> {
        self.family(row).map(id)
    }

    /// Returns the row of a family; `None` if it is no longer shown.
    pub(in crate::tui) fn row_of(&self, wanted: &str) -> Option<usize> {
        self.shown().position(|family| id(family) == wanted)
    }
}

fn id(family: &Family) -> String {
    format!("{} {}", family.owner, family.label())
}

pub fn screen(screen: &CoverageScreen, model: &Model) -> LineModeScreen {
    if screen.editing {
        let mut plain = LineModeScreen::new("Filter of the coverage");
        plain.lines.push(LineModeLine::new(format!("Text: {}", screen.filter.value())).at_cursor(true));
        return plain;
    }
    let mut parts = vec![view::counts(screen)];
    if !screen.filter.value().is_empty() {
        parts.push(format!("filter {}", screen.filter.value()));
    }
    if !screen.marked.is_empty() {
        parts.push(format!("{} marked", screen.marked.len()));
    }
    parts.push(format!("by {}", screen.sort.label()));
    parts.extend(view::left_out(screen).map(|text| format!("regions: {text}")));
    parts.extend(labels::coverage::not_known(&screen.coverage.columns));
    let mut plain = LineModeScreen::new(parts.join(", "));
    let rows = page(screen.list.cursor, screen.rows.len());
    for at in rows.clone() {
        let Some(family) = screen.family(at) else { continue };
        let cells = [clean(family.label()).into_owned(), newest(family)].into_iter().chain(regions(screen, family));
        let line = LineModeLine::row(at, screen.is_marked(family), cells);
        plain.lines.push(line.at_cursor(at == screen.list.cursor));
    }
    if screen.rows.is_empty() {
        for line in view::empty_text(screen, model) {
            plain.say(line);
        }
    }
    plain.say_rest(&rows, screen.rows.len());
    if let Some((about, _)) = view::status(screen, model).into_iter().next() {
        plain.say(format!("Region chosen: {about}"));
    }
    plain
}

fn newest(family: &Family) -> String {
    let image = family.newest();
    format!("newest {} in {}", clean(&image.name), image.region)
}

/// The regions by what they have: `missing in eu-west-1 and us-west-2`.
fn regions(screen: &CoverageScreen, family: &Family) -> Vec<String> {
    let by_state = grouped(screen, family).into_iter();
    by_state.map(|(word, regions)| format!("{word} in {}", regions.join(" and "))).collect()
}

/// The newest image, and all regions by what they have, for a page.
pub(super) fn by_state(screen: &CoverageScreen, family: &Family) -> Vec<(String, String)> {
    let image = family.newest();
    let newest = format!("{} ({}) in {}", clean(&image.name), image.id, image.region);
    let by_state = grouped(screen, family).into_iter().rev();
    let by_state = by_state.map(|(word, regions)| {
        (
            word.trim_end_matches(',').to_owned(),
            format!("{}: {}", count(regions.len(), "region", "regions"), regions.join(", ")),
        )
    });
    std::iter::once(("newest".to_owned(), newest)).chain(by_state).collect()
}

/// The regions by what they have, the worst last.
fn grouped<'a>(screen: &'a CoverageScreen, family: &Family) -> Vec<(String, Vec<&'a str>)> {
    let mut by_state: Vec<(String, Vec<&str>)> = Vec::new();
    for word in CellState::WORDS {
        let cells =
            screen.coverage.columns.iter().zip(family.cells.all()).filter(|(_, cell)| cell.state.as_str() == word);
        for (column, cell) in cells {
            let word = match cell.state.percent() {
                Some(percent) => format!("pending, {percent}%,"),
                None => labels::coverage::word(family, &cell.state),
            };
            match by_state.iter_mut().find(|(known, _)| *known == word) {
                Some((_, regions)) => regions.push(column.region.as_str()),
                None => by_state.push((word, vec![column.region.as_str()])),
            }
        }
    }
    by_state
}
