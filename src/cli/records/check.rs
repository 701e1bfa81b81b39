//! What `amigrate copy --check` prints as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::copy::SkippedRecord;
use crate::{
    cli::output::{Column as OutputColumn, Record},
    domain::{
        price::{Estimate, Money},
        review::{
            Cell, CellValue, Choice, Column, Existing, Finding, Review, ReviewTable, Severity, Status, existing::Found,
            table::Row,
        },
    },
    labels,
};

/// The check of copies before they start.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct CheckDocument {
    pub(in crate::cli) destinations: Vec<DestinationRecord>,
    /// What refuses the copies, what to know before, and what could not be checked; the worst first.
    pub(in crate::cli) findings: Vec<FindingRecord>,
    /// What is there already.
    pub(in crate::cli) existing: Vec<ExistingRecord>,
    /// Copies that are left out before the check: they are in this queue.
    pub(in crate::cli) skipped: Vec<SkippedRecord>,
    pub(in crate::cli) outlook: OutlookRecord,
    pub(in crate::cli) cost: CostRecord,
}

/// A destination region and its checks. Each is `fine`, `warning`, `refused`, `unknown` or `not_needed`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct DestinationRecord {
    region: String,
    /// Copies to start.
    copies: usize,
    /// The region is enabled.
    enabled: &'static str,
    /// The copies are permitted.
    allowed: &'static str,
    /// The keys can be used.
    key: &'static str,
    /// Images that are there already.
    exists: &'static str,
    /// What the region's encryption by default means.
    encryption_by_default: &'static str,
    /// There is room for more pending copies.
    pending: &'static str,
    /// Images may be public.
    public: &'static str,
    /// The cells of the table.
    #[serde(skip)]
    cells: Vec<String>,
    /// How many images are there already; `?` if that is not known.
    #[serde(skip)]
    existing: String,
    /// `yes` or `no`: the region encrypts what is not; `?` if that is not known.
    #[serde(skip)]
    encrypts: &'static str,
}

/// Something to know before the start.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct FindingRecord {
    /// `refused`, `warning` or `unknown`.
    pub(in crate::cli) severity: &'static str,
    pub(in crate::cli) regions: Vec<String>,
    /// One or two sentences.
    pub(in crate::cli) text: String,
}

/// A copy whose name is taken, or whose source was copied before.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct ExistingRecord {
    region: String,
    /// Name of the copy.
    name: String,
    source_image_id: String,
    /// The image that is there; none if the copy is in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) state: Option<String>,
    same_name: bool,
    same_source: bool,
    /// `skip`, `rename` or `copy`.
    choice: &'static str,
    /// A sentence.
    pub(in crate::cli) text: String,
}

/// What starting means.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct OutlookRecord {
    copies: usize,
    size_gib: u64,
    /// A sentence, with the time it takes where that is known.
    pub(in crate::cli) text: String,
    /// True if `--yes` is needed.
    confirmation: bool,
}

/// What the copies cost, in US dollars; what has no known price is left out.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct CostRecord {
    transfer_usd: f64,
    time_based_usd: f64,
    storage_month_usd: f64,
    /// What has no known price.
    unknown: Vec<String>,
    /// One or two sentences; empty if nothing costs anything.
    pub(in crate::cli) text: String,
}

impl CheckDocument {
    pub(in crate::cli) fn new(review: &Review, table: &ReviewTable, cost: &Estimate) -> Self {
        Self {
            destinations: table.rows.iter().map(DestinationRecord::from).collect(),
            findings: table.findings.iter().map(FindingRecord::from).collect(),
            existing: table.existing.iter().filter_map(|existing| ExistingRecord::new(review, existing)).collect(),
            skipped: Vec::new(),
            outlook: OutlookRecord {
                copies: table.outlook.copies,
                size_gib: table.outlook.gib,
                text: labels::review::outlook(&table.outlook),
                confirmation: table.outlook.confirmation.is_needed(),
            },
            cost: CostRecord::from(cost),
        }
    }
}

