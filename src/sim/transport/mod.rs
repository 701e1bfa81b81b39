//! How requests reach a world: from the SDK in this process, or over HTTP on the loopback interface.

pub mod connector;
mod dump;
pub mod http;
pub mod query;
pub mod server;
pub(crate) mod shared;
pub(crate) mod xml;
