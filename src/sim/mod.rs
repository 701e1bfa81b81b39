//! An EC2 that lives in the process: the demo's account, and what the whole-program tests talk to.
//!
//! Owns a simulated account and AWS's wire forms. A function of (world, request, now): the clock, the sleeping and
//! the sockets stand in the two doors, [`connector`] and [`server`]; nothing else here may wait or read a clock.

mod accounts;
mod begin;
mod changes;
mod checks;
pub mod connector;
mod copying;
mod describe;
mod ec2;
mod elsewhere;
pub mod faults;
mod filters;
mod glob;
pub mod http;
mod inspect;
mod key;
mod kms;
mod life;
mod listing;
mod lot;
pub mod pace;
mod params;
mod refusal;
mod removing;
pub mod scenario;
pub mod server;
mod shared;
mod state;
mod sts;
#[cfg(test)]
mod tests;
mod traffic;
pub mod wire;
mod words;
pub mod world;
mod xml;

pub use accounts::ForeignCall;
pub use changes::{Change, ChangeKind, Provenance};
pub use elsewhere::LookAlike;
pub use inspect::CopySeen;
pub use life::Maker;
pub use scenario::Scenario;
pub use server::Server;
pub use shared::SharedWorld;
pub use traffic::Calls;
pub use world::World;
