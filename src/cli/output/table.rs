//! Tables for a terminal: aligned columns with a heading.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::term::sgr::{BOLD, RESET};

/// Columns between two spaces each.
const GAP: &str = "  ";

/// A table that is printed once all its rows are known.
pub(super) struct Table {
    /// Name, and true for those aligned to the right.
    headings: Vec<(&'static str, bool)>,
    rows: Vec<Vec<String>>,
    color: bool,
}

impl Table {
    pub(super) fn new(headings: Vec<(&'static str, bool)>, color: bool) -> Self {
        Self { headings, rows: Vec::new(), color }
    }

    /// Adds a row of clean text.
    pub(super) fn add(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Writes the table; nothing if it has no rows.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let headings: Vec<String> =
            self.headings.iter().map(|(name, _)| name.to_uppercase().replace('_', " ")).collect();
        let mut widths: Vec<usize> = headings.iter().map(|h| h.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let heading = self.line(&headings, &widths);
        if self.color {
            writeln!(out, "{BOLD}{heading}{RESET}")?;
        } else {
            writeln!(out, "{heading}")?;
        }
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", self.line(row, &widths)))
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, right)) in cells.iter().zip(widths).zip(&self.headings) {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            if !line.is_empty() {
                line += GAP;
            }
            line += &if *right { padding + cell } else { cell.clone() + &padding };
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_not_by_characters() {
        let mut table = Table::new(vec![("name", false), ("size_gib", true)], false);
        table.add(vec!["日本".into(), "8".into()]);
        table.add(vec!["a".into(), "1000".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "NAME  SIZE GIB\n日本         8\na         1000\n");
    }

    #[test]
    fn an_empty_table_has_no_heading() {
        let mut out = Vec::new();
        Table::new(vec![("name", false)], true).write(&mut out).unwrap();
        assert!(out.is_empty());
    }
}
