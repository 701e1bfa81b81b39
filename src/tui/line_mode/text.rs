//! A screen as lines that are understood without seeing where they stand.

use std::ops::Range;

use ratatui::text::Line;

use crate::domain::text::{clean, thousands};

/// Columns and rows of a screen that nobody sees: where text is wrapped, and how far a page goes.
pub const SIZE: (u16, u16) = (120, 24);

/// Rows of a list that are said at once.
pub const PAGE: usize = 20;

/// The rows of the page that has the cursor. Pages stay where they are, so that a row is not said again for having moved.
pub fn page(cursor: usize, len: usize) -> Range<usize> {
    let from = cursor.min(len.saturating_sub(1)) / PAGE * PAGE;
    from..(from + PAGE).min(len)
}

/// One line of a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineModeLine {
    /// The number of a row that can be gone to.
    number: Option<usize>,
    text: String,
    /// Identity of the line between frames; the text by default.
    key: Option<String>,
    /// The cursor is on it.
    pub current: bool,
}

impl LineModeLine {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A row of a list, counted from 0, with what there is to say of it.
    pub fn row(at: usize, marked: bool, cells: impl IntoIterator<Item = String>) -> Self {
        let mark = marked.then(|| "marked".to_owned());
        let cells: Vec<String> = mark.into_iter().chain(cells).filter(|cell| !cell.is_empty()).collect();
        Self { number: Some(at + 1), ..Self::new(cells.join(", ")) }
    }

    /// The line, with the cursor on it or not.
    #[must_use]
    pub fn at_cursor(self, current: bool) -> Self {
        Self { current, ..self }
    }

    /// The line with this identity between frames.
    #[must_use]
    pub fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Identity of the line between frames.
    pub fn key(&self) -> String {
        match (&self.key, self.number) {
            (Some(key), _) => key.clone(),
            (None, Some(number)) => format!("{number}: {}", self.text),
            (None, None) => self.text.clone(),
        }
    }

    /// The row, counted from 0, if it can be gone to.
    pub fn index(&self) -> Option<usize> {
        self.number?.checked_sub(1)
    }

    /// What is said of it, without its number.
    pub fn said(&self) -> String {
        clean(&self.text).into_owned()
    }

    /// The line as it is printed.
    pub fn spoken(&self) -> String {
        let text = clean(&self.text);
        match (self.number, self.current) {
            (Some(number), true) => format!("{number}: current, {text}"),
            (Some(number), false) => format!("{number}: {text}"),
            (None, true) => format!("Current: {text}"),
            (None, false) => text.into_owned(),
        }
    }
}

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineModeScreen {
    /// What it is.
    pub title: LineModeLine,
    pub lines: Vec<LineModeLine>,
}

impl LineModeScreen {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: LineModeLine::new(title), lines: Vec::new() }
    }

    /// Adds a line, unless it is empty.
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.lines.push(LineModeLine::new(text));
        }
    }

    /// Adds painted lines.
    pub fn say_painted(&mut self, lines: &[Line<'_>]) {
        self.lines.extend(lines.iter().filter_map(painted));
    }

    /// Says how many rows are on other pages.
    pub fn say_rest(&mut self, page: &Range<usize>, len: usize) {
        if page.len() < len {
            self.say(format!("Rows {} to {} of {}.", thousands(page.start + 1), thousands(page.end), thousands(len)));
        }
    }
}

/// A painted line as text, with a colon between a label and its value; `None` for an empty one.
pub fn painted(line: &Line<'_>) -> Option<LineModeLine> {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let (current, text) = match text.trim().strip_prefix('>') {
        Some(rest) => (true, rest),
        None => (false, text.trim()),
    };
    let text = match text.trim().split_once("  ") {
        // Blanks within a value are its own.
        Some((label, value)) => format!("{label}: {}", value.trim()),
        None => text.trim().to_owned(),
    };
    (!text.is_empty()).then(|| LineModeLine::new(text).at_cursor(current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_understood_without_its_columns() {
        let row = LineModeLine::row(2, true, ["web-1".to_owned(), String::new(), "age 3d".into()]);
        assert_eq!(row.spoken(), "3: marked, web-1, age 3d");
        assert_eq!(row.at_cursor(true).spoken(), "3: current, marked, web-1, age 3d");
        let untrusted = LineModeLine::new("a\u{1b}[2Jb\u{202e}");
        assert_eq!(untrusted.spoken(), "a [2Jb");
    }

    #[test]
    fn pages_stay_where_they_are() {
        assert_eq!((page(0, 45), page(19, 45), page(20, 45), page(44, 45)), (0..20, 0..20, 20..40, 40..45));
        assert_eq!((page(7, 0), page(99, 3)), (0..0, 0..3));
    }

    #[test]
    fn painted_columns_are_told_apart() {
        let text = |line: &str| painted(&Line::raw(line.to_owned())).map(|line| line.spoken());
        assert_eq!(text(" image id           ami-1  "), Some("image id: ami-1".into()));
        assert_eq!(text(">eu-west-1"), Some("Current: eu-west-1".into()));
        assert_eq!(text("  a  b   c"), Some("a: b   c".into()));
        assert_eq!(text("   "), None);
    }
}
