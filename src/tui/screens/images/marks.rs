//! Marked images. Marking 100,000 and looking each up takes no longer than a frame.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::domain::{Image, ImageId, Region};

/// Marked images, including those hidden by the filter.
#[derive(Debug, Default)]
pub struct Marks(HashMap<Region, HashSet<ImageId>>);

impl Marks {
    pub fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.values().all(HashSet::is_empty)
    }

    pub fn contains(&self, image: &Image) -> bool {
        self.0.get(&image.region).is_some_and(|ids| ids.contains(&image.id))
    }

    /// Removes the marks of a region's images that are not among these.
    pub(in crate::tui) fn keep_listed(&mut self, region: &Region, images: &[Arc<Image>]) {
        if let Some(ids) = self.0.get_mut(region).filter(|ids| !ids.is_empty()) {
            let listed: HashSet<&ImageId> = images.iter().map(|image| &image.id).collect();
            ids.retain(|id| listed.contains(id));
        }
    }

    /// Removes the marks in all other regions. Returns how many they were.
    pub(in crate::tui) fn keep_regions(&mut self, regions: &[Region]) -> usize {
        let before = self.len();
        self.0.retain(|region, _| regions.contains(region));
        before - self.len()
    }

    /// Removes the mark of an image.
    pub(in crate::tui) fn remove(&mut self, region: &Region, id: &ImageId) {
        if let Some(ids) = self.0.get_mut(region) {
            ids.remove(id);
        }
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Marks the image, or removes its mark.
    pub(super) fn toggle(&mut self, image: &Image) {
        let ids = self.0.entry(image.region.clone()).or_default();
        if !ids.remove(&image.id) {
            ids.insert(image.id.clone());
        }
    }

    /// Marks all of these, of which there are about so many. Returns how many of them were not marked.
    pub(super) fn extend<'a>(&mut self, images: impl Iterator<Item = &'a Image>, about: usize) -> usize {
        let before = self.len();
        for image in images {
            match self.0.get_mut(&image.region) {
                Some(ids) => _ = ids.insert(image.id.clone()),
                None => {
                    // Most often they are all of one region.
                    let mut ids = HashSet::with_capacity(if self.0.is_empty() { about } else { 0 });
                    ids.insert(image.id.clone());
                    self.0.insert(image.region.clone(), ids);
                }
            }
        }
        self.len() - before
    }
}
