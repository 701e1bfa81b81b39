//! Available copies whose images are not listed any more: somebody has deregistered them since. Their jobs stay what they are, which is
//! what became of the copies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::{
    domain::{ImageId, OwnerFilter, Region},
    engine::JobState,
    tui::{
        catalogue::Listing,
        jobs_view::{Unlisted, UnlistedBasis},
        model::Model,
    },
};

/// A list that was complete this long after the copy ended would have its image: EC2 is eventually consistent.
const VISIBLE: SignedDuration = SignedDuration::from_mins(2);

/// Finds those images anew if a list or a job has changed. Once a frame.
pub(super) fn follow(model: &mut Model) {
    let basis = basis(model);
    if model.jobs_view.unlisted.basis == basis {
        return;
    }
    let mut wanted: BTreeMap<&Region, BTreeSet<&ImageId>> = BTreeMap::new();
    for (region, _, listed) in &basis.lists {
        let of_region = model.jobs_view.jobs().filter(|job| job.request.destination == *region);
        let images = of_region.filter_map(|job| match (&job.state, job.ended) {
            (JobState::Available { image }, Some(ended)) if *listed >= ended + VISIBLE => Some(image),
            _ => None,
        });
        wanted.insert(region, images.collect());
    }
    for (region, images) in &mut wanted {
        let listed = model.catalogue.listing(region);
        for image in listed.into_iter().flat_map(Listing::images) {
            if images.is_empty() {
                break;
            }
            images.remove(&image.id);
        }
    }
    let images: BTreeSet<ImageId> = wanted.into_values().flatten().cloned().collect();
    model.jobs.changed |= images != model.jobs_view.unlisted.images;
    model.jobs_view.unlisted = Unlisted { images, basis };
}

/// Only complete lists of all of the account's own images show what is missing.
fn basis(model: &Model) -> UnlistedBasis {
    let tells = model.query.whose == OwnerFilter::Mine && model.query.narrowed.is_empty();
    let listed = model
        .catalogue
        .listings()
        .filter(|_| tells)
        .filter_map(|(region, listing)| Some((region.clone(), listing.version(), listing.rows_since()?)));
    UnlistedBasis { jobs: model.jobs_view.version(), lists: listed.collect() }
}
