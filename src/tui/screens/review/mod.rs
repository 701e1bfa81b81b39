//! The review of copies before they start: destinations against checks, findings, and what is there already.

pub mod open;
pub mod update;
pub mod view;

use tui_input::Input;

use crate::{
    domain::{
        price::{Prices, estimate},
        review::{Existing, Finding, Review, ReviewTable},
    },
    labels,
    tui::{bindings::Context, widgets::list::List},
};

/// The review's state.
#[derive(Debug, Clone)]
pub struct ReviewScreen {
    review: Review,
    /// What is known, as of the last refresh.
    table: ReviewTable,
    /// What the copies to start cost, in words.
    cost: String,
    /// What is going to happen, in words.
    summary: Vec<String>,
    /// True if `table`, `cost` and `summary` are out of date.
    changed: bool,
    /// The cursor in the findings and what is there already.
    list: List,
    /// What is typed to confirm, while it is.
    typing: Option<Input>,
    mistake: bool,
}

/// What the cursor can be on.
enum Entry<'a> {
    Finding(&'a Finding),
    Existing(&'a Existing),
}

impl ReviewScreen {
    pub fn new(review: Review, prices: &Prices) -> Self {
        let table = review.table();
        let cost = labels::estimate(&estimate(&table.copies, prices));
        let summary = labels::review::summary(&table.copies);
        Self { review, table, cost, summary, changed: false, list: List::default(), typing: None, mistake: false }
    }

    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() {
            vec![Context::Input]
        } else {
            vec![Context::Review, Context::Lists, Context::Everywhere]
        }
    }

    pub(in crate::tui) fn review(&self) -> &Review {
        &self.review
    }

    pub(in crate::tui) fn review_mut(&mut self) -> &mut Review {
        self.changed = true;
        &mut self.review
    }

    /// Brings the table up to date. Once a frame: answers come in floods.
    pub(in crate::tui) fn refresh(&mut self, prices: &Prices) {
        if std::mem::take(&mut self.changed) {
            self.table = self.review.table();
            self.cost = labels::estimate(&estimate(&self.table.copies, prices));
            self.summary = labels::review::summary(&self.table.copies);
        }
    }

    fn entries(&self) -> usize {
        self.table.findings.len() + self.table.existing.len()
    }

    fn entry(&self, n: usize) -> Option<Entry<'_>> {
        let findings = self.table.findings.len();
        match n.checked_sub(findings) {
            None => self.table.findings.get(n).map(Entry::Finding),
            Some(n) => self.table.existing.get(n).map(Entry::Existing),
        }
    }
}
