//! Checks of parameters that do not depend on the account, and EC2's errors for missing resources.

use crate::{
    domain::{AccountId, ImageName, SnapshotId, image::Tag},
    sim::api_error::ApiError,
};

/// Checks tags set by a user.
pub(crate) fn check_tags(tags: &[Tag]) -> Result<(), ApiError> {
    if tags.len() > 50 {
        return Err(too_many_tags());
    }
    for (n, tag) in tags.iter().enumerate() {
        check_tag_prefix(&tag.key)?;
        if !(1..=127).contains(&tag.key.chars().count()) {
            return Err(ApiError::new(
                "InvalidTagKey.Malformed",
                "Tag keys must be between 1 and 127 characters long.",
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

pub(crate) fn too_many_tags() -> ApiError {
    ApiError::new("TagLimitExceeded", "Resources cannot have more than 50 tags.")
}

/// Refuses keys that only AWS sets.
pub(crate) fn check_tag_prefix(key: &str) -> Result<(), ApiError> {
    if !key.to_ascii_lowercase().starts_with("aws:") {
        return Ok(());
    }
    let why = "Tag keys starting with 'aws:' are reserved for internal use";
    Err(ApiError::new("InvalidParameterValue", format!("Value ( {key} ) for parameter key is invalid. {why}")))
}

/// Checks an image's name; `CopyImage` and `RegisterImage` word it alike.
pub(crate) fn check_image_name(name: &str) -> Result<(), ApiError> {
    ImageName::new(name).map(drop).map_err(|_| {
        ApiError::new(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
        )
    })
}

/// Checks an image's description.
pub(crate) fn check_description(description: &str) -> Result<(), ApiError> {
    if description.chars().count() > 255 {
        return Err(ApiError::bad_value(
            "description",
            description,
            "The description can be at most 255 characters long.",
        ));
    }
    if description.chars().any(char::is_control) {
        return Err(ApiError::new(
            "InvalidParameterValue",
            "The description contains characters that are not allowed.",
        ));
    }
    Ok(())
}

/// Returns true for an id of EC2's old form (up to 8 characters after the prefix, of any kind) or its new one (17 hexadecimal
/// digits). Recorded: `ami-fake123` is said not to exist (boto/boto3#2927), 16 digits are malformed (boto/boto3#1505).
fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| match rest.len() {
        1..=8 => rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
        17 => rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        _ => false,
    })
}

pub(crate) fn check_image_id(id: &str) -> Result<(), ApiError> {
    if is_id(id, "ami-") { Ok(()) } else { Err(malformed("InvalidAMIID.Malformed", id, " (expecting \"ami-...\")")) }
}

pub(crate) fn check_snapshot_id(id: &str) -> Result<SnapshotId, ApiError> {
    SnapshotId::new(id)
        .ok()
        .filter(|_| is_id(id, "snap-"))
        .ok_or_else(|| malformed("InvalidSnapshotID.Malformed", id, ""))
}

pub(crate) fn check_instance_id(id: &str) -> Result<(), ApiError> {
    if is_id(id, "i-") { Ok(()) } else { Err(malformed("InvalidInstanceID.Malformed", id, "")) }
}

fn malformed(code: &'static str, id: &str, expected: &str) -> ApiError {
    ApiError::new(code, format!("Invalid id: \"{id}\"{expected}"))
}

/// Checks that an owner is an account id or one of EC2's aliases.
pub(crate) fn check_owner(owner: &str) -> Result<(), ApiError> {
    const ALIASES: [&str; 4] = ["self", "amazon", "aws-marketplace", "aws-backup-vault"];
    if ALIASES.contains(&owner) || AccountId::new(owner).is_ok() {
        return Ok(());
    }
    Err(ApiError::new("InvalidUserID.Malformed", format!("Invalid user id: \"{owner}\"")))
}

/// Checks that a grantee of permissions is an account id, `self` or `all`.
pub(crate) fn check_user(user: &str) -> Result<(), ApiError> {
    if user == "all" { Ok(()) } else { check_owner(user) }
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

/// The account has no such instances; it never has any.
pub(crate) fn instances_not_found(ids: &[String]) -> ApiError {
    let (words, verb) = if ids.len() == 1 { ("ID", "does") } else { ("IDs", "do") };
    ApiError::new("InvalidInstanceID.NotFound", format!("The instance {words} '{}' {verb} not exist", ids.join(", ")))
}

/// The action cannot tag resources of this type.
pub(crate) fn not_taggable(resource_type: &str) -> ApiError {
    ApiError::new(
        "InvalidParameterValue",
        format!("'{resource_type}' is not a valid taggable resource type for this operation."),
    )
}

/// The snapshot does not exist or is not visible to the account.
pub(crate) fn snapshot_not_found(id: &str) -> ApiError {
    ApiError::new("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}
