//! Marked images. Marking 100,000 and looking each up takes no longer than a frame.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    domain::{Image, ImageId},
    tui::others::{ListKey, ProfileId},
};

/// Marked images, including those hidden by the filter.
#[derive(Debug, Default)]
pub struct Marks(HashMap<ListKey, HashSet<ImageId>>);

impl Marks {
    pub fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.values().all(HashSet::is_empty)
    }

    /// Number of marks in the lists of a profile.
    pub fn of_profile(&self, profile: ProfileId) -> usize {
        self.0.iter().filter(|(key, _)| key.profile == profile).map(|(_, ids)| ids.len()).sum()
    }

    /// The profiles in whose lists images are marked, in their order.
    pub(in crate::tui) fn profiles(&self) -> Vec<ProfileId> {
        let marked = self.0.iter().filter(|(_, ids)| !ids.is_empty());
        let mut profiles: Vec<ProfileId> = marked.map(|(key, _)| key.profile).collect();
        profiles.sort_unstable();
        profiles.dedup();
        profiles
    }

    pub fn contains(&self, list: &ListKey, image: &ImageId) -> bool {
        self.0.get(list).is_some_and(|ids| ids.contains(image))
    }

    /// Removes the marks of a list's images that are not among these.
    pub(in crate::tui) fn keep_listed(&mut self, list: &ListKey, images: &[Arc<Image>]) {
        if let Some(ids) = self.0.get_mut(list).filter(|ids| !ids.is_empty()) {
            let listed: HashSet<&ImageId> = images.iter().map(|image| &image.id).collect();
            ids.retain(|id| listed.contains(id));
        }
    }

    /// Removes the marks in all other lists. Returns how many they were.
    pub(in crate::tui) fn keep_lists(&mut self, keeps: impl Fn(&ListKey) -> bool) -> usize {
        let before = self.len();
        self.0.retain(|list, _| keeps(list));
        before - self.len()
    }

    /// Removes the mark of an image.
    pub(in crate::tui) fn remove(&mut self, list: &ListKey, id: &ImageId) {
        if let Some(ids) = self.0.get_mut(list) {
            ids.remove(id);
        }
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Marks the image, or removes its mark.
    pub(super) fn toggle(&mut self, list: &ListKey, image: &ImageId) {
        let ids = self.0.entry(list.clone()).or_default();
        if !ids.remove(image) {
            ids.insert(image.clone());
        }
    }

    /// Marks these images of a list. Returns how many of them were not marked.
    pub(super) fn extend(&mut self, list: &ListKey, images: &[&Arc<Image>]) -> usize {
        let ids = self.0.entry(list.clone()).or_default();
        let before = ids.len();
        ids.reserve(images.len());
        ids.extend(images.iter().map(|image| image.id.clone()));
        ids.len() - before
    }
}
