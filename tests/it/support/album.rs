//! Screens that are seen on the way through something, in one text for a snapshot.

use std::fmt::Write as _;

use super::screen_harness::ScreenHarness;

/// The screens so far. Each is looked at by `check` when it is kept.
pub(crate) struct Album<C> {
    text: String,
    check: C,
}

impl<C: Fn(&str, &ScreenHarness)> Album<C> {
    pub(crate) fn new(check: C) -> Self {
        Self { text: String::new(), check }
    }

    /// Keeps what is on the screen.
    pub(crate) fn keep(&mut self, name: &str, harness: &ScreenHarness) {
        (self.check)(name, harness);
        writeln!(self.text, "--- {name}\n{}\n", harness.screen()).expect("a string takes all");
    }

    pub(crate) fn text(self) -> String {
        self.text
    }
}
