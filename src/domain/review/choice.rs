//! What the user decides about a copy.

use std::collections::HashMap;

use crate::domain::{
    copy::{CopyRequest, Encryption, ImageName},
    ids::ImageId,
    placement::Placement,
    region::Region,
};

/// What is done about a copy that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It is not made.
    Skip,
    /// It gets the next free numbered name.
    Rename,
    /// It is made all the same.
    CopyAnyway,
}

/// What was decided in a form's reviews, by copy: a review that is opened again shows the same. A copy that would be encrypted
/// otherwise or stored elsewhere is another one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions(HashMap<Key, Choice>);

type Key = (ImageId, Region, ImageName, Encryption, Placement);

impl Decisions {
    pub(super) fn add(&mut self, copy: &CopyRequest, choice: Choice) {
        self.0.insert(key(copy), choice);
    }

    pub(super) fn of(&self, copy: &CopyRequest) -> Option<Choice> {
        self.0.get(&key(copy)).copied()
    }
}

fn key(copy: &CopyRequest) -> Key {
    let (encryption, placement) = (copy.encryption.clone(), copy.placement.clone());
    (copy.source.clone(), copy.destination.clone(), copy.name.clone(), encryption, placement)
}
