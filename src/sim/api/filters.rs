//! EC2's filters: names, and values with wildcards. One table for each kind of resource says which there are.

use std::borrow::Cow;

use crate::{
    domain::{ImageId, Region, image::Tag},
    sim::{
        api::format::{self, snapshot_state},
        api_error::ApiError,
        glob::glob,
        world::{
            locations::Zone,
            state::{RegionState, SeenImage, SeenSnapshot},
            timeline::Transfer,
        },
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

type Values<'a> = Vec<Cow<'a, str>>;

/// Reads what a filter compares.
type Field<T> = for<'a> fn(&'a T) -> Values<'a>;

/// Reads the values of a tag.
type TagField<T> = for<'a> fn(&'a T, key: &str) -> Values<'a>;

/// The filters of one kind of resource.
pub(crate) struct Filters<T: 'static> {
    pub(crate) fields: &'static [(&'static str, Field<T>)],
    /// For filters `tag:KEY`, if there are any.
    pub(crate) tag: Option<TagField<T>>,
}

/// The filters of one request.
pub(crate) struct CompiledFilters<'a, T>(Vec<(Compared<'a, T>, &'a [String])>);

enum Compared<'a, T> {
    Field(Field<T>),
    Tag(TagField<T>, &'a str),
}

impl<T> Filters<T> {
    /// Refuses filters that EC2 does not have, and more than 200 values for one.
    pub(crate) fn compile<'a>(&self, filters: &'a [Filter]) -> Result<CompiledFilters<'a, T>, ApiError> {
        filters.iter().map(|filter| self.compared(filter)).collect::<Result<_, _>>().map(CompiledFilters)
    }

    fn compared<'a>(&self, filter: &'a Filter) -> Result<(Compared<'a, T>, &'a [String]), ApiError> {
        if filter.values.len() > 200 {
            return Err(ApiError::new(
                "FilterLimitExceeded",
                "The maximum number of filter values specified on a single call is 200",
            ));
        }
        let name = filter.name.as_str();
        let field = || self.fields.iter().find(|(known, _)| *known == name).map(|(_, field)| Compared::Field(*field));
        let tag = || Some(Compared::Tag(self.tag?, name.strip_prefix("tag:")?));
        let name = if name.is_empty() { "null" } else { name };
        let unknown = || ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"));
        Ok((field().or_else(tag).ok_or_else(unknown)?, &filter.values))
    }
}

impl<T> CompiledFilters<'_, T> {
    pub(crate) fn matches(&self, resource: &T) -> bool {
        self.0.iter().all(|(compared, patterns)| {
            let actual = match compared {
                Compared::Field(read) => read(resource),
                Compared::Tag(read, key) => read(resource, key),
            };
            patterns.iter().any(|pattern| actual.iter().any(|text| glob(pattern, text)))
        })
    }
}

