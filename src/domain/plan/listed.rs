//! What the listed images say about copies: names that are taken, and earlier copies of the same image. The review looks both up;
//! here they are said while the user types.

use std::collections::HashMap;

use super::messages::Messages;
use crate::domain::{
    account::AccountId,
    copy::CopyRequest,
    draft::Field,
    ids::ImageId,
    image::{Image, ImageState},
    region::Region,
};

/// Own images that are listed, by what a copy is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedImages(HashMap<Region, ListedRegion>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct ListedRegion {
    /// The version of the list.
    version: u64,
    by_name: HashMap<Box<str>, ImageId>,
    by_source: HashMap<ImageId, ImageId>,
}

impl ListedImages {
    /// Lists of more images are left to the review: reading them takes longer than a frame.
    const MOST: usize = 10_000;

    /// Takes in a region's list. Returns false if it is known already in this version.
    pub fn take_in<'a>(
        &mut self,
        region: &Region,
        version: u64,
        account: Option<&AccountId>,
        images: impl ExactSizeIterator<Item = &'a Image>,
    ) -> bool {
        let known = self.0.get(region).map_or(0, |listed| listed.version);
        if version == known {
            return false;
        }
        let mut listed = ListedRegion { version, ..ListedRegion::default() };
        let own = |image: &&Image| {
            account.is_some_and(|own| *own == image.owner_id)
                && matches!(image.state, ImageState::Available | ImageState::Pending | ImageState::Disabled)
        };
        if images.len() <= Self::MOST {
            for image in images.filter(own) {
                listed.by_name.insert(image.name.clone(), image.id.clone());
                if let Some((source, _)) = image.copied_from() {
                    listed.by_source.insert(source.clone(), image.id.clone());
                }
            }
        }
        self.0.insert(region.clone(), listed);
        true
    }

    pub(super) fn warn(&self, copies: &[CopyRequest], warnings: &mut Messages) {
        for copy in copies {
            let Some(listed) = self.0.get(&copy.destination) else { continue };
            let region = &copy.destination;
            if let Some(there) = listed.by_name.get(copy.name.as_str()).filter(|there| **there != copy.source) {
                let text = format!("{there} in {region} has the name \"{}\" already.", copy.name);
                warnings.add_known_later(Field::Name, "taken", text);
            }
            if let Some(there) = listed.by_source.get(&copy.source) {
                let text = format!("{} was copied to {region} before: {there}.", copy.source);
                warnings.add_known_later(Field::Sources, "copied before", text);
            }
        }
    }
}
