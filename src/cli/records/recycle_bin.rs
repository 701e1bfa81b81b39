//! What the Recycle Bin holds as JSON, and its columns.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::{
        Region,
        orphans::{RecycleBinImage, RecycleBinSnapshot},
    },
};

/// An image or a snapshot in the Recycle Bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct RecycleBinRecord {
    /// `image` or `snapshot`.
    resource_type: &'static str,
    /// Of the image or the snapshot.
    pub(in crate::cli) resource_id: String,
    pub(in crate::cli) region: String,
    /// Of an image; missing if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The image that EC2 made the snapshot for, if its description says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    recycle_bin_enter_time: Option<String>,
    /// When EC2 deletes it for good, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    recycle_bin_exit_time: Option<String>,
    /// What came of restoring it; missing in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) result: Option<RestoreResult>,
}

/// What came of restoring something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum RestoreResult {
    /// EC2 shows it again.
    Restored,
    /// EC2 has accepted it, and does not show it yet.
    Pending,
    Failed,
    /// It was not tried, because something before it failed or a signal came.
    NotAttempted,
}

impl RestoreResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::NotAttempted => "not_attempted",
        }
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

impl RecycleBinRecord {
    pub(in crate::cli) fn image(image: &RecycleBinImage, region: &Region) -> Self {
        Self {
            resource_type: "image",
            resource_id: image.id.to_string(),
            region: region.to_string(),
            name: filled(&image.name),
            description: filled(&image.description),
            image_id: None,
            recycle_bin_enter_time: image.entered.map(|at| format!("{at:.3}")),
            recycle_bin_exit_time: image.exits.map(|at| format!("{at:.3}")),
            result: None,
        }
    }

    pub(in crate::cli) fn snapshot(snapshot: &RecycleBinSnapshot, region: &Region) -> Self {
        Self {
            resource_type: "snapshot",
            resource_id: snapshot.id.to_string(),
            region: region.to_string(),
            name: None,
            description: filled(&snapshot.description),
            image_id: snapshot.image().map(|image| image.to_string()),
            recycle_bin_enter_time: snapshot.entered.map(|at| format!("{at:.3}")),
            recycle_bin_exit_time: snapshot.exits.map(|at| format!("{at:.3}")),
            result: None,
        }
    }

    /// Something of which only the id is known.
    pub(in crate::cli) fn unknown(id: String, region: &Region) -> Self {
        Self {
            resource_type: if id.starts_with("snap-") { "snapshot" } else { "image" },
            resource_id: id,
            region: region.to_string(),
            name: None,
            description: None,
            image_id: None,
            recycle_bin_enter_time: None,
            recycle_bin_exit_time: None,
            result: None,
        }
    }

    /// The same with what came of restoring it.
    pub(in crate::cli) fn with(self, result: RestoreResult) -> Self {
        Self { result: Some(result), ..self }
    }

    /// The day of a time.
    fn day(time: Option<&String>) -> String {
        time.and_then(|time| time.split('T').next()).unwrap_or_default().to_owned()
    }
}

impl Record for RecycleBinRecord {
    const LIST: &'static str = "resources";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<RecycleBinRecord>] = &[
            Column::<RecycleBinRecord>::new("resource_id", |r| r.resource_id.clone()).headed("ID"),
            Column::new("region", |r| r.region.clone()),
            Column::<RecycleBinRecord>::new("name", |r| r.name.clone().unwrap_or_default()).cut(Elision::Differing(16)),
            Column::<RecycleBinRecord>::new("image_id", |r| r.image_id.clone().unwrap_or_default()).headed("MADE FOR"),
            Column::<RecycleBinRecord>::new("recycle_bin_enter_time", |r| {
                r.recycle_bin_enter_time.clone().unwrap_or_default()
            })
            .shown("SINCE", |r| RecycleBinRecord::day(r.recycle_bin_enter_time.as_ref())),
            Column::<RecycleBinRecord>::new("recycle_bin_exit_time", |r| {
                r.recycle_bin_exit_time.clone().unwrap_or_default()
            })
            .shown("UNTIL", |r| RecycleBinRecord::day(r.recycle_bin_exit_time.as_ref())),
            Column::new("result", |r| r.result.map(RestoreResult::as_str).unwrap_or_default().into()),
        ];
        COLUMNS
    }

    /// In a list all of them; then those that were restored.
    fn id(&self) -> Option<String> {
        let there = matches!(self.result, None | Some(RestoreResult::Restored | RestoreResult::Pending));
        there.then(|| self.resource_id.clone())
    }
}
