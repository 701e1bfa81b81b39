//! Screens that are seen on the way through something, in one text for a snapshot.

use std::fmt::Write as _;

use amigrate::term::Caps;

use super::screen_harness::{ScreenHarness, ScreenHarnessBuilder};

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

/// Walks through a page in ASCII and without colours: the first is looked at and returned, the other says the same as the usual one.
/// `walk` is a way through the page, `builder` makes the screen at its usual look.
pub(crate) async fn in_ascii_and_without_colours<F: Future<Output = String>>(
    builder: impl Fn() -> ScreenHarnessBuilder,
    walk: impl Fn(ScreenHarnessBuilder, fn(&str, &ScreenHarness)) -> F,
) -> String {
    let ascii = builder().with(|b| b.caps = Caps { unicode: false, ..Caps::full() });
    let ascii =
        walk(ascii, |name, harness| assert!(harness.screen().is_ascii(), "{name}:\n{}", harness.screen())).await;
    let mono = builder().with(|b| b.config.ui.theme = "mono".into());
    let plain = walk(mono, |name, harness| assert!(!harness.has_colours(), "{name} has colours")).await;
    assert!(plain == walk(builder(), |_, _| {}).await, "the theme changes what is said");
    ascii
}
