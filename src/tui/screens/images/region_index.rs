//! Search index of a region's images. Texts and sizes are contiguous in memory, so that filtering 100,000 images does not
//! follow 100,000 pointers.

use std::sync::Arc;

use crate::domain::{
    Image, ImageId, Region,
    filter::{Letters, append_search_text},
};

/// The images of a region in the catalogue's order, with their searched texts.
#[derive(Debug)]
pub(super) struct RegionIndex {
    pub(super) region: Region,
    images: Vec<Arc<Image>>,
    texts: String,
    /// The end of each image's text.
    ends: Vec<usize>,
    letters: Vec<Letters>,
    /// In GiB. Adding up the disks while sorting costs more than the sorting.
    sizes: Vec<u64>,
}

impl RegionIndex {
    pub(super) fn new(region: Region) -> Self {
        Self {
            region,
            images: Vec::new(),
            texts: String::new(),
            ends: Vec::new(),
            letters: Vec::new(),
            sizes: Vec::new(),
        }
    }

    /// Indexes new images. The catalogue only appends to a region's list or replaces it as a whole, so an unchanged first
    /// and last image mean that nothing before has changed.
    pub(super) fn follow(&mut self, images: &[Arc<Image>]) {
        let same = |at: usize| images.get(at).zip(self.images.get(at)).is_some_and(|(new, old)| Arc::ptr_eq(new, old));
        let last = self.images.len().checked_sub(1);
        if last.is_some_and(|last| !same(0) || !same(last)) {
            *self = Self::new(self.region.clone());
        }
        for image in images.iter().skip(self.images.len()) {
            let start = self.texts.len();
            append_search_text(image, &mut self.texts);
            self.letters.push(Letters::of(&self.texts[start..]));
            self.ends.push(self.texts.len());
            self.sizes.push(image.size_gib());
            self.images.push(Arc::clone(image));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.images.len()
    }

    pub(super) fn image(&self, at: usize) -> Option<&Arc<Image>> {
        self.images.get(at)
    }

    /// The size of an image, in GiB.
    pub(super) fn size(&self, at: usize) -> u64 {
        self.sizes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn find(&self, id: &ImageId) -> Option<usize> {
        self.images.iter().position(|image| image.id == *id)
    }

    /// Up to `count` images from an index on, each with its index, text and letters.
    pub(super) fn part(&self, from: usize, count: usize) -> impl Iterator<Item = (usize, &Image, &str, Letters)> {
        let rows = self.images.iter().zip(&self.ends).zip(&self.letters).enumerate().skip(from).take(count);
        rows.map(|(at, ((image, end), letters))| {
            let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
            (at, &**image, &self.texts[start..*end], *letters)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

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
        let mut index = RegionIndex::new(a.region.clone());
        let names = |index: &RegionIndex| index.part(0, 9).map(|(_, _, t, _)| t[..2].to_owned()).collect::<Vec<_>>();
        for (list, expected) in [
            (vec![], vec![]),
            (vec![&a], vec!["aa"]),
            (vec![&a, &b], vec!["aa", "bb"]),
            (vec![&a, &b], vec!["aa", "bb"]),
            (vec![&a, &b, &c], vec!["aa", "bb", "cc"]),
            (vec![&c, &b], vec!["cc", "bb"]),
            (vec![&c], vec!["cc"]),
            (vec![], vec![]),
        ] {
            let list: Vec<_> = list.into_iter().cloned().collect();
            index.follow(&list);
            assert_eq!(names(&index), expected);
            assert_eq!(index.len(), list.len());
        }
    }
}
