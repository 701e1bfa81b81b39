//! The `key:value` terms of an image filter.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    bound::{self, Bound},
    clauses::Parsed,
    complete::Wanted,
    entry::Entry,
    name_pattern::NamePattern,
};
use crate::domain::{
    image::{Image, ImageState},
    region::Region,
};

/// A `key:value` term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTerm {
    Name(NamePattern),
    State(String),
    Architecture(String),
    Region(String),
    Encrypted(bool),
    Owner(String),
    /// The profile that lists it.
    Profile(String),
    Tag(String, Option<String>),
    /// Seconds since the creation.
    Age(Bound<i64>),
    /// GiB.
    Size(Bound<u64>),
    /// Seconds since the last launch.
    Launched(Bound<i64>),
    Platform(String),
    BootMode(String),
    RootType(String),
    /// An image, or a region.
    Source(String),
    Public(bool),
    Deprecated(bool),
}

/// Forms and meanings of `key:value` terms, for help and documentation.
pub const TERMS: [(&str, &str); 18] = [
    ("name:", "a part of the name, or with * and ? the whole of it: web-*"),
    ("state:", "available, pending, failed, disabled, ..."),
    ("arch:", "x86_64, arm64, i386, ..."),
    ("region:", "eu-west-1, or a beginning: eu-"),
    ("enc:", "yes or no"),
    ("owner:", "an account id, or amazon"),
    ("profile:", "whose list has it, where the screen shows several accounts"),
    ("tag:KEY", "has the tag"),
    ("tag:KEY=VALUE", "has the tag with that value, in quotes if it has blanks"),
    ("age:<30d", "created in the last 30 days; > for longer ago; m h d w mo y"),
    ("size:>100", "larger than 100 GiB; also < <= >= and 1T"),
    ("launched:>90d", "not launched for 90 days, or never; < for those launched since"),
    ("platform:", "a part of it: windows, red hat"),
    ("boot:", "uefi, legacy-bios or uefi-preferred"),
    ("root:", "ebs or instance-store"),
    ("source:", "copied from this image or region, or a beginning of it"),
    ("public:", "yes or no"),
    ("deprecated:", "yes or no"),
];

/// Keys, in the order in which Tab offers them.
pub const KEYS: [&str; 17] = [
    "state",
    "arch",
    "region",
    "enc",
    "owner",
    "profile",
    "tag",
    "age",
    "size",
    "launched",
    "platform",
    "boot",
    "root",
    "source",
    "public",
    "deprecated",
    "name",
];

/// Parses a term.
pub(super) fn parse(key: &str, value: &str) -> Parsed<ImageTerm> {
    let key = &*key.to_ascii_lowercase();
    if !KEYS.contains(&key) {
        return Parsed::without_key(key, &KEYS);
    }
    if value.is_empty() {
        return Parsed::Unfinished;
    }
    let lower = value.to_ascii_lowercase();
    match key {
        "state" => Parsed::one_of(&lower, &ImageState::ALL.map(ImageState::as_str), ImageTerm::State),
        "arch" => Parsed::Term(ImageTerm::Architecture(lower)),
        "region" => Parsed::Term(ImageTerm::Region(lower)),
        "owner" => Parsed::Term(ImageTerm::Owner(lower)),
        "profile" => Parsed::Term(ImageTerm::Profile(lower)),
        "platform" => Parsed::Term(ImageTerm::Platform(lower)),
        "boot" => Parsed::one_of(&lower, &["uefi", "legacy-bios", "uefi-preferred"], ImageTerm::BootMode),
        "root" => Parsed::one_of(&lower, &["ebs", "instance-store"], ImageTerm::RootType),
        "source" => Parsed::Term(ImageTerm::Source(lower)),
        "enc" => yes_or_no(&lower).map(ImageTerm::Encrypted),
        "public" => yes_or_no(&lower).map(ImageTerm::Public),
        "deprecated" => yes_or_no(&lower).map(ImageTerm::Deprecated),
        "age" => bound::age(&lower).map(ImageTerm::Age),
        "launched" => bound::age(&lower).map(ImageTerm::Launched),
        "size" => bound::size(&lower).map(ImageTerm::Size),
        "name" => match NamePattern::new(value) {
            Some(pattern) => Parsed::Term(ImageTerm::Name(pattern)),
            None => Parsed::Wrong("it is too long".into()),
        },
        _ => Parsed::Term(match value.split_once('=') {
            Some((key, value)) => ImageTerm::Tag(key.to_owned(), Some(value.to_owned())),
            None => ImageTerm::Tag(value.to_owned(), None),
        }),
    }
}

fn yes_or_no(value: &str) -> Parsed<bool> {
    match value {
        "y" | "ye" | "yes" | "t" | "tr" | "tru" | "true" => Parsed::Term(true),
        "n" | "no" | "f" | "fa" | "fal" | "fals" | "false" | "-" => Parsed::Term(false),
        _ => Parsed::Wrong("it is yes or no".into()),
    }
}

