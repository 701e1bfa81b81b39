//! What the terminal says: a reader thread of our own, and the two signals that concern the terminal.
//!
//! The thread polls standard input before it reads, so that a hang-up is a message and never a busy loop.

pub use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::Failure;

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
    /// The terminal is gone; nothing follows.
    Hangup,
}

/// Holds the reader; dropping it stops the thread and the signal tasks.
#[derive(Debug)]
pub struct InputThread {}

/// Starts reading. Everything arrives at `sender` in order; after [`Input::Hangup`] nothing does.
///
/// # Errors
/// If the thread or the signal handlers cannot be had; outside a tokio runtime.
pub fn spawn(sender: UnboundedSender<Input>) -> Result<InputThread, Failure> {
    let _ = sender;
    Ok(InputThread {})
}
