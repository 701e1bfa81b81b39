//! The terminal that bars are drawn on: standard error, with the cursor left in the first column.

use std::{
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
};

use indicatif::TermLike;

use crate::term::{cursor, session};

/// Standard error. What is drawn at once is written at once.
///
/// indicatif's own leaves the cursor behind a full last line, so that the `^C` that a terminal echoes goes to a line below, and the
/// first bar is not found again to be erased.
#[derive(Debug, Default)]
pub(super) struct BarTerminal(Mutex<String>);

impl BarTerminal {
    fn add(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        session::size_of_stderr().0
    }

    fn height(&self) -> u16 {
        session::size_of_stderr().1
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.add(&cursor::up(n));
        Ok(())
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.add(&cursor::down(n));
        Ok(())
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.add(&cursor::right(n));
        Ok(())
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.add(&cursor::left(n));
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(&format!("{text}\n"));
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add(cursor::EMPTY_LINE);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let mut text = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        text.push('\r');
        // A terminal that is gone ends nothing.
        _ = io::stderr().write_all(text.as_bytes());
        Ok(())
    }
}
