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

    /// Marks these images of a region. Returns how many of them were not marked.
    pub(super) fn extend(&mut self, region: &Region, images: &[&Arc<Image>]) -> usize {
        let ids = self.0.entry(region.clone()).or_default();
        let before = ids.len();
        ids.reserve(images.len());
        ids.extend(images.iter().map(|image| image.id.clone()));
        ids.len() - before
    }
}
