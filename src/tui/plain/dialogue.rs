//! What the last line asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{ImageId, Region, draft::Field},
    engine::JobId,
};

/// What is said in answer to a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// What is new on the screen.
    #[default]
    News,
    /// The whole screen again.
    Whole,
    /// These lines: the screen is as it was.
    Said(Vec<String>),
}

/// What a row is, of a list that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowId {
    Image(Region, ImageId),
    Job(JobId),
    Item(String),
}

/// The rows of a list by their numbers, counted from 0, as they were said last; of other pages, when those were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaidRows {
    /// The list, and how it is filtered.
    pub list: String,
    pub rows: BTreeMap<usize, (RowId, String)>,
}

/// A field's text that a line has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub field: Field,
    pub before: String,
    /// The text that replaced it. A field that has another one is that of another form, or was changed since.
    pub after: String,
}

/// The lines that were entered, and what the last one asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialogue {
    /// Number of lines that were entered.
    pub entered: u64,
    pub answer: Answer,
    /// The text that the last line has replaced: `undo` brings it back.
    pub undo: Option<Replaced>,
    /// What was waited for before the last line.
    pub awaited: BTreeSet<String>,
    /// Nothing more is waited for to answer the last line.
    pub is_answered: bool,
    /// The rows as they were said.
    pub rows: SaidRows,
}
