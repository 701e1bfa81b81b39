//! The screen's event loop and what it runs: effects against AWS, signals, logs. It waits, and decides nothing.

pub mod effects;
pub mod logging;
pub mod region_cache;
mod run;
#[cfg(test)]
mod tests;

pub use effects::{EffectConfig, Effects, FormFiles};
pub use run::{Exit, TerminalPort, run};
