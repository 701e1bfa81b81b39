//! What EC2 refuses by its form alone, and its words for what is not there. Knows no world.

use crate::{
    domain::{AccountId, ImageId, SnapshotId, image::Tag},
    sim::api_error::ApiError,
};

/// The rules for tags a user sets.
pub(crate) fn check_tags(tags: &[Tag]) -> Result<(), ApiError> {
    if tags.len() > 50 {
        return Err(ApiError::new("TagLimitExceeded", "Resources cannot have more than 50 tags."));
    }
    for (n, tag) in tags.iter().enumerate() {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!(
                    "Value ( {} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
                    tag.key
                ),
            ));
        }
        if !(1..=128).contains(&tag.key.chars().count()) {
            return Err(ApiError::new(
                "InvalidTagKey.Malformed",
                "Tag keys must be between 1 and 128 characters long.",
            ));
        }
        if tag.value.chars().count() > 256 {
            return Err(ApiError::new(
                "InvalidParameterValue",
                "Tag value exceeds the maximum length of 256 characters",
            ));
        }
        if tags[..n].iter().any(|t| t.key == tag.key) {
            return Err(ApiError::new("InvalidParameterValue", format!("Duplicate tag key '{}' specified.", tag.key)));
        }
    }
    Ok(())
}

/// Refuses what is not formed like an image's id.
pub(crate) fn check_image_id(id: &str) -> Result<(), ApiError> {
    match ImageId::new(id) {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::new("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")"))),
    }
}

/// Refuses what is not formed like a snapshot's id.
pub(crate) fn check_snapshot_id(id: &str) -> Result<SnapshotId, ApiError> {
    SnapshotId::new(id)
        .map_err(|_| ApiError::new("InvalidSnapshotID.Malformed", format!("The snapshot ID '{id}' is malformed")))
}

/// Refuses an owner that is neither an account's id nor one of EC2's aliases.
pub(crate) fn check_owner(owner: &str) -> Result<(), ApiError> {
    const ALIASES: [&str; 4] = ["self", "amazon", "aws-marketplace", "aws-backup-vault"];
    if ALIASES.contains(&owner) || AccountId::new(owner).is_ok() {
        return Ok(());
    }
    Err(ApiError::new("InvalidUserID.Malformed", format!("Invalid user id: \"{owner}\"")))
}

/// The image or images are not there, or not for this account.
pub(crate) fn not_found(ids: &[&str]) -> ApiError {
    let (word, verb) = if ids.len() == 1 { ("id", "does") } else { ("ids", "do") };
    ApiError::new("InvalidAMIID.NotFound", format!("The image {word} '[{}]' {verb} not exist", ids.join(", ")))
}

/// The image is there but cannot be used, or is there no longer.
pub(crate) fn unavailable(id: &str) -> ApiError {
    ApiError::new("InvalidAMIID.Unavailable", format!("The image ID '{id}' is no longer available"))
}

/// The snapshot is not there, or not for this account.
pub(crate) fn no_snapshot(id: &str) -> ApiError {
    ApiError::new("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}
