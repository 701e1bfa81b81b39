//! The event loop and what it runs: effects against AWS, signals, clocks, logs. The only room that reads a clock
//! or waits; it decides nothing.

pub mod calls;
pub mod clock;
pub mod effects;
pub mod logging;
pub mod remember;
mod run;

pub use clock::Clock;
pub use effects::{Effects, Origin};
pub use run::{Exit, Face, run};
