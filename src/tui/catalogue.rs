//! The images of the chosen regions, as far as they are listed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Failure, Image, ImageId, ImageState, Region};

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
    images: Vec<Arc<Image>>,
    /// Number of images before the pending ones.
    settled: usize,
    /// Another one after every change of the images, for what is derived from them.
    version: u64,
    /// Pages of a refresh, which replace `images` once all have come.
    incoming: Vec<Arc<Image>>,
    refreshing: bool,
    /// A refresh that nobody asked for: the state stays until its end.
    quiet: bool,
    /// When the rows that are shown were listed, if they were complete; also if a list of them has failed since.
    completed: Option<Timestamp>,
    /// The images of the list under way: EC2 may repeat one on a later page.
    seen: HashSet<ImageId>,
    /// Images of an earlier query that the list under way has not had yet, and where they are.
    carried: HashMap<ImageId, usize>,
    /// What was read of single images since the list was begun, and is newer than its pages; `None` for those that are gone.
    read: BTreeMap<ImageId, Option<Arc<Image>>>,
}

impl Listing {
    fn new() -> Self {
        Self {
            state: ListState::Waiting,
            images: Vec::new(),
            settled: 0,
            version: 0,
            incoming: Vec::new(),
            refreshing: false,
            quiet: false,
            completed: None,
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

    /// Ends a list. Images that are as before stay the same ones, in their order, so that what was derived from them stays valid. Returns
    /// true if any changed.
    fn complete(&mut self, capped: bool) -> bool {
        let before = self.images.clone();
        let carried = std::mem::take(&mut self.carried);
        if !capped && !carried.is_empty() {
            self.images.retain(|image| !carried.contains_key(&image.id));
        }
        if self.refreshing {
            self.images = merged(&before, std::mem::take(&mut self.incoming));
        }
        for (id, read) in std::mem::take(&mut self.read) {
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
        (self.refreshing, self.quiet) = (false, false);
        self.images.len() != before.len() || !self.images.iter().zip(&before).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// Takes in an image that was read by itself; `None` if it is gone. Returns true if that changed anything.
    fn take(&mut self, id: &ImageId, image: Option<Image>) -> bool {
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
            Some(at) => kept[*at] = Some(if image == old[*at] { Arc::clone(&old[*at]) } else { image }),
            None => added.push(image),
        }
    }
    kept.into_iter().flatten().chain(added).collect()
}

/// The lists of all chosen regions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    listings: BTreeMap<Region, Listing>,
    /// The version that was given to a list last.
    version: u64,
}

impl Catalogue {
    /// Keeps the lists of these regions, drops others, and adds empty ones. Returns the new regions.
    pub fn choose(&mut self, regions: &[Region]) -> Vec<Region> {
        self.listings.retain(|r, _| regions.contains(r));
        let new: Vec<Region> = regions.iter().filter(|r| !self.listings.contains_key(*r)).cloned().collect();
        for region in &new {
            self.listings.insert(region.clone(), Listing::new());
        }
        new
    }

    pub fn clear(&mut self) {
        self.listings.clear();
    }

    pub fn listings(&self) -> impl Iterator<Item = (&Region, &Listing)> {
        self.listings.iter()
    }

    pub fn listing(&self, region: &Region) -> Option<&Listing> {
        self.listings.get(region)
    }

    /// All images, region by region.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.listings.values().flat_map(|l| &l.images)
    }

    /// Has every region listed by another query. Of the images listed so far those stay which `finds` says that it finds as well.
    pub fn change_query(&mut self, finds: impl Fn(&Arc<Image>) -> bool) {
        for listing in self.listings.values_mut() {
            let mut images = std::mem::take(&mut listing.images);
            images.retain(&finds);
            let carried = images.iter().enumerate().map(|(at, image)| (image.id.clone(), at)).collect();
            self.version += 1;
            *listing = Listing { settled: images.len(), images, carried, version: self.version, ..Listing::new() };
        }
    }

    /// Starts a region's list, or a refresh of it.
    pub fn begin(&mut self, region: &Region) {
        self.begin_quietly(region);
        self.show(region);
    }

    /// Starts a refresh of which nothing is shown before its end.
    pub fn begin_quietly(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.incoming.clear();
            listing.read.clear();
            listing.seen.clear();
            let starts_over = listing.images.len() == listing.carried.len();
            listing.refreshing = !starts_over || listing.listed_at().is_some();
            if listing.refreshing {
                listing.carried.clear();
            }
            listing.quiet = true;
        }
    }

