//! Chosen regions that the account does not have, or has not enabled.

use crate::{
    domain::{Failure, Region, RegionInfo},
    tui::{
        bindings::{Action, Context},
        browse,
        catalogue::ListState,
        model::Model,
        msg::Effect,
    },
};

/// Lists chosen regions that were not listed because they were not enabled, and are now.
pub(super) fn list_enabled_meanwhile(model: &mut Model, effects: &mut Vec<Effect>) {
    let flagged = |region: &Region| {
        let listing = model.catalogue.listing(region);
        listing.is_some_and(|l| matches!(&l.state, ListState::Failed(failure) if failure.code.is_none()))
    };
    let enabled = |region: &&Region| model.may_list(region) && flagged(region);
    let regions: Vec<Region> = model.chosen.iter().filter(enabled).cloned().collect();
    browse::list(model, regions, effects);
}

/// Marks chosen regions as failed that do not exist or are not enabled, once all regions are known. EC2 itself would say
/// there that the credentials are bad.
pub(super) fn flag_unknown_regions(model: &mut Model, effects: &mut Vec<Effect>) {
    let choose = model.keymap.key(Context::Images, Action::Regions);
    for region in model.chosen.clone() {
        let failure = match model.regions.iter().find(|r| r.region == region) {
            Some(info) if info.enabled() => continue,
            Some(_) => Failure::new(format!("list images in {region}"), "the region is not enabled for this account")
                .hint(format!("Enable it in the account settings, or press {choose} to choose other regions.")),
            None => {
                let distance = |r: &&RegionInfo| strsim::damerau_levenshtein(r.region.as_str(), region.as_str());
                let nearest = model.regions.iter().min_by_key(distance).map(|r| format!(" Did you mean {}?", r.region));
                Failure::new(format!("list images in {region}"), "this account has no such region")
                    .hint(format!("Press {choose} to choose other regions.{}", nearest.unwrap_or_default()))
            }
        };
        browse::forget_lists(model, |r, _| *r == region);
        model.show_error(format!("{region}: {}.", failure.why));
        model.catalogue.fail(&region, failure);
    }
    browse::list_next(model, effects);
}
