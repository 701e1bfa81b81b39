//! Texts for values of the engine, the store and the driver, for screens, commands and log lines alike.
//!
//! Every text is safe to print: parts that come from AWS are cleaned here.

mod audit;
pub mod compare;
mod cost;
pub mod coverage;
pub mod driver;
pub mod image_access;
mod job;
pub mod line_mode;
pub mod lineage;
pub mod orphans;
mod post_copy;
pub mod progress;
pub mod review;
pub mod storage_held;
pub mod sync;
mod usage;

pub use audit::outcome;
pub use cost::{estimate, total as total_cost};
pub use job::{
    LONG_STALL, copies_and_deregistrations, failure_reason, leftover, leftover_reason, note, remaining_snapshots,
    remaining_summary, removal, removed_snapshot, stall_advice, undeleted, waiting,
};
pub use post_copy::{after_copy, differences, not_compared, step, step_line, step_state};
pub use usage::{left_out as usage_left_out, other_accounts, usage, who};
