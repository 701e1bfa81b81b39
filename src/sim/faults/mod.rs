//! Latencies, limits, request rates and injected faults.

pub mod latencies;
pub mod request_rates;
pub mod rules;

pub use rules::{FaultKind, FaultRules, Rule};