/// Returns true if a field has the value. A complete value matches only itself; an incomplete one matches as a prefix.
fn begins(field: &str, value: &str, complete: &[&str]) -> bool {
    field == value || (!complete.contains(&value) && field.starts_with(value))
}

impl ImageTerm {
    /// Architectures and boot modes with which the names of others begin.
    pub(super) const ARCHITECTURES: [&str; 3] = ["x86_64", "arm64", "i386"];
    pub(super) const BOOT_MODES: [&str; 1] = ["uefi"];

    /// Returns true if an image that matches may not later, or the other way round.
    pub(super) fn depends_on_time(&self) -> bool {
        matches!(self, Self::Age(_) | Self::Launched(_) | Self::Deprecated(_))
    }

    pub(super) fn matches(&self, entry: &Entry<'_>, now: Timestamp) -> bool {
        let image = entry.image;
        let since = |time: Timestamp| now.duration_since(time).as_secs();
        match self {
            Self::Name(pattern) => pattern.matches(&image.name),
            Self::Size(bound) => bound.allows(&entry.size),
            Self::State(state) => begins(image.state.as_str(), state, &[]),
            Self::Architecture(one) => begins(&image.architecture, one, &Self::ARCHITECTURES),
            Self::Region(region) if Region::new(region).is_ok() => region == image.region.as_str(),
            Self::Region(region) => image.region.as_str().starts_with(region.as_str()),
            Self::Encrypted(yes) => image.encrypted() == *yes,
            Self::Owner(owner) => {
                image.owner_id.as_str().starts_with(owner.as_str())
                    || image.image_owner_alias.as_deref().is_some_and(|alias| begins(alias, owner, &[]))
            }
            Self::Profile(profile) => entry.profile.to_ascii_lowercase().starts_with(profile.as_str()),
            Self::Tag(key, value) => entry.has_tag(key, value.as_deref()),
            Self::Age(bound) => image.created.is_some_and(|created| bound.allows(&since(created))),
            // One that was never launched was not launched for any time.
            Self::Launched(bound) => bound.allows(&image.last_launched.map_or(i64::MAX, since)),
            Self::Platform(part) => {
                image.platform_details.as_deref().is_some_and(|p| p.to_ascii_lowercase().contains(part.as_str()))
            }
            Self::BootMode(mode) => image.boot_mode.as_deref().is_some_and(|m| begins(m, mode, &Self::BOOT_MODES)),
            Self::RootType(kind) => begins(&image.root_device_type, kind, &[]),
            Self::Source(source) => is_source(image, source),
            Self::Public(yes) => image.public == *yes,
            Self::Deprecated(yes) => image.deprecated.is_some_and(|at| at <= now) == *yes,
        }
    }
}

fn is_source(image: &Image, source: &str) -> bool {
    image.source_image_id.as_ref().is_some_and(|id| id.as_str().starts_with(source))
        || image.source_region.as_ref().is_some_and(|region| region.as_str().starts_with(source))
}

/// Returns what the images have that a term of theirs may ask for, and examples where that is a number.
pub fn values_of<'a>(images: impl Iterator<Item = &'a Image>, wanted: Wanted<'_>) -> BTreeSet<String> {
    let given = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let key = match wanted {
        Wanted::TagKey => "",
        Wanted::TagValue(_) => "=",
        Wanted::Value("enc" | "public" | "deprecated") => return given(&["yes", "no"]),
        Wanted::Value("age") => return given(&["<1d", "<7d", "<30d", ">30d", ">90d", ">1y"]),
        Wanted::Value("launched") => return given(&["<7d", "<30d", ">30d", ">90d", ">1y"]),
        Wanted::Value("size") => return given(&["<10", ">100", ">500", ">1T"]),
        Wanted::Value(key) => key,
    };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for image in images {
        match (wanted, key) {
            (Wanted::TagKey, _) => found.extend(image.tags.iter().map(|tag| &*tag.key)),
            (Wanted::TagValue(key), _) => found.extend(image.tag(key)),
            (_, "state") => _ = found.insert(image.state.as_str()),
            (_, "arch") => _ = found.insert(&image.architecture),
            (_, "region") => _ = found.insert(image.region.as_str()),
            (_, "owner") => {
                found.insert(image.owner_id.as_str());
                found.extend(image.image_owner_alias.as_deref());
            }
            (_, "platform") => found.extend(image.platform_details.as_deref()),
            (_, "boot") => found.extend(image.boot_mode.as_deref()),
            (_, "root") => _ = found.insert(&image.root_device_type),
            (_, "source") => found.extend(image.source_region.as_ref().map(Region::as_str)),
            _ => {}
        }
    }
    found.into_iter().map(str::to_owned).collect()
}
