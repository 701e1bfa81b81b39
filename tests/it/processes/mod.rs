//! Several processes of the real program over one store and one simulated EC2: killed at any moment, driving and
//! watching, left behind, and with a store that cannot be used. What the store says in the end is held against what EC2
//! holds.

mod fixture;

mod accounts;
#[cfg(target_os = "linux")]
mod exits;
mod failures;
mod killed;
mod ownership;
mod printed;
#[cfg(target_os = "linux")]
mod shells;
mod stopped;
mod together;
