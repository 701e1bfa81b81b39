//! The images of all regions with their families and snapshots, and their sum.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    snapshot::{PricedSnapshot, StoredSnapshot},
    sums::Held,
};
use crate::domain::{
    coverage::{self, Column, Listed},
    failure::Failure,
    family::VersionPattern,
    ids::{ImageId, SnapshotId},
    image::{Image, ImageState},
    price::{Prices, UnknownPrice},
    region::Region,
};

/// What was read of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionStorage {
    pub region: Region,
    /// The account's own images in every state.
    pub images: Vec<Image>,
    /// The account's own snapshots, those of no image too.
    pub snapshots: Vec<StoredSnapshot>,
    /// Why not all of it could be read, if so.
    pub failure: Option<Failure>,
}

/// What was read, with the images that count.
pub struct Input<'a> {
    pub regions: Vec<RegionStorage>,
    /// False if there may be regions besides these that are meant as well.
    pub has_all_regions: bool,
    /// What distinguishes the versions of a family.
    pub pattern: &'a VersionPattern,
    pub prices: &'a Prices,
    /// Returns true for the images that count. What others hold is left out.
    pub counts: &'a mut dyn FnMut(&Image) -> bool,
}

/// An image with its family and the places of its snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageStorage {
    pub(super) image: Arc<Image>,
    /// Name of the family, or the id of its newest image if it has none.
    pub(super) family: Arc<str>,
    pub(super) snapshots: BTreeSet<usize>,
}

/// The storage that images hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageHeld {
    /// The images that count.
    pub(super) images: Vec<ImageStorage>,
    /// Every snapshot once.
    snapshots: Vec<PricedSnapshot>,
    /// Regions of which not everything could be read.
    incomplete: BTreeSet<Region>,
    /// True if there may be regions besides those that were read.
    misses_regions: bool,
    /// Number of regions that were read, these included.
    pub regions: usize,
    /// Snapshots that images name and that EC2 does not list as the account's own, in regions of which everything was read.
    pub unlisted: usize,
    /// Images whose root is on instance store: their files are in S3, and are not counted.
    pub on_instance_store: usize,
    /// Snapshots that no image of the account refers to, in regions of which everything was read.
    pub not_in_images: Held,
}

impl StorageHeld {
    /// Computes it. What a region has is counted as far as it could be read.
    pub fn compute(input: Input<'_>) -> Self {
        let Input { regions, has_all_regions, pattern, prices, counts } = input;
        let mut held = Self { regions: regions.len(), misses_regions: !has_all_regions, ..Self::default() };
        let mut images: Vec<Arc<Image>> = Vec::new();
        let mut places: HashMap<(Region, SnapshotId), usize> = HashMap::new();
        for region in regions {
            if region.failure.is_some() {
                held.incomplete.insert(region.region.clone());
            }
            for snapshot in region.snapshots {
                let place = places.entry((region.region.clone(), snapshot.id.clone()));
                place.or_insert_with(|| {
                    let month = snapshot.month(&region.region, prices);
                    held.snapshots.push(PricedSnapshot { snapshot, month });
                    held.snapshots.len() - 1
                });
            }
            let exists = |image: &Image| image.state != ImageState::Deregistered;
            images.extend(region.images.into_iter().filter(exists).map(Arc::new));
        }
        let families = families(&images, pattern);
        let (mut named, mut unlisted) = (BTreeSet::new(), BTreeSet::new());
        for image in images {
            let place = |id: &SnapshotId| places.get(&(image.region.clone(), id.clone())).copied();
            let snapshots: BTreeSet<usize> = image.snapshot_ids().filter_map(place).collect();
            named.extend(snapshots.iter().copied());
            if !counts(&image) {
                continue;
            }
            if !held.incomplete.contains(&image.region) {
                let missing = image.snapshot_ids().filter(|id| place(id).is_none());
                unlisted.extend(missing.map(|id| (image.region.clone(), id.clone())));
            }
            held.on_instance_store += usize::from(image.instance_store());
            let key = (image.region.clone(), image.id.clone());
            let family = families.get(&key).cloned().unwrap_or_else(|| image.id.as_str().into());
            held.images.push(ImageStorage { image, family, snapshots });
        }
        held.unlisted = unlisted.len();
        let complete = |region: &Region| !held.incomplete.contains(region);
        let rest = places.iter().filter(|((region, _), place)| complete(region) && !named.contains(place));
        held.not_in_images = rest.map(|(_, place)| &held.snapshots[*place]).fold(Held::default(), Held::with);
        held
    }

    /// Returns the sum of all images, each snapshot once.
    pub fn total(&self) -> Held {
        let mut total = self.sum(self.images.iter(), &BTreeMap::new());
        total.complete = self.is_complete();
        total
    }

    /// Returns the prices that are not known.
    pub fn unknown_prices(&self) -> BTreeSet<UnknownPrice> {
        let counted: BTreeSet<usize> = self.images.iter().flat_map(|image| image.snapshots.iter().copied()).collect();
        counted.iter().filter_map(|place| self.snapshots[*place].month.clone().err()).collect()
    }

    /// Returns true if everything was read of all regions that are meant.
    pub(super) fn is_complete(&self) -> bool {
        self.incomplete.is_empty() && !self.misses_regions
    }

    /// Returns true if there may be regions besides those that were read, although they are meant.
    pub fn misses_regions(&self) -> bool {
        self.misses_regions
    }

    /// Returns the regions of which not everything could be read.
    pub fn incomplete(&self) -> &BTreeSet<Region> {
        &self.incomplete
    }

    /// Sums images, each snapshot once. `groups` has the number of groups that a snapshot is in.
    pub(super) fn sum<'a>(
        &'a self,
        images: impl Iterator<Item = &'a ImageStorage>,
        groups: &BTreeMap<usize, usize>,
    ) -> Held {
        let (mut number, mut places) = (0, BTreeSet::new());
        for image in images {
            number += 1;
            places.extend(image.snapshots.iter().copied());
        }
        let mut held = places.iter().map(|place| &self.snapshots[*place]).fold(Held::default(), Held::with);
        held.images = number;
        held.shared = places.iter().filter(|place| groups.get(*place).is_some_and(|groups| *groups > 1)).count();
        held
    }
}

/// Returns the family of each image, as coverage makes them: copies belong to the family of their source.
fn families(images: &[Arc<Image>], pattern: &VersionPattern) -> HashMap<(Region, ImageId), Arc<str>> {
    let regions: BTreeSet<&Region> = images.iter().map(|image| &image.region).collect();
    let columns: Vec<Column> =
        regions.into_iter().map(|region| Column { region: region.clone(), listed: Listed::Complete }).collect();
    let input = coverage::Input { pattern, account: None, columns: &columns, copies: &[] };
    let coverage = coverage::compute(&input, images);
    let mut found = HashMap::with_capacity(images.len());
    for family in &coverage.families {
        let label: Arc<str> = family.label().into();
        for image in family.versions.iter().flat_map(|version| &version.images) {
            found.insert((image.region.clone(), image.id.clone()), label.clone());
        }
    }
    found
}
