//! State of line mode: what the last line requested, and what was printed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{ImageId, draft::Field},
    engine::JobId,
    tui::others::ListKey,
};

/// What is printed in reply to a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LineReply {
    /// What is new on the screen.
    #[default]
    News,
    /// The whole screen again.
    Screen,
    /// These lines: the screen is as it was.
    Lines(Vec<String>),
}

/// What a row is, of a list that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowId {
    Image(ListKey, ImageId),
    Job(JobId),
    Item(String),
}

/// The rows of a list by their numbers, counted from 0, as they were printed last; of other pages, when those were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrintedRows {
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

/// The lines that were entered, and what the last one requested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineModeState {
    /// Number of lines that were entered.
    pub entered: u64,
    pub reply: LineReply,
    /// The text that the last line has replaced: `undo` brings it back.
    pub undo: Option<Replaced>,
    /// What was waited for before the last line.
    pub awaited: BTreeSet<String>,
    /// Nothing more is waited for to answer the last line.
    pub is_answered: bool,
    /// The rows as they were printed.
    pub rows: PrintedRows,
}
