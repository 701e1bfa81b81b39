//! The terminal as a device: capabilities, entering and leaving, input, frames.
//!
//! The only module that writes escape sequences. It never queries the terminal, whose answers come late over SSH or end up in the
//! user's shell. Of the domain it uses only `domain::text` and `Failure`.
//!
//! | file | owns |
//! |---|---|
//! | [`caps`] | capabilities, from the environment and the settings |
//! | [`session`] | entering, leaving, suspending; restoring after a panic |
//! | [`frame`] | frames: changes are written at once |
//! | [`painter`] | cells to bytes |
//! | `plain_text` | a frame as lines of text |
//! | [`sgr`] | colours and attributes to bytes |
//! | [`pacing`] | frame rate |
//! | [`input`] | the reader thread: keys, pastes, sizes, hang-up |
//! | [`decode`], `csi` | bytes to keys; pure |
//! | `event_record` | keys and the mouse as they are recorded |
//! | `lines` | bytes to lines, for line mode; pure |
//! | [`osc`] | clipboard, bell |
//! | [`cursor`] | moving the cursor without a screen |
//! | [`text_fit`] | text in this many cells: cut, padded, wrapped |

pub mod caps;
mod csi;
pub mod cursor;
pub mod decode;
pub mod event;
mod event_record;
pub mod frame;
pub mod input;
mod lines;
pub mod osc;
pub mod pacing;
pub mod painter;
mod plain_text;
pub mod session;
pub mod sgr;
pub mod text_fit;

pub use caps::{Caps, CapsOverrides};
pub use frame::Screen;
pub use input::{Input, InputThread};
pub use pacing::Pacer;
pub use plain_text::plain_text;
pub use session::{TermSession, Tty};

/// Returns a terminal emulator of this size, which must not be 0.
#[cfg(test)]
fn test_terminal(columns: u16, rows: u16) -> vt100::Parser {
    let at_least_one = |n: u16| std::num::NonZeroU16::new(n).unwrap();
    vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0)
}
