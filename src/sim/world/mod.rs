//! The simulated account: its regions, images, snapshots and keys, as a function of time.

pub(crate) mod accounts;
pub(crate) mod changes;
pub(crate) mod image_family;
pub(crate) mod kms_keys;
pub(crate) mod other_users;
pub(crate) mod probes;
pub mod scenario;
mod setup;
pub(crate) mod state;
pub(crate) mod timeline;
