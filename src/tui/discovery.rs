//! Adds the enabled regions that answer fast to those listed, where nobody has chosen any.

use std::collections::BTreeSet;

use crate::{
    aws::ImagePage,
    domain::{Failure, OwnerFilter, Region, Retry},
    tui::{
        bindings::{Action, Context},
        browse,
        catalogue::ListState,
        model::{Connection, Model, PendingReply},
        msg::Effect,
    },
};

/// Returns true once the home region is listed, or could not be: it comes first.
fn may_ask(model: &Model) -> bool {
    let Connection::Ready(connected) = &model.connection else { return false };
    let ended = |state: &ListState| !matches!(state, ListState::Waiting | ListState::Loading(_));
    model.query.whose == OwnerFilter::Mine
        && model.jobs_view.status.paused.is_none()
        && model.catalogue.listing(&connected.home).is_some_and(|listing| ended(&listing.state))
}

/// Asks the next regions, and leaves out those that are late.
pub(super) fn act_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(mut fast) = model.fast_regions.take() else { return };
    for (region, failure) in fast.leave_out_slow(model.now) {
        record(model, &region, &failure);
    }
    let may_ask = may_ask(model);
    if may_ask {
        let chosen = &model.chosen;
        let others = model.regions.iter().filter(|r| r.enabled() && !chosen.contains(&r.region)).map(|r| &r.region);
        for region in fast.ask(others, browse::room(model), model.now) {
            let id = model.expect_reply(PendingReply::FirstPage(region.clone()));
            effects.push(Effect::ListImages { id, region, query: model.query.clone(), token: None });
        }
    }
    if may_ask && fast.take_unfollowed() {
        browse::follow_regions(model, effects);
    }
    model.fast_regions = Some(fast);
}

/// Lists a region from now on whose first page came in time.
pub(super) fn on_first_page(
    model: &mut Model,
    region: Region,
    page: Result<ImagePage, Failure>,
    effects: &mut Vec<Effect>,
) {
    // Regions were chosen meanwhile, which may have waited for this.
    let Some(fast) = &mut model.fast_regions else { return browse::list_next(model, effects) };
    let joins = fast.answered(&region, page.as_ref().err(), model.now);
    match page {
        Err(failure) => record(model, &region, &failure),
        Ok(page) if joins => {
            model.chosen.push(region.clone());
            model.catalogue.choose(&model.chosen);
            browse::begin(model, &region);
            browse::on_page(model, region, 0, false, Ok(page), effects);
        }
        Ok(_) => {}
    }
    browse::list_next(model, effects);
}

/// Keeps why a region is left out among the problems that are over; [`left_out`] shows what may work another time.
fn record(model: &mut Model, region: &Region, failure: &Failure) {
    let failure = with_advice(model, failure);
    model.problem_log.see(region.as_str(), Some(region), &failure, model.now, false);
}

fn with_advice(model: &Model, failure: &Failure) -> Failure {
    let again = model.keymap.key(Context::Everywhere, Action::Refresh);
    let choose = model.keymap.key(Context::Images, Action::Regions);
    let hint = format!("{} Nobody chose this region. {again} asks it again, {choose} chooses it.", failure.hint);
    Failure { hint: hint.trim_start().to_owned(), ..failure.clone() }
}

/// Returns the regions whose images are not in the list though they may be another time: what is shown is not all there is. One that
/// denies listing is no problem: it stays so.
pub(super) fn left_out(model: &Model) -> Vec<(&Region, Failure)> {
    let Some(fast) = model.fast_regions.as_ref().filter(|_| model.query.whose == OwnerFilter::Mine) else {
        return Vec::new();
    };
    let failing = fast.failing().filter(|(region, _)| !model.chosen.contains(region));
    failing.map(|(region, failure)| (region, with_advice(model, failure))).collect()
}

/// Returns the regions that are listed as soon as they answer fast, where nobody chose any: all enabled ones but those that refuse for
/// good.
pub(super) fn automatic(model: &Model) -> Option<BTreeSet<Region>> {
    let fast = model.fast_regions.as_ref()?;
    let refuses = |region: &Region| fast.left_out(region).is_some_and(|failure| failure.retry != Retry::Later);
    let enabled = model.regions.iter().filter(|info| info.enabled()).map(|info| &info.region);
    let others = enabled.filter(|region| !refuses(region));
    Some(model.chosen.iter().chain(others).cloned().collect())
}

/// Asks the regions again that are left out.
pub(super) fn ask_again(model: &mut Model) {
    if let Some(fast) = &mut model.fast_regions {
        fast.ask_again();
    }
}
