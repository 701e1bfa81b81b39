//! What the terminal can say, as plain data: no reading, no decoding. Keys and the mouse are crossterm's types.

pub use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// One thing the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed (or repeats); releases are never reported.
    Key(KeyEvent),
    /// Text pasted in one piece, as it came.
    Paste(String),
    /// The terminal is now this large: columns, rows. The latest of a burst.
    Resize(u16, u16),
    /// The mouse, if it is switched on.
    Mouse(MouseEvent),
    /// The process was stopped and goes on: the terminal must be taken again and repainted.
    Continued,
    /// Somebody else asks the process to stop, as `Ctrl-Z` does where it is no key.
    Suspend,
    /// The terminal is gone; nothing follows.
    Hangup,
    /// A signal asked the program to end.
    Terminate,
}

/// What the bytes so far begin with.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed {
    /// Something unfinished.
    More,
    /// This many bytes that mean something, or nothing we know.
    Done(usize, Option<Input>),
    /// A paste begins after this many bytes.
    Paste(usize),
}

/// A character; an upper-case one carries Shift, as crossterm has it.
pub(super) fn character(c: char, modifiers: KeyModifiers) -> Input {
    let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    key(KeyCode::Char(c), modifiers | shift)
}

pub(super) fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}
