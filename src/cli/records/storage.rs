//! The storage that images hold, as JSON and CSV.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::{
        price::Money,
        storage_held::{Cost, Group, GroupBy, Held, Row},
    },
    labels,
    records::FailureRecord,
};

/// What a family, a region, an account or an image holds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct StorageRecord {
    /// `family`, `region`, `account` or `image`.
    group: &'static str,
    /// The name without the version, or the newest image's id if there is none; of families and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// The owner of the images; of families, accounts and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<String>,
    /// Of regions and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
    /// Of images.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    held: HeldRecord,
    /// For the table.
    #[serde(skip)]
    sums: Held,
}

/// A sum of snapshots, each once.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct HeldRecord {
    images: usize,
    snapshots: usize,
    /// Snapshots that images of other rows name as well: each of those rows counts them, the total counts them once.
    shared_snapshots: usize,
    /// Snapshots in the archive tier.
    archived_snapshots: usize,
    /// Sum of the volumes' sizes, GiB.
    volume_size_gib: u64,
    /// What EBS bills at most: of each snapshot the full size that EC2 reports (`FullSnapshotSizeInBytes`), or its volume's size,
    /// whichever is smaller.
    at_most_bytes: u64,
    /// Snapshots of which that is EC2's full size.
    full_size_snapshots: usize,
    /// Estimated cost of a month in US dollars; missing if no price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_month_usd: Option<f64>,
    /// Whether the cost is `at_most` that, `part_at_most` because a part has no known price or could not be read and only the rest costs that at
    /// most, or `unknown`.
    storage_month_bound: &'static str,
    /// Snapshots of which EC2 reports no size: they are not in the bytes.
    snapshots_without_size: usize,
    /// False if a region that may hold more of it could not be read completely, or it is not known which regions there are: the sums are of what
    /// was read.
    complete: bool,
}

/// The document of `amigrate storage --output json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct StorageDocument {
    /// The largest first.
    storage: Vec<StorageRecord>,
    /// All images, each snapshot once.
    total: HeldRecord,
    /// Snapshots of the account that no image refers to, in the regions that were read completely.
    not_in_images: HeldRecord,
    failures: Vec<FailureRecord>,
}

/// A member of the document besides the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(in crate::cli) enum StorageMember {
    Held(HeldRecord),
    Failures(Vec<FailureRecord>),
}

impl StorageRecord {
    pub(in crate::cli) fn new(row: &Row) -> Self {
        let image = row.images.first().filter(|_| matches!(row.group, Group::Image(..)));
        let name = row.group.name().to_owned();
        let (owner_id, region, image_id) = match &row.group {
            Group::Family(owner, _) => (Some(owner.to_string()), None, None),
            Group::Region(_) => (None, Some(name), None),
            Group::Account(_) => (Some(name), None, None),
            Group::Image(region, _) => {
                (image.map(|image| image.owner_id.to_string()), Some(region.to_string()), Some(name))
            }
        };
        let has_family = matches!(row.group, Group::Family(..) | Group::Image(..));
        Self {
            group: row.group.by().as_str(),
            family: row.family.as_ref().filter(|_| has_family).map(ToString::to_string),
            owner_id,
            region,
            image_id,
            name: image.map(|image| image.name.to_string()),
            held: HeldRecord::new(&row.held),
            sums: row.held,
        }
    }

    /// Returns the columns of rows of this kind: what they are, then the sums.
    pub(in crate::cli) fn columns_of(by: GroupBy, terminal: bool) -> Vec<&'static Column<Self>> {
        let group: &[&str] = match by {
            GroupBy::Family if terminal => &["family", "images"],
            GroupBy::Family => &["family", "owner_id", "images"],
            GroupBy::Region => &["region", "images"],
            GroupBy::Account => &["owner_id", "images"],
            GroupBy::Image if terminal => &["image_id", "region", "name"],
            GroupBy::Image => &["image_id", "region", "name", "family"],
        };
        let is_of = |column: &&Column<Self>| column.default || group.contains(&column.name);
        Self::columns().iter().filter(is_of).collect()
    }
}

