//! A deregistered image as JSON, and its columns.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FailureRecord, usage_report::UsageReportRecord};
use crate::{
    cli::output::{Column, Elision, Record},
    domain::{Image, SnapshotId, image_usage::ImageUsage},
    engine::JobId,
    labels,
};

/// What came of deregistering one image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct DeregistrationRecord {
    pub(in crate::cli) image_id: String,
    pub(in crate::cli) region: String,
    /// May be empty.
    pub(in crate::cli) name: String,
    pub(in crate::cli) result: DeregistrationResult,
    /// Why it was not deregistered, or what else there is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) message: Option<String>,
    /// Who used it; missing if that was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) usage: Option<UsageRecord>,
    /// Snapshots that were deleted with it.
    pub(in crate::cli) deleted_snapshot_ids: Vec<String>,
    /// Snapshots of it that remain.
    pub(in crate::cli) kept_snapshots: Vec<KeptSnapshotRecord>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum DeregistrationResult {
    Deregistered,
    /// Nothing was changed in AWS.
    Refused,
    /// A dry run found that the caller may deregister it.
    WouldDeregister,
    /// It is stored and continues when an amigrate runs the queue.
    Pending,
}

impl DeregistrationResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deregistered => "deregistered",
            Self::Refused => "refused",
            Self::WouldDeregister => "would deregister",
            Self::Pending => "pending",
        }
    }
}

/// A snapshot that remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct KeptSnapshotRecord {
    pub(in crate::cli) snapshot_id: String,
    pub(in crate::cli) reason: String,
}

/// Who uses an image. A part that could not be read is missing, and `unknown` says why.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct UsageRecord {
    /// Resources of the account that name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_references: Option<Vec<ReferenceRecord>>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_launched_time: Option<String>,
    /// Account ids, ARNs of organizations and organizational units, or `public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_permissions: Option<Vec<String>>,
    /// Snapshots that other images of the account use too, which are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_snapshots: Option<Vec<SharedSnapshotRecord>>,
    /// Snapshots that others may create volumes of.
    #[serde(skip_serializing_if = "Option::is_none")]
    create_volume_permissions: Option<Vec<VolumePermissionRecord>>,
    /// What the newest usage report says of other accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_report: Option<UsageReportRecord>,
    /// Numbers of the copies under way here that read it.
    copying_jobs: Vec<u64>,
    /// Why parts could not be read.
    unknown: Vec<FailureRecord>,
}

/// A resource that names an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct ReferenceRecord {
    /// EC2's name, such as `ec2:Instance`.
    resource_type: String,
    arn: String,
}

/// A snapshot that other images use too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct SharedSnapshotRecord {
    snapshot_id: String,
    image_ids: Vec<String>,
}

/// Who may create volumes of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct VolumePermissionRecord {
    snapshot_id: String,
    /// Account ids, or `everyone`.
    users: Vec<String>,
}

impl UsageRecord {
    pub(in crate::cli) fn new(image: &Image, usage: &ImageUsage, copying: &[JobId]) -> Self {
        let references = usage.references.as_ref().ok().map(|references| {
            let record = |r: &crate::domain::image_usage::ImageReference| ReferenceRecord {
                resource_type: r.kind.as_str().to_owned(),
                arn: r.arn.to_string(),
            };
            references.iter().map(record).collect()
        });
        let shared = usage.shared_snapshots.as_ref().ok().map(|shared| {
            let record = |s: &crate::domain::image_usage::SharedSnapshot| SharedSnapshotRecord {
                snapshot_id: s.snapshot.to_string(),
                image_ids: s.images.iter().map(ToString::to_string).collect(),
            };
            shared.iter().map(record).collect()
        });
        let volumes = usage.volume_permissions.as_ref().ok().map(|volumes| {
            let record = |(snapshot, with): &(SnapshotId, Vec<_>)| VolumePermissionRecord {
                snapshot_id: snapshot.to_string(),
                users: with.iter().map(labels::who).collect(),
            };
            volumes.iter().map(record).collect()
        });
        Self {
            image_references: references,
            last_launched_time: image.last_launched.map(|at| at.to_string()),
            launch_permissions: usage.permissions.as_ref().ok().map(|p| p.iter().map(ToString::to_string).collect()),
            shared_snapshots: shared,
            create_volume_permissions: volumes,
            usage_report: usage.reported.as_ref().and_then(|reported| reported.as_ref().ok()).map(Into::into),
            copying_jobs: copying.iter().map(|job| job.0).collect(),
            unknown: usage.failures().map(FailureRecord::from).collect(),
        }
    }
}

impl Record for DeregistrationRecord {
    const LIST: &'static str = "images";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<DeregistrationRecord>] = &[
            Column::new("image_id", |r| r.image_id.clone()),
            Column::new("region", |r| r.region.clone()),
            Column::<DeregistrationRecord>::new("name", |r| r.name.clone()).cut(Elision::Differing(16)),
            Column::new("result", |r| r.result.as_str().into()),
            Column::<DeregistrationRecord>::new("deleted_snapshots", |r| r.deleted_snapshot_ids.join(" ")).narrow(
                1,
                "DELETED",
                |r| r.deleted_snapshot_ids.len().to_string(),
            ),
            Column::<DeregistrationRecord>::new("kept_snapshots", |r| {
                r.kept_snapshots.iter().map(|kept| kept.snapshot_id.as_str()).collect::<Vec<_>>().join(" ")
            })
            .narrow(1, "KEPT", |r| r.kept_snapshots.len().to_string()),
        ];
        COLUMNS
    }

    /// Those that are deregistered.
    fn id(&self) -> Option<String> {
        (self.result == DeregistrationResult::Deregistered).then(|| self.image_id.clone())
    }
}
