//! Tables for a terminal: aligned columns with a heading, fitted to its width.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::{
    domain::text::clean,
    records::{Column, Form},
    term::{
        sgr::{BOLD, RESET},
        text_fit::cut,
    },
};

/// Blanks between two columns.
pub(super) const GAP: usize = 2;
/// The room of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Fit {
    /// Width of the terminal.
    pub(in crate::cli) cells: usize,
    /// Stands for what is cut.
    pub(in crate::cli) ellipsis: &'static str,
}

impl Fit {
    pub(in crate::cli) const UNICODE: &'static str = "…";
    pub(in crate::cli) const ASCII: &'static str = "~";

    /// The same on a terminal that shows only ASCII.
    pub(in crate::cli) fn in_ascii(self) -> Self {
        Self { ellipsis: Self::ASCII, ..self }
    }
}

/// A table that is printed once all its rows are known.
pub(super) struct Table<R: 'static> {
    pub(super) columns: Vec<&'static Column<R>>,
    pub(super) rows: Vec<Row>,
    /// `None` where nothing is to be cut.
    pub(super) fit: Option<Fit>,
    /// No column is left out.
    pub(super) keeps_columns: bool,
    color: bool,
}

/// The values of a record in both forms of its columns; empty where a column has no such form.
pub(super) struct Row {
    pub(super) wide: Vec<String>,
    pub(super) narrow: Vec<String>,
}

