//! A filter in the title of a pane: what is being typed stays in sight, and of a long one both ends.

use ratatui::style::Style;
use tui_input::Input;

use super::text_fit::{cut, elide, width};
use crate::{domain::text::clean, tui::theme};

/// Returns the style of a filter; `selected` while what is typed replaces it.
pub fn style(selected: bool) -> Style {
    if selected { theme::CURSOR } else { theme::STRONG }
}

/// The fewest cells of a filter, if the title has them: the text after it is cut first.
pub const LEAST: usize = 24;

/// Returns the cells of a filter in a title of this many, between the texts before and after it.
pub fn room(cells: usize, before: usize, after: usize) -> usize {
    let left = cells.saturating_sub(before);
    left.saturating_sub(after).max(left.min(LEAST))
}

/// Returns a filter in this many cells, and the cell of the cursor in it.
pub fn window(filter: &Input, editing: bool, cells: usize, ellipsis: &str) -> (String, usize) {
    let text = clean(filter.value());
    let cursor: usize = text.chars().take(filter.cursor()).map(cells_of).sum();
    if width(&text) + usize::from(editing) <= cells {
        return (text.into_owned(), cursor);
    }
    if !editing {
        return (elide(&text, cells, 2, ellipsis), cursor);
    }
    let before: String = text.chars().take(filter.cursor()).collect();
    if cursor < cells {
        return (cut(&text, cells, ellipsis), cursor);
    }
    // A cell for the cursor itself.
    let shown = last_cells(&before, cells.saturating_sub(width(ellipsis) + 1));
    let at = width(ellipsis) + width(shown);
    (cut(&format!("{ellipsis}{shown}{}", &text[before.len()..]), cells, ""), at)
}

fn cells_of(c: char) -> usize {
    width(c.encode_utf8(&mut [0; 4]))
}

/// Returns the end of a text that fits.
fn last_cells(text: &str, cells: usize) -> &str {
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.map(|at| &text[at..]).find(|end| width(end) <= cells).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("arch:arm64", 10, false, "arch:arm64", 10)]
    #[case("arch:arm6", 9, true, "arch:arm6", 9)]
    #[case("arch:arm64", 10, true, "\u{2026}ch:arm64", 9)]
    #[case("arch:arm64 web", 14, true, "\u{2026}rm64 web", 9)]
    #[case("arch:arm64 web", 3, true, "arch:arm6\u{2026}", 3)]
    #[case("arch:arm64 web", 11, true, "\u{2026}h:arm64 w", 9)]
    #[case("\u{6771}\u{4eac}\u{6771}\u{4eac}\u{6771}\u{4eac}", 6, true, "\u{2026}\u{6771}\u{4eac}\u{6771}\u{4eac}", 9)]
    fn what_is_typed_stays_in_sight(
        #[case] text: &str,
        #[case] cursor: usize,
        #[case] editing: bool,
        #[case] shown: &str,
        #[case] column: usize,
    ) {
        let found = window(&Input::new(text.into()).with_cursor(cursor), editing, 10, "\u{2026}");
        assert_eq!((found.0.as_str(), found.1), (shown, column));
    }

    #[test]
    fn of_a_filter_that_is_not_being_typed_both_ends_are_shown() {
        let (text, _) = window(&"arch:arm64 state:available web".into(), false, 12, "\u{2026}");
        assert!(width(&text) <= 12 && text.starts_with("arch") && text.ends_with("web"), "{text}");
    }

    #[test]
    fn no_size_is_too_small() {
        for (cells, editing) in (0..8).flat_map(|cells| [(cells, true), (cells, false)]) {
            let (text, _) = window(&"arch:arm64 web".into(), editing, cells, "...");
            assert!(width(&text) <= cells.max(3), "{cells}: {text}");
        }
        assert_eq!((room(80, 30, 10), room(80, 60, 40), room(10, 30, 0)), (40, 20, 0));
    }
}
