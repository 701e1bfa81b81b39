//! Has EC2 apply what it can of a filter, where the images of others are listed: fewer pages, sooner. The filter itself stays on top,
//! so that the rows are the same.

use std::{collections::HashSet, sync::Arc};

use crate::{
    domain::{Image, ImageQuery, filter::Filter},
    tui::{
        bindings::{Action, Context},
        browse,
        catalogue::ListState,
        model::Model,
        msg::Effect,
        screens::images,
    },
};

/// Lists again if the filter was accepted, or cleared, and EC2 should be asked for less by it, or must be for more.
pub(super) fn follow_filter(model: &mut Model, effects: &mut Vec<Effect>) {
    let filter = model.images.filter.value();
    if model.images.editing || model.narrowed_for == filter {
        return;
    }
    model.narrowed_for = filter.to_owned();
    // With a mistake nothing passes, whatever is listed.
    if Filter::parse(&model.narrowed_for, model.now).mistake().is_some() {
        return;
    }
    let mut wanted = model.query_for(model.query.whose.clone());
    // Marked images stay listed.
    let marks = !model.images.marked.is_empty();
    if model.query.includes(&wanted) {
        if marks || wanted == model.query || !has_more_to_come(model) {
            return;
        }
        let clear = model.keymap.key(Context::Everywhere, Action::Back);
        model.show_notice(format!("EC2 lists only what fits {}. {clear} lists all again.", names(&wanted)));
    } else if marks {
        wanted.narrowed.clear();
    }
    change_query(model, wanted, marks, effects);
}

/// Returns EC2's names of the filters that narrow a query.
pub(super) fn names(query: &ImageQuery) -> String {
    query.narrowed.iter().map(|filter| filter.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns true unless every list is at its end.
fn has_more_to_come(model: &Model) -> bool {
    let open = |state: &ListState| matches!(state, ListState::Waiting | ListState::Loading(_) | ListState::Capped(_));
    model.catalogue.listings().any(|(_, listing)| open(&listing.state) || listing.is_capped())
}

/// Lists by another query. The rows that are shown stay: what passes the filter is among what it asks for.
fn change_query(model: &mut Model, query: ImageQuery, keep_all: bool, effects: &mut Vec<Effect>) {
    images::update::refresh_rows(model);
    let shown: HashSet<*const Image> = model.images.rows.iter().map(Arc::as_ptr).collect();
    browse::forget_lists(model, |_, _| true);
    model.catalogue.change_query(|image| keep_all || shown.contains(&Arc::as_ptr(image)));
    model.images.changed = true;
    model.query = query;
    browse::list(model, model.chosen.clone(), effects);
}
