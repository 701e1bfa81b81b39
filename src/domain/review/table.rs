//! The table of destinations against checks, with everything that was found.

use super::{
    existing::Existing,
    findings::{Column, Finding, Severity},
    outlook::Outlook,
};
use crate::domain::{copy::CopyRequest, region::Region};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// There is nothing to check.
    #[default]
    NotNeeded,
    Fine,
    Warning,
    Unknown,
    /// No answer yet.
    Waiting,
    Refused,
}

/// What a check found, where it is more than its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellValue {
    #[default]
    None,
    Count(usize),
    Switch(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    pub status: Status,
    pub value: CellValue,
}

impl Cell {
    pub(super) fn worsen(&mut self, status: Status) {
        self.status = self.status.max(status);
    }
}

/// A destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub region: Region,
    /// The number of copies to start.
    pub copies: usize,
    pub(super) cells: [Cell; Column::ALL.len()],
}

impl Row {
    pub fn cell(&self, column: Column) -> Cell {
        self.cells[column as usize]
    }

    pub(super) fn cell_mut(&mut self, column: Column) -> &mut Cell {
        &mut self.cells[column as usize]
    }
}

/// What a review knows at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewTable {
    /// In the order of the form.
    pub rows: Vec<Row>,
    /// The sources, which are checked once for all destinations.
    pub sources: Status,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// In the order of the plan.
    pub existing: Vec<Existing>,
    /// The copies to start.
    pub copies: Vec<CopyRequest>,
    pub outlook: Outlook,
    /// True once nothing is waited for.
    pub settled: bool,
}

impl ReviewTable {
    /// Returns the first reason not to start.
    pub fn refusal(&self) -> Option<&Finding> {
        self.findings.first().filter(|finding| finding.severity == Severity::Refusal)
    }

    /// Returns how many findings are this severe.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
