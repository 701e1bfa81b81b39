//! Several processes of the real program over one store and one simulated EC2: killed at any moment, driving and
//! following, detached, and with a store that cannot be used. In the end the store is compared with what EC2
//! holds.

pub(crate) mod fixture;

mod accounts;
#[cfg(target_os = "linux")]
mod exits;
mod failures;
#[cfg(target_os = "linux")]
mod hooks;
mod killed;
mod killed_sync;
mod ownership;
mod printed;
mod scripts;
#[cfg(target_os = "linux")]
mod shells;
mod stopped;
mod together;
mod waiting;
