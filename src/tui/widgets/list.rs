//! A cursor in a list, and the window around it.

use crate::tui::bindings::Action;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// The row of the cursor.
    pub cursor: usize,
    /// The first row in the window.
    pub offset: usize,
}

impl List {
    /// Moves the cursor in a list of `len` rows with a window of `height`. Returns false if the action is not a movement.
    pub fn act(&mut self, action: Action, len: usize, height: usize) -> bool {
        let page = height.saturating_sub(1).max(1);
        let last = len.saturating_sub(1);
        self.cursor = match action {
            Action::Down => (self.cursor + 1).min(last),
            Action::Up => self.cursor.saturating_sub(1),
            Action::Top => 0,
            Action::Bottom => last,
            Action::PageDown => (self.cursor + page).min(last),
            Action::PageUp => self.cursor.saturating_sub(page),
            _ => return false,
        };
        self.clamp(len, height);
        true
    }

    /// Keeps the cursor on a row and in the window, and the window filled.
    pub fn clamp(&mut self, len: usize, height: usize) {
        self.cursor = self.cursor.min(len.saturating_sub(1));
        let height = height.max(1);
        self.offset =
            self.offset.min(self.cursor).max((self.cursor + 1).saturating_sub(height)).min(len.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_window() {
        let mut list = List::default();
        for (action, cursor, offset) in [
            (Action::Down, 1, 0),
            (Action::PageDown, 4, 1),
            (Action::Bottom, 9, 6),
            (Action::Down, 9, 6),
            (Action::Up, 8, 6),
            (Action::PageUp, 5, 5),
            (Action::Top, 0, 0),
            (Action::Up, 0, 0),
        ] {
            assert!(list.act(action, 10, 4));
            assert_eq!((list.cursor, list.offset), (cursor, offset), "{action:?}");
        }
        list.cursor = 9;
        list.clamp(3, 4);
        assert_eq!((list.cursor, list.offset), (2, 0));
        list.clamp(0, 0);
        assert_eq!((list.cursor, list.offset), (0, 0));
    }
}
