//! The driver carries out an account's queue of copies: leader lock, loop (event, commit, requests, publish), follower, the store's thread, the port to AWS. It
//! knows no screen: the screen and the commands read its [`JobUpdate`]s.

pub mod aws_adapter;
mod backend;
pub mod background;
mod clock;
mod context;
mod follower;
mod heartbeat;
pub mod login;
pub mod profile_key;
mod run;
mod source;
mod store_handle;
#[cfg(test)]
mod tests;
mod update;

pub use backend::{AwsBackend, BackendResponse, DriverBackend, ResponseMetadata, SessionReload, SharedSession, Write};
pub use clock::Clock;
pub use context::{Driver, DriverConfig, DriverHandle, LockMode, Publisher};
pub use source::{SessionSource, StoreLocation};
pub use store_handle::StoreHandle;
pub use update::{DriverStatus, JobUpdate, OtherProcess};
