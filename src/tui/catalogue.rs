//! The images of the chosen regions, as far as they are listed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{Failure, Image, Region};

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
    images: Vec<Arc<Image>>,
    /// Pages of a refresh, which replace `images` once all have come.
    incoming: Vec<Arc<Image>>,
    refreshing: bool,
}

impl Listing {
    fn new() -> Self {
        Self { state: ListState::Waiting, images: Vec::new(), incoming: Vec::new(), refreshing: false }
    }

    /// The images listed so far; during a refresh, those of the last list.
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

    /// All images, region by region.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.listings.values().flat_map(|l| &l.images)
    }

    /// Starts a region's list, or a refresh of it.
    pub fn begin(&mut self, region: &Region) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.state = ListState::Loading(0);
            listing.incoming.clear();
            listing.refreshing = !listing.images.is_empty();
        }
    }

    /// Adds a page. `capped` means that it is the last because of a limit, though more would follow.
    pub fn page(&mut self, region: &Region, images: Vec<Image>, last: bool, capped: bool, now: Timestamp) {
        let Some(listing) = self.listings.get_mut(region) else { return };
        let into = if listing.refreshing { &mut listing.incoming } else { &mut listing.images };
        into.extend(images.into_iter().map(Arc::new));
        listing.state = match &listing.state {
            _ if capped => ListState::Capped(now),
            _ if last => ListState::Loaded(now),
            ListState::Loading(pages) => ListState::Loading(pages + 1),
            _ => ListState::Loading(1),
        };
        if last || capped {
            if listing.refreshing {
                listing.images = std::mem::take(&mut listing.incoming);
            }
            listing.refreshing = false;
            listing.images.shrink_to_fit();
        }
    }

    /// Marks a region's list as failed.
    pub fn fail(&mut self, region: &Region, failure: Failure) {
        if let Some(listing) = self.listings.get_mut(region) {
            listing.state = ListState::Failed(failure);
            listing.incoming.clear();
            listing.refreshing = false;
        }
    }

    /// Number of images listed in a region, including a running refresh.
    pub fn count(&self, region: &Region) -> usize {
        self.listings.get(region).map_or(0, |l| l.images.len().max(l.incoming.len()))
    }

    /// Number of regions whose lists are not complete.
    pub fn loading(&self) -> usize {
        self.listings.values().filter(|l| matches!(l.state, ListState::Loading(_) | ListState::Waiting)).count()
    }
}
