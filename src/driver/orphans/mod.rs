//! Finds orphaned snapshots and deletes them, for the commands and the screen: the rules are `domain::orphans`.

mod delete;
mod find;
mod other_regions;
mod restore;

pub use delete::{DeletionOutcome, delete_orphan};
pub use find::{Found, FoundFailure, Rules, claims, find};
pub use restore::{RestoreOutcome, Restorer};
