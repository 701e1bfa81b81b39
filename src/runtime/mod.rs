//! The event loop and what it runs: effects against AWS, signals, clocks, logs. The only room that reads a clock
//! or waits; it decides nothing.

pub mod background;
pub mod calls;
pub mod clock;
pub mod driver;
mod driving;
pub mod effects;
pub mod hands;
mod heartbeat;
pub mod keeper;
pub mod logging;
pub mod login;
pub mod profile;
pub mod remember;
mod run;
#[cfg(test)]
mod tests;
mod worker;

pub use clock::Clock;
pub use effects::{Effects, Means, Origin, StoreAt};
pub use run::{Exit, Face, run};
