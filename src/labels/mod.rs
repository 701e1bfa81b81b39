//! Texts for values of the engine, the store and the driver, for screens, commands and log lines alike.
//!
//! Every text is safe to print: parts that come from AWS are cleaned here.

mod audit;
pub mod driver;
mod job;
pub mod review;

pub use audit::outcome;
pub use job::{leftover, note, remaining_snapshots, remaining_summary, removal, undeleted, waiting};
