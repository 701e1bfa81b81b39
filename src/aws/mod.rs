//! AWS: domain in, domain out. With `sim/connector.rs` the only place that names an `aws_*` crate.
//!
//! Owns the session (profile, credentials, one HTTP client, clients by region), the calls, and the
//! translation of the SDK's types and errors. No policy lives here: what to ask, when, and what a copy's
//! life looks like are the engine's.

mod convert;
mod copies;
mod errors;
mod identity;
mod images;
mod kms_keys;
mod profiles;
mod regions;
mod request_ids;
mod session;
mod snapshots;
#[cfg(test)]
mod testing;
mod transport;
mod truncation;

pub use identity::{SimulatedLogin, other_account};
pub use images::{CallBudget, ImagePage};
pub use profiles::{names_credential_source, profiles};
pub use request_ids::with_request_id;
pub use session::{Session, SessionOptions};
pub use transport::HttpClient;
