//! Who uses an image, as JSON and in rows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::deregistration::UsageRecord;
use crate::{
    cli::output::{Column, Record},
    domain::{Image, image_usage::ImageUsage, usage_report::Reported},
    engine::JobId,
};

/// Who uses an image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct UsedByDocument {
    image_id: String,
    region: String,
    /// May be empty.
    name: String,
    /// When it was asked, RFC 3339; a usage report has a time of its own.
    time: String,
    usage: UsageRecord,
}

impl UsedByDocument {
    pub(in crate::cli) fn new(image: &Image, usage: &ImageUsage, copying: &[JobId], now: Timestamp) -> Self {
        Self {
            image_id: image.id.to_string(),
            region: image.region.to_string(),
            name: image.name.to_string(),
            time: format!("{now:.3}"),
            usage: UsageRecord::new(image, usage, copying),
        }
    }
}

/// One that uses an image: a resource of the account, or how many of another account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct UseRow {
    account_id: String,
    resource_type: String,
    /// The ARN; a usage report only counts.
    resource: String,
    count: u64,
    /// Source of the entry: `references` or `usage_report`.
    source: &'static str,
    /// As of when, RFC 3339.
    time: String,
}

impl UseRow {
    /// Returns the resources of the account, then what the usage report says of all accounts.
    pub(in crate::cli) fn all(image: &Image, usage: &ImageUsage, now: Timestamp) -> Vec<Self> {
        let references = usage.references.as_deref().unwrap_or_default().iter().map(|reference| Self {
            account_id: image.owner_id.to_string(),
            resource_type: reference.kind.as_str().to_owned(),
            resource: reference.arn.to_string(),
            count: 1,
            source: "references",
            time: format!("{now:.3}"),
        });
        let mut rows: Vec<Self> = references.collect();
        if let Some(Ok(Reported::Available { created, uses })) = &usage.reported {
            rows.extend(uses.iter().map(|one| Self {
                account_id: one.account.to_string(),
                resource_type: one.kind.as_str().to_owned(),
                resource: String::new(),
                count: one.count,
                source: "usage_report",
                time: created.map(|created| format!("{created:.3}")).unwrap_or_default(),
            }));
        }
        rows
    }
}

impl Record for UseRow {
    const LIST: &'static str = "uses";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<UseRow>] = &[
            Column::new("account_id", |r| r.account_id.clone()),
            Column::new("resource_type", |r| r.resource_type.clone()),
            Column::new("resource", |r| r.resource.clone()),
            Column::<UseRow>::number("count", |r| r.count.to_string()),
            Column::new("source", |r| r.source.into()),
            Column::new("time", |r| r.time.clone()),
        ];
        COLUMNS
    }

    /// The resource, or the account that a usage report names.
    fn id(&self) -> Option<String> {
        Some(if self.resource.is_empty() { self.account_id.clone() } else { self.resource.clone() })
    }
}
