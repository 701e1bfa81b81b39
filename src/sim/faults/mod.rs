//! How fast the simulated services answer, how often, and what goes wrong on purpose.

pub mod latencies;
pub mod request_rates;
pub mod rules;

pub use rules::{FaultKind, FaultRules, Rule};
