//! An EC2 that lives in the process: the demo's account, and what the whole-program tests talk to.
//!
//! Owns a simulated account and AWS's wire forms. A function of (world, request, now): the clock, the sleeping and
//! the sockets stand in the two doors, [`connector`] and [`server`]; nothing else here may wait or read a clock.

mod accounts;
mod api_error;
mod changes;
pub mod connector;
mod copying;
mod describe;
mod ec2;
pub mod faults;
mod filters;
mod format;
mod glob;
pub mod http;
mod image_family;
mod kms;
mod kms_keys;
pub mod latencies;
mod listing;
mod other_users;
mod params;
mod probes;
mod removing;
mod request_rates;
pub mod scenario;
pub mod server;
mod setup;
mod shared;
mod state;
mod sts;
#[cfg(test)]
mod tests;
mod timeline;
mod validation;
pub mod wire;
pub mod world;
mod xml;

pub use accounts::ForeignCall;
pub use changes::{Change, ChangeKind, Provenance};
pub use other_users::LookAlike;
pub use probes::CopySeen;
pub use request_rates::RequestCount;
pub use scenario::Scenario;
pub use server::Server;
pub use shared::SharedWorld;
pub use timeline::Maker;
pub use world::World;
