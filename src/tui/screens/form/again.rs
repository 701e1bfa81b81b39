//! Making a copy again with changes: the form opens with everything the copy was requested with, and what failed beside its field.

use std::sync::Arc;

use super::{Form, PastFailure, open::rules};
use crate::{
    domain::{
        Failure, Image,
        again::{changed_source_tags, field_to_change},
        draft::{Draft, Field},
        text::clean,
    },
    engine::{Job, JobState, Origin},
    tui::{
        model::{Model, PendingReply},
        msg::Effect,
        screens::Overlay,
    },
};

/// Returns true if a copy can be made again with changes.
pub fn can_be_edited(job: &Job) -> bool {
    let ended = matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. } | JobState::Cancelled);
    job.origin == Origin::Here && ended
}

/// Opens the form for a copy; reads the source first if it is not listed.
pub fn edit(model: &mut Model, job: Arc<Job>, effects: &mut Vec<Effect>) {
    if !can_be_edited(&job) {
        model.show_notice(match job.origin {
            Origin::Elsewhere => {
                "Started elsewhere, so its settings are unknown here. Copy the image again with c instead.".to_owned()
            }
            Origin::Here => {
                format!("Only failed, cancelled and gone copies are edited; this one is {}.", job.phase().as_str())
            }
        });
        return;
    }
    let request = &job.request;
    let listed =
        model.catalogue.images().find(|i| i.id == request.source && i.region == request.source_region).cloned();
    if let Some(source) = listed {
        return open(model, &job, source);
    }
    model.show_notice(format!("Reading {} in {} ...", request.source, request.source_region));
    let (region, image) = (request.source_region.clone(), request.source.clone());
    // A second press asks again instead of opening two forms.
    model.pending.retain(|_, pending| !matches!(pending, PendingReply::Source(_)));
    let id = model.expect_reply(PendingReply::Source(job));
    effects.push(Effect::ReadImage { id, region, image });
}

/// Opens the form once the source was read, unless something else was opened meanwhile.
pub fn on_source(model: &mut Model, job: &Job, result: Result<Option<Image>, Failure>) {
    let request = &job.request;
    match result {
        Err(failure) => model.show_error(failure.lines().join(". ")),
        Ok(None) => model.show_error(format!(
            "{} is no longer in {}, or no longer shared with this account: it cannot be copied again.",
            request.source, request.source_region
        )),
        Ok(Some(_)) if !model.overlays.is_empty() => {}
        Ok(Some(source)) => open(model, job, Arc::new(source)),
    }
}

fn open(model: &mut Model, job: &Job, source: Arc<Image>) {
    let changed = changed_source_tags(&job.request, &source);
    let account = model.account.as_ref().map(|a| a.id.clone());
    let mut form = Form::new(Draft::again(&job.request, source, account), rules(model));
    form.replaces = Some(job.id);
    let failure = match &job.state {
        JobState::Failed { failure, .. } => Some(failure),
        _ => None,
    };
    let field = failure.map(|f| field_to_change(f, &job.request));
    form.past_failure = failure.zip(field.clone()).map(|(failure, field)| PastFailure {
        field,
        text: if failure.hint.is_empty() {
            format!("Failed last time: {}.", failure.why)
        } else {
            format!("Failed last time: {}. {}", failure.why, failure.hint)
        },
    });
    match field {
        Some(field) if field != Field::Sources => form.focus_on(&field),
        _ => form.focus_on(&Field::Name),
    }
    model.overlays.push(Overlay::Form(Box::new(form)));
    let mut notices = Vec::new();
    if !changed.is_empty() {
        let keys: Vec<_> = changed.iter().map(|key| clean(key)).collect();
        notices.push(format!(
            "The source's tags have changed since: {}. The copy gets what the source has now.",
            keys.join(", ")
        ));
    }
    if job.request.given_token.is_some() {
        notices.push("The client token was used: the new copy takes a random one, unless you give another.".to_owned());
    }
    if !notices.is_empty() {
        model.show_notice(notices.join(" "));
    }
}
