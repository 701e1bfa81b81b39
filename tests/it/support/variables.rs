//! Environment variables that make a test longer or repeat one case; CONTRIBUTING.md lists them.

use std::str::FromStr;

/// The number that a variable names; `None` if it is not set.
pub(crate) fn number<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}
