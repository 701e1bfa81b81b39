//! Transports of requests to a world: the SDK's connector in this process, and HTTP on the loopback interface.

pub mod connector;
mod dump;
pub mod http;
pub(crate) mod other_services;
pub mod query;
mod request_log;
pub mod server;
pub(crate) mod shared;
pub(crate) mod xml;