impl HeldRecord {
    pub(in crate::cli) fn new(held: &Held) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "millionths of a dollar, far fewer than 2^53")]
        let dollars = |money: Money| money.micros() as f64 / 1e6;
        let (storage_month_usd, storage_month_bound) = match held.cost() {
            Cost::AtMost(month) => (Some(dollars(month)), "at_most"),
            Cost::PartAtMost(month) => (Some(dollars(month)), "part_at_most"),
            Cost::Unknown => (None, "unknown"),
        };
        Self {
            images: held.images,
            snapshots: held.snapshots,
            shared_snapshots: held.shared,
            archived_snapshots: held.archived,
            volume_size_gib: held.volume_gib,
            at_most_bytes: held.at_most_bytes,
            full_size_snapshots: held.bounded_by_full_size,
            storage_month_usd,
            storage_month_bound,
            snapshots_without_size: held.without_size,
            complete: held.complete,
        }
    }
}

/// A number, or nothing for none, so that a column of zeros is left out of a terminal.
fn unless_zero(n: usize) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}

impl Record for StorageRecord {
    const LIST: &'static str = "storage";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<StorageRecord>] = &[
            Column::<StorageRecord>::hidden("family", |r| r.family.clone().unwrap_or_default())
                .cut(Elision::Differing(16)),
            Column::<StorageRecord>::hidden("owner_id", |r| r.owner_id.clone().unwrap_or_default()).cut(Elision::Never),
            Column::<StorageRecord>::hidden("image_id", |r| r.image_id.clone().unwrap_or_default()).cut(Elision::Never),
            Column::<StorageRecord>::hidden("region", |r| r.region.clone().unwrap_or_default()).cut(Elision::Never),
            Column::<StorageRecord>::hidden("name", |r| r.name.clone().unwrap_or_default()).cut(Elision::Differing(12)),
            Column { right: true, ..Column::hidden("images", |r: &StorageRecord| r.held.images.to_string()) },
            Column::<StorageRecord>::number("snapshots", |r| r.held.snapshots.to_string())
                .narrow(1, "SNAPS", |r| r.held.snapshots.to_string()),
            Column::<StorageRecord>::number("shared_snapshots", |r| r.held.shared_snapshots.to_string())
                .shown("SHARED", |r| unless_zero(r.held.shared_snapshots)),
            Column::<StorageRecord>::number("archived_snapshots", |r| r.held.archived_snapshots.to_string())
                .shown("ARCHIVED", |r| unless_zero(r.held.archived_snapshots)),
            Column::<StorageRecord>::number("volume_size_gib", |r| r.held.volume_size_gib.to_string())
                .shown("VOLUMES", |r| labels::storage_held::volumes(&r.sums)),
            Column::<StorageRecord>::number("at_most_bytes", |r| r.held.at_most_bytes.to_string())
                .shown("AT MOST", |r| labels::storage_held::at_most(&r.sums)),
            Column::<StorageRecord>::number("storage_month_usd", |r| {
                r.held.storage_month_usd.map(|usd| usd.to_string()).unwrap_or_default()
            })
            .shown("COST/MONTH", |r| labels::storage_held::month(r.sums.cost())),
            Column::<StorageRecord>::new("storage_month_bound", |r| r.held.storage_month_bound.to_owned())
                .in_data_only(),
            Column::<StorageRecord>::new("complete", |r| r.held.complete.to_string()).in_data_only(),
        ];
        COLUMNS
    }

    /// The image's id, or else the name of the family, the region, or the account.
    fn id(&self) -> Option<String> {
        let names = [&self.image_id, &self.family, &self.region, &self.owner_id];
        names.into_iter().flatten().next().cloned()
    }
}
