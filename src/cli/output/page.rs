//! One thing for a person: its attributes, a line each, then a paragraph for each kind of thing that belongs to it. On a terminal
//! long lines are wrapped under their beginning.

use std::io::{self, Write as _};

use super::{OutputOptions, Record, table::Table};
use crate::{
    cli::exit::CommandError,
    domain::text::clean,
    term::{
        sgr::{BOLD, RESET},
        text_fit::{cut, wrap},
    },
};

/// Blanks before the lines of a paragraph.
const INDENT: usize = 2;

/// The text while it is written.
pub(in crate::cli) struct Page {
    text: String,
    /// Cells of the attributes' names.
    names: usize,
    output: OutputOptions,
}

impl Page {
    pub(in crate::cli) fn new(output: OutputOptions, names: usize) -> Self {
        Self { text: String::new(), names, output }
    }

    /// Adds a heading of its own line.
    pub(in crate::cli) fn heading(&mut self, heading: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let (bold, reset) = if self.output.color { (BOLD, RESET) } else { ("", "") };
        self.text.extend([bold, &clean(heading), reset, "\n"]);
    }

    /// Adds an attribute, unless it is empty.
    pub(in crate::cli) fn entry(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            let (name, indent) = (format!("{name:<width$}", width = self.names), self.names);
            self.wrapped(&name, value, indent);
        }
    }

    /// Adds a heading and lines, unless there are none.
    pub(in crate::cli) fn paragraph(&mut self, heading: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        self.heading(heading);
        for line in lines {
            self.wrapped(&" ".repeat(INDENT), &line, 2 * INDENT);
        }
    }

    /// Adds lines that are not wrapped: what stands below one another in them belongs together. On a terminal they are cut.
    pub(in crate::cli) fn lines(&mut self, lines: &[String]) {
        for line in lines {
            let line = match self.output.fit {
                Some(fit) => cut(line, fit.cells, fit.ellipsis),
                None => clean(line).into_owned(),
            };
            self.text.extend([&line, "\n"]);
        }
    }

    /// Adds a heading and records: a table on a terminal, else what their columns have, two blanks between them.
    pub(in crate::cli) fn records<R: Record>(&mut self, heading: &str, records: &[R]) {
        let columns = || R::columns().iter().filter(|column| column.default);
        let Some(fit) = self.output.fit else {
            let line = |record: &R| {
                let shown = columns().filter_map(|column| column.shown.wide.map(|form| (form.value)(record)));
                shown.filter(|field| !field.is_empty()).collect::<Vec<_>>().join("  ")
            };
            return self.paragraph(heading, records.iter().map(line));
        };
        let fit = super::Fit { cells: fit.cells.saturating_sub(2 * INDENT), ..fit };
        let mut table = Table::new(columns().collect(), Some(fit), false);
        for record in records {
            table.add(record);
        }
        self.paragraph(heading, table.lines());
    }

    fn wrapped(&mut self, start: &str, text: &str, indent: usize) {
        let text = clean(text);
        let lines = match self.output.fit {
            Some(fit) => wrap(&text, fit.cells.saturating_sub(indent.max(start.len())).max(20)),
            None => vec![text.into_owned()],
        };
        for (n, line) in lines.iter().enumerate() {
            let start = if n == 0 { start } else { &" ".repeat(indent) };
            self.text.extend([start, line, "\n"]);
        }
    }

    /// Returns what was written.
    pub(in crate::cli) fn into_text(self) -> String {
        self.text
    }

    /// Prints it to standard output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(in crate::cli) fn print(self) -> Result<(), CommandError> {
        let mut out = io::stdout();
        out.write_all(self.into_text().as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| CommandError::write(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::{Fit, Format};

    fn page(cells: Option<usize>) -> String {
        let fit = cells.map(|cells| Fit { cells, ellipsis: Fit::UNICODE });
        let output = OutputOptions {
            format: Format::Table,
            color: false,
            quiet: false,
            terminal: fit.is_some(),
            fit,
            streams: false,
        };
        let mut page = Page::new(output, 8);
        page.entry("name", "a name of several words that continues");
        page.entry("empty", "");
        page.paragraph("tags", ["Team = the one that makes the web".to_owned()]);
        page.paragraph("none", []);
        page.into_text()
    }

    #[test]
    fn lines_are_wrapped_under_their_beginning_on_a_terminal_only() {
        let whole = "name    a name of several words that continues\n\ntags\n  Team = the one that makes the web\n";
        assert_eq!(page(None), whole);
        assert_eq!(page(Some(80)), whole);
        let narrow = "name    a name of several\n        words that continues\n\ntags\n  Team = the one that makes\n    the web\n";
        assert_eq!(page(Some(29)), narrow);
    }
}
