//! The images of the chosen regions, as far as they are listed.

mod listing;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Failure, Image, ImageId, Region, text::count};

use listing::Refresh;
pub use listing::{ListState, Listing};

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
            listing.read.clear();
            listing.seen.clear();
            let starts_over = listing.images.len() == listing.carried.len();
            let refreshes = !starts_over || listing.listed_at().is_some();
            listing.refresh = refreshes.then(|| Refresh::of(&listing.images));
            if refreshes {
                listing.carried.clear();
            }
            listing.quiet = true;
        }
    }

    /// Shows that a region is being listed at the request of a person.
    pub fn show(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.state = ListState::Loading(0);
            listing.quiet = false;
        }
    }

    /// Adds a page. `capped` means that it is the last because of a limit, though more would follow. Returns true if the images changed.
    pub fn page(&mut self, region: &Region, images: Vec<Image>, last: bool, capped: bool, now: Timestamp) -> bool {
        let Some(listing) = self.listings.get_mut(region) else { return false };
        for image in images {
            let first = listing.seen.insert(image.id.clone());
            let image = match &mut listing.refresh {
                Some(refresh) => refresh.known(image),
                None => Arc::new(image),
            };
            // What was read by its id meanwhile may have moved it.
            let is_at = |at: &usize| listing.images.get(*at).is_some_and(|carried| carried.id == image.id);
            let place = |at: usize| {
                Some(at).filter(is_at).or_else(|| listing.images.iter().position(|carried| carried.id == image.id))
            };
            if let Some(at) = listing.carried.remove(&image.id).and_then(place) {
                listing.images[at] = image;
                continue;
            }
            let refreshing = listing.refresh.is_some();
            let into = listing.refresh.as_mut().map_or(&mut listing.images, |refresh| &mut refresh.images);
            if !first {
                // The later answer is the newer one.
                if let Some(at) = into.iter().rposition(|listed| listed.id == image.id) {
                    into[at] = image;
                }
            } else if refreshing || !listing.read.contains_key(&image.id) {
                into.push(image);
            }
            // Else it was read meanwhile, which is newer, and is shown already.
        }
        let refreshing = listing.refresh.is_some();
        if !refreshing {
            // Which are pending is sorted out at the end.
            listing.settled = listing.images.len();
        }
        if last || capped {
            let changed = listing.complete(capped) || !refreshing;
            if changed {
                self.version += 1;
                listing.version = self.version;
            }
            listing.state = if capped { ListState::Capped(now) } else { ListState::Loaded(now) };
            (listing.completed, listing.capped) = (Some(now), capped);
            listing.seen = HashSet::new();
            return changed;
        }
        if !listing.quiet {
            listing.state = match &listing.state {
                ListState::Loading(pages) => ListState::Loading(pages + 1),
                _ => ListState::Loading(1),
            };
        }
        if !refreshing {
            self.version += 1;
            listing.version = self.version;
        }
        !refreshing
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
            listing.carried.clear();
            (listing.refresh, listing.quiet) = (None, false);
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
        self.listings.values().any(Listing::is_capped)
    }

    /// Returns how many regions have failed that were never listed in full, for people; `None` if there are none.
    pub fn unlisted(&self) -> Option<String> {
        let unlisted: Vec<&Listing> = self.listings.values().filter(|listing| listing.is_unlisted()).collect();
        let how = if unlisted.iter().all(|listing| listing.images.is_empty()) { "listed" } else { "fully listed" };
        (!unlisted.is_empty()).then(|| format!("{} not {how}", count(unlisted.len(), "region", "regions")))
    }

    /// Number of regions whose lists are not complete.
    pub fn loading(&self) -> usize {
        self.listings.values().filter(|l| matches!(l.state, ListState::Loading(_) | ListState::Waiting)).count()
    }
}

#[cfg(test)]
mod tests;
