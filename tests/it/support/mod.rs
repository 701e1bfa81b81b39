//! What the integration tests share.

pub(crate) mod album;
pub(crate) mod driver_harness;
pub(crate) mod ec2_server;
mod form_keys;
pub(crate) mod message_log;
pub(crate) mod pty;
pub(crate) mod reliability_page;
pub(crate) mod screen_harness;
pub(crate) mod variables;
