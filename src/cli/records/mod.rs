//! The JSON of images, copies and failures. `amigrate schema` and docs/json.md are made from these types: fields are added, never
//! removed or renamed.

mod audit;
mod deregistration;
mod failure;
mod identity;
mod image;
mod image_document;
mod job;
mod wait;

pub(super) use audit::AuditRecord;
pub(super) use deregistration::{DeregistrationRecord, DeregistrationResult, KeptSnapshotRecord, UsageRecord};
pub(super) use failure::FailureRecord;
pub(super) use identity::IdentityRecord;
pub(super) use image::ImageRecord;
pub(super) use image_document::{ImageDocument, PermissionRecord, SnapshotRecord};
pub(super) use job::JobRecord;
pub(super) use wait::{WaitDocument, WaitRecord};
