//! Access to AWS: domain types in, domain types out. Besides `sim/transport/connector.rs` the only module that uses `aws_*` crates.
//!
//! Sessions (profile, credentials, clients by region), calls, and the conversion of the SDK's types and errors. What to call and
//! when is decided by the engine.

mod assumed_role;
mod checks;
mod comparison;
mod convert;
mod copies;
mod credential_sources;
mod endpoints;
mod errors;
mod identity;
mod image_access;
mod image_details;
mod image_usage;
mod images;
mod kept_snapshots;
mod kms_keys;
mod lineage;
mod options;
mod orphans;
mod post_copy;
mod profile_chain;
mod profiles;
mod recycle_bin;
mod regions;
mod request_ids;
mod retire;
mod session;
mod simulated_login;
mod snapshots;
mod storage_held;
#[cfg(test)]
mod testing;
mod transport;
mod truncation;
mod usage_reports;

pub use endpoints::checked_endpoint;
pub use identity::other_account;
pub use images::{CallBudget, ImagePage};
pub use options::SessionOptions;
pub use post_copy::snapshot_failure;
pub use profiles::{check_profile, names_credential_source, profiles};
pub use request_ids::with_request_id;
pub use session::Session;
pub use simulated_login::SimulatedLogin;
pub use transport::HttpClient;

/// The target of what the SDK logs about credentials: with all that it knows of them, such as the external id of a role and what a
/// `credential_process` has printed, which may be a secret.
pub const SDK_CREDENTIALS_TARGET: &str = "aws_config";
