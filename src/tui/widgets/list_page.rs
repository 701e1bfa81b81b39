//! What pages that are lists have in common: rows that a filter of words chooses, a cursor that stays on its row, and the frame around them.

use std::ops::Range;

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};
use tui_input::Input;

use super::{
    draw_context::{DrawContext, pane, position},
    editor,
    list::List,
    text_fit::{cut, width, wrap},
    title_filter,
};
use crate::{
    domain::filter::{Clauses, Parsed, Scratch},
    term::input::KeyEvent,
    tui::{bindings::Action, theme},
};

/// The rows of a page, and its filter.
#[derive(Debug, Clone, Default)]
pub struct ListPage {
    /// The places of the rows shown among all, in their order.
    pub rows: Vec<usize>,
    pub list: List,
    pub filter: Input,
    /// True while keys go to the filter.
    pub editing: bool,
    /// What is wrong with the filter.
    pub mistake: Option<String>,
    /// Rows of the window.
    window: usize,
    /// Identifies the row that the cursor stays on.
    pub current: Option<String>,
}

impl ListPage {
    /// Reads the filter, and records what is wrong with it.
    pub fn words(&mut self) -> Words {
        let none = |_: &str, _: &str| Parsed::Unknown;
        let clauses: Clauses<NoTerm> = Clauses::parse(self.filter.value(), none);
        self.mistake = clauses.mistake().map(str::to_owned);
        Words { clauses, scratch: Scratch::default() }
    }

    /// Takes in how many rows the window has.
    pub fn resize(&mut self, window: usize) {
        self.window = window;
        self.clamp();
    }

    fn clamp(&mut self) {
        self.list.clamp(self.rows.len(), self.window);
    }

    /// Returns true if only some rows are shown.
    pub fn is_filtered(&self) -> bool {
        !self.filter.value().is_empty()
    }

    /// Returns the rows in a window of this height.
    pub fn visible(&self, height: usize) -> Range<usize> {
        self.list.offset..self.rows.len().min(self.list.offset.saturating_add(height))
    }
}

/// There are no terms, only words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoTerm {}

/// A filter of words.
pub struct Words {
    clauses: Clauses<NoTerm>,
    scratch: Scratch,
}

impl Words {
    /// Returns true if a row with these texts passes.
    pub fn pass(&mut self, texts: impl FnOnce() -> Vec<String>) -> bool {
        if self.clauses.is_empty() {
            return true;
        }
        let texts = texts();
        self.clauses.pass(|| texts.iter().map(String::as_str), |term| match *term {}, &mut self.scratch)
    }
}

/// A screen that is such a page.
pub trait ListScreen {
    fn table(&self) -> &ListPage;

    fn table_mut(&mut self) -> &mut ListPage;

    /// Returns how many lines there are below the table.
    fn status_lines(&self) -> usize;

    /// Identifies a row across refreshes; `None` if there is no such row.
    fn row_id(&self, row: usize) -> Option<String>;

    /// Chooses and sorts the rows anew, and shows them.
    fn choose_rows(&mut self);

    /// Returns where a row is; `None` if it is no longer shown.
    fn row_of(&self, wanted: &str) -> Option<usize> {
        (0..self.table().rows.len()).find(|row| self.row_id(*row).as_deref() == Some(wanted))
    }

    /// Shows these rows, and keeps the cursor on its row.
    fn show(&mut self, rows: Vec<usize>) {
        self.table_mut().rows = rows;
        let row = self.table().current.as_deref().and_then(|current| self.row_of(current));
        let table = self.table_mut();
        table.list.cursor = row.unwrap_or(table.list.cursor);
        table.clamp();
    }

    /// Makes the cursor stay on the row it is on now.
    fn follow_cursor(&mut self) {
        self.table_mut().current = self.row_id(self.table().list.cursor);
    }

    /// Puts the cursor on a row. Returns false if there is no such row.
    fn go_to(&mut self, row: usize) -> bool {
        let table = self.table_mut();
        let is_there = row < table.rows.len();
        if is_there {
            table.list.cursor = row;
            table.clamp();
            self.follow_cursor();
        }
        is_there
    }

