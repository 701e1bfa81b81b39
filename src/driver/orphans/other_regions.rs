//! Looks for the images of candidates in the regions that were not listed: a rule must not be weaker because few regions were chosen.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use crate::{
    aws::Session,
    domain::{
        Failure, ImageId, Region, RegionInfo,
        orphans::{OtherRegionImages, RegionListing},
    },
};

/// Regions that are asked at the same time.
const MAX_CONCURRENT: usize = 8;

/// Returns where images are, of those that were listed and of these candidates' in every other region that is enabled and not ignored; and
/// what could not be read.
pub(super) async fn find_in_other_regions(
    session: &Session,
    listings: &BTreeMap<Region, RegionListing>,
    candidates: &BTreeSet<ImageId>,
    ignored: &BTreeSet<Region>,
) -> (OtherRegionImages, Vec<(Region, Failure)>) {
    let listed = listings.values().flat_map(|listing| listing.images.keys().map(|image| (image, &listing.region)));
    let images = listed.map(|(image, region)| (image.clone(), region.clone())).collect();
    let mut found_in = OtherRegionImages { images, unknown: None };
    if candidates.is_empty() {
        return (found_in, Vec::new());
    }
    let enabled = match session.regions().await {
        Ok(regions) => regions.into_iter().filter(RegionInfo::enabled).map(|info| info.region),
        Err(failure) => {
            found_in.unknown = Some(failure.to_string());
            return (found_in, vec![(session.home_region().clone(), keeps(failure))]);
        }
    };
    let others: Vec<Region> =
        enabled.filter(|region| !listings.contains_key(region) && !ignored.contains(region)).collect();
    let asked = stream::iter(others).map(|region| async move {
        let found = session.own_images_among(&region, candidates).await;
        (region, found)
    });
    let answers: Vec<_> = asked.buffered(MAX_CONCURRENT).collect().await;
    let mut failures = Vec::new();
    for (region, found) in answers {
        match found {
            Ok(found) => found_in.images.extend(found.into_iter().map(|image| (image, region.clone()))),
            Err(failure) => {
                found_in.unknown.get_or_insert_with(|| failure.to_string());
                failures.push((region, keeps(failure)));
            }
        }
    }
    (found_in, failures)
}

fn keeps(failure: Failure) -> Failure {
    let more = "Until it can be read, snapshots of copies are kept: their image may be there. --ignore-regions, or the setting \
                orphans.ignored_regions, leaves a region out.";
    let hint = format!("{} {more}", failure.hint);
    Failure { hint: hint.trim_start().to_owned(), ..failure }
}
