//! The columns of an image list, by the names that settings and commands have for them.

use std::{borrow::Cow, fmt};

use crate::domain::{
    ids::{ImageId, SnapshotId},
    image::Image,
    region::Region,
};

/// What a column of an image list shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageColumn {
    Name,
    Region,
    ImageId,
    /// Time since the creation.
    Age,
    Size,
    Encrypted,
    State,
    Architecture,
    Created,
    Description,
    Owner,
    /// The profile whose account lists it.
    Profile,
    Platform,
    BootMode,
    RootType,
    SourceImage,
    SourceRegion,
    LastLaunched,
    Deprecated,
    Snapshots,
    Public,
    /// The value of the tag with this key.
    Tag(Box<str>),
}

use ImageColumn as C;

/// Every column but those of tags, its name, and another by which it is known.
const NAMES: [(ImageColumn, &str, &str); 21] = [
    (C::Name, "name", ""),
    (C::Region, "region", ""),
    (C::ImageId, "image_id", "id"),
    (C::Age, "age", ""),
    (C::Size, "size_gib", "size"),
    (C::Encrypted, "encrypted", "enc"),
    (C::State, "state", ""),
    (C::Architecture, "architecture", "arch"),
    (C::Created, "creation_date", "created"),
    (C::Description, "description", ""),
    (C::Owner, "owner_id", "owner"),
    (C::Profile, "profile", ""),
    (C::Platform, "platform_details", "platform"),
    (C::BootMode, "boot_mode", "boot"),
    (C::RootType, "root_device_type", "root"),
    (C::SourceImage, "source_image_id", "source"),
    (C::SourceRegion, "source_image_region", "source_region"),
    (C::LastLaunched, "last_launched_time", "launched"),
    (C::Deprecated, "deprecation_time", "deprecated"),
    (C::Snapshots, "snapshot_ids", "snapshots"),
    (C::Public, "public", ""),
];

/// What rows are sorted by: a number, or a text regardless of case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SortValue<'a> {
    /// There is none: last, whichever way round.
    Missing,
    /// At most [`Self::MOST`].
    Number(u64),
    Text(&'a str),
}

impl SortValue<'_> {
    pub const MOST: u64 = u64::MAX >> 1;
}

impl ImageColumn {
    /// Returns every column but those of tags.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(|(column, ..)| column)
    }

    /// Returns the column of a name: `size_gib`, its short form `size`, or `tag:KEY`.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(key) = name.strip_prefix("tag:") {
            return (!key.is_empty()).then(|| Self::Tag(key.into()));
        }
        NAMES
            .into_iter()
            .find(|(_, long, short)| name == *long || name == *short && !short.is_empty())
            .map(|(column, ..)| column)
    }

    /// Returns its name.
    pub fn name(&self) -> Cow<'static, str> {
        if let Self::Tag(key) = self {
            return format!("tag:{key}").into();
        }
        NAMES.iter().find(|(column, ..)| column == self).map_or("", |(_, name, _)| name).into()
    }

    /// Returns the value by which the column sorts, which goes up with what it shows. A name has the caller, without case.
    pub fn sort_value<'a>(&'a self, image: &'a Image) -> SortValue<'a> {
        let time = |time: Option<jiff::Timestamp>| {
            time.map_or(SortValue::Missing, |time| {
                SortValue::Number((time.as_microsecond() + (1 << 62)).cast_unsigned())
            })
        };
        let text = |text: Option<&'a str>| match text {
            Some(text) if !text.is_empty() => SortValue::Text(text),
            _ => SortValue::Missing,
        };
        match self {
            Self::Name => text(Some(&image.name)),
            // The caller knows the region's place in their order, and whose list it is.
            Self::Region | Self::Profile => SortValue::Missing,
            Self::ImageId => text(image.id.as_str().strip_prefix("ami-")),
            Self::Age => match time(image.created) {
                SortValue::Number(created) => SortValue::Number(SortValue::MOST - created),
                other => other,
            },
            Self::Created => time(image.created),
            Self::LastLaunched => time(image.last_launched),
            Self::Deprecated => time(image.deprecated),
            Self::Size => SortValue::Number(image.size_gib()),
            Self::Encrypted => SortValue::Number(image.encrypted().into()),
            Self::Public => SortValue::Number(image.public.into()),
            Self::State => text(Some(image.state.as_str())),
            Self::Architecture => text(Some(&image.architecture)),
            Self::Description => text(Some(&image.description)),
            Self::Owner => text(Some(image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str()))),
            Self::Platform => text(image.platform_details.as_deref()),
            Self::BootMode => text(image.boot_mode.as_deref()),
            Self::RootType => text(Some(&image.root_device_type)),
            Self::SourceImage => text(image.source_image_id.as_ref().map(ImageId::as_str)),
            Self::SourceRegion => text(image.source_region.as_ref().map(Region::as_str)),
            Self::Snapshots => text(image.snapshot_ids().next().map(SnapshotId::as_str)),
            Self::Tag(key) => text(image.tag(key)),
        }
    }

    /// Returns true if the first press of the sort key shows the largest value first.
    pub fn starts_descending(&self) -> bool {
        matches!(self, Self::Created | Self::LastLaunched | Self::Size | Self::Encrypted | Self::Public)
    }
}

impl fmt::Display for ImageColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_columns() {
        for column in ImageColumn::all().chain([ImageColumn::Tag("Cost Center".into())]) {
            assert_eq!(ImageColumn::parse(&column.name()), Some(column));
        }
        assert_eq!(ImageColumn::parse("size"), Some(ImageColumn::Size));
        assert!(["", "tag:", "sizes", "Name"].iter().all(|name| ImageColumn::parse(name).is_none()));
    }
}
