//! Compared images for tables and CSV: a row for each part, in words.

use schemars::JsonSchema;
use serde::Serialize;

use super::VerificationRecord;
use crate::{
    cli::output::{Column, Elision, Record},
    domain::compare::{Comparison, Difference, Finding, Unknown, Value, Verification},
    labels,
    term::text_fit::width,
};

/// Blanks between the columns of a table.
const GAP: usize = 2;

/// A part of two images for tables and CSV, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub(in crate::cli) struct PartRow {
    pub(in crate::cli) part: String,
    pub(in crate::cli) left: String,
    pub(in crate::cli) right: String,
    /// Of a copy: whether it was requested.
    pub(in crate::cli) note: String,
}

impl PartRow {
    /// Returns a row for each difference of a copy, and for each part that is not known.
    pub(in crate::cli) fn of_copy(verification: &Verification) -> Vec<Self> {
        let row = |finding: &Finding| Self {
            note: labels::compare::request_status(finding),
            ..Self::new(&finding.difference)
        };
        verification.findings.iter().map(row).chain(verification.unknown.iter().map(Self::unknown)).collect()
    }

    /// Returns a row for each difference, and for each part that is not known.
    pub(in crate::cli) fn of_two(comparison: &Comparison) -> Vec<Self> {
        comparison.differences.iter().map(Self::new).chain(comparison.unknown.iter().map(Self::unknown)).collect()
    }

    /// Returns the cells of a table of these rows, whose columns of values have these names.
    pub(in crate::cli) fn width(rows: &[Self], sides: [&str; 2]) -> usize {
        let widest = |heading: &str, cell: fn(&Self) -> &str| {
            rows.iter().map(|row| width(cell(row))).max().map_or(0, |widest| widest.max(heading.len()))
        };
        let [left, right] = sides;
        let columns: [usize; 4] = [
            widest("part", |row| &row.part),
            widest(left, |row| &row.left),
            widest(right, |row| &row.right),
            if rows.iter().all(|row| row.note.is_empty()) { 0 } else { widest("note", |row| &row.note) },
        ];
        columns.iter().map(|cells| cells + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// Returns the row as lines, one value below the other.
    pub(in crate::cli) fn lines(&self, sides: [&str; 2]) -> [String; 3] {
        let note = if self.note.is_empty() { String::new() } else { format!(" ({})", self.note) };
        let [left, right] = sides;
        [format!("{}{note}", self.part), format!("  {left}: {}", self.left), format!("  {right}: {}", self.right)]
    }

    fn new(Difference { part, left, right }: &Difference) -> Self {
        let value = |value: &Value| labels::compare::value(part, value);
        Self { part: labels::compare::part(part), left: value(left), right: value(right), note: String::new() }
    }

    fn unknown(unknown: &Unknown) -> Self {
        let (left, right) = labels::compare::unknown_sides(unknown);
        Self { part: labels::compare::part(&unknown.part), left, right, note: "not compared".into() }
    }
}

impl Record for PartRow {
    const LIST: &'static str = "differences";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<PartRow>] = &[
            Column::new("part", |r| r.part.clone()),
            Column::<PartRow>::new("left", |r| r.left.clone()).cut(Elision::Differing(12)),
            Column::<PartRow>::new("right", |r| r.right.clone()).cut(Elision::Differing(12)),
            Column::<PartRow>::new("note", |r| r.note.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        None
    }
}

/// A row of a copy, with the copy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct VerificationRow {
    image_id: String,
    region: String,
    source_image_id: String,
    source_image_region: String,
    result: &'static str,
    #[serde(flatten)]
    part: PartRow,
}

impl VerificationRow {
    /// Returns a row for each of the parts; one without a part if there are none.
    pub(in crate::cli) fn all(record: &VerificationRecord, parts: &[PartRow]) -> Vec<Self> {
        let row = |part: &PartRow| Self {
            image_id: record.image_id.clone().unwrap_or_default(),
            region: record.region.clone(),
            source_image_id: record.source_image_id.clone().unwrap_or_default(),
            source_image_region: record.source_image_region.clone().unwrap_or_default(),
            result: record.result.as_str(),
            part: part.clone(),
        };
        let why = record.message.clone().unwrap_or_default();
        let named = |job: u64| format!("copy {job}: {why}");
        let note = record.job.filter(|_| record.image_id.is_none()).map_or(why.clone(), named);
        let alone = PartRow { note, ..PartRow::default() };
        if parts.is_empty() { vec![row(&alone)] } else { parts.iter().map(row).collect() }
    }
}

impl Record for VerificationRow {
    const LIST: &'static str = "differences";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<VerificationRow>] = &[
            Column::new("image_id", |r| r.image_id.clone()),
            Column::new("region", |r| r.region.clone()),
            Column::new("source_image_id", |r| r.source_image_id.clone()),
            Column::new("source_image_region", |r| r.source_image_region.clone()),
            Column::new("result", |r| r.result.into()),
            Column::new("part", |r| r.part.part.clone()),
            Column::new("source", |r| r.part.left.clone()),
            Column::new("copy", |r| r.part.right.clone()),
            Column::new("note", |r| r.part.note.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        None
    }
}

/// A row of a copy as a terminal shows it below the copy: the columns are called by what they are of.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::cli) struct CopyPartRow(pub(in crate::cli) PartRow);

impl Record for CopyPartRow {
    const LIST: &'static str = "differences";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<CopyPartRow>] = &[
            Column::new("part", |r| r.0.part.clone()),
            Column::<CopyPartRow>::new("source", |r| r.0.left.clone()).cut(Elision::Differing(12)),
            Column::<CopyPartRow>::new("copy", |r| r.0.right.clone()).cut(Elision::Differing(12)),
            Column::<CopyPartRow>::new("note", |r| r.0.note.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        None
    }
}
