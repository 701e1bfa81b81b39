//! Coverage as JSON and CSV.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Record},
    domain::coverage::{Cell, Coverage, Difference, Family},
};

/// A family of images: the versions of one, and which region has the newest.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct FamilyRecord {
    /// The name without the version; empty for images without a name.
    family: String,
    owner_id: String,
    /// The image that copies are made of: of the newest version that is available anywhere.
    newest_image_id: String,
    newest_name: String,
    newest_region: String,
    newest_state: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_creation_date: Option<String>,
    /// Number of versions that are listed.
    versions: usize,
    /// Number of regions that are `missing`, `stale` or `failed` and can get a copy; 0 if `newest_state` is not `available`: then no image
    /// of the family is, and nothing can be copied.
    lacking: usize,
    /// Every region that was asked.
    regions: Vec<CellRecord>,
}

/// What a region has of a family.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct CellRecord {
    region: String,
    /// `available`, `differs`, `pending`, `disabled`, `stale`, `failed`, `missing`; `unknown` if the region could not be listed.
    state: String,
    /// The image that the state is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
    /// Of a pending copy, if this host's queue knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    /// What is not as the source is: `architecture`, `boot mode`, `root device type`, `number of volumes`, `volume sizes`,
    /// `not encrypted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<String>,
}

/// A family and a region, for CSV and fields between tabs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct FamilyRegionRecord {
    family: String,
    newest_image_id: String,
    newest_name: String,
    newest_region: String,
    #[serde(flatten)]
    cell: CellRecord,
}

impl FamilyRecord {
    pub(in crate::cli) fn new(coverage: &Coverage, family: &Family) -> Self {
        let newest = family.newest();
        let cells = coverage.columns.iter().zip(family.cells.all());
        Self {
            family: family.name.to_string(),
            owner_id: family.owner.to_string(),
            newest_image_id: newest.id.to_string(),
            newest_name: newest.name.to_string(),
            newest_region: newest.region.to_string(),
            newest_state: newest.state.as_str().into(),
            newest_creation_date: newest.created.map(|time| format!("{time:.3}")),
            versions: family.versions.len(),
            lacking: family.lacking(),
            regions: cells.map(|(column, cell)| CellRecord::new(column.region.as_str(), cell)).collect(),
        }
    }
}

impl CellRecord {
    fn new(region: &str, cell: &Cell) -> Self {
        let name = |difference: &Difference| difference.as_str().to_owned();
        Self {
            region: region.to_owned(),
            state: cell.state.as_str().into(),
            image_id: cell.image.as_ref().map(ToString::to_string),
            percent: cell.state.percent(),
            differences: cell.state.differences().iter().map(name).collect(),
        }
    }
}

impl FamilyRegionRecord {
    /// Returns a record for each region; only for those that lack the newest version if that is wanted.
    pub(in crate::cli) fn all(coverage: &Coverage, family: &Family, lacking: bool) -> Vec<Self> {
        let newest = family.newest();
        let cells = coverage.columns.iter().zip(family.cells.all());
        let cells = cells.filter(|(_, cell)| !lacking || family.can_be_copied() && cell.state.lacks_newest());
        let record = |(column, cell): (&crate::domain::coverage::Column, &Cell)| Self {
            family: family.name.to_string(),
            newest_image_id: newest.id.to_string(),
            newest_name: newest.name.to_string(),
            newest_region: newest.region.to_string(),
            cell: CellRecord::new(column.region.as_str(), cell),
        };
        cells.map(record).collect()
    }
}

impl Record for FamilyRecord {
    const LIST: &'static str = "families";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<FamilyRecord>] = &[
            Column::new("family", |f| f.family.clone()),
            Column::new("newest_name", |f| f.newest_name.clone()),
            Column::new("newest_image_id", |f| f.newest_image_id.clone()),
            Column::new("newest_region", |f| f.newest_region.clone()),
            Column::number("lacking", |f| f.lacking.to_string()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.newest_image_id.clone())
    }
}

impl Record for FamilyRegionRecord {
    const LIST: &'static str = "regions";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<FamilyRegionRecord>] = &[
            Column::new("family", |f| f.family.clone()),
            Column::new("newest_image_id", |f| f.newest_image_id.clone()),
            Column::new("newest_name", |f| f.newest_name.clone()),
            Column::new("newest_region", |f| f.newest_region.clone()),
            Column::new("region", |f| f.cell.region.clone()),
            Column::new("state", |f| f.cell.state.clone()),
            Column::new("image_id", |f| f.cell.image_id.clone().unwrap_or_default()),
            Column::number("percent", |f| f.cell.percent.map(|percent| percent.to_string()).unwrap_or_default()),
            Column::new("differences", |f| f.cell.differences.join("; ")),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        self.cell.image_id.clone()
    }
}
