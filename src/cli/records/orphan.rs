//! Orphaned snapshots as JSON, and their columns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::{
        Region,
        orphans::{KeepReason, KeptSnapshot, MadeFor, Maker, Orphan, OwnSnapshot},
        price::{Money, Prices},
        text::age,
    },
    labels,
};

/// A snapshot whose image does not exist any more.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct OrphanRecord {
    pub(in crate::cli) snapshot_id: String,
    pub(in crate::cli) region: String,
    pub(in crate::cli) state: OrphanState,
    /// Size of the volume, GiB; the snapshot may hold less.
    pub(in crate::cli) size_gib: u64,
    /// What it costs a month at most, estimated, in US dollars; missing if the price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_month_usd: Option<f64>,
    /// When it was started, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    /// The image that EC2 made it for.
    pub(in crate::cli) image_id: String,
    /// The call that made it: `CopyImage` or `CreateImage`.
    created_by: &'static str,
    /// The image that was copied; only of `CopyImage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_image_id: Option<String>,
    encrypted: bool,
    tags: BTreeMap<String, String>,
    /// Why it is kept, in a word that does not change, such as `shared` or `used_by_image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) reason: Option<&'static str>,
    /// The same for a person, or what else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) message: Option<String>,
    /// For the table.
    #[serde(skip)]
    month: Option<Money>,
    #[serde(skip)]
    age: Option<String>,
}

/// What is known of a snapshot, or was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum OrphanState {
    /// Nothing refers to it.
    Orphan,
    /// A rule keeps it; only with `--kept`, or after `--delete` if it was no orphan any more.
    Kept,
    /// It was deleted.
    Deleted,
    /// It could not be deleted, or could not be read again before.
    Failed,
    /// It was not tried, because a signal came before.
    NotAttempted,
}

impl OrphanState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "orphan",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
            Self::NotAttempted => "not_attempted",
        }
    }
}

impl OrphanRecord {
    pub(in crate::cli) fn orphan(orphan: &Orphan, prices: &Prices, now: Timestamp) -> Self {
        Self::new(&orphan.region, &orphan.snapshot, &orphan.made_for, orphan.monthly_cost(prices), now)
    }

    pub(in crate::cli) fn kept(kept: &KeptSnapshot, prices: &Prices, now: Timestamp) -> Self {
        let mut record = Self::new(&kept.region, &kept.snapshot, &kept.made_for, kept.monthly_cost(prices), now);
        record.keep(&kept.reason);
        record
    }

    fn new(region: &Region, own: &OwnSnapshot, made_for: &MadeFor, month: Option<Money>, now: Timestamp) -> Self {
        let snapshot = &own.snapshot;
        #[expect(clippy::cast_precision_loss, reason = "millionths of a dollar, far fewer than 2^53")]
        let dollars = |money: Money| money.micros() as f64 / 1e6;
        Self {
            snapshot_id: snapshot.id.to_string(),
            region: region.to_string(),
            state: OrphanState::Orphan,
            size_gib: snapshot.volume_size.into(),
            storage_month_usd: month.map(dollars),
            start_time: snapshot.started.map(|at| format!("{at:.3}")),
            image_id: made_for.image.to_string(),
            created_by: labels::orphans::maker(&made_for.maker),
            source_image_id: match &made_for.maker {
                Maker::CopyImage { source, .. } => Some(source.to_string()),
                Maker::CreateImage => None,
            },
            encrypted: snapshot.encrypted,
            tags: snapshot.tags.iter().map(|tag| (tag.key.to_string(), tag.value.to_string())).collect(),
            reason: None,
            message: None,
            month,
            age: snapshot.started.map(|at| age(now.duration_since(at).as_secs())),
        }
    }

    /// Notes that a rule keeps it.
    pub(in crate::cli) fn keep(&mut self, reason: &KeepReason) {
        self.state = OrphanState::Kept;
        self.reason = Some(word(reason));
        self.message = Some(labels::orphans::keep(reason));
    }
}

/// A word that does not change.
fn word(reason: &KeepReason) -> &'static str {
    match reason {
        KeepReason::UsedByImage(_) => "used_by_image",
        KeepReason::ImageIsBack(_) => "image_exists",
        KeepReason::ImageElsewhere(_) => "image_elsewhere",
        KeepReason::ImageInRecycleBin(_) => "image_in_recycle_bin",
        KeepReason::UnknownImageInRecycleBin(_) => "recycle_bin_unknown",
        KeepReason::Job(_) => "job",
        KeepReason::OnPurpose(_) | KeepReason::Tagged => "on_purpose",
        KeepReason::Implausible(_) => "not_made_for_image",
        KeepReason::AwsBackup => "aws_backup",
        KeepReason::Managed(_) => "managed",
        KeepReason::NotCompleted => "not_completed",
        KeepReason::Archived => "archived",
        KeepReason::TooYoung => "too_young",
        KeepReason::AgeUnknown => "age_unknown",
        KeepReason::Locked => "locked",
        KeepReason::FastRestore => "fast_restore",
        KeepReason::Shared => "shared",
        KeepReason::LockUnknown(_) => "lock_unknown",
        KeepReason::FastRestoreUnknown(_) => "fast_restore_unknown",
        KeepReason::ElsewhereUnknown(_) => "elsewhere_unknown",
        KeepReason::SharingUnknown(_) | KeepReason::SharingNotRead => "sharing_unknown",
    }
}

impl Record for OrphanRecord {
    const LIST: &'static str = "snapshots";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<OrphanRecord>] = &[
            Column::new("snapshot_id", |r| r.snapshot_id.clone()),
            Column::new("region", |r| r.region.clone()),
            Column::new("state", |r| r.state.as_str().into()),
            Column::<OrphanRecord>::number("size_gib", |r| r.size_gib.to_string())
                .shown("SIZE", |r| format!("{} GiB", r.size_gib))
                .narrow(1, "GIB", |r| r.size_gib.to_string()),
            Column::<OrphanRecord>::number("storage_month_usd", |r| {
                r.storage_month_usd.map(|usd| usd.to_string()).unwrap_or_default()
            })
            .shown("MONTHLY", |r| r.month.map_or_else(|| "unknown".into(), |month| month.to_string())),
            Column::<OrphanRecord>::new("start_time", |r| r.start_time.clone().unwrap_or_default())
                .shown("AGE", |r| r.age.clone().unwrap_or_default()),
            Column::<OrphanRecord>::new("image_id", |r| r.image_id.clone()).headed("MADE FOR"),
            Column::<OrphanRecord>::new("tags", |r| {
                r.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
            })
            .cut(Elision::End(12))
            .left_out(1),
            Column::<OrphanRecord>::new("message", |r| r.message.clone().unwrap_or_default())
                .headed("WHY")
                .cut(Elision::End(20)),
        ];
        COLUMNS
    }

    /// The orphans; after `--delete` those that were deleted.
    fn id(&self) -> Option<String> {
        matches!(self.state, OrphanState::Orphan | OrphanState::Deleted).then(|| self.snapshot_id.clone())
    }
}
