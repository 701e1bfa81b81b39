//! Opening the form with its defaults, and finding the one that is open.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Form, Rules};
use crate::{
    domain::{
        Image, ImageState,
        draft::{Draft, SourceTags},
        template::first_description,
    },
    tui::{model::Model, screens::Overlay},
};

/// Opens the form for these images.
pub fn open(model: &mut Model, sources: Vec<Arc<Image>>) {
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
    // For a single image, templates are expanded so that the result can be edited; for several they stay templates.
    let name = if one && settings.name == "{name}" { first.name.to_string() } else { settings.name.clone() };
    let description = if one {
        first_description(&settings.description, &first, &first.region, today)
    } else {
        settings.description.clone()
    };
    let ebs = sources.iter().any(|s| !s.instance_store());
    let encrypted = sources.iter().all(|s| s.encrypted());
    let draft = Draft {
        name,
        description,
        encrypt: encrypted || (settings.encrypt && ebs),
        key: settings.kms_key.clone(),
        source_tags: if settings.copy_tags { SourceTags::All } else { SourceTags::None },
        account: model.account.as_ref().map(|a| a.id.clone()),
        image_tags: settings.tags.clone(),
        snapshot_tags: settings.snapshot_tags.clone(),
        sources,
        ..Draft::default()
    };
    model.overlays.push(Overlay::Form(Box::new(Form::new(draft, rules(model)))));
}

/// What a draft is checked against now.
pub(super) fn rules(model: &Model) -> Rules {
    Rules { now: model.now, max_copies: model.start.config.copy.max_copies, used_tokens: model.jobs_view.sent_tokens() }
}

/// The form, if it is on top.
pub(super) fn form_on_top(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}
