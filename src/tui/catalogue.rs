//! The images of the chosen regions: listed, being listed, or failed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{Failure, Image, Region};

/// The progress of a region's list.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Not requested yet.
    Waiting,
    /// Being listed; with the number of pages so far.
    Loading(usize),
    /// Complete.
    Loaded(Timestamp),
    /// Stopped at the limit for other people's images.
    Capped(Timestamp),
    /// Could not be listed; the images of an earlier list remain.
    Failed(Failure),
}

/// One region's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Its progress.
    pub progress: Progress,
    images: Vec<Arc<Image>>,
    /// Pages of a refresh: they replace the images when they are complete.
    incoming: Vec<Arc<Image>>,
    refreshing: bool,
}

impl Listing {
    fn new() -> Self {
        Self { progress: Progress::Waiting, images: Vec::new(), incoming: Vec::new(), refreshing: false }
    }

    /// Returns the images listed so far.
    pub fn images(&self) -> &[Arc<Image>] {
        &self.images
    }
}

/// The lists of all chosen regions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    listings: BTreeMap<Region, Listing>,
}

impl Catalogue {
    /// Keeps the lists of these regions, drops others, and adds empty ones. Returns the regions that are new.
    pub fn choose(&mut self, regions: &[Region]) -> Vec<Region> {
        self.listings.retain(|r, _| regions.contains(r));
        let new: Vec<Region> = regions.iter().filter(|r| !self.listings.contains_key(*r)).cloned().collect();
        for region in &new {
            self.listings.insert(region.clone(), Listing::new());
        }
        new
    }

    /// Drops all lists: for another account, or other images.
    pub fn clear(&mut self) {
        self.listings.clear();
    }

    /// Returns the lists, by region.
    pub fn listings(&self) -> impl Iterator<Item = (&Region, &Listing)> {
        self.listings.iter()
    }

    /// Returns every image listed so far, region by region.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.listings.values().flat_map(|l| &l.images)
    }

    /// Begins to list a region again. Its images remain until the new list is complete.
    pub fn begin(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.progress = Progress::Loading(0);
            listing.incoming.clear();
            listing.refreshing = !listing.images.is_empty();
        }
    }

    /// Adds a page. `capped` if it is the last one only because of the limit.
    pub fn page(&mut self, region: &Region, images: Vec<Image>, last: bool, capped: bool, now: Timestamp) {
        let Some(listing) = self.listings.get_mut(region) else { return };
        let into = if listing.refreshing { &mut listing.incoming } else { &mut listing.images };
        into.extend(images.into_iter().map(Arc::new));
        listing.progress = match &listing.progress {
            _ if capped => Progress::Capped(now),
            _ if last => Progress::Loaded(now),
            Progress::Loading(pages) => Progress::Loading(pages + 1),
            _ => Progress::Loading(1),
        };
        if last || capped {
            if listing.refreshing {
                listing.images = std::mem::take(&mut listing.incoming);
            }
            listing.refreshing = false;
            listing.images.shrink_to_fit();
        }
    }

    /// Takes in that the region could not be listed.
    pub fn fail(&mut self, region: &Region, failure: Failure) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.progress = Progress::Failed(failure);
            listing.incoming.clear();
            listing.refreshing = false;
        }
    }

    /// Returns how many images a region's list has so far, those of a refresh included.
    pub fn count(&self, region: &Region) -> usize {
        self.listings.get(region).map_or(0, |l| l.images.len().max(l.incoming.len()))
    }

    /// Returns how many regions are still being listed.
    pub fn loading(&self) -> usize {
        self.listings.values().filter(|l| matches!(l.progress, Progress::Loading(_) | Progress::Waiting)).count()
    }
}
