//! Moving the cursor of a terminal that is not entered.

/// To the first column, and the line emptied.
pub const EMPTY_LINE: &str = "\r\x1b[2K";

/// Returns what moves the cursor this many lines up.
pub fn up(lines: usize) -> String {
    moved(lines, 'A')
}

/// Returns what moves the cursor this many lines down.
pub fn down(lines: usize) -> String {
    moved(lines, 'B')
}

/// Returns what moves the cursor this many columns to the right.
pub fn right(columns: usize) -> String {
    moved(columns, 'C')
}

/// Returns what moves the cursor this many columns to the left.
pub fn left(columns: usize) -> String {
    moved(columns, 'D')
}

/// A terminal takes 0 for 1.
fn moved(by: usize, way: char) -> String {
    if by == 0 { String::new() } else { format!("\x1b[{by}{way}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_goes_where_it_is_to_go() {
        let mut terminal = crate::term::test_terminal(10, 5);
        for (bytes, row, column) in [
            ("a\r\nbc\r\nd".to_owned(), 2, 1),
            (up(2), 0, 1),
            (down(1), 1, 1),
            (up(0), 1, 1),
            (right(4), 1, 5),
            (left(2), 1, 3),
            (EMPTY_LINE.into(), 1, 0),
        ] {
            terminal.process(bytes.as_bytes());
            assert_eq!(terminal.screen().cursor_position(), (row, column), "{bytes:?}");
        }
        assert_eq!(terminal.screen().contents(), "a\n\nd");
    }
}
