//! Mistakes and warnings of a draft: one for each field, or for each kind of warning, with the number of others like it.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{draft::Field, failure::Failure};

/// Mistake or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationMessage {
    pub field: Field,
    /// One sentence, followed by `(and 2 more)` if there are others like it.
    pub text: String,
    /// Number of different messages that this one summarises, at least 1.
    pub count: usize,
    pub superseded: Superseded,
}

/// What of the review knows better than a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Superseded {
    Never,
    /// The sources as they are, and what is there already.
    ByLookup,
    /// The default key, where it is found to be the one that cannot be shared.
    ByEbsKey,
    /// What the owners of the sources share.
    ByAccess,
}

/// Collects messages. A plan of 3,000 copies may have as many, so none is compared with all others.
#[derive(Debug, Default)]
pub(super) struct Messages {
    first: BTreeMap<(Field, &'static str), First>,
    seen: HashSet<(Field, String)>,
}

#[derive(Debug)]
struct First {
    text: String,
    count: usize,
    superseded: Superseded,
}

impl Messages {
    /// Adds a sentence about a field.
    pub(super) fn add(&mut self, field: Field, text: String) {
        self.add_kind(field, "", text);
    }

    /// The same for a field that may have several kinds of messages, each of which is shown.
    pub(super) fn add_kind(&mut self, field: Field, kind: &'static str, text: String) {
        self.insert(field, kind, text, Superseded::Never);
    }

    /// The same for what the review looks up for itself.
    pub(super) fn add_known_later(&mut self, field: Field, kind: &'static str, text: String) {
        self.insert(field, kind, text, Superseded::ByLookup);
    }

    /// The same for a default key, of which the review may find that it is AWS's own.
    pub(super) fn add_of_default_key(&mut self, field: Field, text: String) {
        self.insert(field, "default key", text, Superseded::ByEbsKey);
    }

    /// The same for what the owners of sources may not share, which the review reads.
    pub(super) fn add_of_access(&mut self, field: Field, kind: &'static str, text: String) {
        self.insert(field, kind, text, Superseded::ByAccess);
    }

    fn insert(&mut self, field: Field, kind: &'static str, text: String, superseded: Superseded) {
        if self.seen.insert((field.clone(), text.clone())) {
            self.first.entry((field, kind)).or_insert(First { text, count: 0, superseded }).count += 1;
        }
    }

    /// Returns the value, or adds why there is none.
    pub(super) fn check<T>(&mut self, field: Field, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.add(field, sentence(&failure.why))).ok()
    }

    /// Returns the messages in the order of the form's fields.
    pub(super) fn finish(self) -> Vec<ValidationMessage> {
        let message = |((field, _), First { mut text, count, superseded }): ((Field, &str), First)| {
            if count > 1 {
                text = format!("{} (and {} more like this).", text.trim_end_matches('.'), count - 1);
            }
            ValidationMessage { field, text, count, superseded }
        };
        self.first.into_iter().map(message).collect()
    }
}

/// Capitalises a phrase and adds a full stop.
fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut text: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    text.push_str(chars.as_str());
    text.push('.');
    text
}
