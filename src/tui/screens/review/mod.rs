//! The review of copies before they start: destinations against checks, findings, and what is there already.

pub mod access;
pub mod line_mode;
pub mod open;
pub(in crate::tui) mod requested;
pub mod update;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use tui_input::Input;

use crate::{
    domain::{
        AccountId, ImageId,
        draft::Field,
        image_access::Share,
        price::{Prices, estimate},
        review::{Existing, Finding, FindingKind, Review, ReviewTable},
    },
    labels,
    tui::{
        bindings::{Action, Context},
        widgets::list::List,
    },
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
    /// True once a frame has shown all that is known of a settled review: nothing starts unseen.
    seen: bool,
    /// The cursor in the findings and what is there already.
    list: List,
    /// True once the cursor was moved, or something was chosen under it: then it stays on its entry, otherwise on the first line.
    moved: bool,
    /// What is typed to confirm, while it is.
    pub(in crate::tui) typing: Option<Input>,
    mistake: bool,
    /// The other accounts on the screen, as of the last frame.
    owners: BTreeSet<AccountId>,
    /// The images that their owners cannot share, and why, as far as they were asked.
    unshareable: BTreeMap<ImageId, String>,
}

/// What the cursor can be on.
enum Entry<'a> {
    Finding(&'a Finding),
    Existing(&'a Existing),
}

/// What the cursor is on, by which it is found again when the table has changed.
#[derive(Debug, Clone)]
enum Target {
    Finding(FindingKind, Field),
    /// Index of the copy in the plan.
    Existing(usize),
}

impl ReviewScreen {
    pub fn new(review: Review, prices: &Prices) -> Self {
        let table = review.table();
        let cost = labels::estimate(&estimate(&table.copies, prices));
        let summary = labels::review::summary(&table.copies, review.job_tags());
        Self {
            review,
            table,
            cost,
            summary,
            changed: false,
            seen: false,
            list: List::default(),
            moved: false,
            typing: None,
            mistake: false,
            owners: BTreeSet::new(),
            unshareable: BTreeMap::new(),
        }
    }

    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() {
            vec![Context::Input]
        } else {
            vec![Context::Review, Context::Lists, Context::Everywhere]
        }
    }

    #[cfg(test)]
    pub(in crate::tui) fn is_out_of_date(&self) -> bool {
        self.changed
    }

    pub(in crate::tui) fn review(&self) -> &Review {
        &self.review
    }

    /// For everything but what the user chooses: nothing starts before a frame has shown the change.
    pub(in crate::tui) fn review_mut(&mut self) -> &mut Review {
        (self.changed, self.seen) = (true, false);
        &mut self.review
    }

    /// Makes the user's choice.
    fn decide(&mut self, choose: impl FnOnce(&mut Review)) {
        choose(&mut self.review);
        self.changed = true;
    }

    /// Returns true if an action does something to the entries that there are.
    pub(in crate::tui) fn offers(&self, action: Action) -> bool {
        match action {
            Action::Skip | Action::SkipAll | Action::Rename | Action::CopyAnyway => !self.table.existing.is_empty(),
            Action::GiveAccess => self.shares().any(|(owner, _)| self.owners.contains(owner)),
            Action::Press => self.entries() > 0,
            // Nothing starts before it is corrected.
            Action::Start => self.table.refusal().is_none(),
            _ => true,
        }
    }

    /// What owners do not share of the images to copy, and can.
    fn shares(&self) -> impl Iterator<Item = (&AccountId, Share)> {
        self.table.findings.iter().filter_map(|finding| match &finding.kind {
            FindingKind::NotShared { owner, target, missing } if !self.unshareable.contains_key(&target.image) => {
                Some((owner, Share { target: target.clone(), missing: missing.clone() }))
            }
            _ => None,
        })
    }

    /// Brings the table up to date. Once a frame: answers come in floods.
    pub(in crate::tui) fn refresh(&mut self, prices: &Prices) {
        if std::mem::take(&mut self.changed) {
            let target = self.target();
            self.table = self.review.table();
            self.cost = labels::estimate(&estimate(&self.table.copies, prices));
            self.summary = labels::review::summary(&self.table.copies, self.review.job_tags());
            if let Some(row) = target.filter(|_| self.moved).and_then(|target| self.find(&target)) {
                self.list.cursor = row;
            }
        }
    }

    /// What the cursor is on, as of the last refresh.
    fn target(&self) -> Option<Target> {
        Some(match self.entry(self.list.cursor)? {
            Entry::Finding(finding) => Target::Finding(finding.kind.clone(), finding.field.clone()),
            Entry::Existing(existing) => Target::Existing(existing.copy),
        })
    }

    /// Returns the row of an entry; for a finding that has changed, that of the same kind.
    fn find(&self, target: &Target) -> Option<usize> {
        match target {
            Target::Finding(kind, _) => {
                let row = |so: &dyn Fn(&FindingKind) -> bool| self.table.findings.iter().position(|f| so(&f.kind));
                row(&|known| known == kind)
                    .or_else(|| row(&|known| std::mem::discriminant(known) == std::mem::discriminant(kind)))
            }
            Target::Existing(copy) => {
                let row = self.table.existing.iter().position(|existing| existing.copy == *copy)?;
                Some(self.table.findings.len() + row)
            }
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
