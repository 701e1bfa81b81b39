//! Transports of requests to a world: the SDK's connector in this process, and HTTP on the loopback interface.

pub mod connector;
mod dump;
pub mod http;
pub mod query;
pub mod server;
pub(crate) mod shared;
pub(crate) mod xml;
