//! A region's images with what they are found by, side by side in memory: looking through 100,000 of them must not mean
//! a walk to 100,000 places. Owns how a shelf follows the catalogue.

use std::sync::Arc;

use crate::domain::{
    Image, ImageId, Region,
    filter::{Letters, append_search_text},
};

/// One region's images in the catalogue's order.
#[derive(Debug)]
pub(super) struct RegionIndex {
    pub(super) region: Region,
    images: Vec<Arc<Image>>,
    texts: String,
    /// Where each image's text ends.
    ends: Vec<usize>,
    letters: Vec<Letters>,
    /// In GiB; summing up disks anew for each order costs more than the order.
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

    /// Takes what is new. The catalogue appends to a region's list or puts another in its place, nothing else; so what
    /// begins and ends as before is as before.
    pub(super) fn follow(&mut self, images: &[Arc<Image>]) {
        let same =
            |at: usize| images.get(at).zip(self.images.get(at)).is_some_and(|(theirs, ours)| Arc::ptr_eq(theirs, ours));
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

    /// The size of the image in this place, in GiB.
    pub(super) fn size(&self, at: usize) -> u64 {
        self.sizes.get(at).copied().unwrap_or(0)
    }

    /// Where an image is.
    pub(super) fn find(&self, id: &ImageId) -> Option<usize> {
        self.images.iter().position(|image| image.id == *id)
    }

    /// From this place on so many images, each with its place, its text and its letters.
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
    fn a_shelf_follows_its_list() {
        let (a, b, c) = (image("aa"), image("bb"), image("cc"));
        let mut shelf = RegionIndex::new(a.region.clone());
        let names = |shelf: &RegionIndex| shelf.part(0, 9).map(|(_, _, t, _)| t[..2].to_owned()).collect::<Vec<_>>();
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
            shelf.follow(&list);
            assert_eq!(names(&shelf), expected);
            assert_eq!(shelf.len(), list.len());
        }
    }
}
