//! Pages that are lists, in lines.

use super::text::{LineModeLine, LineModeScreen, page};
use crate::tui::widgets::list_page::ListPage;

/// What is said around the rows.
pub struct ListLines {
    /// How many rows there are. The filter follows.
    pub counts: String,
    pub behind: Vec<String>,
    /// The text of an empty table.
    pub empty: Vec<String>,
    pub status: Vec<String>,
}

/// Returns a page as lines. `row` returns what is said of a row, by its place.
pub fn list_page(table: &ListPage, said: ListLines, row: impl Fn(usize) -> Option<LineModeLine>) -> LineModeScreen {
    if table.editing {
        let mut screen = LineModeScreen::new("Filter of the list");
        screen.lines.push(LineModeLine::new(format!("Text: {}", table.filter.value())).at_cursor(true));
        return screen;
    }
    let filter = table.is_filtered().then(|| format!("filter {}", table.filter.value()));
    let heading: Vec<String> = [said.counts].into_iter().chain(filter).chain(said.behind).collect();
    let mut screen = LineModeScreen::new(heading.join(", "));
    let rows = page(table.list.cursor, table.rows.len());
    let lines = rows.clone().filter_map(|at| Some(row(at)?.at_cursor(at == table.list.cursor)));
    screen.lines.extend(lines);
    if table.rows.is_empty() {
        said.empty.into_iter().for_each(|line| screen.say(line));
    }
    screen.say_rest(&rows, table.rows.len());
    said.status.into_iter().for_each(|line| screen.say(line));
    screen
}
