//! An EC2 that lives in the process: the demo's account, and what the whole-program tests talk to.
//!
//! Owns a simulated account and AWS's wire forms. A function of (world, request, now): the clock, the sleeping and
//! the sockets stand in the two transports, [`connector`] and [`server`]; nothing else here may wait or read a clock.

mod api;
mod api_error;
pub mod faults;
mod glob;
#[cfg(test)]
mod tests;
mod transport;
mod world;

pub use faults::{latencies, request_rates::RequestCount};
pub use transport::{connector, http, query as wire, server, server::Server, shared::SharedWorld};
pub use world::{
    accounts::ForeignCall,
    changes::{Change, ChangeKind, Provenance},
    other_users::LookAlike,
    probes::CopySeen,
    scenario::{self, Scenario},
    state::World,
    timeline::Maker,
};
