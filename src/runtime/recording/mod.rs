//! Recordings: what happened to a screen, in the log, and the screen that it made. At the level `debug` the loop writes how it
//! began and every message, a line of JSON each; `amigrate replay` gives them to another model.
//!
//! No line has a credential or a client token: messages have no credentials, a [`ClientToken`](crate::domain::ClientToken) is
//! never serialised but by [`stand_ins`], and [`super::scrub`] looks at every line that goes into the log.

mod filter;
mod format;
mod log_files;
mod recorder;
mod redact;
mod replay;
mod stand_ins;

pub use format::{Entry, FORMAT, Line, Recorded, RunId};
pub use log_files::{Recording, Runs};
pub use recorder::Recorder;
pub use redact::redact;
pub use replay::{Replay, Until};
