//! The view of an account between runs: whose images, their order, the columns, the panes. Filters are kept to be chosen again, and
//! none is applied: a list that hides something must not come by itself.

use crate::{
    config::{Config, RememberedView},
    domain::{ImageColumn, OwnerFilter},
    tui::{model::Model, msg::Effect, news, screens::images::Sort, shown_ends::ShownEnds},
};

/// The view as it is now.
fn current(model: &Model) -> RememberedView {
    let sort = &model.images.sort;
    RememberedView {
        whose: model.query.whose.name(),
        sort: sort.column.to_string(),
        descending: sort.descending,
        columns: model.images.columns.iter().map(ToString::to_string).collect(),
        jobs_height: model.jobs_height,
        details_beside: model.details_beside,
        filters: model.images.recent.clone(),
        shown_until: news::shown_until(model),
    }
}

/// Shows an account's images as they were shown last, once it is signed in to. What the settings name wins: a setting that is at
/// its default names nothing, since the sample file has them all.
pub(super) fn recall(model: &mut Model, remembered: Option<RememberedView>) {
    let shown = model.view_memory.as_ref().is_some_and(|(profile, _)| *profile == model.profile);
    if !model.start.remembers || shown {
        return;
    }
    if model.view_of != Some(model.id) {
        // The view is that of another account on the screen.
        let view = remembered.unwrap_or_default();
        model.shown_ends = ShownEnds::recalled(view.shown_until);
        model.view_memory = Some((model.profile.clone(), view));
        return;
    }
    if let Some(view) = remembered {
        let (settings, defaults) = (&model.start.config.browse, Config::default().browse);
        let named = |setting: &str| model.start.config.set_by_environment.contains(setting);
        let whose = settings.whose == defaults.whose && !named("browse.whose");
        let columns = settings.columns == defaults.columns && !named("browse.columns");
        if let Some(whose) = OwnerFilter::parse(&view.whose).filter(|_| whose) {
            model.query = model.query_for(whose);
        }
        if columns {
            model.images.columns = view.columns.iter().filter_map(|name| ImageColumn::parse(name)).collect();
        }
        if let Some(column) = ImageColumn::parse(&view.sort) {
            model.images.sort = Sort { column, descending: view.descending };
        }
        (model.jobs_height, model.details_beside) = (view.jobs_height, view.details_beside);
        model.images.recent = view.filters;
        model.shown_ends = ShownEnds::recalled(view.shown_until);
    } else if model.view_memory.is_some() {
        // Another profile's account: how the last one's images were shown is not how these are wanted.
        if let Some(whose) = OwnerFilter::parse(&model.start.config.browse.whose) {
            model.query = model.query_for(whose);
        }
        model.images.sort = Sort::default();
        model.images.recent.clear();
        model.shown_ends = ShownEnds::default();
    }
    model.view_memory = Some((model.profile.clone(), current(model)));
}

/// Has an account keep the view that it is shown with from now on: the account whose view it was has left the screen.
pub(super) fn take_over(model: &mut Model) {
    model.view_of = Some(model.id);
    if model.view_memory.is_some() {
        model.view_memory = Some((model.profile.clone(), current(model)));
    }
}

/// Keeps the view, if it has changed; with the view of another account, only which ends were shown.
pub(super) fn keep_if_changed(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(view_of) = model.view_of else { return };
    if model.account.is_none() || model.view_memory.is_none() {
        return;
    }
    let mut now = current(model);
    let is_own = view_of == model.id;
    let profile = model.profile.clone();
    if let Some((of, kept)) = &mut model.view_memory
        && *of == profile
    {
        if !is_own {
            now = RememberedView { shown_until: now.shown_until, ..kept.clone() };
        }
        if *kept == now {
            return;
        }
        kept.clone_from(&now);
        effects.push(Effect::Remember(now));
    }
}
