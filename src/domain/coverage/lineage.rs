//! Which images descend from the same one.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use crate::domain::{ids::ImageId, image::Image, region::Region};

type Key<'a> = (&'a ImageId, &'a Region);

/// The images that descend from one, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LineageId(pub(super) usize);

/// The lineages of images, which are known by their places.
#[derive(Debug)]
pub(super) struct Lineages<'a> {
    places: HashMap<Key<'a>, usize>,
    of_image: Vec<LineageId>,
    /// The first image of each lineage; `None` if it is not listed: it is gone, another account's, or in another region.
    roots: Vec<Option<usize>>,
    unlisted: HashMap<Key<'a>, LineageId>,
}

/// What is known of an image's lineage while it is looked for.
#[derive(Clone, Copy)]
enum Search {
    Open,
    /// The walk under way has passed it.
    Passed,
    Done(LineageId),
}

impl<'a> Lineages<'a> {
    /// Follows the sources of every image. Returns the images by their places too, each once.
    pub(super) fn of(images: impl Iterator<Item = &'a Arc<Image>>) -> (Vec<&'a Arc<Image>>, Self) {
        let expected = images.size_hint().0;
        let (mut places, mut once) = (HashMap::with_capacity(expected), Vec::with_capacity(expected));
        for image in images {
            if let Entry::Vacant(place) = places.entry((&image.id, &image.region)) {
                place.insert(once.len());
                once.push(image);
            }
        }
        let images: Vec<&Arc<Image>> = once;
        let of_image = Vec::with_capacity(images.len());
        let mut lineages = Self { places, of_image, roots: Vec::new(), unlisted: HashMap::new() };
        let mut searches = vec![Search::Open; images.len()];
        let mut path = Vec::new();
        for start in 0..images.len() {
            let lineage = lineages.walk(start, &images, &mut searches, &mut path);
            for at in path.drain(..) {
                searches[at] = Search::Done(lineage);
            }
            lineages.of_image.push(lineage);
        }
        (images, lineages)
    }

    /// Walks from an image to its source, and on, up to what is known.
    fn walk(
        &mut self,
        start: usize,
        images: &[&'a Arc<Image>],
        searches: &mut [Search],
        path: &mut Vec<usize>,
    ) -> LineageId {
        let mut at = start;
        loop {
            match searches[at] {
                Search::Done(lineage) => return lineage,
                // EC2 makes no circles. Should it show one, its first image by region and id is taken for the source.
                Search::Passed => {
                    let circle = path.iter().skip_while(|passed| **passed != at).copied();
                    return self.begin(circle.min_by_key(|at| (&images[*at].region, &images[*at].id)));
                }
                Search::Open => {}
            }
            searches[at] = Search::Passed;
            path.push(at);
            let Some(source) = source_of(images[at]) else { return self.begin(Some(at)) };
            match self.places.get(&source) {
                Some(place) => at = *place,
                None => return self.unlisted(source),
            }
        }
    }

    fn begin(&mut self, root: Option<usize>) -> LineageId {
        self.roots.push(root);
        LineageId(self.roots.len() - 1)
    }

    fn unlisted(&mut self, source: Key<'a>) -> LineageId {
        if let Some(lineage) = self.unlisted.get(&source) {
            return *lineage;
        }
        let lineage = self.begin(None);
        self.unlisted.insert(source, lineage);
        lineage
    }

    /// Returns the number of lineages.
    pub(super) fn len(&self) -> usize {
        self.roots.len()
    }

    /// Returns the lineage of the image at a place.
    pub(super) fn of_image(&self, place: usize) -> LineageId {
        self.of_image[place]
    }

    /// Returns the place of the image that the others of a lineage descend from, if it is listed.
    pub(super) fn root(&self, lineage: LineageId) -> Option<usize> {
        self.roots[lineage.0]
    }

    /// Returns the place of an image.
    pub(super) fn place(&self, image: &'a ImageId, region: &'a Region) -> Option<usize> {
        self.places.get(&(image, region)).copied()
    }

    /// Returns the lineage of the copies of an image, listed or not.
    pub(super) fn of_source(&self, image: &'a ImageId, region: &'a Region) -> Option<LineageId> {
        let listed = self.place(image, region).map(|place| self.of_image[place]);
        listed.or_else(|| self.unlisted.get(&(image, region)).copied())
    }
}

/// Returns what an image was copied from.
fn source_of(image: &Image) -> Option<Key<'_>> {
    let (source, region) = image.copied_from()?;
    Some((source, region.unwrap_or(&image.region)))
}