impl From<&Row> for DestinationRecord {
    fn from(row: &Row) -> Self {
        let status = |column| match row.cell(column).status {
            Status::NotNeeded => "not_needed",
            Status::Fine => "fine",
            Status::Warning => "warning",
            Status::Unknown | Status::Waiting => "unknown",
            Status::Refused => "refused",
        };
        Self {
            region: row.region.to_string(),
            copies: row.copies,
            enabled: status(Column::Enabled),
            allowed: status(Column::Permission),
            key: status(Column::Key),
            exists: status(Column::Exists),
            encryption_by_default: status(Column::Encryption),
            pending: status(Column::Pending),
            public: status(Column::Public),
            existing: match row.cell(Column::Exists) {
                Cell { value: CellValue::Count(n), .. } => n.to_string(),
                Cell { status: Status::Fine, .. } => "0".into(),
                cell => labels::review::cell(Column::Exists, cell),
            },
            encrypts: match row.cell(Column::Encryption) {
                Cell { value: CellValue::Switch(on), .. } => {
                    if on {
                        "yes"
                    } else {
                        "no"
                    }
                }
                Cell { status: Status::NotNeeded, .. } => "-",
                _ => "?",
            },
            cells: Column::ALL.iter().map(|column| labels::review::cell(*column, row.cell(*column))).collect(),
        }
    }
}

impl Record for DestinationRecord {
    const LIST: &'static str = "destinations";

    fn columns() -> &'static [OutputColumn<Self>] {
        const COLUMNS: &[OutputColumn<DestinationRecord>] = &[
            OutputColumn::new("region", |d| d.region.clone()),
            OutputColumn::number("copies", |d| d.copies.to_string()),
            OutputColumn::new("enabled", |d| d.cell(Column::Enabled)),
            OutputColumn::<DestinationRecord>::new("allowed", |d| d.cell(Column::Permission)).headed("IAM"),
            OutputColumn::new("key", |d| d.cell(Column::Key)),
            OutputColumn::<DestinationRecord>::new("exists", |d| d.existing.clone()).headed("EXISTING"),
            OutputColumn::<DestinationRecord>::new("default", |d| d.encrypts.into())
                .headed("ENCRYPTED BY DEFAULT")
                .narrow(1, "ENCRYPTED", |d| d.encrypts.into()),
            OutputColumn::new("pending", |d| d.cell(Column::Pending)),
            OutputColumn::<DestinationRecord>::new("public", |d| d.cell(Column::Public)).left_out(2),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.region.clone())
    }
}

impl DestinationRecord {
    fn cell(&self, column: Column) -> String {
        let place = Column::ALL.iter().position(|known| *known == column);
        place.and_then(|n| self.cells.get(n)).cloned().unwrap_or_default()
    }
}

impl From<&Finding> for FindingRecord {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: match finding.severity {
                Severity::Refusal => "refused",
                Severity::Warning => "warning",
                Severity::Unknown => "unknown",
            },
            regions: finding.regions.iter().map(ToString::to_string).collect(),
            text: labels::review::finding(finding),
        }
    }
}

impl ExistingRecord {
    pub(in crate::cli) fn new(review: &Review, existing: &Existing) -> Option<Self> {
        let copy = review.copies().get(existing.copy)?;
        let (image_id, state) = match &existing.found {
            Found::Image { id, state, .. } => (Some(id.to_string()), Some(state.as_str().to_owned())),
            Found::Queued => (None, None),
        };
        Some(Self {
            region: copy.destination.to_string(),
            name: copy.name.to_string(),
            source_image_id: copy.source.to_string(),
            image_id,
            state,
            same_name: existing.same_name,
            same_source: existing.same_source,
            choice: match existing.choice {
                Choice::Skip => "skip",
                Choice::Rename => "rename",
                Choice::CopyAnyway => "copy",
            },
            text: labels::review::existing(existing, &copy.destination, copy.name.as_str()),
        })
    }
}

impl From<&Estimate> for CostRecord {
    fn from(cost: &Estimate) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "millionths of a dollar, far fewer than 2^53")]
        let dollars = |money: Money| money.micros() as f64 / 1e6;
        Self {
            transfer_usd: dollars(cost.transfer),
            time_based_usd: dollars(cost.time_based),
            storage_month_usd: dollars(cost.storage_month),
            unknown: cost.unknown.iter().map(ToString::to_string).collect(),
            text: labels::estimate(cost),
        }
    }
}
