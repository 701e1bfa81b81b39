//! The event loop and what it runs: effects against AWS, signals, clocks, logs. The only room that reads a clock
//! or waits; it decides nothing.

pub mod aws_adapter;
pub mod background;
pub mod clock;
pub mod driver;
mod driving;
pub mod effects;
mod engine_config;
pub mod hands;
mod heartbeat;
pub mod keeper;
pub mod logging;
pub mod login;
pub mod profile_key;
pub mod region_cache;
mod run;
#[cfg(test)]
mod tests;
mod worker;

pub use clock::Clock;
pub use effects::{EffectConfig, Effects, SessionSource, StoreLocation};
pub use run::{Exit, TerminalPort, run};
