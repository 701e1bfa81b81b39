//! Input events. Keys and the mouse are crossterm's types.

use serde::{Deserialize, Serialize};

use super::event_record::{key as key_record, mouse as mouse_record};

pub use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// An input event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A key was pressed or repeats; releases are never reported.
    #[serde(with = "key_record")]
    Key(KeyEvent),
    /// Text of a bracketed paste, unchanged.
    Paste(String),
    /// The terminal's new size: columns, rows. Of a burst, only the last is reported.
    Resize(u16, u16),
    /// A line that was entered, in line mode.
    Line(String),
    /// A mouse event, if the mouse is enabled.
    #[serde(with = "mouse_record")]
    Mouse(MouseEvent),
    /// The process was stopped and continued: the terminal must be entered again and repainted.
    Continued,
    /// SIGTSTP: the process is to stop.
    Suspend,
    /// The terminal is gone. No event follows.
    Hangup,
    /// A signal to end the program.
    Terminate,
}

/// Result of parsing the start of the buffered bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed {
    /// The sequence is incomplete.
    Incomplete,
    /// A sequence of this many bytes, and its event if it has one.
    Done(usize, Option<Input>),
    /// A bracketed paste starts after this many bytes.
    Paste(usize),
}

/// Returns the event of a character; upper case implies Shift, as in crossterm.
pub(super) fn character(c: char, modifiers: KeyModifiers) -> Input {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    key(KeyCode::Char(c), modifiers | shift)
}

pub(super) fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}
