//! The list of a region: what is shown of it while it is listed, and listed again.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet},
    hash::{Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;

use crate::domain::{Failure, Image, ImageId, ImageState};

/// State of a region's list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListState {
    /// Not requested yet.
    Waiting,
    /// Number of pages that have come; more follow.
    Loading(usize),
    /// Complete since this time.
    Loaded(Timestamp),
    /// Cut off at the setting `browse.public_limit` at this time.
    Capped(Timestamp),
    /// The images of an earlier list stay.
    Failed(Failure),
}

/// The list of a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub state: ListState,
    /// Once the list is complete, those that are pending come last: what changes most often is at the end.
    pub(super) images: Vec<Arc<Image>>,
    /// Number of images before the pending ones.
    pub(super) settled: usize,
    /// Another one after every change of the images, for what is derived from them.
    pub(super) version: u64,
    /// The refresh under way, if there is one.
    pub(super) refresh: Option<Refresh>,
    /// A refresh that nobody requested: the state stays until its end.
    pub(super) quiet: bool,
    /// When the rows that are shown were listed, if they were complete; also if a list of them has failed since.
    pub(super) completed: Option<Timestamp>,
    /// The rows that are shown were cut off at the limit; also if a list of them has failed since.
    pub(super) capped: bool,
    /// The images of the list under way: EC2 may repeat one on a later page.
    pub(super) seen: HashSet<ImageId>,
    /// Images of an earlier query that the list under way has not had yet, and where they are.
    pub(super) carried: HashMap<ImageId, usize>,
    /// What was read of single images since the list was begun, and is newer than its pages; `None` for those that are gone.
    pub(super) read: BTreeMap<ImageId, Option<Arc<Image>>>,
}

/// A list of images that are listed already. It replaces them once it is complete.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refresh {
    /// The images as they were when it began. Each page is compared with them when it comes: all at the end would take as long as
    /// several frames.
    before: HashSet<ById>,
    pub(super) images: Vec<Arc<Image>>,
    /// True once an image has come that was not there before.
    differs: bool,
}

impl Refresh {
    pub(super) fn of(images: &[Arc<Image>]) -> Self {
        let before = images.iter().map(|image| ById(Arc::clone(image))).collect();
        Self { before, images: Vec::with_capacity(images.len()), differs: false }
    }

    /// Returns the image as it was before, if it is still the same.
    pub(super) fn known(&mut self, image: Image) -> Arc<Image> {
        match self.before.get(&image.id) {
            Some(ById(before)) if **before == image => Arc::clone(before),
            _ => {
                self.differs = true;
                Arc::new(image)
            }
        }
    }
}

/// An image that is found by its id.
#[derive(Debug, Clone)]
struct ById(Arc<Image>);

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl Borrow<ImageId> for ById {
    fn borrow(&self) -> &ImageId {
        &self.0.id
    }
}

impl Listing {
    pub(super) fn new() -> Self {
        Self {
            state: ListState::Waiting,
            images: Vec::new(),
            settled: 0,
            version: 0,
            refresh: None,
            quiet: false,
            completed: None,
            capped: false,
            seen: HashSet::new(),
            carried: HashMap::new(),
            read: BTreeMap::new(),
        }
    }

    /// The images listed so far; during a refresh, those of the last list.
    pub fn images(&self) -> &[Arc<Image>] {
        &self.images
    }

    /// Another one after every change of the images.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The pending images of a complete list.
    pub fn pending(&self) -> &[Arc<Image>] {
        self.images.get(self.settled..).unwrap_or_default()
    }

    /// When it was complete.
    pub fn listed_at(&self) -> Option<Timestamp> {
        match self.state {
            ListState::Loaded(at) | ListState::Capped(at) => Some(at),
            ListState::Waiting | ListState::Loading(_) | ListState::Failed(_) => None,
        }
    }

    /// When the rows shown were complete, whatever came of later lists.
    pub fn rows_since(&self) -> Option<Timestamp> {
        self.completed
    }

    /// Returns true if there are more images than the rows that are shown.
    pub fn is_capped(&self) -> bool {
        self.capped
    }

    /// Returns true if no list of it was ever complete and the last one has failed, though some pages of it may have come.
    pub fn is_unlisted(&self) -> bool {
        self.completed.is_none() && matches!(self.state, ListState::Failed(_))
    }

    /// Ends a list. Images that are as before stay the same ones, in their order, so that what was derived from them stays valid. Returns
    /// true if any changed.
    pub(super) fn complete(&mut self, capped: bool) -> bool {
        self.quiet = false;
        let refresh = self.refresh.take();
        let read = std::mem::take(&mut self.read);
        if let Some(refresh) = &refresh
            && !refresh.differs
            && refresh.images.len() == self.images.len()
            && read.is_empty()
        {
            return false;
        }
        let before = self.images.clone();
        let carried = std::mem::take(&mut self.carried);
        if !capped && !carried.is_empty() {
            self.images.retain(|image| !carried.contains_key(&image.id));
        }
        if let Some(refresh) = refresh {
            self.images = merged(&before, refresh.images);
        }
        for (id, read) in read {
            match (self.images.iter().position(|image| image.id == id), read) {
                (Some(at), Some(image)) => self.images[at] = image,
                (None, Some(image)) => self.images.push(image),
                (Some(at), None) => _ = self.images.remove(at),
                (None, None) => {}
            }
        }
        self.images.sort_by_key(|image| image.state == ImageState::Pending);
        self.images.shrink_to_fit();
        self.settled = self.images.partition_point(|image| image.state != ImageState::Pending);
        self.images.len() != before.len() || !self.images.iter().zip(&before).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// Takes in an image that was read by itself; `None` if it is gone. Returns true if that changed anything.
    pub(super) fn take(&mut self, id: &ImageId, image: Option<Image>) -> bool {
        let at = self.images.iter().rposition(|listed| listed.id == *id);
        let image = image.map(Arc::new);
        if self.listed_at().is_none() || self.quiet {
            self.read.insert(id.clone(), image.clone());
        }
        if let (Some(at), Some(image)) = (at, &image)
            && self.images[at] == *image
        {
            return false;
        }
        let pending = image.as_ref().is_some_and(|image| image.state == ImageState::Pending);
        match (at, image) {
            (None, None) => return false,
            (Some(at), Some(image)) if pending == (at >= self.settled) => self.images[at] = image,
            (at, image) => {
                if let Some(at) = at {
                    self.images.remove(at);
                    self.settled -= usize::from(at < self.settled);
                }
                match image {
                    Some(image) if pending => self.images.push(image),
                    Some(image) => {
                        self.images.insert(self.settled, image);
                        self.settled += 1;
                    }
                    None => {}
                }
            }
        }
        true
    }
}

/// The images of a new list: those of the old one first, in its order, and as they were if they have not changed.
fn merged(old: &[Arc<Image>], new: Vec<Arc<Image>>) -> Vec<Arc<Image>> {
    let places: HashMap<&ImageId, usize> = old.iter().enumerate().map(|(at, image)| (&image.id, at)).collect();
    let mut kept = vec![None; old.len()];
    let mut added = Vec::new();
    for image in new {
        match places.get(&image.id) {
            Some(at) => kept[*at] = Some(image),
            None => added.push(image),
        }
    }
    kept.into_iter().flatten().chain(added).collect()
}
