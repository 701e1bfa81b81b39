//! The tag by which sync finds its own copies. It names the copy's route, so that on any other image it proves nothing.

use std::fmt;

use jiff::Timestamp;

use crate::domain::{
    account::AccountId,
    copy::CopyRequest,
    derived_token::SYNC_TAGS,
    ids::ImageId,
    image::{Image, Tag},
    region::Region,
};

/// The key of the tag.
pub const SYNC_TAG: &str = SYNC_TAGS[0];
/// The key of the tag that says for which policy a copy was made: [`SyncPolicy::tag_value`](super::SyncPolicy::tag_value).
pub const POLICY_TAG: &str = SYNC_TAGS[1];
/// The key of the tag that says when the source of a copy was created: the order of versions, once their sources are gone.
pub const CREATED_TAG: &str = SYNC_TAGS[2];
/// The key of the tag that has the name of the source of a copy: its family, once the source is gone.
pub const NAME_TAG: &str = SYNC_TAGS[4];

/// Which copy it is: the value of the tag. Whoever asks for the same copy writes the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncTag {
    pub source_region: Region,
    pub source: ImageId,
    /// Where the copy is.
    pub destination: Region,
}

impl SyncTag {
    /// Returns the tag of a copy that is to be made.
    pub fn of(copy: &CopyRequest) -> Self {
        Self {
            source_region: copy.source_region.clone(),
            source: copy.source.clone(),
            destination: copy.destination.clone(),
        }
    }

    /// Returns it as EC2 stores it.
    pub fn tag(&self) -> Tag {
        Tag { key: SYNC_TAG.into(), value: self.to_string().into() }
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split('/');
        let tag = Self {
            source_region: Region::new(parts.next()?).ok()?,
            source: ImageId::new(parts.next()?).ok()?,
            destination: Region::new(parts.next()?).ok()?,
        };
        // There is nothing else in it, and it was written as it is written here.
        (parts.next().is_none() && tag.to_string() == value).then_some(tag)
    }
}

/// Returns true if the copy was requested by sync, which makes it again whoever deregisters it, as long as a policy wants it.
pub fn is_requested_by_sync(copy: &CopyRequest) -> bool {
    copy.image_tags.iter().any(|tag| &*tag.key == SYNC_TAG)
}

impl fmt::Display for SyncTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.source_region, self.source, self.destination)
    }
}

/// Why an image with the tag is not proven to be sync's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOurs {
    /// It has no such tag.
    NoTag,
    /// It belongs to another account.
    Owner,
    /// The tag's value is none that sync writes.
    Value,
    /// The tag names another region than the image's: somebody has copied the image with its tags.
    Region,
    /// EC2 does not say that it was copied from the image in the tag.
    Source,
    /// Another copy of the same source in the region has the same job tag. Each copy is a job of its own, so somebody has copied the tags.
    SharedJobTag,
}

/// Proves that sync has made the image: the tag's route must be the one that EC2 itself reports of the image, and the image the account's.
///
/// # Errors
/// The first thing that is missing.
pub fn made_by_sync(image: &Image, account: &AccountId) -> Result<SyncTag, NotOurs> {
    let value = image.tag(SYNC_TAG).ok_or(NotOurs::NoTag)?;
    if image.owner_id != *account {
        return Err(NotOurs::Owner);
    }
    let tag = SyncTag::parse(value).ok_or(NotOurs::Value)?;
    if tag.destination != image.region {
        return Err(NotOurs::Region);
    }
    if image.copied_from() != Some((&tag.source, Some(&tag.source_region))) {
        return Err(NotOurs::Source);
    }
    Ok(tag)
}

/// Returns when the source of a copy was created, as sync has noted it. `None` if it has not, if the copy is not proven to be sync's own
/// (whoever copies an image may copy its tags), or if it is no date that a source can have.
pub(super) fn noted_creation(copy: &Image, account: &AccountId) -> Option<Timestamp> {
    made_by_sync(copy, account).ok()?;
    let value = copy.tag(CREATED_TAG)?;
    let created: Timestamp = value.parse().ok()?;
    // It was written as it is written here, and before the copy was made.
    (created.to_string() == value && copy.created.is_some_and(|copied| created <= copied)).then_some(created)
}

/// Returns the name of the source of a copy, as sync has noted it. `None` if it has not, or if the copy is not proven to be sync's own.
pub(super) fn noted_name<'a>(copy: &'a Image, account: &AccountId) -> Option<&'a str> {
    made_by_sync(copy, account).ok()?;
    copy.tag(NAME_TAG).filter(|name| !name.is_empty())
}