/// Filters of `DescribeImages`. Source: EC2 API reference. Those of attributes that no simulated image has find nothing.
pub(crate) const IMAGES: Filters<SeenImage> = Filters {
    fields: &[
        ("architecture", |i| one(&i.image.architecture)),
        ("block-device-mapping.delete-on-termination", |i| {
            i.image
                .block_devices
                .iter()
                .filter_map(|d| Some(flag(d.ebs.as_ref()?.delete_on_termination != Some(false))))
                .collect()
        }),
        ("block-device-mapping.device-name", |i| {
            i.image.block_devices.iter().map(|d| (&*d.device_name).into()).collect()
        }),
        ("block-device-mapping.encrypted", |i| {
            i.image.block_devices.iter().filter_map(|d| Some(flag(d.ebs.as_ref()?.encrypted == Some(true)))).collect()
        }),
        ("block-device-mapping.snapshot-id", |i| i.image.snapshot_ids().map(|id| id.as_str().into()).collect()),
        ("block-device-mapping.volume-size", |i| {
            i.image.block_devices.iter().filter_map(|d| Some(d.ebs.as_ref()?.volume_size?.to_string().into())).collect()
        }),
        ("block-device-mapping.volume-type", |i| {
            i.image.block_devices.iter().filter_map(|d| Some(d.ebs.as_ref()?.volume_type.as_deref()?.into())).collect()
        }),
        ("boot-mode", |i| optional(i.image.boot_mode.as_deref())),
        ("creation-date", |i| i.image.created.map(|t| format::date(t).into()).into_iter().collect()),
        ("description", |i| one(&i.image.description)),
        ("ena-support", |i| i.image.ena_support.map(flag).into_iter().collect()),
        ("free-tier-eligible", |_| vec![flag(false)]),
        ("hypervisor", |i| optional(i.image.hypervisor.as_deref())),
        ("image-allowed", |i| i.allowed.map(flag).into_iter().collect()),
        ("image-id", |i| one(i.image.id.as_str())),
        ("image-type", |_| one("machine")),
        ("image-watermark.source-image-creation-time", none),
        ("image-watermark.source-image-id", none),
        ("image-watermark.source-image-region", none),
        ("image-watermark.watermark-creation-time", none),
        ("image-watermark.watermark-key", none),
        ("instance-type-specification.supported-instance-type", none),
        ("instance-type-specification.unsupported-instance-type", none),
        ("is-public", |i| vec![flag(i.image.public)]),
        ("kernel-id", |i| optional(format::kernel(&i.image))),
        ("manifest-location", |i| vec![format::location(&i.image).into()]),
        ("name", |i| one(&i.image.name)),
        ("owner-alias", |i| optional(i.image.image_owner_alias.as_deref())),
        ("owner-id", |i| one(i.image.owner_id.as_str())),
        ("platform", |i| optional(format::platform(&i.image))),
        ("product-code", |i| i.image.product_codes.iter().map(|c| (&*c.id).into()).collect()),
        ("product-code.type", |i| i.image.product_codes.iter().map(|c| (&*c.kind).into()).collect()),
        ("public-ssm-parameter-name", none),
        ("ramdisk-id", none),
        ("root-device-name", |i| optional(i.image.root_device_name.as_deref())),
        ("root-device-type", |i| one(&i.image.root_device_type)),
        ("scan-result.critical-fix-available-since", none),
        ("scan-result.finding-scan-date", none),
        ("scan-result.high-fix-available-since", none),
        ("scan-result.highest-finding-severity-label", none),
        ("scan-result.informational-fix-available-since", none),
        ("scan-result.low-fix-available-since", none),
        ("scan-result.medium-fix-available-since", none),
        ("source-image-id", |i| optional(i.image.source_image_id.as_ref().map(ImageId::as_str))),
        ("source-image-region", |i| optional(i.image.source_region.as_ref().map(Region::as_str))),
        ("source-instance-id", none),
        ("sriov-net-support", |i| optional(i.image.sriov_net_support.as_deref())),
        ("state", |i| one(i.image.state.as_str())),
        ("state-reason-code", |i| optional(i.image.state_reason.as_ref().map(|_| format::COPY_FAILED))),
        ("state-reason-message", |i| optional(i.image.state_reason.as_deref())),
        ("tag-key", |i| tag_keys(&i.image.tags)),
        ("virtualization-type", |i| one(&i.image.virtualization)),
    ],
    tag: Some(|i, key| tag_values(&i.image.tags, key)),
};

/// Filters of `DescribeSnapshots`. Source: EC2 API reference.
pub(crate) const SNAPSHOTS: Filters<SeenSnapshot> = Filters {
    fields: &[
        ("description", |s| one(&s.snapshot.description)),
        ("encrypted", |s| vec![flag(s.snapshot.encrypted)]),
        ("owner-alias", none),
        ("owner-id", |s| one(s.owner.as_str())),
        ("progress", |s| vec![format::progress(&s.snapshot).into()]),
        ("snapshot-id", |s| one(s.snapshot.id.as_str())),
        ("start-time", |s| vec![format::date(s.started).into()]),
        ("status", |s| one(snapshot_state(s.snapshot.state))),
        ("storage-tier", |_| one("standard")),
        ("tag-key", |s| tag_keys(&s.snapshot.tags)),
        ("transfer-type", |s| optional(s.transfer.map(Transfer::as_str))),
        ("volume-id", |s| optional(s.snapshot.volume_id.as_deref())),
        ("volume-size", |s| vec![s.snapshot.volume_size.to_string().into()]),
    ],
    tag: Some(|s, key| tag_values(&s.snapshot.tags, key)),
};

