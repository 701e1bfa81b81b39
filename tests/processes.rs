//! Several processes of the real program over one store and one simulated EC2: killed at any moment, driving and
//! watching, left behind, and with a store that cannot be used. What the store says in the end is held against what EC2
//! holds.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/door.rs"]
mod door;
#[path = "processes/house.rs"]
mod house;
#[path = "support/pty.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod pty;

#[path = "processes/accounts.rs"]
mod accounts;
#[path = "processes/killed.rs"]
mod killed;
#[cfg(target_os = "linux")]
#[path = "processes/leaving.rs"]
mod leaving;
#[path = "processes/ownership.rs"]
mod ownership;
#[path = "processes/printed.rs"]
mod printed;
#[cfg(target_os = "linux")]
#[path = "processes/shells.rs"]
mod shells;
#[path = "processes/stopped.rs"]
mod stopped;
#[path = "processes/together.rs"]
mod together;
#[path = "processes/trouble.rs"]
mod trouble;
