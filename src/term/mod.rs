//! The terminal as a device: what it can do, how it is entered and left, what it is sent, what it says.
//!
//! The only place that writes escapes, and it never asks the terminal anything: answers come late over SSH and
//! land in the user's shell. Knows no domain word; may use `domain::text` and `Failure` only.
//!
//! | file | owns |
//! |---|---|
//! | [`caps`] | what this terminal can do, from the environment and the settings |
//! | [`session`] | entering, leaving, suspending; restoring after a panic |
//! | [`frame`] | frames: what changed goes out in one write, an idle frame writes nothing |
//! | [`painter`] | cells to bytes |
//! | [`sgr`] | colours and attributes to bytes, reduced to the palette |
//! | [`pacing`] | when the next frame may be drawn |
//! | [`input`] | the reader thread: keys, pastes, sizes, the hang-up |
//! | [`decode`], `csi` | bytes to keys; pure |
//! | [`osc`] | clipboard, bell, notification, title |

pub mod caps;
mod csi;
pub mod decode;
pub mod event;
pub mod frame;
pub mod input;
pub mod osc;
pub mod pacing;
pub mod painter;
pub mod session;
pub mod sgr;

pub use caps::{Caps, CapsOverrides, Palette};
pub use frame::Screen;
pub use input::{Input, InputThread};
pub use pacing::Pacer;
pub use session::{TermSession, Tty};

/// A terminal of this size, for tests; vt100 knows none without columns or rows.
#[cfg(test)]
fn shown_by(columns: u16, rows: u16) -> vt100::Parser {
    let at_least_one = |n: u16| std::num::NonZeroU16::new(n).unwrap();
    vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0)
}