    /// Shows that a region is being listed: somebody has asked for it.
    pub fn show(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.state = ListState::Loading(0);
            listing.quiet = false;
        }
    }

    /// Adds a page. `capped` means that it is the last because of a limit, though more would follow. Returns true if the images changed.
    pub fn page(&mut self, region: &Region, images: Vec<Image>, last: bool, capped: bool, now: Timestamp) -> bool {
        let Some(listing) = self.listings.get_mut(region) else { return false };
        for image in images.into_iter().map(Arc::new) {
            let first = listing.seen.insert(image.id.clone());
            if let Some(at) = listing.carried.remove(&image.id) {
                listing.images[at] = image;
                continue;
            }
            let into = if listing.refreshing { &mut listing.incoming } else { &mut listing.images };
            if !first {
                // The later answer is the newer one.
                if let Some(at) = into.iter().rposition(|listed| listed.id == image.id) {
                    into[at] = image;
                }
            } else if listing.refreshing || !listing.read.contains_key(&image.id) {
                into.push(image);
            }
            // Else it was read meanwhile, which is newer, and is shown already.
        }
        if !listing.refreshing {
            // Which are pending is sorted out at the end.
            listing.settled = listing.images.len();
        }
        if last || capped {
            let refreshed = listing.refreshing;
            let changed = listing.complete(capped) || !refreshed;
            if changed {
                self.version += 1;
                listing.version = self.version;
            }
            listing.state = if capped { ListState::Capped(now) } else { ListState::Loaded(now) };
            listing.completed = Some(now);
            listing.seen = HashSet::new();
            return changed;
        }
        if !listing.quiet {
            listing.state = match &listing.state {
                ListState::Loading(pages) => ListState::Loading(pages + 1),
                _ => ListState::Loading(1),
            };
        }
        if !listing.refreshing {
            self.version += 1;
            listing.version = self.version;
        }
        !listing.refreshing
    }

    /// Takes in images of a region that were read by their ids. Returns true if the list changed.
    pub fn take(&mut self, region: &Region, ids: &BTreeSet<ImageId>, images: Vec<Image>) -> bool {
        let Some(listing) = self.listings.get_mut(region) else { return false };
        let mut found: BTreeMap<ImageId, Image> = images.into_iter().map(|image| (image.id.clone(), image)).collect();
        let mut changed = false;
        for id in ids {
            changed |= listing.take(id, found.remove(id));
        }
        if changed {
            self.version += 1;
            listing.version = self.version;
        }
        changed
    }

    /// Ends a refresh that has failed, as if it had not been begun.
    pub fn give_up(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.incoming.clear();
            listing.carried.clear();
            (listing.refreshing, listing.quiet) = (false, false);
        }
    }

    /// Marks a region's list as failed.
    pub fn fail(&mut self, region: &Region, failure: Failure) {
        self.give_up(region);
        if let Some(listing) = self.listings.get_mut(region) {
            listing.state = ListState::Failed(failure);
        }
    }

    /// Moves the times of complete lists with the wall clock.
    pub fn shift(&mut self, step: SignedDuration) {
        for listing in self.listings.values_mut() {
            let state = match &mut listing.state {
                ListState::Loaded(at) | ListState::Capped(at) => Some(at),
                _ => None,
            };
            for at in state.into_iter().chain(&mut listing.completed) {
                *at = at.checked_add(step).unwrap_or(*at);
            }
        }
    }

    /// Returns true if a list was cut off at the limit: there are more images than are shown.
    pub fn is_capped(&self) -> bool {
        self.listings.values().any(|l| matches!(l.state, ListState::Capped(_)))
    }

    /// Number of regions whose lists are not complete.
    pub fn loading(&self) -> usize {
        self.listings.values().filter(|l| matches!(l.state, ListState::Loading(_) | ListState::Waiting)).count()
    }
}

#[cfg(test)]
mod tests;
