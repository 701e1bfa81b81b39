//! Jobs on disk: SQLite, one file, several processes.
//!
//! Owns `jobs.db` and the lock files beside it. Synchronous; nothing here decides what happens to a job. One process at a
//! time runs an account's queue and commits its jobs ([`DriverLock`]); the others read them and leave commands for it.

mod accounts;
mod audit;
mod commands;
mod database;
mod driver_lock;
mod errors;
mod files;
mod filesystem;
mod heartbeat;
mod hooks;
mod jobs;
mod kept_snapshots;
mod open;
mod peek;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

pub use commands::CommandId;
pub use database::{Seq, Store};
pub use driver_lock::DriverLock;
pub use filesystem::refuse_network;
pub use heartbeat::{DriverProcess, Heartbeat};
pub use hooks::{DueHook, TakenHooks};
pub use jobs::{ChangeSet, Loaded, StoreChanges};
pub use kept_snapshots::{KeptOnPurpose, KeptResource};
pub use open::Opened;
pub use peek::{JobSummary, peek};
