//! The JSON of images, copies and failures. `amigrate schema` and docs/json.md are made from these types: fields are added, never
//! removed or renamed.

mod accounts;
mod audit;
mod check;
mod comparison;
mod comparison_rows;
mod copy;
mod coverage;
mod deregistration;
mod difference;
mod identity;
mod image_document;
mod job;
mod lineage;
mod orphan;
mod recycle_bin;
mod storage;
mod sync;
mod usage_report;
mod used_by;

pub(super) use crate::records::{FailureRecord, ImageRecord};

pub(super) use accounts::{AccountRecord, AccountsDocument, CopyResult};
pub(super) use audit::AuditRecord;
pub(super) use check::{CheckDocument, DestinationRecord, ExistingRecord};
pub(super) use comparison::{DiffDocument, VerificationRecord, VerificationResult};
pub(super) use comparison_rows::{CopyPartRow, PartRow, VerificationRow};
pub(super) use copy::{CopyDocument, CopyRecord, RequestedDocument, RequestedRecord, SkippedRecord};
pub(super) use coverage::{FamilyRecord, FamilyRegionRecord};
pub(super) use deregistration::{DeregistrationRecord, DeregistrationResult, KeptSnapshotRecord, UsageRecord};
pub(super) use identity::IdentityRecord;
pub(super) use image_document::{ImageDocument, PermissionRecord, SnapshotRecord};
pub(super) use job::JobRecord;
pub(super) use lineage::LineageRecord;
pub(super) use orphan::{OrphanRecord, OrphanState};
pub(super) use recycle_bin::{RecycleBinRecord, RestoreResult};
pub(super) use storage::{HeldRecord, StorageDocument, StorageMember, StorageRecord};
pub(super) use sync::{SyncAction, SyncRecord, SyncResult, summary as sync_summary};
pub(super) use used_by::{UseRow, UsedByDocument};
