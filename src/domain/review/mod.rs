//! The review of a plan before any copy is sent: what is asked of AWS, what the answers mean, and what is decided about images that
//! are there already. Sans-IO: requests come out, answers go in; the screen and the commands use the same.

mod builder;
pub mod checks;
mod choice;
pub mod context;
pub mod duration_estimator;
mod encryption;
pub mod existing;
pub mod findings;
mod follow_up;
mod index;
mod names;
pub mod outlook;
mod requests;
mod sources;
pub mod state;
pub mod table;

pub use checks::{CheckAnswer, CheckRequest};
pub use choice::{Choice, Decisions};
pub use context::ReviewContext;
pub use existing::Existing;
pub use findings::{Column, Finding, FindingKind, Severity};
pub use requests::becomes_public;
pub use state::{CheckId, Review};
pub use table::{Cell, CellValue, ReviewTable, Status};

#[cfg(test)]
mod tests;
