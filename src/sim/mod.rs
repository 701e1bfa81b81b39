//! A simulated EC2 in the process, for the demo and for tests of the whole program.
//!
//! Responses are a function of (world, request, now). Only the two transports, [`connector`] and [`server`], have a clock, wait
//! or open sockets.

mod api;
mod api_error;
pub mod faults;
mod glob;
#[cfg(test)]
mod tests;
mod transport;
mod world;

pub use api_error::ApiError;
pub use faults::{latencies, request_rates::RequestCount};
pub use transport::{connector, http, query, server, server::Server, shared::SharedWorld};
pub use world::{
    other_users::LookAlike,
    permissions::Permission,
    policy::{DenySpec, Policy},
    probes::CopySeen,
    records::{Change, ChangeKind, ForeignCall, Provenance},
    retention::RetentionKind,
    scenario::{self, Scenario},
    state::World,
    time_scale::TimeScale,
    timeline::Actor,
};
