//! What images hold, by family, region, account or image.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    held::{ImageStorage, StorageHeld},
    sums::Held,
};
use crate::domain::{account::AccountId, ids::ImageId, image::Image, region::Region};

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GroupBy {
    #[default]
    Family,
    Region,
    Account,
    Image,
}

impl GroupBy {
    pub const ALL: [Self; 4] = [Self::Family, Self::Region, Self::Account, Self::Image];

    /// Returns its name, for options and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Region => "region",
            Self::Account => "account",
            Self::Image => "image",
        }
    }
}

/// Identifies a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// With the owner; the name is the newest image's id if its images have no name.
    Family(AccountId, Arc<str>),
    Region(Region),
    Account(AccountId),
    Image(Region, ImageId),
}

impl Group {
    fn of(by: GroupBy, one: &ImageStorage) -> Self {
        let image = &one.image;
        match by {
            GroupBy::Family => Self::Family(image.owner_id.clone(), one.family.clone()),
            GroupBy::Region => Self::Region(image.region.clone()),
            GroupBy::Account => Self::Account(image.owner_id.clone()),
            GroupBy::Image => Self::Image(image.region.clone(), image.id.clone()),
        }
    }

    /// Returns what its rows are.
    pub fn by(&self) -> GroupBy {
        match self {
            Self::Family(..) => GroupBy::Family,
            Self::Region(_) => GroupBy::Region,
            Self::Account(_) => GroupBy::Account,
            Self::Image(..) => GroupBy::Image,
        }
    }

    /// Returns its name: raw, as AWS has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Family(_, name) => name,
            Self::Region(region) => region.as_str(),
            Self::Account(account) => account.as_str(),
            Self::Image(_, id) => id.as_str(),
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub group: Group,
    pub held: Held,
    /// The family of its images, if they have one in common.
    pub family: Option<Arc<str>>,
    /// Its images, by region and id; of an image itself.
    pub images: Vec<Arc<Image>>,
}

impl StorageHeld {
    /// Returns the rows, the largest first. With `within` only images of this group count.
    pub fn rows(&self, by: GroupBy, within: Option<&Group>) -> Vec<Row> {
        let counts = |one: &&ImageStorage| within.is_none_or(|group| Group::of(group.by(), one) == *group);
        let mut grouped: BTreeMap<Group, Vec<&ImageStorage>> = BTreeMap::new();
        for one in self.images.iter().filter(counts) {
            grouped.entry(Group::of(by, one)).or_default().push(one);
        }
        if by == GroupBy::Region && within.is_none() {
            // A region of which nothing could be read is no region without storage.
            for region in self.incomplete() {
                grouped.entry(Group::Region(region.clone())).or_default();
            }
        }
        let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
        for images in grouped.values() {
            let places: BTreeSet<usize> = images.iter().flat_map(|one| one.snapshots.iter().copied()).collect();
            for place in places {
                *groups.entry(place).or_default() += 1;
            }
        }
        let rows = grouped.into_iter().map(|(group, ones)| {
            let mut held = self.sum(ones.iter().copied(), &groups);
            held.complete = self.is_group_complete(&group);
            let mut images: Vec<Arc<Image>> = ones.iter().map(|one| one.image.clone()).collect();
            images.sort_unstable_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
            let family = ones.first().map(|one| one.family.clone());
            let family = family.filter(|family| ones.iter().all(|one| one.family == *family));
            Row { group, held, family, images }
        });
        let mut rows: Vec<Row> = rows.collect();
        // Stable: those of one size stay by name.
        rows.sort_by_key(|row| Reverse((row.held.at_most_bytes, row.held.volume_gib)));
        rows
    }

    /// Returns the sum of rows, each snapshot once.
    pub fn sum_of(&self, by: GroupBy, groups: &BTreeSet<&Group>) -> Held {
        let images = self.images.iter().filter(|one| groups.contains(&Group::of(by, one)));
        let mut held = self.sum(images, &BTreeMap::new());
        // Where not all was read there may be more rows.
        let is_complete = |group: &&Group| self.is_group_complete(group);
        held.complete = groups.iter().all(is_complete) && (by == GroupBy::Region || self.is_complete());
        held
    }

    /// Returns false if a region that may hold more of it could not be read completely, or is not known.
    fn is_group_complete(&self, group: &Group) -> bool {
        match group {
            Group::Region(region) | Group::Image(region, _) => !self.incomplete().contains(region),
            Group::Family(..) | Group::Account(_) => self.is_complete(),
        }
    }
}
