//! The images of the chosen regions: which are here, which are coming, which failed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{Failure, Image, Region};

/// How far a region's list is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Not asked yet.
    Waiting,
    /// Pages are coming; so many have come.
    Loading(usize),
    /// Whole.
    Loaded(Timestamp),
    /// Cut off at the limit for other people's images.
    Capped(Timestamp),
    /// Could not be listed; rows of an earlier list stay.
    Failed(Failure),
}

/// One region's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// How far it is.
    pub progress: Progress,
    images: Vec<Arc<Image>>,
    /// Pages of a refresh: they take the old rows' place when they are whole.
    incoming: Vec<Arc<Image>>,
    refreshing: bool,
}

impl Listing {
    fn new() -> Self {
        Self { progress: Progress::Waiting, images: Vec::new(), incoming: Vec::new(), refreshing: false }
    }

    /// Its images, as far as they are here.
    pub fn images(&self) -> &[Arc<Image>] {
        &self.images
    }
}

/// All chosen regions' lists.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    listings: BTreeMap<Region, Listing>,
}

impl Catalogue {
    /// Keeps the lists of these regions, drops others, and adds empty ones. Gives the regions that are new.
    pub fn choose(&mut self, regions: &[Region]) -> Vec<Region> {
        self.listings.retain(|r, _| regions.contains(r));
        let new: Vec<Region> = regions.iter().filter(|r| !self.listings.contains_key(*r)).cloned().collect();
        for region in &new {
            self.listings.insert(region.clone(), Listing::new());
        }
        new
    }

    /// Forgets everything: another account, or other images.
    pub fn clear(&mut self) {
        self.listings.clear();
    }

    /// The lists, by region.
    pub fn listings(&self) -> impl Iterator<Item = (&Region, &Listing)> {
        self.listings.iter()
    }

    /// Every image that is here, region by region.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.listings.values().flat_map(|l| &l.images)
    }

    /// A list begins anew. Rows that are here stay until the new ones are whole.
    pub fn begin(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.progress = Progress::Loading(0);
            listing.incoming.clear();
            listing.refreshing = !listing.images.is_empty();
        }
    }

    /// A page came. `capped`: it is the last only because of the limit.
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

    /// The region could not be listed.
    pub fn fail(&mut self, region: &Region, failure: Failure) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.progress = Progress::Failed(failure);
            listing.incoming.clear();
            listing.refreshing = false;
        }
    }

    /// Images a region's list has so far, with those of a refresh under way.
    pub fn count(&self, region: &Region) -> usize {
        self.listings.get(region).map_or(0, |l| l.images.len().max(l.incoming.len()))
    }

    /// Regions still coming.
    pub fn loading(&self) -> usize {
        self.listings.values().filter(|l| matches!(l.progress, Progress::Loading(_) | Progress::Waiting)).count()
    }
}
