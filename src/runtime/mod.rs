//! The screen's event loop and what it runs: effects against AWS, signals, logs. It waits, and decides nothing.

pub mod effects;
mod form_files;
pub mod logging;
pub mod recording;
pub mod region_cache;
mod run;
mod scrub;
#[cfg(test)]
mod tests;

pub use effects::{EffectConfig, Effects, WorkspaceEffects};
pub use form_files::FormFiles;
pub use run::{Exit, TerminalPort, run};
