//! Values of the engine, the store and the driver in words, for screens, commands and log lines alike.
//!
//! Every text is fit to be printed: what AWS contributed is cleaned here.

mod audit;
pub mod driver;
mod job;

pub use audit::outcome;
pub use job::{leftover, note, remaining_snapshots, remaining_summary, removal, undeleted, waiting};
