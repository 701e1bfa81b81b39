//! Checks of parameters that do not depend on the account, and EC2's errors for missing resources.

use crate::{
    domain::{AccountId, ImageId, SnapshotId, image::Tag},
    sim::api_error::ApiError,
};

/// Checks tags set by a user.
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

pub(crate) fn check_image_id(id: &str) -> Result<(), ApiError> {
    match ImageId::new(id) {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::new("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")"))),
    }
}

pub(crate) fn check_snapshot_id(id: &str) -> Result<SnapshotId, ApiError> {
    SnapshotId::new(id)
        .map_err(|_| ApiError::new("InvalidSnapshotID.Malformed", format!("The snapshot ID '{id}' is malformed")))
}

/// Checks that an owner is an account id or one of EC2's aliases.
pub(crate) fn check_owner(owner: &str) -> Result<(), ApiError> {
    const ALIASES: [&str; 4] = ["self", "amazon", "aws-marketplace", "aws-backup-vault"];
    if ALIASES.contains(&owner) || AccountId::new(owner).is_ok() {
        return Ok(());
    }
    Err(ApiError::new("InvalidUserID.Malformed", format!("Invalid user id: \"{owner}\"")))
}

/// The images do not exist or are not visible to the account.
pub(crate) fn images_not_found(ids: &[&str]) -> ApiError {
    let (word, verb) = if ids.len() == 1 { ("id", "does") } else { ("ids", "do") };
    ApiError::new("InvalidAMIID.NotFound", format!("The image {word} '[{}]' {verb} not exist", ids.join(", ")))
}

/// The image exists but cannot be used, or was deregistered.
pub(crate) fn unavailable(id: &str) -> ApiError {
    ApiError::new("InvalidAMIID.Unavailable", format!("The image ID '{id}' is no longer available"))
}

/// The snapshot does not exist or is not visible to the account.
pub(crate) fn snapshot_not_found(id: &str) -> ApiError {
    ApiError::new("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}