    /// Filters by another text.
    fn set_filter(&mut self, filter: Input, editing: bool) {
        let table = self.table_mut();
        (table.filter, table.editing) = (filter, editing);
        self.choose_rows();
    }

    /// Gives a key to the filter. Returns true if it was used.
    fn type_into(&mut self, key: &KeyEvent) -> bool {
        let table = self.table_mut();
        if !table.editing {
            return false;
        }
        let edited = editor::edit(&mut table.filter, key);
        self.choose_rows();
        edited
    }

    /// Inserts pasted text into the filter. Returns false if it is not being typed.
    fn paste(&mut self, text: &str) -> bool {
        let table = self.table_mut();
        if !table.editing {
            return false;
        }
        editor::paste(&mut table.filter, text);
        self.choose_rows();
        true
    }

    /// Moves the cursor, or opens, keeps or clears the filter. Returns false if the action is another one.
    fn act_on_list(&mut self, action: Action) -> bool {
        let table = self.table_mut();
        if table.list.act(action, table.rows.len(), table.window) {
            self.follow_cursor();
            return true;
        }
        match action {
            Action::Filter => table.editing = true,
            Action::Accept | Action::Complete if table.editing => table.editing = action == Action::Complete,
            Action::Back if table.editing || table.is_filtered() => self.set_filter(Input::default(), false),
            _ => return false,
        }
        true
    }
}

/// The title of a page, in the order of its parts.
pub struct Title<'a> {
    /// How many rows there are, and what else there is to say first. The filter follows.
    pub counts: String,
    pub behind: Vec<Span<'a>>,
    /// What is left out where there is no room for it.
    pub more: Vec<String>,
    /// What is typed replaces the filter.
    pub selected: bool,
}

impl<'a> Title<'a> {
    /// What is awaited, behind the counts.
    pub fn busy(text: &str, now: Timestamp, ctx: DrawContext<'_>) -> Span<'a> {
        Span::styled(format!(" {} {text} ", ctx.spinner(now)), theme::BUSY)
    }

    /// What a person should know, behind the counts.
    pub fn warning(text: &str) -> Span<'a> {
        Span::styled(format!(" {text} "), theme::WARN)
    }

    /// Returns it in so many cells, and the cell of the cursor in its filter.
    fn line(self, table: &ListPage, cells: usize, ellipsis: &str) -> (Line<'a>, usize) {
        let counts = format!(" {} ", self.counts);
        let (before, after) = (width(&counts) + 2, self.behind.iter().map(Span::width).sum::<usize>() + 1);
        let room = title_filter::room(cells, before, after);
        let (filter, cursor) = title_filter::window(&table.filter, table.editing, room, ellipsis);
        let mut spans = vec![Span::raw(counts)];
        if table.editing || !filter.is_empty() {
            let style = title_filter::style(self.selected && table.editing);
            spans.extend([Span::raw(" /"), Span::styled(filter, style), Span::raw(" ")]);
        }
        spans.extend(self.behind);
        let mut left = cells.saturating_sub(spans.iter().map(Span::width).sum());
        for text in self.more.into_iter().map(|text| format!(" {text} ")) {
            if let Some(rest) = left.checked_sub(width(&text)) {
                left = rest;
                spans.push(Span::styled(text, theme::FAINT));
            }
        }
        (Line::from(spans), before + cursor)
    }
}

/// What is drawn around the rows.
pub struct PageFrame<'a> {
    pub title: Title<'a>,
    /// The text of an empty table.
    pub empty: Vec<String>,
    /// What there is to say of the row under the cursor, and of the page.
    pub status: Vec<(String, Style)>,
}

