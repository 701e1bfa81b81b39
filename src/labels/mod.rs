//! Texts for values of the engine, the store and the driver, for screens, commands and log lines alike.
//!
//! Every text is safe to print: parts that come from AWS are cleaned here.

mod audit;
mod cost;
pub mod driver;
mod job;

pub use audit::outcome;
pub use cost::estimate;
pub use job::{leftover, note, remaining_snapshots, remaining_summary, removal, undeleted, waiting};
