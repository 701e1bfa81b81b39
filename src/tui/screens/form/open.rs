//! Opening the form with its defaults, and finding the one that is open.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::tz::TimeZone;

use super::{Form, Rules};
use crate::{
    domain::{
        Image, ImageState, Region,
        draft::{Draft, Field},
        plan::ListedImages,
        template::first_description,
    },
    tui::{model::Model, others::ProfileId, screens::Overlay},
};

/// Opens the form for these images.
pub fn open(model: &mut Model, sources: Vec<Arc<Image>>) {
    let own = model.id;
    open_listed_by(model, sources, own);
}

/// Opens the form for these images, which an account on the screen lists.
pub fn open_listed_by(model: &mut Model, sources: Vec<Arc<Image>>, listed_by: ProfileId) {
    let bad: Vec<_> = sources.iter().filter(|s| s.state != ImageState::Available).collect();
    if let Some(first) = bad.first() {
        let is = format!("{} is {}", first.id, first.state.as_str());
        model.show_error(match sources.len() {
            1 => format!("{is}. Only available images can be copied."),
            all => format!(
                "{} of {all} images cannot be copied: {is}. To mark only available ones, press n, filter with \
                 /state:available, then press a.",
                bad.len()
            ),
        });
        return;
    }
    let Some(first) = sources.first().cloned() else {
        model.show_notice("There is no image to copy here.");
        return;
    };
    let today = model.now.to_zoned(TimeZone::UTC).date();
    let settings = &model.start.config.copy;
    let one = sources.len() == 1;
    let mut draft = Draft { account: model.account.as_ref().map(|a| a.id.clone()), ..settings.draft(sources) };
    // For a single image, templates are expanded so that the result can be edited; for several they stay templates.
    if one {
        if settings.name == "{name}" {
            draft.name = first.name.to_string();
        }
        draft.description = first_description(&settings.description, &first, &first.region, today);
    }
    let form = Form { listed_by, ..Form::new(draft, rules(model)) };
    model.overlays.push(Overlay::Form(Box::new(form)));
}

/// Opens the form for exactly these copies.
pub fn open_exactly(model: &mut Model, copies: Vec<(Arc<Image>, Region)>) {
    let destinations: BTreeSet<Region> = copies.iter().map(|(_, region)| region.clone()).collect();
    let only = copies.iter().map(|(image, region)| (image.id.clone(), region.clone())).collect();
    let mut sources: BTreeMap<_, Arc<Image>> = BTreeMap::new();
    for (image, _) in copies {
        sources.insert((image.name.clone(), image.region.clone(), image.id.clone()), image);
    }
    open(model, sources.into_values().collect());
    if let Some(form) = form_on_top(model) {
        (form.draft.destinations, form.draft.only) = (destinations.into_iter().collect(), Some(only));
        form.check();
        form.focus_on(&Field::Name);
    }
}

/// Says that the form is not limited to what is missing any more.
pub fn note_lifted(model: &mut Model) {
    model.show_notice("No longer only what is missing: every image goes to every region chosen.");
}

/// What a draft is checked against now.
pub(super) fn rules(model: &Model) -> Rules {
    let settings = &model.start.config.copy;
    Rules {
        now: model.now,
        max_copies: settings.max_copies,
        used_tokens: model.jobs_view.sent_tokens(),
        job_tags: settings.own_tags(),
        listed: ListedImages::default(),
    }
}

/// The form, if it is on top.
pub(super) fn form_on_top(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}