/// Filters of `DescribeRegions`. Source: EC2 API reference.
pub(crate) const REGIONS: Filters<RegionState> = Filters {
    fields: &[
        ("endpoint", |r| vec![format::endpoint(&r.region).into()]),
        ("opt-in-status", |r| one(format::opt_in(r.opt_in))),
        ("region-name", |r| one(r.region.as_str())),
    ],
    tag: None,
};

/// A tag with the resource it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagOf {
    pub(crate) resource: String,
    /// `image` or `snapshot`.
    pub(crate) resource_type: &'static str,
    pub(crate) tag: Tag,
}

/// Filters of `DescribeTags`. Source: EC2 API reference.
pub(crate) const TAGS: Filters<TagOf> = Filters {
    fields: &[
        ("key", |t| one(&t.tag.key)),
        ("resource-id", |t| one(&t.resource)),
        ("resource-type", |t| one(t.resource_type)),
        ("value", |t| one(&t.tag.value)),
    ],
    tag: Some(|t, key| tag_values(std::slice::from_ref(&t.tag), key)),
};

/// Filters of `DescribeAvailabilityZones`. Source: EC2 API reference.
pub(crate) const ZONES: Filters<Zone> = Filters {
    fields: &[
        ("group-long-name", none),
        ("group-name", |z| one(&z.group)),
        ("message", none),
        ("opt-in-status", |z| one(format::opt_in(z.opt_in))),
        ("parent-zone-id", |z| optional(z.parent.as_ref().map(|(_, id)| id.as_str()))),
        ("parent-zone-name", |z| optional(z.parent.as_ref().map(|(name, _)| name.as_str()))),
        ("region-name", |z| one(z.region.as_str())),
        ("state", |_| one("available")),
        ("zone-id", |z| one(&z.id)),
        ("zone-name", |z| one(&z.name)),
        ("zone-type", |z| one(z.zone_type())),
    ],
    tag: None,
};

fn none<T>(_: &T) -> Values<'_> {
    Vec::new()
}

fn one(text: &str) -> Values<'_> {
    vec![text.into()]
}

fn flag(on: bool) -> Cow<'static, str> {
    if on { "true".into() } else { "false".into() }
}

fn optional(text: Option<&str>) -> Values<'_> {
    text.map(Cow::from).into_iter().collect()
}

fn tag_keys(tags: &[Tag]) -> Values<'_> {
    tags.iter().map(|t| (&*t.key).into()).collect()
}

fn tag_values<'a>(tags: &'a [Tag], key: &str) -> Values<'a> {
    tags.iter().filter(|t| &*t.key == key).map(|t| (&*t.value).into()).collect()
}

#[cfg(test)]
mod narrowing;
#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("colour", false, false, false)]
    #[case("architecture", true, false, false)]
    #[case("transfer-type", false, true, false)]
    #[case("tag:colour", true, true, false)]
    #[case("tag-key", true, true, false)]
    #[case("endpoint", false, false, true)]
    #[case("", false, false, false)]
    fn each_kind_of_resource_has_its_filters(
        #[case] name: &str,
        #[case] images: bool,
        #[case] snapshots: bool,
        #[case] regions: bool,
    ) {
        let filters = [Filter { name: name.into(), values: vec!["x".into()] }];
        let code = |known: bool| (!known).then_some("InvalidParameterValue");
        assert_eq!(IMAGES.compile(&filters).err().map(|e| e.code), code(images));
        assert_eq!(SNAPSHOTS.compile(&filters).err().map(|e| e.code), code(snapshots));
        assert_eq!(REGIONS.compile(&filters).err().map(|e| e.code), code(regions));
    }

    #[test]
    fn names_are_in_order_and_given_once() {
        let names = IMAGES.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }
}
