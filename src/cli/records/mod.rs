//! The JSON of images, copies and failures. `amigrate schema` and docs/json.md are made from these types: fields are added, never
//! removed or renamed.

mod audit;
mod failure;
mod identity;
mod image;
mod job;

#[allow(unused_imports, reason = "a schema is made from them")]
pub(super) use audit::{AuditDocument, AuditRecord};
pub(super) use failure::FailureRecord;
pub(super) use identity::IdentityRecord;
pub(super) use image::ImageRecord;
#[allow(unused_imports, reason = "a schema is made from them")]
pub(super) use job::{JobRecord, JobsDocument};