/// Draws a page over both panes. `rows` returns the heading and the rows in a window of this height, in so many cells.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    screen: &dyn ListScreen,
    around: PageFrame<'_>,
    rows: impl FnOnce(usize, usize) -> Vec<Line<'static>>,
    ctx: DrawContext<'_>,
) {
    let table = screen.table();
    let ellipsis = ctx.glyphs.ellipsis;
    let (title, cursor) = around.title.line(table, usize::from(area.width).saturating_sub(2), ellipsis);
    let inner = pane(frame, area, title, true, ctx);
    if inner.height == 0 || inner.width == 0 {
        return;
    }
    let cells = usize::from(inner.width);
    let height = usize::from(inner.height).saturating_sub(1 + screen.status_lines());
    let mut lines = if table.rows.is_empty() {
        let lines = around.empty.iter().flat_map(|text| wrap(text, cells.saturating_sub(2)));
        lines.map(|text| Line::raw(format!(" {text}"))).collect()
    } else {
        rows(height, cells)
    };
    lines.resize(lines.len().max(height + 1), Line::default());
    let status = around.status.into_iter().take(screen.status_lines());
    lines.extend(
        status.map(|(text, style)| Line::styled(format!(" {}", cut(&text, cells.saturating_sub(2), ellipsis)), style)),
    );
    frame.render_widget(Paragraph::new(lines), inner);
    position(frame, area, table.list.cursor, height, table.rows.len());
    if table.editing {
        let x = area.x + u16::try_from(cursor + 1).unwrap_or(0).min(area.width.saturating_sub(2));
        frame.set_cursor_position((x, area.y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::input::{KeyCode, KeyModifiers};

    /// A page of words.
    struct WordsPage {
        all: Vec<&'static str>,
        table: ListPage,
    }

    impl ListScreen for WordsPage {
        fn table(&self) -> &ListPage {
            &self.table
        }

        fn table_mut(&mut self) -> &mut ListPage {
            &mut self.table
        }

        fn status_lines(&self) -> usize {
            2
        }

        fn row_id(&self, row: usize) -> Option<String> {
            self.table.rows.get(row).map(|at| self.all[*at].to_owned())
        }

        fn choose_rows(&mut self) {
            let mut words = self.table.words();
            let rows = (0..self.all.len()).filter(|at| words.pass(|| vec![self.all[*at].to_owned()])).collect();
            self.show(rows);
        }
    }

    fn page(all: &[&'static str]) -> WordsPage {
        let mut page = WordsPage { all: all.to_vec(), table: ListPage::default() };
        page.table.resize(3);
        page.choose_rows();
        page
    }

    fn shown(page: &WordsPage) -> Vec<&'static str> {
        page.table.rows.iter().map(|at| page.all[*at]).collect()
    }

    #[test]
    fn the_cursor_stays_on_its_row_whatever_comes_and_goes() {
        let mut page = page(&["api", "db", "web"]);
        assert!(page.act_on_list(Action::Down));
        page.all = vec!["aaa", "api", "cron", "db", "web"];
        page.choose_rows();
        assert_eq!((page.table.list.cursor, page.row_of("web")), (3, Some(4)));
        page.all = vec!["aaa", "web"];
        page.choose_rows();
        assert_eq!((page.table.list.cursor, page.row_of("db")), (1, None), "its row is gone");
        assert!(page.go_to(0) && !page.go_to(2));
    }

    #[test]
    fn a_filter_is_typed_kept_and_cleared() {
        let mut page = page(&["api-web", "db", "web"]);
        let typed = |page: &mut WordsPage, c| page.type_into(&KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        assert!(!typed(&mut page, 'w') && !page.paste("w") && !page.act_on_list(Action::Accept));
        assert!(page.act_on_list(Action::Filter) && typed(&mut page, 'w'));
        assert_eq!(shown(&page), ["api-web", "web"]);
        assert!(page.paste("eb !api\n"));
        assert_eq!(shown(&page), ["web"]);
        assert!(page.act_on_list(Action::Accept) && !page.table.editing);
        assert!(page.act_on_list(Action::Back), "it clears the filter first");
        assert_eq!(shown(&page).len(), 3);
        assert!(!page.act_on_list(Action::Back), "there is nothing left to clear");
        page.set_filter("/(/".into(), false);
        assert!(page.table.mistake.is_some());
    }
}
