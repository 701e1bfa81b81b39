//! The images of a region, as one account lists them, with what is searched of them.

use std::sync::Arc;

use crate::{
    domain::{
        AccountId, Image, ImageId,
        filter::{Entry, TextIndex},
    },
    tui::others::ListKey,
};

/// The list of a region for the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegionList<'a> {
    pub(super) key: &'a ListKey,
    /// The profile that lists it.
    pub(super) profile: &'a str,
    pub(super) images: &'a [Arc<Image>],
    /// Owns none of the images shown.
    pub(super) left_out: Option<&'a AccountId>,
}

/// The images of a region in the catalogue's order, with their searched texts.
#[derive(Debug)]
pub(super) struct RegionIndex {
    pub(super) key: ListKey,
    /// The profile that lists them.
    profile: String,
    pub(super) left_out: Option<AccountId>,
    images: Vec<Arc<Image>>,
    texts: TextIndex,
}

impl RegionIndex {
    pub(super) fn new(key: ListKey) -> Self {
        Self { key, profile: String::new(), left_out: None, images: Vec::new(), texts: TextIndex::default() }
    }

    /// Brings the index up to date: the images before the first that differs stay as they are. Returns how many they are.
    pub(super) fn follow(&mut self, list: RegionList<'_>) -> usize {
        let images = list.images;
        list.profile.clone_into(&mut self.profile);
        self.left_out = list.left_out.cloned();
        let kept = self.images.iter().zip(images).take_while(|(old, new)| Arc::ptr_eq(old, new)).count();
        self.texts.truncate(kept);
        self.images.truncate(kept);
        for image in images.iter().skip(kept) {
            self.texts.push(image);
            self.images.push(Arc::clone(image));
        }
        kept
    }

    pub(super) fn len(&self) -> usize {
        self.images.len()
    }

    pub(super) fn image(&self, at: usize) -> Option<&Arc<Image>> {
        self.images.get(at)
    }

    /// Length of an image's name in bytes.
    pub(super) fn name_length(&self, at: usize) -> usize {
        self.texts.name_length(at)
    }

    pub(super) fn find(&self, id: &ImageId) -> Option<usize> {
        self.images.iter().position(|image| image.id == *id)
    }

    /// Up to `count` images from an index on, each with its index.
    pub(super) fn part(&self, from: usize, count: usize) -> impl Iterator<Item = (usize, Entry<'_>)> {
        (from..self.len().min(from.saturating_add(count))).filter_map(|at| Some((at, self.entry(at)?)))
    }

    pub(super) fn entry(&self, at: usize) -> Option<Entry<'_>> {
        Some(self.texts.entry(at, self.images.get(at)?)?.listed_by(&self.profile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Region, tui::others::ProfileId};

    fn image(name: &str) -> Arc<Image> {
        let region = Region::new("eu-west-1").unwrap();
        let id = ImageId::new("ami-00000001").unwrap();
        let mut image = Image::bare(id, region, AccountId::new("123456789012").unwrap());
        image.name = name.into();
        Arc::new(image)
    }

    #[test]
    fn an_index_follows_its_list() {
        let (a, b, c) = (image("aa"), image("bb"), image("cc"));
        let key = ListKey { region: a.region.clone(), profile: ProfileId(0) };
        let mut index = RegionIndex::new(key.clone());
        let names = |index: &RegionIndex| index.part(0, 9).map(|(_, e)| e.name().to_owned()).collect::<Vec<_>>();
        for (list, kept, expected) in [
            (vec![], 0, vec![]),
            (vec![&a], 0, vec!["aa"]),
            (vec![&a, &b], 1, vec!["aa", "bb"]),
            (vec![&a, &b], 2, vec!["aa", "bb"]),
            (vec![&a, &b, &c], 2, vec!["aa", "bb", "cc"]),
            (vec![&a, &c, &b], 1, vec!["aa", "cc", "bb"]),
            (vec![&c, &b], 0, vec!["cc", "bb"]),
            (vec![&c], 1, vec!["cc"]),
            (vec![], 0, vec![]),
        ] {
            let list: Vec<_> = list.into_iter().cloned().collect();
            assert_eq!(index.follow(RegionList { key: &key, profile: "", images: &list, left_out: None }), kept);
            assert_eq!(names(&index), expected);
            assert_eq!(index.len(), list.len());
        }
    }
}
