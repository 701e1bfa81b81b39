//! Copies that were requested and are no jobs yet: the store may still refuse them, and its news may be late.

use std::collections::BTreeSet;

use crate::{
    domain::{ClientToken, CopyRequest, review::context::UnderWay},
    engine::Job,
    tui::screens::form::Form,
};

/// Copies that were requested and are no jobs yet.
#[derive(Debug, Clone, Default)]
pub(in crate::tui) struct Requested {
    copies: Vec<CopyRequest>,
    /// What was requested last, with its form, until another command follows.
    last: Option<(BTreeSet<ClientToken>, Box<Form>)>,
}

impl Requested {
    /// Adds copies whose command was sent, and the form they come from.
    pub(in crate::tui) fn add(&mut self, copies: Vec<CopyRequest>, form: Option<Box<Form>>) {
        let tokens = copies.iter().map(|copy| copy.token.clone()).collect();
        self.copies.extend(copies);
        self.last = form.map(|form| (tokens, form));
    }

    /// The copies that are no jobs yet.
    pub(in crate::tui) fn copies(&self) -> impl Iterator<Item = &CopyRequest> {
        self.copies.iter()
    }

    /// Number of copies that are no jobs yet.
    pub(in crate::tui) fn len(&self) -> usize {
        self.copies.len()
    }

    /// Removes those that are jobs now.
    pub(in crate::tui) fn stored<'a>(&mut self, jobs: impl Iterator<Item = &'a Job>) {
        if self.copies.is_empty() {
            return;
        }
        let stored: BTreeSet<&ClientToken> = jobs.map(|job| &job.request.token).collect();
        self.copies.retain(|copy| !stored.contains(&copy.token));
        self.last.take_if(|(tokens, _)| tokens.iter().any(|token| stored.contains(token)));
    }

    /// Forgets them all: another account comes.
    pub(in crate::tui) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Another command was sent: what is rejected from now on may be that.
    pub(in crate::tui) fn another_command(&mut self) {
        self.last = None;
    }

    /// A command was rejected. Returns the form if it was the copies.
    pub(in crate::tui) fn rejected(&mut self) -> Option<Box<Form>> {
        let (tokens, form) = self.last.take()?;
        self.copies.retain(|copy| !tokens.contains(&copy.token));
        Some(form)
    }

    /// The tokens of those that are no jobs yet.
    #[cfg(test)]
    pub(in crate::tui) fn tokens(self) -> impl Iterator<Item = ClientToken> {
        self.copies.into_iter().map(|copy| copy.token)
    }

    pub(super) fn under_way(&self) -> impl Iterator<Item = UnderWay> {
        self.copies.iter().map(|copy| UnderWay::of(copy, None))
    }
}
