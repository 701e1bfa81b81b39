//! What the user decides about a copy.

use std::collections::HashMap;

use crate::domain::{
    copy::{CopyRequest, ImageName},
    ids::ImageId,
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

/// What was decided in a form's reviews, by copy: a review that is opened again shows the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions(HashMap<(ImageId, Region, ImageName), Choice>);

impl Decisions {
    pub(super) fn add(&mut self, copy: &CopyRequest, choice: Choice) {
        self.0.insert(key(copy), choice);
    }

    pub(super) fn of(&self, copy: &CopyRequest) -> Option<Choice> {
        self.0.get(&key(copy)).copied()
    }
}

fn key(copy: &CopyRequest) -> (ImageId, Region, ImageName) {
    (copy.source.clone(), copy.destination.clone(), copy.name.clone())
}