impl<R: 'static> Table<R> {
    pub(super) fn new(columns: Vec<&'static Column<R>>, fit: Option<Fit>, color: bool) -> Self {
        Self { columns, rows: Vec::new(), fit, keeps_columns: false, color }
    }

    pub(super) fn add(&mut self, record: &R) {
        let text = |form: Option<Form<R>>| form.map(|form| clean(&(form.value)(record)).into_owned());
        let forms = |form: fn(&Column<R>) -> Option<Form<R>>| {
            self.columns.iter().map(|column| text(form(column)).unwrap_or_default()).collect()
        };
        let wide = forms(|column| column.shown.wide);
        // Where nothing is cut they are not needed.
        let narrow = match self.fit {
            Some(_) => forms(|column| column.shown.narrow.map(|(_, form)| form)),
            None => Vec::new(),
        };
        self.rows.push(Row { wide, narrow });
    }

    /// Writes the table; nothing if it has no rows.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (n, line) in self.lines().iter().enumerate() {
            if n == 0 && self.color { writeln!(out, "{BOLD}{line}{RESET}") } else { writeln!(out, "{line}") }?;
        }
        Ok(())
    }

    /// Returns the heading and the rows; nothing if there are no rows.
    pub(super) fn lines(&self) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let placed = self.lay_out();
        let ellipsis = self.fit.map_or("", |fit| fit.ellipsis);
        // The heading is the first row.
        let cells: Vec<Vec<Vec<String>>> = placed
            .iter()
            .map(|column| {
                let heading = cut(&self.columns[column.at].heading(&column.form), column.width, ellipsis);
                std::iter::once(vec![heading]).chain(self.cells(column)).collect()
            })
            .collect();
        let mut lines = Vec::new();
        for row in 0..=self.rows.len() {
            let height = cells.iter().map(|of_column| of_column[row].len()).max().unwrap_or_default();
            lines.extend((0..height).map(|n| {
                let in_line = placed.iter().zip(&cells).map(|(column, of_column)| {
                    let cell = of_column[row].get(n).map(String::as_str).unwrap_or_default();
                    let padding = " ".repeat(column.width.saturating_sub(cell.width()));
                    if self.columns[column.at].right { padding + cell } else { cell.to_owned() + &padding }
                });
                in_line.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
            }));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Elision;

    struct Named(&'static str, u32, &'static str);

    const COLUMNS: &[&Column<Named>] = &[
        &Column::new("image_id", |n| n.0.chars().rev().take(3).collect()),
        &Column::<Named>::number("size_gib", |n| n.1.to_string()).shown("SIZE", |n| format!("{} GiB", n.1)).narrow(
            2,
            "GIB",
            |n| n.1.to_string(),
        ),
        &Column::<Named>::new("name", |n| n.0.into()).cut(Elision::Differing(6)),
        &Column::<Named>::new("state_reason", |n| n.2.into()).headed("REASON").cut(Elision::End(8)).left_out(1),
        &Column::<Named>::new("percent", |_| "7".into()).in_data_only(),
    ];

    const ROWS: [Named; 2] =
        [Named("fleet-web-2026.01-x86_64", 8, "the key is disabled"), Named("fleet-api-2026.01-x86_64", 1000, "")];

    fn printed(cells: usize, rows: impl IntoIterator<Item = Named>, keeps_columns: bool) -> Vec<String> {
        let mut table = Table::new(COLUMNS.to_vec(), Some(Fit { cells, ellipsis: "…" }), false);
        table.keeps_columns = keeps_columns;
        rows.into_iter().for_each(|row| table.add(&row));
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_aligned_by_width_not_by_characters() {
        let lines = printed(80, [Named("日本", 8, ""), Named("a", 1000, "")], false);
        assert_eq!(lines, ["IMAGE ID      SIZE  NAME", "本日         8 GiB  日本", "a         1000 GiB  a"]);
    }

    #[test]
    fn an_empty_table_has_no_heading() {
        assert!(printed(80, [], false).is_empty());
    }

    #[test]
    fn a_table_gives_way_step_by_step_until_it_fits() {
        let heading = |cells| printed(cells, ROWS, false).remove(0);
        assert_eq!(heading(80), "IMAGE ID      SIZE  NAME                      REASON");
        assert!(heading(50).ends_with("REASON"), "{}", heading(50));
        assert_eq!(heading(37), "IMAGE ID      SIZE  NAME");
        assert!(heading(27).contains(" GIB"), "{}", heading(27));
        assert!(printed(26, ROWS, true)[0].ends_with("REA…"), "{:?}", printed(26, ROWS, true));
        for cells in 20..100 {
            let lines = printed(cells, ROWS, false);
            assert!(lines.iter().all(|line| line.width() <= cells), "{cells}: {lines:?}");
        }
    }

    #[test]
    fn a_reason_continues_on_further_lines_and_loses_nothing() {
        const WRAPPED: &[&Column<Named>] = &[
            &Column::new("image_id", |n| n.0.into()),
            &Column::<Named>::new("message", |n| n.2.into()).headed("WHY").cut(Elision::Wrapped(10)),
            &Column::<Named>::number("size_gib", |n| n.1.to_string()),
        ];
        let printed = |cells| {
            let mut table = Table::new(WRAPPED.to_vec(), Some(Fit { cells, ellipsis: "…" }), false);
            for row in [Named("ami-1", 8, "the key is disabled in the region"), Named("ami-2", 9, "")] {
                table.add(&row);
            }
            table.lines()
        };
        let expected = [
            "IMAGE ID  WHY                      SIZE GIB",
            "ami-1     the key is disabled in          8",
            "          the region",
            "ami-2                                     9",
        ];
        assert_eq!(printed(43), expected);
        assert_eq!(printed(80)[1], "ami-1     the key is disabled in the region         8");
        for cells in 30..60 {
            let lines = printed(cells);
            assert!(lines.iter().all(|line| line.width() <= cells), "{cells}: {lines:?}");
            let words: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            assert!("the key is disabled in the region".split(' ').all(|word| words.contains(&word)), "{lines:?}");
        }
    }

    #[test]
    fn names_that_differ_stay_different() {
        let rows = || ROWS.map(|Named(name, size, _)| Named(name, size, ""));
        for cells in 24..60 {
            let lines = printed(cells, rows(), false);
            let names: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().last()).collect();
            assert_ne!(names[1], names[2], "{cells}: {lines:?}");
        }
        // Where the middle is the same, that is what is cut.
        assert!(printed(40, rows(), false)[1].ends_with("  fleet-web….01-x86_64"), "{:?}", printed(40, rows(), false));
    }
}
