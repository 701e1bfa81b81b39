//! EC2's filters: names, and values with wildcards.

use std::borrow::Cow;

use crate::{
    domain::{Image, Snapshot, image::Tag},
    sim::{
        api::format::{self, snapshot_state},
        api_error::ApiError,
        glob::glob,
    },
};

/// A filter. It passes if any of the values matches; several filters must all pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    /// For example `name` or `tag:Team`.
    pub(crate) name: String,
    /// Patterns, see [`glob`].
    pub(crate) values: Vec<String>,
}

impl Filter {
    /// Returns true if any value matches any of `actual`.
    fn matches(&self, actual: &[Cow<'_, str>]) -> bool {
        self.values.iter().any(|pattern| actual.iter().any(|text| glob(pattern, text)))
    }
}

/// Filters of `DescribeImages` that concern attributes simulated images have. Source: EC2 API reference.
const IMAGE_FILTERS: &[&str] = &[
    "architecture",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-size",
    "block-device-mapping.volume-type",
    "boot-mode",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-id",
    "image-type",
    "is-public",
    "manifest-location",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "product-code",
    "product-code.type",
    "root-device-name",
    "root-device-type",
    "source-image-id",
    "source-image-region",
    "sriov-net-support",
    "state",
    "state-reason-message",
    "tag-key",
    "virtualization-type",
];

/// Filters of `DescribeSnapshots`, likewise.
const SNAPSHOT_FILTERS: &[&str] = &[
    "description",
    "encrypted",
    "owner-alias",
    "owner-id",
    "progress",
    "snapshot-id",
    "start-time",
    "status",
    "storage-tier",
    "tag-key",
    "volume-id",
    "volume-size",
];

/// Refuses filters that EC2 does not have.
pub(crate) fn check(filters: &[Filter], images: bool) -> Result<(), ApiError> {
    let known = if images { IMAGE_FILTERS } else { SNAPSHOT_FILTERS };
    let unknown = filters.iter().find(|f| !f.name.starts_with("tag:") && !known.contains(&f.name.as_str()));
    match unknown {
        Some(filter) => Err(ApiError::new("InvalidParameterValue", format!("The filter '{}' is invalid", filter.name))),
        None => match filters.iter().find(|f| f.values.len() > 200) {
            Some(_) => Err(ApiError::new(
                "FilterLimitExceeded",
                "The maximum number of filter values specified on a single call is 200",
            )),
            None => Ok(()),
        },
    }
}

/// Returns true if the image passes all filters.
pub(crate) fn image_matches(filters: &[Filter], image: &Image) -> bool {
    filters.iter().all(|filter| filter.matches(&image_values(image, &filter.name)))
}

/// Returns true if the snapshot passes all filters.
pub(crate) fn snapshot_matches(filters: &[Filter], snapshot: &Snapshot, owner: &str, started: &str) -> bool {
    filters.iter().all(|filter| {
        let values: Vec<Cow<'_, str>> = match filter.name.as_str() {
            "description" => vec![(&*snapshot.description).into()],
            "encrypted" => vec![flag(snapshot.encrypted)],
            "owner-alias" => Vec::new(),
            "owner-id" => vec![owner.into()],
            "progress" => vec![format::progress(snapshot).into()],
            "snapshot-id" => vec![snapshot.id.as_str().into()],
            "start-time" => vec![started.into()],
            "status" => vec![snapshot_state(snapshot.state).into()],
            "storage-tier" => vec!["standard".into()],
            "volume-id" => snapshot.volume_id.as_deref().map(Cow::Borrowed).into_iter().collect(),
            "volume-size" => vec![snapshot.volume_size.to_string().into()],
            name => tag_values(&snapshot.tags, name),
        };
        filter.matches(&values)
    })
}

fn flag(on: bool) -> Cow<'static, str> {
    if on { "true".into() } else { "false".into() }
}

fn optional(text: Option<&str>) -> Vec<Cow<'_, str>> {
    text.map(Cow::from).into_iter().collect()
}

fn image_values<'a>(image: &'a Image, name: &str) -> Vec<Cow<'a, str>> {
    let disks = || image.block_devices.iter().filter_map(|d| d.ebs.as_ref());
    match name {
        "architecture" => vec![(&*image.architecture).into()],
        "block-device-mapping.device-name" => image.block_devices.iter().map(|d| (&*d.device_name).into()).collect(),
        "block-device-mapping.delete-on-termination" => {
            disks().map(|e| flag(e.delete_on_termination != Some(false))).collect()
        }
        "block-device-mapping.encrypted" => disks().map(|e| flag(e.encrypted == Some(true))).collect(),
        "block-device-mapping.snapshot-id" => image.snapshot_ids().map(|id| id.as_str().into()).collect(),
        "block-device-mapping.volume-size" => disks().filter_map(|e| Some(e.volume_size?.to_string().into())).collect(),
        "block-device-mapping.volume-type" => disks().filter_map(|e| e.volume_type.as_deref().map(Cow::from)).collect(),
        "boot-mode" => optional(image.boot_mode.as_deref()),
        "creation-date" => image.created.map(|t| format::date(t).into()).into_iter().collect(),
        "description" => vec![(&*image.description).into()],
        "ena-support" => image.ena_support.map(flag).into_iter().collect(),
        "hypervisor" => optional(image.hypervisor.as_deref()),
        "image-id" => vec![image.id.as_str().into()],
        "image-type" => vec!["machine".into()],
        "is-public" => vec![flag(image.public)],
        "name" => vec![(&*image.name).into()],
        "owner-alias" => optional(image.image_owner_alias.as_deref()),
        "owner-id" => vec![image.owner_id.as_str().into()],
        "manifest-location" => vec![format::location(image).into()],
        "platform" => optional(format::platform(image)),
        "sriov-net-support" => optional(image.sriov_net_support.as_deref()),
        "product-code" => image.product_codes.iter().map(|c| (&*c.id).into()).collect(),
        "product-code.type" => image.product_codes.iter().map(|c| (&*c.kind).into()).collect(),
        "root-device-name" => optional(image.root_device_name.as_deref()),
        "root-device-type" => vec![(&*image.root_device_type).into()],
        "source-image-id" => optional(image.source_image_id.as_ref().map(crate::domain::ImageId::as_str)),
        "source-image-region" => optional(image.source_region.as_ref().map(crate::domain::Region::as_str)),
        "state" => vec![image.state.as_str().into()],
        "state-reason-message" => optional(image.state_reason.as_deref()),
        "virtualization-type" => vec![(&*image.virtualization).into()],
        name => tag_values(&image.tags, name),
    }
}

fn tag_values<'a>(tags: &'a [Tag], name: &str) -> Vec<Cow<'a, str>> {
    match name.strip_prefix("tag:") {
        Some(key) => tags.iter().filter(|t| &*t.key == key).map(|t| (&*t.value).into()).collect(),
        None => tags.iter().map(|t| (&*t.key).into()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_filter_is_refused_and_a_tag_is_not() {
        let named = |name: &str| vec![Filter { name: name.into(), values: vec!["x".into()] }];
        assert_eq!(check(&named("colour"), true).unwrap_err().code, "InvalidParameterValue");
        assert_eq!(check(&named("architecture"), false).unwrap_err().code, "InvalidParameterValue");
        assert_eq!(check(&named("tag:colour"), true), Ok(()));
    }
}
