//! The simulated accounts: their regions, images, snapshots and keys as a function of time.

mod accounts;
pub(crate) mod allowed_images;
pub(crate) mod attributes;
pub(crate) mod directory;
pub(crate) mod image_family;
pub(crate) mod kms_keys;
mod leftovers;
pub(crate) mod locations;
pub(crate) mod other_users;
mod overrides;
pub(crate) mod permissions;
pub(crate) mod policy;
pub(crate) mod probes;
mod profiles;
pub(crate) mod records;
pub(crate) mod recycle_bin;
pub(crate) mod references;
pub(crate) mod retention;
pub mod scenario;
mod setup;
mod sharing;
pub(crate) mod state;
pub(crate) mod time_scale;
pub(crate) mod timeline;
pub(crate) mod usage_reports;
mod uses;
