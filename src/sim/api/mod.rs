//! Actions of EC2, KMS and STS: parameters, rules and responses.

pub(crate) mod account_settings;
pub(crate) mod ancestry;
pub(crate) mod call;
pub(crate) mod copy_call;
pub(crate) mod copy_image;
pub(crate) mod describe;
pub(crate) mod destination;
pub(crate) mod ec2;
pub(crate) mod filters;
pub(crate) mod format;
pub(crate) mod image_attributes;
pub(crate) mod image_lifecycle;
pub(crate) mod image_references;
pub(crate) mod kms;
pub(crate) mod listing;
pub(crate) mod owned;
pub(crate) mod params;
pub(crate) mod permissions;
pub(crate) mod register_image;
pub(crate) mod removal;
pub(crate) mod snapshot_attributes;
pub(crate) mod sts;
pub(crate) mod tags;
pub(crate) mod time_based;
pub(crate) mod validation;
pub(crate) mod zones;
