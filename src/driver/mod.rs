//! The driver runs an account's queue of copies. It knows no screen: the screen and the commands open it with [`Queue::open`],
//! give it [`Command`](crate::engine::Command)s and show the [`JobUpdate`]s that it publishes.
//!
//! One process at a time runs a queue: the one that holds the leader lock ([`follower`], [`run`]). The others follow it through
//! the store. [`backend`] is the port to AWS and to the store, which tests replace.

mod audited_calls;
mod aws_adapter;
mod backend;
pub mod background;
mod clock;
mod context;
mod due_hooks;
mod engine_config;
mod follower;
mod heartbeat;
pub mod hook_launcher;
mod hook_process;
mod hook_runner;
mod hooks;
mod image_access;
pub mod login;
pub mod orphans;
mod pending;
mod profile_key;
mod queue;
mod run;
mod session_source;
mod store_handle;
#[cfg(test)]
mod tests;
mod update;
mod usage_reports;

pub use audited_calls::{AuditedCall, AuditedCalls};
pub use backend::{AwsBackend, BackendResponse, DriverBackend, ResponseMetadata, SessionReload, SharedSession};
pub use clock::Clock;
pub use context::{Driver, DriverConfig, DriverHandle, DriverSettings, LockMode, Publisher, RECENT};
pub use hooks::HookSettings;
pub use image_access::{AccessGiver, wait_for_access};
pub use queue::{Queue, StoreLocation};
pub use session_source::SessionSource;
pub use store_handle::StoreHandle;
pub use update::{DriverStatus, JobUpdate, OtherProcess, Warning};
pub use usage_reports::AwaitedReport;
